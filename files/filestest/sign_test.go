package filestest_test

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

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

func sign(t *testing.T, b files.Bucket, name string, o files.SignOptions) files.SignedURL {
	t.Helper()
	s, err := files.SignURL(t.Context(), b, name, &o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// send sends the signed request, changed, and returns status and body.
func send(t *testing.T, c *http.Client, s files.SignedURL, body string,
	change func(*http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), s.Method, s.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range s.Header {
		r.Header[k] = v
	}
	if change != nil {
		change(r)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// TestSignedURLs work without a network, in a bubble, until their last second, and for
// nothing but what they are signed for.
func TestSignedURLs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t, filestest.As(filestest.S3))
		c := b.Client()
		typed := files.SignOptions{Method: http.MethodPut, ContentType: "image/x"}
		up := sign(t, b, "dir/a ü?.png", typed)
		for what, change := range map[string]func(*http.Request){
			"method":    func(r *http.Request) { r.Method = http.MethodDelete },
			"type":      func(r *http.Request) { r.Header.Set("Content-Type", "image/y") },
			"no type":   func(r *http.Request) { r.Header.Del("Content-Type") },
			"name":      func(r *http.Request) { r.URL.Path += "x" },
			"signature": func(r *http.Request) { alter(r, "signature") },
			"time":      func(r *http.Request) { alter(r, "expires") },
			"twice":     func(r *http.Request) { r.URL.RawQuery += "&expires=9" },
			"none":      func(r *http.Request) { r.URL.RawQuery = "" },
		} {
			if code, text := send(t, c, up, "png", change); code != http.StatusForbidden {
				t.Errorf("with another %s: %d %s", what, code, text)
			}
		}
		b.WantUnchanged(t)
		if code, text := send(t, c, up, "png", nil); code != http.StatusOK {
			t.Fatalf("PUT: %d %s", code, text)
		}
		b.Want(t, filestest.Tree{"dir/a ü?.png": "png"})
		down := sign(t, b, "dir/a ü?.png", files.SignOptions{Expiry: time.Minute})
		time.Sleep(time.Minute)
		code, text := send(t, c, down, "", func(r *http.Request) {
			r.Header.Set("Range", "bytes=1-")
		})
		if code != http.StatusPartialContent || text != "ng" {
			t.Errorf("a range in the last second: %d %q", code, text)
		}
		b.Clock.Advance(time.Second)
		if code, _ := send(t, c, down, "", nil); code != http.StatusForbidden {
			t.Errorf("after the last second: %d", code)
		}
		del := sign(t, b, "dir/a ü?.png", files.SignOptions{Method: http.MethodDelete})
		if code, _ := send(t, c, del, "", nil); code != http.StatusNoContent {
			t.Errorf("DELETE: %d", code)
		}
		b.Want(t, filestest.Tree{})
		if _, err := c.Get("http://example.org/"); err == nil {
			t.Error("the client reaches other hosts")
		}
		_, err := files.SignURL(t.Context(), b, "a", &files.SignOptions{Expiry: 8 * 24 * time.Hour})
		if !errors.Is(err, files.ErrInvalid) {
			t.Errorf("8 days: %v, want ErrInvalid", err)
		}
	})
}

// alter changes the last character of a parameter.
func alter(r *http.Request, param string) {
	q := r.URL.Query()
	v := q.Get(param)
	last := "1"
	if strings.HasSuffix(v, last) {
		last = "2"
	}
	q.Set(param, v[:len(v)-1]+last)
	r.URL.RawQuery = q.Encode()
}

// TestSignedByLayers: a signed URL leads to the file below a view, and rules hit what it
// does.
func TestSignedByLayers(t *testing.T) {
	b := filestest.New(t)
	server := httptest.NewServer(b.Handler())
	defer server.Close()
	b.SignFor(server.URL)
	sub, err := files.Sub(b, "tenant")
	if err != nil {
		t.Fatal(err)
	}
	up := sign(t, sub, "a", files.SignOptions{Method: http.MethodPut})
	if u, err := url.Parse(up.URL); err != nil || u.Path != "/tenant/a" {
		t.Errorf("signed %s, %v", up.URL, err)
	}
	if code, text := send(t, server.Client(), up, "x", nil); code != http.StatusOK {
		t.Fatalf("PUT: %d %s", code, text)
	}
	b.WantCreated(t, "tenant/a")
	if _, err := files.SignURL(t.Context(), files.ReadOnly(b), "a",
		&files.SignOptions{Method: http.MethodPut}); !errors.Is(err, files.ErrPermission) {
		t.Errorf("a read-only view signs a PUT: %v", err)
	}
	b.On(files.OpGet, "tenant/").Fail(files.ErrUnavailable)
	code, _ := send(t, server.Client(), sign(t, sub, "a", files.SignOptions{}), "", nil)
	if code != http.StatusServiceUnavailable {
		t.Errorf("GET with a rule: %d", code)
	}
}

// TestCORSIsOff: a page of another origin isn't allowed to read a response or to send a
// PUT, and the request before it is refused like any request that isn't signed.
func TestCORSIsOff(t *testing.T) {
	b := filestest.New(t)
	b.FillTree(t, filestest.Tree{"a": "x"})
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodOptions} {
		signed := method
		if method == http.MethodOptions {
			signed = http.MethodPut
		}
		s := sign(t, b, "a", files.SignOptions{Method: signed})
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL, strings.NewReader("y"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "https://example.com")
		r.Header.Set("Access-Control-Request-Method", http.MethodPut)
		resp, err := b.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if refused := resp.StatusCode == http.StatusForbidden; refused != (signed != method) {
			t.Errorf("%s with a URL signed for %s: %s", method, signed, resp.Status)
		}
		for h := range resp.Header {
			if strings.HasPrefix(h, "Access-Control-") {
				t.Errorf("%s: the answer has %s", method, h)
			}
		}
	}
	b.Want(t, filestest.Tree{"a": "y"})
}
