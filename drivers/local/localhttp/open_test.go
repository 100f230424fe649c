package localhttp_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/fileshttp"
)

// fileblob's URL parameters set the Signer.
func TestURLParameters(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	key, empty := filepath.Join(dir, "the.key"), filepath.Join(dir, "empty")
	for path, content := range map[string][]byte{key: secret, empty: nil} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := func(base, key string) (files.Bucket, error) {
		q := url.Values{"create_dir": {"1"}, "sync": {"none"}}
		if base != "" {
			q.Set("base_url", base)
		}
		if key != "" {
			q.Set("secret_key_path", key)
		}
		return files.Open(ctx,
			"file://"+filepath.ToSlash(filepath.Join(dir, "bucket"))+"?"+q.Encode())
	}
	b, err := open("/show", key)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if f := b.Features(); !f.SignGet || !f.SignPut || !f.SignDelete {
		t.Errorf("Features = %+v, want SignGet true, SignPut true and SignDelete true", f)
	}
	h, err := localhttp.NewHandler(b, &localhttp.Options{MaxUpload: 10})
	if err != nil {
		t.Fatal(err)
	}
	put := sign(t, b, "f.txt", &files.SignOptions{Method: "PUT"})
	if w := send(h, "PUT", put.URL,
		"content"); w.Code != 201 || !strings.HasPrefix(put.URL, "/show?") {
		t.Errorf("PUT %s = %d, want a text that begins with %q and 201", put.URL, w.Code, "/show?")
	}
	if s := put.String(); strings.Contains(s, url.QueryEscape(mustQuery(t, put.URL, "signature"))) {
		t.Errorf("String() contains the signature: %s", s)
	}
	for _, tt := range []struct{ what, base, key, want string }{
		{"no key", "/show", "", "belong together"},
		{"no base", "", key, "belong together"},
		{"a malformed base", "http://a b/", key, "base_url is malformed"},
		{"a base with a query", "/show?method=GET", key, "query"},
		{"a missing key file", "/show", filepath.Join(dir, "hidden"), "can't be read"},
		{"an empty key", "/show", empty, "is empty"},
	} {
		_, err := open(tt.base, tt.key)
		if !errors.Is(err,
			files.ErrInvalid) || !strings.Contains(err.Error(),
			tt.want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("Open with %s = %v, want ErrInvalid with %q", tt.what, err, tt.want)
		}
	}
}

func mustQuery(t testing.TB, raw, param string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil || u.Query().Get(param) == "" {
		t.Fatalf("no %s in %s, %v", param, raw, err)
	}
	return u.Query().Get(param)
}

// A Sub bucket signs URLs for its names below the directory, and doesn't give its
// Signer to a handler.
func TestLayersHideSigner(t *testing.T) {
	b, _, h := newBucket(t, &localhttp.Options{MaxUpload: 10})
	tenant, err := files.Sub(b, "tenants/7")
	if err != nil {
		t.Fatal(err)
	}
	if w := send(h, "PUT", sign(t, tenant, "f.txt", &files.SignOptions{Method: "PUT"}).URL,
		"theirs"); w.Code != 201 {
		t.Errorf("PUT = %d, want 201", w.Code)
	}
	if got, err := files.ReadString(t.Context(), b, "tenants/7/f.txt",
		nil); got != "theirs" || err != nil {
		t.Errorf("ReadString = %q, %v, want \"theirs\"", got, err)
	}
	for what, layer := range map[string]files.Bucket{
		"a sub-bucket":                tenant,
		"a read-only bucket":          files.ReadOnly(b),
		"a bucket that signs nothing": mem.New(nil),
	} {
		if _, err := localhttp.NewHandler(layer, nil); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("NewHandler of %s = %v, want ErrUnsupported", what, err)
		}
	}
	readOnly, err := localhttp.NewHandler(files.ReadOnly(b), &localhttp.Options{
		Signer:    newSigner(t, base, secret),
		MaxUpload: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	if w := send(readOnly, "PUT", sign(t, b, "f.txt", &files.SignOptions{Method: "PUT"}).URL,
		"x"); w.Code != 403 {
		t.Errorf("PUT to a read-only bucket = %d, want 403", w.Code)
	}
	if _, err := files.SignURL(t.Context(), files.ReadOnly(b), "f.txt",
		&files.SignOptions{Method: "PUT"}); !errors.Is(err, files.ErrPermission) {
		t.Errorf("SignURL for a PUT to a read-only bucket = %v, want ErrPermission", err)
	}
}

func TestBadArguments(t *testing.T) {
	b, _, _ := newBucket(t, nil)
	if _, err := localhttp.NewHandler(b,
		&localhttp.Options{MaxUpload: -1}); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("NewHandler with a negative MaxUpload = %v, want ErrInvalid", err)
	}
	if _, err := localhttp.NewSigner(nil, secret); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("NewSigner without a base = %v, want ErrInvalid", err)
	}
	if _, err := localhttp.NewSigner(&url.URL{Path: "/x"}, nil); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("NewSigner without a secret = %v, want ErrInvalid", err)
	}
	for what, opts := range map[string]*files.SignOptions{
		"a negative expiry": {Expiry: -1},
		"an unknown method": {Method: "POST"},
		"a type of a GET":   {ContentType: "a/b"},
	} {
		if _, err := files.SignURL(t.Context(), b, "x", opts); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("SignURL with %s = %v, want ErrInvalid", what, err)
		}
	}
	if _, err := files.SignURL(t.Context(), b, "../x", nil); !errors.Is(err, files.ErrInvalidName) {
		t.Errorf("SignURL of an illegal name = %v, want ErrInvalidName", err)
	}
	// The Signer keeps a copy of the secret, so the caller may change its own.
	mine := []byte("secret")
	s := newSigner(t, base, mine)
	signed, err := s.SignURL(t.Context(), "x", files.SignOptions{Method: "GET", Expiry: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	clear(mine)
	if name, err := s.Verify(httptest.NewRequest("GET", signed.URL,
		nil)); name != "x" || err != nil {
		t.Errorf("Verify = %q, %v, want %q and nil", name, err, "x")
	}
}

// A browser's preflight request for a signed URL can be allowed, and is refused by
// default.
func TestPreflightNeedsCORS(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		o := &localhttp.Options{MaxUpload: 100}
		if allowed {
			o.CORS = &fileshttp.CORS{Origins: []string{"*"}}
		}
		b, _, h := newBucket(t, o)
		put := sign(t, b, "f.txt", &files.SignOptions{Method: "PUT", ContentType: "text/plain"})
		w := send(h, "OPTIONS", put.URL, "", "Origin", "https://app.example",
			"Access-Control-Request-Method", "PUT")
		if ok := w.Code == 204 &&
			w.Header().Get("Access-Control-Allow-Origin") == "*"; ok != allowed ||
			!allowed && w.Code != 403 {
			t.Errorf("allowed %v: a preflight request = %d, %v", allowed, w.Code, w.Header())
		}
		w = send(h, "PUT", put.URL, "x", "Origin", "https://app.example", "Content-Type",
			"text/plain")
		if ok := w.Header().Get("Access-Control-Allow-Origin") == "*"; w.Code != 201 ||
			ok != allowed {
			t.Errorf("allowed %v: PUT = %d, %v", allowed, w.Code, w.Header())
		}
	}
}
