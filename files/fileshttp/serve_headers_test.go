package fileshttp_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/fileshttp"
)

func TestServeFileHead(t *testing.T) {
	bare, info := one(t, text)
	for _, tt := range []struct {
		header []string
		status int
		length string
	}{
		{nil, 200, "16"},
		{[]string{"Range", "bytes=0-3"}, 200, "16"}, // RFC 9110, 14.2: ranges are for GET
		{[]string{"If-None-Match", fileshttp.ETag(info.Version)}, 304, ""},
		{[]string{"If-Match", `"old"`}, 412, ""},
	} {
		b, calls := counted(bare)
		w := httptest.NewRecorder()
		fileshttp.ServeFile(w, request("HEAD", tt.header...), b, "f.txt", nil)
		if w.Code != tt.status || w.Header().Get("Content-Length") != tt.length ||
			tt.status == 200 && w.Body.Len() > 0 {
			t.Errorf("HEAD %v = %d, %v, %q", tt.header, w.Code, w.Header(), w.Body)
		}
		if len(*calls) != 1 || (*calls)[0] != "stat" {
			t.Errorf("HEAD %v made the calls %v, want one Stat", tt.header, *calls)
		}
	}
	w := httptest.NewRecorder()
	fileshttp.ServeFile(w, request("POST"), bare, "f.txt", nil)
	if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST = %d, %v", w.Code, w.Header())
	}
}

// TestServeFileHeaders: the response has the stored fields, and keeps fields that were
// set before.
func TestServeFileHeaders(t *testing.T) {
	b := mem.New(&mem.Options{GivenDigests: true, Clock: func() time.Time { return putTime }})
	opts := &files.PutOptions{
		Digest: files.Digest{
			SHA256: "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f",
		},
		Attributes: files.Attributes{
			ContentType:        "text/x-own",
			CacheControl:       "max-age=60",
			ContentDisposition: `attachment; filename="x"`,
			ContentEncoding:    "br",
			ContentLanguage:    "de",
			Metadata:           map[string]string{"private": "yes"},
		},
	}
	info, err := b.Put(t.Context(), "f.txt", strings.NewReader(text), opts)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Content-Type":           "text/x-own",
		"Cache-Control":          "max-age=60",
		"Content-Disposition":    `attachment; filename="x"`,
		"Content-Encoding":       "br",
		"Content-Language":       "de",
		"Etag":                   fileshttp.ETag(info.Version),
		"Last-Modified":          "Thu, 29 Feb 2024 12:30:15 GMT",
		"Accept-Ranges":          "bytes",
		"X-Content-Type-Options": "nosniff",
		"Content-Length":         "16",
		"Repr-Digest":            "sha-256=:n59REfeyengfHx3d5evC3St5a/xzZcnCi1SOVkF2kp8=:",
	}
	for _, method := range []string{"GET", "HEAD"} {
		w := httptest.NewRecorder()
		fileshttp.ServeFile(w, request(method), b, "f.txt", nil)
		for k, v := range want {
			if w.Header().Get(k) != v {
				t.Errorf("%s: %s is %q, want %q", method, k, w.Header().Get(k), v)
			}
		}
		if len(w.Header()) != len(want) {
			t.Errorf("%s: fields %v, want %v", method, w.Header(), want)
		}
	}
	w := httptest.NewRecorder()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", "inline")
	w.Header().Set("Content-Encoding", "gzip") // a wrapper that compresses
	fileshttp.ServeFile(w, request("GET"), b, "f.txt", nil)
	if h := w.Header(); h.Get("Cache-Control") != "no-store" ||
		h.Get("Content-Disposition") != "inline" || h.Get("Content-Encoding") != "gzip" ||
		h.Get("Content-Length") != "" {
		t.Errorf("fields that were set before: %v", h)
	}
	w = httptest.NewRecorder()
	fileshttp.ServeFile(w, request("GET", "If-Modified-Since", date(0)), b, "f.txt", nil)
	if w.Code != 304 || w.Header().Get("Cache-Control") != "max-age=60" {
		t.Errorf("a GET since now = %d, %v, want 304 with the Cache-Control", w.Code, w.Header())
	}
}

// TestServeFileEmpty: an empty file has no range, so the response is the whole file, as
// in http.ServeContent.
func TestServeFileEmpty(t *testing.T) {
	b, _ := one(t, "")
	for _, rng := range []string{"", "bytes=0-", "bytes=5-6", "bytes=-5"} {
		w := httptest.NewRecorder()
		fileshttp.ServeFile(w, request("GET", "Range", rng), b, "f.txt", nil)
		if w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "0" {
			t.Errorf("Range %q of an empty file = %d, %v", rng, w.Code, w.Header())
		}
	}
}

// TestServeFileWithoutVersions: a bucket without versions has no ETag, and dates decide.
func TestServeFileWithoutVersions(t *testing.T) {
	bare, _ := one(t, text)
	b := unversioned{bare}
	for _, tt := range []struct {
		header []string
		status int
	}{
		{nil, 200},
		{[]string{"If-None-Match", `""`}, 200},
		{[]string{"If-Match", `""`}, 412},
		{[]string{"If-Modified-Since", date(0)}, 304},
		{[]string{"Range", "bytes=1-2", "If-Range", date(0)}, 206},
		{[]string{"Range", "bytes=1-2", "If-Range", date(time.Second)}, 200},
		{[]string{"Range", "bytes=1-2", "If-Range", `""`}, 200},
	} {
		w := httptest.NewRecorder()
		fileshttp.ServeFile(w, request("GET", tt.header...), b, "f.txt", nil)
		if _, ok := w.Header()["Etag"]; w.Code != tt.status || ok {
			t.Errorf("%v = %d, %v; want %d", tt.header, w.Code, w.Header(), tt.status)
		}
	}
}

// unversioned is a bucket whose files have no versions.
type unversioned struct{ files.Bucket }

func (u unversioned) Features() files.Features { return files.Features{} }

func (u unversioned) Get(ctx context.Context, name string,
	opts *files.GetOptions) (*files.Reader, error) {
	r, err := u.Bucket.Get(ctx, name, opts)
	if err != nil {
		return nil, err
	}
	info := r.Info()
	info.Version = ""
	return driver.NewReader(ctx, driver.ReaderConfig{
		Name:   name,
		Info:   info,
		Offset: r.Offset(),
		Length: r.Len(),
		Body:   r,
	}), nil
}
