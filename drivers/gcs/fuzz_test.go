package gcs

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// FuzzErrors: every body has a sentinel, and only the service's own errors report a
// missing file.
func FuzzErrors(f *testing.F) {
	for _, s := range []string{
		refuses(404, "notFound"), "<Error><Code>NoSuchKey</Code><Message>m</Message></Error>",
		`{"error":{"code":404,"status":"NOT_FOUND"}}`, "<html>", "", "null", "{}", "\uFEFF{",
	} {
		f.Add(404, s)
		f.Add(412, s)
		f.Add(200, s)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		a := errorResponseOf(status, []byte(body), nil)
		for o := range ops {
			words, kind := a.kind(o, 0)
			switch {
			case files.KindOf(kind) == nil || words == "":
				t.Fatalf("the error of %d %q has the words %q and the kind %v, want both",
					status, body, words, kind)
			case kind == files.ErrExist, kind == files.ErrPrecondition,
				kind == files.ErrNotModified:
				t.Fatalf("%d %q without a condition: %v", status, body, kind)
			case kind == files.ErrNotExist && (status != 404 || !strings.Contains(body, a.reason)):
				t.Fatalf("the error of %d %q is %v, although the response isn't a 404 with that "+
					"reason", status, body, kind)
			}
		}
	})
}

// FuzzPages: the entries of any page are in order and below the prefix.
func FuzzPages(f *testing.F) {
	f.Add(listPage(listed("dir/a", "1")+","+listed("dir/b", "2"), "", ""), false)
	f.Add(listPage(listed("dir/a", "1"), `"dir/a/","dir/b/"`, "t"), true)
	f.Add(`{"kind":"storage#objects","items":[{"name":"dir/\u0001","size":5,"updated":"x"}]}`, true)
	f.Fuzz(func(t *testing.T, text string, shallow bool) {
		var p page
		if json.Unmarshal([]byte(text), &p) != nil || p.invalid() != "" {
			return
		}
		last := ""
		req := driver.ListRequest{Prefix: "dir/", Shallow: shallow, Foreign: true}
		l := &listing{req: req, check: listCheck{prefix: "dir/", shallow: shallow}}
		l.yield = func(e files.Entry, err error) bool {
			key := e.Name + e.Key
			if err != nil || !strings.HasPrefix(key, "dir/") || key < last || e.Size < 0 {
				t.Fatalf("%q: %+v after %q, %v", text, e, last, err)
			}
			last = key
			return true
		}
		l.page(&p)
		l.check.page(&p)
	})
}

// FuzzHeaders: for any headers, a range is within the object.
func FuzzHeaders(f *testing.F) {
	f.Add("bytes 0-4/5", "5", "gzip", "crc32c=AAAAAA==", int64(5))
	f.Add("bytes 0--1/0", "", "", "md5=x,crc32c=", int64(0))
	f.Add("bytes 1-2/*", "9", "identity", "", int64(-1))
	f.Fuzz(func(t *testing.T, rng, stored, encoding, sums string, length int64) {
		resp := &http.Response{StatusCode: 206, ContentLength: length, Header: http.Header{
			"Content-Range":                  {rng},
			"X-Goog-Stored-Content-Length":   {stored},
			"X-Goog-Stored-Content-Encoding": {encoding},
			"X-Goog-Hash":                    {sums},
			"X-Goog-Generation":              {stored},
		}}
		info, _ := headerInfo(resp)
		off, n, err := extent(&call{}, resp, info.Size)
		if err == nil && (off < 0 || n <= 0 || off > info.Size-n || length >= 0 && n != length) {
			t.Fatalf("extent = %d bytes from %d, of %d", n, off, info.Size)
		}
	})
}
