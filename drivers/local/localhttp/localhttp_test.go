package localhttp_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

var secret = []byte("I'm a secret key")

const base = "http://host/files"

func newSigner(t testing.TB, base string, secret []byte) *localhttp.Signer {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	s, err := localhttp.NewSigner(u, secret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newBucket returns a bucket in a new folder, the folder, and the handler of its signed
// URLs.
func newBucket(t testing.TB, opts *localhttp.Options) (files.Bucket, string, http.Handler) {
	t.Helper()
	dir := t.TempDir()
	b, err := local.Open(dir, &local.Options{NoSync: true, Signer: newSigner(t, base, secret)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	h, err := localhttp.NewHandler(b, opts)
	if err != nil {
		t.Fatal(err)
	}
	return b, dir, h
}

func sign(t testing.TB, b files.Bucket, name string, opts *files.SignOptions) files.SignedURL {
	t.Helper()
	s, err := files.SignURL(t.Context(), b, name, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// send sends a request to the handler. header has pairs of keys and values.
func send(h http.Handler, method, rawURL, body string,
	header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, rawURL, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var names = []string{
	"hello.txt", "notes/day14.txt", "a b/ü?#&=%41+;.txt", `back\slash`, "*", " ", "x.attrs",
	strings.Repeat("long/", 200) + "name",
}

// A signed URL works for every method on every name.
func TestRoundTrip(t *testing.T) {
	b, _, h := newBucket(t, &localhttp.Options{MaxUpload: 100})
	for _, name := range names {
		put := sign(t, b, name, &files.SignOptions{Method: "PUT", ContentType: "text/x-own"})
		if len(put.Header) != 1 || put.Header["Content-Type"][0] != "text/x-own" ||
			!strings.HasPrefix(put.URL, base+"?") {
			t.Errorf("SignURL(%q) = %+v, want the base and the content type", name, put)
		}
		if w := send(h, "PUT", put.URL, "hello", "Content-Type", "text/x-own"); w.Code != 201 {
			t.Errorf("PUT %q = %d, %s, want 201", name, w.Code, w.Body)
		}
		get := sign(t, b, name, nil)
		w := send(h, "GET", get.URL, "")
		if w.Code != 200 || w.Body.String() != "hello" ||
			w.Header().Get("Content-Type") != "text/x-own" || w.Header().Get("Etag") == "" ||
			get.Header != nil {
			t.Errorf("GET %q = %d, %q, %v", name, w.Code, w.Body, w.Header())
		}
		if w := send(h, "GET", get.URL, "", "Range",
			"bytes=1-2"); w.Code != 206 || w.Body.String() != "el" {
			t.Errorf("GET of a range of %q = %d, %q, want 206 and String %q", name, w.Code, w.Body,
				"el")
		}
		if w := send(h, "GET", get.URL, "", "If-None-Match",
			w.Header().Get("Etag")); w.Code != 304 {
			t.Errorf("GET of a current %q = %d, want 304", name, w.Code)
		}
		if w := send(h, "HEAD", get.URL,
			""); w.Code != 200 || w.Header().Get("Content-Length") != "5" {
			t.Errorf("HEAD %q = %d, %v, want 200 and %q", name, w.Code, w.Header(), "5")
		}
		del := sign(t, b, name, &files.SignOptions{Method: "DELETE"})
		if w := send(h, "DELETE", del.URL, ""); w.Code != 204 {
			t.Errorf("DELETE %q = %d, want 204", name, w.Code)
		}
		if w := send(h, "GET", get.URL, ""); w.Code != 404 {
			t.Errorf("GET of a deleted %q = %d, want 404", name, w.Code)
		}
	}
}

// A request that was not signed gets status 403 without a reason, and changes nothing.
func TestUnsignedRequestsAreRefused(t *testing.T) {
	reported := 0
	b, _, _ := newBucket(t, nil)
	if _, err := files.PutString(t.Context(), b, "f.txt", "old", nil); err != nil {
		t.Fatal(err)
	}
	opts := &localhttp.Options{MaxUpload: 100}
	opts.OnError = func(_ *http.Request, err error) {
		if errors.Is(err, files.ErrPermission) {
			reported++
		}
	}
	h, err := localhttp.NewHandler(b, opts)
	if err != nil {
		t.Fatal(err)
	}
	get := sign(t, b, "f.txt", nil).URL
	put := sign(t, b, "f.txt", &files.SignOptions{Method: "PUT"}).URL
	typed := sign(t, b, "f.txt", &files.SignOptions{Method: "PUT", ContentType: "text/plain"}).URL
	del := sign(t, b, "f.txt", &files.SignOptions{Method: "DELETE"}).URL
	other := local.Options{NoSync: true, Signer: newSigner(t, base, []byte("another key"))}
	stranger, err := local.Open(t.TempDir(), &other)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	count := 0
	for _, tt := range []struct {
		what, method, url string
		header            []string
	}{
		{"unsigned", "GET", base + "?obj=f.txt", nil},
		{"no query", "GET", base, nil},
		{"no signature", "GET", changed(t, get, "signature", ""), nil},
		{"another signature", "GET", changed(t, get, "signature", "x"), nil},
		{"another name", "GET", changed(t, get, "obj", "g.txt"), nil},
		{"no name", "GET", changed(t, get, "obj", ""), nil},
		{"a later expiry", "GET", changed(t, get, "expiry", "99999999999"), nil},
		{"no expiry", "GET", changed(t, get, "expiry", ""), nil},
		{"a malformed expiry", "GET", changed(t, get, "expiry", "x"), nil},
		{"another method, changed", "DELETE", changed(t, get, "method", "DELETE"), nil},
		{"a type, added", "GET", changed(t, get, "contentType", "text/html"), nil},
		{"another key", "GET", sign(t, stranger, "f.txt", nil).URL, nil},
		{"PUT with GET's", "PUT", get, nil},
		{"DELETE with GET's", "DELETE", get, nil},
		{"POST with GET's", "POST", get, nil},
		{"OPTIONS with GET's", "OPTIONS", get, nil},
		{"GET with PUT's", "GET", put, nil},
		{"HEAD with PUT's", "HEAD", put, nil},
		{"DELETE with PUT's", "DELETE", put, nil},
		{"GET with DELETE's", "GET", del, nil},
		{"PUT with DELETE's", "PUT", del, nil},
		{"PUT without the type", "PUT", typed, nil},
		{"PUT of another type", "PUT", typed, []string{"Content-Type", "text/html"}},
		{
			"PUT of two types",
			"PUT",
			typed,
			[]string{"Content-Type", "text/plain", "Content-Type", "text/html"},
		},
		{"PUT with the type taken out", "PUT", changed(t, typed, "contentType", ""), nil},
		{"PUT of a type where none was signed", "PUT", put, []string{"Content-Type", "text/html"}},
	} {
		w := send(h, tt.method, tt.url, "new", tt.header...)
		if count++; w.Code != 403 || w.Body.String() != "Forbidden\n" || reported != count {
			t.Errorf("%s = %d, %q, want 403; OnError got %d of %d errors", tt.what, w.Code, w.Body,
				reported, count)
		}
		if got, err := files.ReadString(t.Context(), b, "f.txt", nil); got != "old" || err != nil {
			t.Fatalf("after %s, the file is %q, %v, want \"old\"", tt.what, got, err)
		}
	}
	// Each URL works for what it was signed for.
	for _, tt := range []struct {
		method, url string
		header      []string
	}{
		{"GET", get, nil},
		{"PUT", put, nil},
		{"PUT", typed, []string{"Content-Type", "text/plain"}},
		{"DELETE", del, nil},
	} {
		if w := send(h, tt.method, tt.url, "new", tt.header...); w.Code >= 300 {
			t.Errorf("%s = %d, want less than 300", tt.method, w.Code)
		}
	}
}

func TestURLExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mem.New(nil)
		if _, err := files.PutString(t.Context(), b, "f.txt", "content", nil); err != nil {
			t.Fatal(err)
		}
		s := newSigner(t, base, secret)
		h, err := localhttp.NewHandler(b, &localhttp.Options{Signer: s})
		if err != nil {
			t.Fatal(err)
		}
		signed, err := s.SignURL(t.Context(), "f.txt", files.SignOptions{
			Method: "GET",
			Expiry: time.Minute,
		})
		if err != nil || !signed.Expires.Equal(time.Now().Add(time.Minute)) {
			t.Fatalf("SignURL expires at %v, %v, want in a minute", signed.Expires, err)
		}
		time.Sleep(time.Minute) // of the bubble's clock
		if w := send(h, "GET", signed.URL, ""); w.Code != 200 {
			t.Errorf("GET in the last second = %d, want 200", w.Code)
		}
		time.Sleep(time.Second)
		if w := send(h, "GET", signed.URL, ""); w.Code != 403 {
			t.Errorf("GET a second later = %d, want 403", w.Code)
		}
	})
}

// The size of an upload is limited. An upload that is too large or incomplete is not
// stored.
func TestUploadBound(t *testing.T) {
	b, _, h := newBucket(t, &localhttp.Options{MaxUpload: 5})
	put := sign(t, b, "f.txt", &files.SignOptions{Method: "PUT"}).URL
	unknown := httptest.NewRequest("PUT", put, io.MultiReader(strings.NewReader("123456")))
	unknown.ContentLength = -1
	cut := httptest.NewRequest("PUT", put, strings.NewReader("123"))
	cut.ContentLength = 5
	for status, r := range map[int]*http.Request{413: unknown, 400: cut} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if ok, err := files.Exists(t.Context(), b, "f.txt"); w.Code != status || ok || err != nil {
			t.Errorf("PUT = %d, stored %v, %v, want %d, false", w.Code, ok, err, status)
		}
	}
	if w := send(h, "PUT", put, "123456"); w.Code != 413 {
		t.Errorf("PUT of 6 bytes = %d, want 413", w.Code)
	}
	if w := send(h, "PUT", put, "12345", "If-None-Match", "*"); w.Code != 201 {
		t.Errorf("PUT of 5 bytes = %d, want 201", w.Code)
	}
	if w := send(h, "PUT", put, "1", "If-None-Match", "*"); w.Code != 412 {
		t.Errorf("PUT if absent = %d, want 412", w.Code)
	}
	none, err := localhttp.NewHandler(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	if w := send(none, "PUT", put, "1"); w.Code != 405 {
		t.Errorf("PUT with MaxUpload 0 = %d, want 405", w.Code)
	}
}

// The handler accepts URLs that fileblob signed, and fileblob accepts the Signer's.
func TestURLsAreFileblobs(t *testing.T) {
	b, dir, h := newBucket(t, &localhttp.Options{MaxUpload: 2000})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	theirs := fileblob.NewURLSignerHMAC(u, secret)
	cdk, err := fileblob.OpenBucket(dir, &fileblob.Options{URLSigner: theirs})
	if err != nil {
		t.Fatal(err)
	}
	defer cdk.Close()
	for _, name := range names {
		signed, err := cdk.SignedURL(t.Context(), name, &blob.SignedURLOptions{
			Method:      "PUT",
			ContentType: "text/x-own",
		})
		if err != nil {
			t.Fatal(err)
		}
		if w := send(h, "PUT", signed, "content of "+name, "Content-Type",
			"text/x-own"); w.Code != 201 {
			t.Errorf("PUT %q that fileblob signed = %d, want 201", name, w.Code)
		}
		if signed, err = cdk.SignedURL(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
		if w := send(h, "GET", signed, ""); w.Code != 200 || w.Body.String() != "content of "+name {
			t.Errorf("GET %q that fileblob signed = %d, %q, want 200 and String %q", name, w.Code,
				w.Body, "content of "+name)
		}
		for _, opts := range []*files.SignOptions{nil, {Method: "PUT"}, {
			Method:      "PUT",
			ContentType: "a/b",
		}, {Method: "DELETE"}} {
			ours, err := url.Parse(sign(t, b, name, opts).URL)
			if err != nil {
				t.Fatal(err)
			}
			if key, err := theirs.KeyFromURL(t.Context(), ours); key != name || err != nil {
				t.Errorf("fileblob's KeyFromURL = %q for %q, %v, want %q and nil", key, name, err,
					name)
			}
		}
		if signed, err = cdk.SignedURL(t.Context(), name,
			&blob.SignedURLOptions{Method: "DELETE"}); err != nil {
			t.Fatal(err)
		}
		if w := send(h, "DELETE", signed, ""); w.Code != 204 {
			t.Errorf("DELETE %q that fileblob signed = %d, want 204", name, w.Code)
		}
	}
	if _, err := theirs.KeyFromURL(t.Context(), u); err == nil {
		t.Error("fileblob accepts an unsigned URL")
	}
}
