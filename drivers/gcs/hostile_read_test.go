package gcs

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/drivers/internal/paging"
	"cloudfiles.dev/files"
)

// listed is an element of a listing.
func listed(name, size string) string {
	return fmt.Sprintf(`{"name":%q,"size":%q,"generation":"1"}`, name, size)
}

// listPage is a page with these items and prefixes, and the token of the next page.
func listPage(items, prefixes, next string) string {
	return fmt.Sprintf(`{"kind":"storage#objects","items":[%s],"prefixes":[%s],"nextPageToken":%q}`,
		items, prefixes, next)
}

// pages responds to a listing's requests by number, from 0; an empty next token ends it.
func pages(page func(n int) (items, prefixes, next string)) http.HandlerFunc {
	n := 0
	return func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, listPage(page(n)))
		n++
	}
}

// TestListingsThatLie: an invalid listing is an error that says so, after few requests.
func TestListingsThatLie(t *testing.T) {
	type pager = func(int) (string, string, string)
	one := func(items, dirs string) pager {
		return func(int) (string, string, string) { return items, dirs, "" }
	}
	of := func(all ...string) pager {
		return func(n int) (string, string, string) {
			if n == len(all)-1 {
				return all[n], "", ""
			}
			return all[n], "", "t" + strconv.Itoa(n)
		}
	}
	a, b1 := listed("dir/a", "1"), listed("dir/b", "1")
	for what, c := range map[string]struct {
		page    pager
		shallow bool
		want    string
		most    int64
	}{
		"names outside the prefix": {one(listed("other/x", "1"), ""), false, "outside", 1},
		"a neighbour's name":       {one(listed("dirx/a", "1"), ""), false, "outside", 1},
		"names in no order":        {one(b1+","+a, ""), false, "no order", 1},
		"no order over pages":      {of(b1, a), false, "no order", 2},
		"a name twice":             {one(b1+","+b1, ""), false, "twice", 1},
		"a name on two pages":      {of(b1, b1), false, "twice", 2},
		"a negative size":          {one(listed("dir/b", "-5"), ""), false, "negative", 1},
		"no size": {one(`{"name":"dir/b","generation":"1"}`,
			""), false, "a size", 1},
		"an odd size": {one(listed("dir/b", "many"),
			""), false, "without a size", 1},
		"no generation": {one(`{"name":"dir/b","size":"1"}`,
			""), false, "a generation", 1},
		"no name": {one(`{"size":"1","generation":"1"}`,
			""), false, "a name", 1},
		"directories unasked":         {one("", `"dir/d/"`), false, "not requested", 1},
		"directories elsewhere":       {one("", `"other/"`), true, "outside", 1},
		"directories in no order":     {one("", `"dir/e/","dir/d/"`), true, "no order", 1},
		"a directory without its end": {one("", `"dir/d"`), true, "not requested", 1},
		"the directory itself":        {one("", `"dir/"`), true, "not requested", 1},
		"names below a directory":     {one(listed("dir/d/x", "1"), ""), true, "below", 1},
		"a token that repeats": {
			func(int) (string, string, string) { return "", "", "t" }, false, "repeats", 3,
		},
		"tokens by turns": {
			func(n int) (string, string, string) { return "", "", "t" + strconv.Itoa(n%3) },
			false, "repeats", 12,
		},
		"pages without end": {
			func(n int) (string, string, string) { return "", "", "t" + strconv.Itoa(n) },
			false, "without an end", paging.MaxEmpty + 2,
		},
		"the same page without end": {
			func(n int) (string, string, string) { return b1, "", "t" + strconv.Itoa(n) },
			false, "twice", 2,
		},
	} {
		b, requests := hostile(t, pages(c.page))
		var last error
		for _, last = range b.List(t.Context(), "dir", &files.ListOptions{Shallow: c.shallow}) {
		}
		if !errors.Is(last, files.ErrUnavailable) || !strings.Contains(last.Error(), c.want) {
			t.Errorf("%s: List = %v, want ErrUnavailable and a text with %q", what, last, c.want)
		}
		if n := requests.Load(); n > c.most {
			t.Errorf("%s: %d requests, want at most %d", what, n, c.most)
		}
	}
	// A repeated directory is listed once.
	b, _ := hostile(t, pages(func(n int) (string, string, string) {
		if n == 0 {
			return "", `"dir/d/","dir/d/"`, "t"
		}
		return "", `"dir/d/","dir/e/"`, ""
	}))
	var all []string
	for e, err := range b.List(t.Context(), "dir", &files.ListOptions{Shallow: true}) {
		if err != nil {
			t.Errorf("%v, want nil", err)
		}
		all = append(all, e.Name)
	}
	if got := strings.Join(all, "|"); got != "dir/d/|dir/e/" {
		t.Errorf("%q, want %q", got, "dir/d/|dir/e/")
	}
	// Empty pages in between are valid.
	b, _ = hostile(t, pages(func(n int) (string, string, string) {
		if n < 50 {
			return "", "", "t" + strconv.Itoa(n)
		}
		return a, "", ""
	}))
	for e, err := range b.List(t.Context(), "dir", nil) {
		if err != nil || e.Name != "dir/a" {
			t.Errorf("%v, %v, want Name %q and nil", e, err, "dir/a")
		}
	}
}

// TestOddTimes: an unreadable time is the zero time, and the rest of the response is
// used.
func TestOddTimes(t *testing.T) {
	want := time.Date(2022, 10, 12, 17, 50, 0, 0, time.UTC)
	for at, zero := range map[string]bool{
		"2022-10-12T17:50:00Z": false, "2022-10-12T17:50:00.123456Z": false,
		"2022-10-12T17:50:00+0000": false, "2022-10-12 17:50:00": false,
		"2022-10-12T17:50:00": false, "Wed, 12 Oct 2022 17:50:00 GMT": false,
		"Wed, 12 Oct 2022 17:50:00 +0000": false, "": true, "soon": true, "1665597000": true,
	} {
		o := fmt.Sprintf(`"size":"3","generation":"1","updated":%q`, at)
		b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/o") && r.Method == http.MethodGet:
				io.WriteString(w, listPage(`{"name":"a",`+o+`}`, "", ""))
			case strings.HasPrefix(r.URL.Path, "/storage/"):
				io.WriteString(w, `{"kind":"storage#object",`+o+`}`)
			default:
				w.Header().Set("X-Goog-Generation", "1")
				w.Header().Set("Last-Modified", at)
				io.WriteString(w, "abc")
			}
		})
		check := func(what string, got time.Time, err error) {
			t.Helper()
			if err != nil || got.IsZero() != zero || !zero && !got.Equal(want) {
				t.Errorf("%s with the time %q: %v, %v, want %v, or the zero time: %v",
					what, at, got, err, want, zero)
			}
		}
		info, err := b.Stat(t.Context(), "a", nil)
		check("stat", info.ModTime, err)
		for e, err := range b.List(t.Context(), "", nil) {
			check("list", e.ModTime, err)
		}
		r, err := b.Get(t.Context(), "a", nil)
		check("get", r.Info().ModTime, err)
		r.Close()
	}
	b, _ := hostile(t, says(200, `{"kind":"storage#object","size":3,"generation":7,"updated":5}`))
	info, err := b.Stat(t.Context(), "a", nil) // numbers, although the service sends strings
	if err != nil || info.Size != 3 || info.Version != "7" || !info.ModTime.IsZero() {
		t.Errorf("Stat(a) = %+v, %v, want Size 3, Version %q, ModTime zero and nil", info, err, "7")
	}
}

// sends responds with a generation, a Content-Range (if not empty) and content.
func sends(generation, contentRange, content string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Goog-Generation", generation)
		if contentRange != "" {
			w.Header().Set("Content-Range", contentRange)
			w.WriteHeader(206)
		}
		io.WriteString(w, content)
	}
}

// TestOneVersion: a body is of one version and of the requested range, even if a server
// ignores X-Goog-If-Generation-Match.
func TestOneVersion(t *testing.T) {
	for what, c := range map[string]struct {
		second http.HandlerFunc
		want   error // of the read; nil if all of it is read
	}{
		"the rest":                  {sends("1", "bytes 5-9/10", "56789"), nil},
		"of another version":        {sends("2", "bytes 5-9/10", "EVIL!"), files.ErrChanged},
		"another range":             {sends("1", "bytes 0-4/10", "01234"), files.ErrUnavailable},
		"a range of another length": {sends("1", "bytes 5-9/10", "567"), files.ErrUnavailable},
		"an impossible range":       {sends("1", "bytes 5-3/10", "56789"), files.ErrUnavailable},
		"a range beyond the end":    {sends("1", "bytes 5-10/10", "56789x"), files.ErrUnavailable},
		"no range at all":           {sends("1", "bytes", "56789"), files.ErrUnavailable},
		"another size":              {sends("1", "bytes 5-9/20", "56789"), files.ErrUnavailable},
		"all of it":                 {sends("1", "", "0123456789"), files.ErrUnavailable},
		"no generation":             {sends("", "bytes 5-9/10", "56789"), files.ErrUnavailable},
		"an odd generation":         {sends("one", "bytes 5-9/10", "56789"), files.ErrUnavailable},
		"no Content-Range": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Goog-Generation", "1")
			w.WriteHeader(206)
			io.WriteString(w, "56789")
		}, files.ErrUnavailable},
		"two lengths": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Goog-Stored-Content-Length", "11")
			sends("1", "bytes 5-9/10", "56789")(w, r)
		}, files.ErrUnavailable},
	} {
		first := true
		b, requests := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			if first {
				first = false
				w.Header().Set("X-Goog-Generation", "1")
				w.Header().Set("Content-Length", "10") // the connection breaks
				io.WriteString(w, "01234")
				return
			}
			c.second(w, r)
		})
		content, err := files.ReadString(t.Context(), b, "a", nil)
		switch {
		case c.want == nil && (err != nil || content != "0123456789"):
			t.Errorf("%s: read %q, %v, want the whole content", what, content, err)
		case c.want != nil && !errors.Is(err, c.want):
			t.Errorf("%s: %q, %v, want %v", what, content, err, c.want)
		}
		if n := requests.Load(); n > 20 {
			t.Errorf("%s: %d requests, want at most 20", what, n)
		}
	}
	for v, want := range map[files.Version]error{"1": nil, "2": files.ErrPrecondition} {
		b, _ := hostile(t, sends("1", "", "abc"))
		if err := oddservice.GetIf(t, b, files.GetOptions{IfVersion: v}); !errors.Is(err, want) {
			t.Errorf("if %s: %v, want %v", v, err, want)
		}
	}
	// Another range than the requested one.
	for _, got := range []string{"bytes 50-51/100", "bytes 0-1/100", "bytes 1-99/100"} {
		b, _ := hostile(t, sends("1", got, strings.Repeat("x", 2)))
		if err := every["get of a range"](t.Context(), b); !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("%s for 1-2: %v, want ErrUnavailable", got, err)
		}
	}
}

// TestRangeEdges: ranges that have no bytes, or extend too far, need few requests.
func TestRangeEdges(t *testing.T) {
	for what, c := range map[string]struct {
		size int
		rng  files.Range
		want string
		most int64
	}{
		"the end of an empty file":      {0, files.Last(5), "", 2},
		"all of an empty file":          {0, files.Range{}, "", 1},
		"past the end":                  {3, files.From(100), "", 2},
		"at the end":                    {3, files.From(3), "", 2},
		"nothing":                       {3, files.Bytes(1, 0), "", 1},
		"more than there is of the end": {3, files.Last(100), "abc", 3},
		"reaching past the end":         {3, files.Bytes(1, 100), "bc", 1},
	} {
		for _, form := range []string{"416", "bytes 0--1/0"} {
			b, requests := hostile(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/storage/") {
					io.WriteString(w, resourceOf("a", 1, c.size))
					return
				}
				w.Header().Set("X-Goog-Generation", "1")
				var first, last int
				switch n, _ := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last); {
				case r.Header.Get("Range") == "":
					io.WriteString(w, "abc"[:c.size])
				case n == 2 && first >= 0 && first < c.size:
					last = min(last, c.size-1)
					sends("1", fmt.Sprintf("bytes %d-%d/%d", first, last, c.size),
						"abc"[first:last+1])(w, r)
				case c.size == 0 && form != "416":
					w.Header().Set("Content-Range", form)
					w.WriteHeader(206)
				default:
					w.Header().Set("Content-Range", "bytes */"+strconv.Itoa(c.size))
					w.WriteHeader(416)
				}
			})
			r, err := b.Get(t.Context(), "a", &files.GetOptions{Range: c.rng})
			if err != nil {
				t.Errorf("%s, %s: %v, want nil", what, form, err)
				continue
			}
			s, err := r.ReadString()
			if s != c.want || err != nil || requests.Load() > c.most {
				t.Errorf("%s, %s: %q, %v, %d requests, want %q, nil and at most %v", what, form, s,
					err, requests.Load(), c.want, c.most)
			}
			r.Close()
		}
	}
	// 416 to every request.
	b, requests := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/storage/") {
			io.WriteString(w, resourceOf("a", 1, 10))
			return
		}
		w.WriteHeader(416)
	})
	err := oddservice.GetIf(t, b, files.GetOptions{Range: files.Last(5)})
	if !errors.Is(err, files.ErrUnavailable) || requests.Load() > 6 {
		t.Errorf("repeated 416: %v after %d requests, want ErrUnavailable and at most 6", err,
			requests.Load())
	}
}

// TestStoredAsItIs: content that the caller encoded is read as it is stored, with or
// without a Content-Length, and content that was compressed or decompressed on the way
// is refused (https://cloud.google.com/storage/docs/transcoding).
func TestStoredAsItIs(t *testing.T) {
	for what, c := range map[string]struct {
		header map[string]string
		body   string
		want   error
	}{
		"as stored": {map[string]string{
			"Content-Encoding": "gzip", "X-Goog-Stored-Content-Encoding": "gzip",
			"X-Goog-Stored-Content-Length": "4",
		}, "\x1f\x8b12", nil},
		"no stored encoding": {map[string]string{"Content-Encoding": "gzip"}, "\x1f\x8b12", nil},
		"unpacked on the way": {map[string]string{
			"X-Goog-Stored-Content-Encoding": "gzip", "X-Goog-Stored-Content-Length": "4",
		}, "text", files.ErrUnavailable},
		"packed on the way": {map[string]string{
			"Content-Encoding": "gzip", "X-Goog-Stored-Content-Encoding": "identity",
			"X-Goog-Stored-Content-Length": "4",
		}, "\x1f\x8b12", files.ErrUnavailable},
		"longer than stored": {map[string]string{"X-Goog-Stored-Content-Length": "4"}, "12345",
			files.ErrUnavailable},
		"shorter than stored": {map[string]string{"X-Goog-Stored-Content-Length": "4"}, "123",
			files.ErrUnavailable},
	} {
		for _, flush := range []bool{false, true} { // without a Content-Length
			if flush && c.header["X-Goog-Stored-Content-Length"] == "" {
				continue
			}
			b, _ := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Goog-Generation", "1")
				for k, v := range c.header {
					w.Header().Set(k, v)
				}
				if flush {
					w.(http.Flusher).Flush()
				}
				io.WriteString(w, c.body)
			})
			s, err := files.ReadString(t.Context(), b, "a", nil)
			if c.want == nil && (s != c.body || err != nil) || !errors.Is(err, c.want) {
				t.Errorf("%s, flushed %v: read %q, %v, want %q or the error %v",
					what, flush, s, err, c.body, c.want)
			}
		}
	}
}

// TestChecksums: a checksum is the whole object's, or there is none.
func TestChecksums(t *testing.T) {
	for sums, want := range map[string]string{
		"crc32c=4waSgw==":                 "e3069283",
		"crc32c=4waSgw==,md5=xxx":         "e3069283",
		"crc32c=AAAAAA==,crc32c=4waSgw==": "", // ambiguous
		"crc32c=AAAAAA":                   "",
		"sha1=AAAAAA==":                   "",
	} {
		b, _ := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Goog-Generation", "1")
			w.Header().Set("X-Goog-Hash", sums)
			io.WriteString(w, "123456789")
		})
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := r.ReadAll(); err != nil || len(p) != 9 || r.Info().Digest.CRC32C != want {
			t.Errorf("%s: %q, %v, %+v, want 9 bytes, nil and CRC32C %q", sums, p, err,
				r.Info().Digest, want)
		}
		r.Close()
	}
}
