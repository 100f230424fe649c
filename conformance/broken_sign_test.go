package conformance_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/files"
)

var mapSigner = sync.OnceValue(func() *localhttp.Signer {
	s, err := localhttp.NewSigner(&url.URL{
		Scheme: "https",
		Host:   "files.example",
		Path:   "/signed",
	}, []byte("a secret of the test"))
	if err != nil {
		panic(err)
	}
	return s
})

// signs is a bucket with signed URLs.
type signs struct{ files.Bucket }

func (s *signs) Features() files.Features {
	f := s.Bucket.Features()
	f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = true, true, true, true
	return f
}

func (s *signs) SignURL(ctx context.Context, name string,
	o *files.SignOptions) (files.SignedURL, error) {
	opts := files.SignOptions{Method: http.MethodGet, Expiry: time.Hour}
	if o != nil {
		opts.ContentType = o.ContentType
		if o.Method != "" {
			opts.Method = o.Method
		}
		if o.Expiry != 0 {
			opts.Expiry = o.Expiry
		}
	}
	return mapSigner().SignURL(ctx, name, opts)
}

// sendTo sends signed requests to a handler, after a change.
func sendTo(change func(r *http.Request,
	sign func(method, name string) string)) func(t conformance.T, b files.Bucket, s files.SignedURL,
	content []byte) (int, []byte) {
	return func(t conformance.T, b files.Bucket, s files.SignedURL, content []byte) (int, []byte) {
		handler, err := localhttp.NewHandler(b, &localhttp.Options{
			Signer:    mapSigner(),
			MaxUpload: 1 << 20,
		})
		if err != nil {
			t.Fatalf("%v", err)
		}
		r := httptest.NewRequest(s.Method, s.URL, bytes.NewReader(content))
		for k, v := range s.Header {
			r.Header[k] = v
		}
		change(r, func(method, name string) string {
			anew, err := mapSigner().SignURL(t.Context(), name, files.SignOptions{
				Method: method,
				Expiry: time.Hour,
			})
			if err != nil {
				t.Fatalf("%v", err)
			}
			return anew.URL
		})
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code, w.Body.Bytes()
	}
}

var brokenSigned = []broken{
	{
		fault:  "serves the whole file for a signed request with a range",
		caught: []string{"W1/range"},
		serve:  func(r *http.Request, _ func(method, name string) string) { r.Header.Del("Range") },
	},
	{
		fault:  "does not check the signature",
		caught: []string{"W1/tampered", "W1/expired", "W1/only-what-is-signed"},
		serve: func(r *http.Request, sign func(method, name string) string) {
			if u, err := url.Parse(sign(r.Method, r.URL.Query().Get("obj"))); err == nil {
				r.URL = u
			}
		},
	},
	{
		fault:  "signs any method",
		caught: []string{"W1/method"},
		wrap:   func(b files.Bucket) files.Bucket { return &obliging{b} },
	},
}

// TestSoundSigned holds that the cases pass without the faults.
func TestSoundSigned(t *testing.T) {
	h := broken{serve: func(*http.Request, func(method, name string) string) {}}.harness()
	for _, id := range []string{
		"W1/get", "W1/sent", "W1/only-what-is-signed", "W1/range", "W1/tampered", "W1/expired",
	} {
		if r := conformance.RunCase(t.Context(), h,
			caseOf(t, id)); r.Outcome != conformance.Passed {
			t.Errorf("%s: %s, want it to pass: %s", id, r.Outcome, r.Text())
		}
	}
}

// obliging signs whatever is requested.
type obliging struct{ files.Bucket }

func (o *obliging) SignURL(_ context.Context, name string,
	_ *files.SignOptions) (files.SignedURL, error) {
	return files.SignedURL{URL: "https://signed.example/" + name}, nil
}
