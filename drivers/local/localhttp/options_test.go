package localhttp_test

import (
	"bytes"
	"net/http/httptest"
	"net/url"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/local/localhttp"
	"cloudfiles.dev/files"
)

// TestSignedOptions: what was signed is what the handler sends and takes, and a URL
// without one of its options, or with another value, is not valid.
func TestSignedOptions(t *testing.T) {
	b, _, h := newBucket(t, &localhttp.Options{MaxUpload: 100})
	if _, err := files.PutString(t.Context(), b, "a.txt", "hello", nil); err != nil {
		t.Fatal(err)
	}
	const disposition = `attachment; filename="b+&.txt"`
	get := sign(t, b, "a.txt", &files.SignOptions{
		ResponseType:        "text/x-own",
		ResponseDisposition: disposition,
	}).URL
	w := send(h, "GET", get, "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/x-own" ||
		w.Header().Get("Content-Disposition") != disposition {
		t.Errorf("GET: %d, %v, want 200, %q and %q", w.Code, w.Header(), "text/x-own", disposition)
	}
	plain := sign(t, b, "a.txt", nil).URL
	put := sign(t, b, "b.txt", &files.SignOptions{Method: "PUT", Size: 5, IfAbsent: true}).URL
	for what, bad := range map[string]struct{ method, url, body string }{
		"without the type":        {"GET", changed(t, get, "responseType", ""), ""},
		"without the disposition": {"GET", changed(t, get, "responseDisposition", ""), ""},
		"another type":            {"GET", changed(t, get, "responseType", "text/html"), ""},
		"a type added":            {"GET", changed(t, plain, "responseType", "a/b"), ""},
		"without the size":        {"PUT", changed(t, put, "size", ""), "too long"},
		"another size":            {"PUT", changed(t, put, "size", "8"), "too long"},
		"two sizes":               {"PUT", put + "&size=8", "too long"},
		"too long":                {"PUT", put, "too long"},
		"too short":               {"PUT", put, "x"},
	} {
		if w := send(h, bad.method, bad.url, bad.body, "If-None-Match", "*"); w.Code != 403 {
			t.Errorf("%s: %d, want 403", what, w.Code)
		}
	}
	for what, header := range map[string][]string{
		"without the header": nil,
		"another header":     {"If-None-Match", `"x"`},
		"two headers":        {"If-None-Match", "*", "If-None-Match", "*"},
	} {
		if w := send(h, "PUT", put, "12345", header...); w.Code != 403 {
			t.Errorf("PUT %s: %d, want 403", what, w.Code)
		}
	}
	if w := send(h, "PUT", changed(t, put, "ifAbsent", ""), "12345"); w.Code != 403 {
		t.Errorf("PUT without the condition: %d, want 403", w.Code)
	}
	for _, want := range []int{201, 412} {
		if w := send(h, "PUT", put, "12345", "If-None-Match", "*"); w.Code != want {
			t.Errorf("PUT: %d, want %d", w.Code, want)
		}
	}
	head := sign(t, b, "a.txt", &files.SignOptions{Method: "HEAD"}).URL
	if w := send(h, "HEAD", head, ""); w.Code != 200 {
		t.Errorf("HEAD: %d, want 200", w.Code)
	}
	if w := send(h, "GET", head, ""); w.Code != 403 {
		t.Errorf("GET of what was signed for HEAD: %d, want 403", w.Code)
	}
	if u, err := url.Parse(put); err != nil || u.Query().Get("size") != "5" {
		t.Errorf("the URL signed with a size is %s, %v, want size=5 in it", put, err)
	}
}

// changed sets a parameter, or removes it.
func changed(t *testing.T, raw, param, value string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(param, value)
	if value == "" {
		q.Del(param)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// TestSignedCases: a folder with its handler passes the suite's cases of signed URLs.
func TestSignedCases(t *testing.T) {
	signer := newSigner(t, base, secret)
	h := conformance.Harness{
		New: func(t conformance.T) files.Bucket {
			b, err := local.Open(t.TempDir(), &local.Options{NoSync: true, Signer: signer})
			if err != nil {
				t.Fatalf("local.Open: %v", err)
			}
			return b
		},
		Send: func(t conformance.T, b files.Bucket, s files.SignedURL, content []byte) (int,
			[]byte) {
			h, err := localhttp.NewHandler(b, &localhttp.Options{MaxUpload: 1 << 20})
			if err != nil {
				t.Fatalf("localhttp.NewHandler: %v", err)
			}
			r := httptest.NewRequest(s.Method, s.URL, bytes.NewReader(content))
			for k, v := range s.Header {
				r.Header[k] = v
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code, w.Body.Bytes()
		},
	}
	for _, c := range conformance.Cases() {
		if c.Rule != "W1" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if r := conformance.RunCase(t.Context(), h, c); r.Outcome != conformance.Passed {
				t.Errorf("conformance.RunCase = %+v, want Outcome %q", r, conformance.Passed)
			}
		})
	}
}
