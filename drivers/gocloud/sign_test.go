package gocloud

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"gocloud.dev/blob/drivertest"
)

// signing is a bucket that signs URLs of a server that checks them.
type signing struct {
	files.Bucket
	server *httptest.Server
}

func (s *signing) Features() files.Features {
	f := s.Bucket.Features()
	f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = true, true, true, true
	return f
}

func (s *signing) SignURL(_ context.Context, name string,
	o *files.SignOptions) (files.SignedURL, error) {
	expires := time.Now().Add(o.Expiry)
	q := url.Values{
		"name":    {name},
		"method":  {o.Method},
		"type":    {o.ContentType},
		"expires": {strconv.FormatInt(expires.Unix(), 10)},
	}
	q.Set("sig", sign(q))
	return files.SignedURL{
		Method:  o.Method,
		URL:     s.server.URL + "/?" + q.Encode(),
		Expires: expires,
	}, nil
}

func sign(q url.Values) string {
	h := hmac.New(sha256.New, []byte("key"))
	for _, k := range []string{"name", "method", "type", "expires"} {
		io.WriteString(h, strconv.Quote(q.Get(k)))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (s *signing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	expires, err := strconv.ParseInt(q.Get("expires"), 10, 64)
	if err != nil || q.Get("sig") != sign(q) || time.Now().After(time.Unix(expires,
		0)) || q.Get("method") != r.Method ||
		r.Method == "PUT" && q.Get("type") != "" && q.Get("type") != r.Header.Get("Content-Type") {
		http.Error(w, "denied", http.StatusForbidden)
		return
	}
	name := q.Get("name")
	switch r.Method {
	case "PUT":
		_, err = s.Put(r.Context(), name, r.Body,
			&files.PutOptions{
				Attributes: files.Attributes{ContentType: r.Header.Get("Content-Type")},
			})
	case "DELETE":
		err = s.Delete(r.Context(), name, nil)
	default:
		var f *files.Reader
		if f, err = s.Get(r.Context(), name, nil); err == nil {
			defer f.Close()
			f.WriteTo(w)
		}
	}
	if errors.Is(err, files.ErrNotExist) {
		http.Error(w, "missing", http.StatusNotFound)
	} else if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func newSigning() *signing {
	s := &signing{Bucket: mem.New(nil)}
	s.server = httptest.NewServer(s)
	return s
}

func signingHarness(context.Context, *testing.T) (drivertest.Harness, error) {
	s := newSigning()
	return &harness{b: s, client: s.server.Client(), close: s.server.Close}, nil
}

// TestSignedURLRoundTrip: Go CDK returns what the bucket signs, and so does the adapter
// over it.
func TestSignedURLRoundTrip(t *testing.T) {
	s := newSigning()
	defer s.server.Close()
	b := New(ToBlob(s, nil), nil)
	put(t, b, "a b/☺", "x", nil)
	signed, err := files.SignURL(t.Context(), b, "a b/☺", &files.SignOptions{Expiry: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(signed.Expires); signed.Method != "GET" || left < 59*time.Minute ||
		left > time.Hour {
		t.Errorf("SignURL = %+v", signed)
	}
	resp, err := http.Get(signed.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); string(got) != "x" || err != nil ||
		resp.StatusCode != 200 {
		t.Errorf("io.ReadAll = %d, %q, %v, want 200, %q and nil", resp.StatusCode, got, err, "x")
	}
	if _, err := files.SignURL(t.Context(), New(ToBlob(mem.New(nil), nil), nil), "f",
		nil); !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("SignURL over a bucket that can't sign = %v", err)
	}
}
