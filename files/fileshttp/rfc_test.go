package fileshttp_test

import (
	"net/http"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/fileshttp"
)

// TestDirectoryRedirects: a directory's path without the slash redirects to the path
// with it, as in net/http.
func TestDirectoryRedirects(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "pub/a b/index.html", "pub/f")
	for _, method := range []string{"GET", "HEAD"} {
		for _, h := range []*fileshttp.Handler{
			{Bucket: b, Dir: "pub", Index: "index.html"},
			{Bucket: b, Dir: "pub", Listing: true},
		} {
			w := do(h, method, "/a b", "")
			if at := w.Header().Get("Location"); w.Code != 301 || at != "./a%20b/" {
				t.Errorf("%s of a directory = %d, %q", method, w.Code, at)
			}
			if w := do(h, method, "/none", ""); w.Code != 404 {
				t.Errorf("%s of a missing path = %d", method, w.Code)
			}
		}
	}
}

// TestNotModifiedHasTheFieldsOfTheFile: a 304 has the fields of RFC 9110, 15.4.5, from
// one request.
func TestNotModifiedHasTheFieldsOfTheFile(t *testing.T) {
	inner := mem.New(nil)
	opts := &files.PutOptions{Attributes: files.Attributes{CacheControl: "max-age=60"}}
	info, err := files.PutString(t.Context(), inner, "f", "content", opts)
	if err != nil {
		t.Fatal(err)
	}
	b, calls := counted(inner)
	h := &fileshttp.Handler{Bucket: b}
	for i, method := range []string{"GET", "HEAD"} {
		w := do(h, method, "/f", "", "If-None-Match", fileshttp.ETag(info.Version))
		if w.Code != 304 || w.Header().Get("Cache-Control") != "max-age=60" ||
			w.Header().Get("Etag") == "" || len(*calls) != i+1 {
			t.Errorf("%s = %d, %v, with the requests %v", method, w.Code, w.Header(), *calls)
		}
	}
}

// TestUploadStatus: a PUT of a new file is 201, and a replacement 204 (RFC 9110,
// 9.3.4).
func TestUploadStatus(t *testing.T) {
	h := &fileshttp.Handler{Bucket: mem.New(nil), MaxUpload: 10}
	for i, want := range []int{201, 204, 204} {
		if w := do(h, "PUT", "/f", "x"); w.Code != want {
			t.Errorf("PUT %d = %d, want %d", i, w.Code, want)
		}
	}
	if w := do(h, "PUT", "/", "x"); w.Code != 404 {
		t.Errorf("PUT of no name = %d", w.Code)
	}
}

// TestLastModified: Last-Modified is never later than Date, and is left out if HTTP
// can't write the time (RFC 9110, 8.8.2.1).
func TestLastModified(t *testing.T) {
	for _, at := range []time.Time{
		time.Now().AddDate(50, 0, 0),
		time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC),
		{},
	} {
		inner := mem.New(&mem.Options{PutTime: true, Clock: func() time.Time { return at }})
		fill(t, inner, "d/f")
		h := &fileshttp.Handler{Bucket: inner, Listing: true, MaxUpload: 10}
		for _, method := range []string{"GET", "HEAD", "PUT"} {
			w := do(h, method, "/d/f", "")
			got := w.Header().Get("Last-Modified")
			if at.IsZero() || at.Year() > 9999 {
				if method != "PUT" && got != "" {
					t.Errorf("%s of %v: Last-Modified %q", method, at, got)
				}
				continue
			}
			sent, err := http.ParseTime(got)
			if err != nil || sent.After(time.Now()) {
				t.Errorf("%s of %v: Last-Modified %q", method, at, got)
			}
		}
		if w := do(h, "GET", "/d/", "", "Accept", "application/json"); w.Code != 200 {
			t.Errorf("a listing with %v = %d", at, w.Code)
		}
	}
}

// TestCORS: a page of an allowed origin may send requests, and no other.
func TestCORS(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "f")
	h := &fileshttp.Handler{
		Bucket:    b,
		MaxUpload: 10,
		CORS:      &fileshttp.CORS{Origins: []string{"https://app.example"}, MaxAge: time.Minute},
	}
	ask := func(origin string) http.Header {
		w := do(h, "OPTIONS", "/f", "", "Origin", origin, "Access-Control-Request-Method", "PUT",
			"Access-Control-Request-Headers", "content-type")
		if w.Code != 204 {
			t.Errorf("a preflight request = %d", w.Code)
		}
		return w.Header()
	}
	if got := ask(
		"https://app.example"); got.Get("Access-Control-Allow-Origin") != "https://app.example" ||
		got.Get("Vary") != "Origin" ||
		got.Get("Access-Control-Allow-Methods") != "GET, HEAD, OPTIONS, PUT" ||
		got.Get("Access-Control-Max-Age") != "60" {
		t.Errorf("allowed: %v", got)
	}
	if got := ask("https://evil.example"); got.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another origin: %v", got)
	}
	for path, status := range map[string]int{"/f": 200, "/none": 404} {
		w := do(h, "GET", path, "", "Origin", "https://app.example")
		if w.Code != status ||
			w.Header().Get("Access-Control-Allow-Origin") != "https://app.example" {
			t.Errorf("GET %s = %d, %v", path, w.Code, w.Header())
		}
	}
	for _, nobody := range []*fileshttp.CORS{nil, {}, {Origins: []string{}}} {
		h.CORS = nobody
		for _, origin := range []string{"https://app.example", "null", ""} {
			if got := ask(origin); got.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%+v, %q: %v", nobody, origin, got)
			}
		}
	}
	entries, _, err := files.ListPage(t.Context(), b, "none", "", 10, nil)
	if entries == nil || err != nil {
		t.Errorf("an empty page is %v, %v, which is null in JSON", entries, err)
	}
}
