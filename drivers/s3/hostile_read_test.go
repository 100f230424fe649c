package s3

import (
	"errors"
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

// object returns an element of a listing; dir returns one of its directories.
func object(key, size string) string {
	return "<Contents><Key>" + key + "</Key><Size>" + size +
		"</Size><ETag>&quot;1&quot;</ETag></Contents>"
}

func dir(p string) string { return "<CommonPrefixes><Prefix>" + p + "</Prefix></CommonPrefixes>" }

// pages answers a listing's requests by number, from 0. An empty next is the end.
func pages(page func(n int) (body, next string)) http.HandlerFunc {
	n := 0
	return func(w http.ResponseWriter, _ *http.Request) {
		body, next := page(n)
		n++
		io.WriteString(w, "<ListBucketResult><IsTruncated>"+strconv.FormatBool(next != "")+
			"</IsTruncated>"+body)
		if next != "" {
			io.WriteString(w, "<NextContinuationToken>"+next+"</NextContinuationToken>")
		}
		io.WriteString(w, "</ListBucketResult>")
	}
}

// TestInvalidListings: an invalid listing is an error that says why, after few requests.
func TestInvalidListings(t *testing.T) {
	one := func(body string) func(int) (string, string) {
		return func(int) (string, string) { return body, "" }
	}
	a, c1, b1 := object("dir/a", "1"), "<Contents>", object("dir/b", "1")
	of := func(all ...string) func(int) (string, string) {
		return func(n int) (string, string) {
			if n == len(all)-1 {
				return all[n], ""
			}
			return all[n], "t" + strconv.Itoa(n)
		}
	}
	for what, c := range map[string]struct {
		page    func(int) (string, string)
		shallow bool
		want    string
		most    int64
	}{
		"names outside the prefix": {one(object("other/x", "1")), false, "outside", 1},
		"a neighbour's name":       {one(object("dirx/a", "1")), false, "outside", 1},
		"names in no order":        {one(b1 + a), false, "no order", 1},
		"no order over pages":      {of(b1, a), false, "no order", 2},
		"a name twice":             {one(b1 + b1), false, "twice", 1},
		"a name on two pages":      {of(b1, b1), false, "twice", 2},
		"a negative size":          {one(object("dir/b", "-5")), false, "negative", 1},
		"no size": {
			one(c1 + "<Key>dir/b</Key></Contents>"), false, "without a size", 1,
		},
		"no key": {
			one(c1 + "<Size>1</Size></Contents>"), false, "without a key", 1,
		},
		"directories unasked":         {one(dir("dir/d/")), false, "not requested", 1},
		"directories elsewhere":       {one(dir("other/")), true, "outside", 1},
		"a directory without its end": {one(dir("dir/d")), true, "not requested", 1},
		"names below a directory":     {one(object("dir/d/x", "1")), true, "below", 1},
		"a token that repeats": {func(int) (string, string) { return "", "t" }, false,
			"repeats", 3},
		"tokens by turns": {
			func(n int) (string, string) { return "", "t" + strconv.Itoa(n%3) },
			false,
			"repeats",
			12,
		},
		"pages without end": {
			func(n int) (string, string) { return "", "t" + strconv.Itoa(n) },
			false,
			"without an end",
			paging.MaxEmpty + 2,
		},
		"the same page without end": {func(n int) (string, string) {
			return object("dir/b", "1"), "t" + strconv.Itoa(n)
		}, false, "twice", 2},
	} {
		b, requests := hostile(t, amazon, pages(c.page))
		var last error
		for _, last = range b.List(t.Context(), "dir", &files.ListOptions{Shallow: c.shallow}) {
		}
		if !errors.Is(last, files.ErrUnavailable) || !strings.Contains(last.Error(), c.want) {
			t.Errorf("%s: %v, want ErrUnavailable and a text with %q", what, last, c.want)
		}
		if n := requests.Load(); n > c.most {
			t.Errorf("%s: %d requests, want at most %d", what, n, c.most)
		}
	}

	// A repeated directory is listed once, also if the store lists in no order.
	for _, p := range []*Profile{amazon, seaweedfs} {
		b, _ := hostile(t, p, pages(of(dir("dir/d/")+dir("dir/d/"), dir("dir/d/")+dir("dir/e/"))))
		if got := listed(t, b, &files.ListOptions{Shallow: true}); got != "dir/d/|dir/e/" {
			t.Errorf("%s: %s, want %q", p.Name, got, "dir/d/|dir/e/")
		}
	}
	// A store whose profile says so may list in no order.
	b, _ := hostile(t, seaweedfs, pages(one(object("dir/b", "1")+object("dir/a", "1"))))
	if got := listed(t, b, nil); got != "dir/b|dir/a" {
		t.Errorf("listed = %q, want %q", got, "dir/b|dir/a")
	}
	// There are more pages, and no token for them.
	b, _ = hostile(t, amazon, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>")
	})
	for _, err := range b.List(t.Context(), "dir", nil) {
		if !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("%v, want ErrUnavailable", err)
		}
	}
}

func listed(t *testing.T, b files.Bucket, o *files.ListOptions) string {
	t.Helper()
	var all []string
	for e, err := range b.List(t.Context(), "dir", o) {
		if err != nil {
			t.Errorf("%v, want nil", err)
		}
		all = append(all, e.Name+e.Key)
	}
	return strings.Join(all, "|")
}

// TestOddPages: a key that XML can't hold, and odd times, don't fail the rest of a page.
func TestOddPages(t *testing.T) {
	entry := func(key, at string) string {
		return "<Contents><Key>" + key + "</Key><LastModified>" + at +
			"</LastModified><Size>1</Size></Contents>"
	}
	page := entry("dir/&#x1;x", "2022-10-12T17:50:00.000Z") +
		entry("dir/\x02y", "2022-10-12 17:50:00") +
		entry("dir/a", "2022-10-12T17:50:00") + entry("dir/b", "2022-10-12T17:50:00+0000") +
		entry("dir/c", "") + entry("dir/d", "yesterday") +
		entry("dir/e", "Wed, 12 Oct 2022 17:50:00 GMT") +
		entry("dir/f&amp;&#65;", "2022-10-12T17:50:00Z")
	h := pages(func(int) (string, string) { return page, "" })
	b, _ := hostile(t, amazon, h)
	all := "dir/\x01x|dir/\x02y|dir/a|dir/b|dir/c|dir/d|dir/e|dir/f&A"
	if got := listed(t, b, &files.ListOptions{Foreign: true}); got != all {
		t.Errorf("listed = %q, want %q", got, all)
	}
	want := time.Date(2022, 10, 12, 17, 50, 0, 0, time.UTC)
	for e, err := range b.List(t.Context(), "dir", nil) {
		none := e.Name == "dir/c" || e.Name == "dir/d"
		if err != nil || none != e.ModTime.IsZero() || !none && !e.ModTime.Equal(want) {
			t.Errorf("listed %+v, %v, want the time %v, and none for dir/c and dir/d", e, err, want)
		}
	}
	for at, zero := range map[string]bool{
		"Wed, 12 Oct 2022 17:50:00 GMT": false, "Wed, 12 Oct 2022 17:50:00 +0000": false,
		"2022-10-12T17:50:00Z": false,
		"2022-10-12 17:50:00":  false, "": true, "soon": true,
	} {
		b, _ := hostile(t, amazon, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Last-Modified", at)
			w.Header().Set("X-Amz-Tagging-Count", "many")
			w.Header().Set("Content-Length", "0")
		})
		info, err := b.Stat(t.Context(), "a", nil)
		if err != nil || info.ModTime.IsZero() != zero || !zero && !info.ModTime.Equal(want) {
			t.Errorf("Stat with the time %q has %v, %v, want %v, or the zero time: %v",
				at, info.ModTime, err, want, zero)
		}
	}
}

// TestOneVersion: a body is of one version and of the requested range, also if a store
// ignores If-Match.
func TestOneVersion(t *testing.T) {
	cut := func(w http.ResponseWriter, body string) { // then the connection breaks
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, body)
	}
	for what, c := range map[string]struct {
		second func(w http.ResponseWriter)
		want   error // the error of the read; nil if it returns everything
	}{
		"the rest": {func(w http.ResponseWriter) {
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Content-Range", "bytes 5-9/10")
			w.WriteHeader(206)
			io.WriteString(w, "56789")
		}, nil},
		"of another version": {func(w http.ResponseWriter) {
			w.Header().Set("ETag", `"2"`)
			w.Header().Set("Content-Range", "bytes 5-9/10")
			w.WriteHeader(206)
			io.WriteString(w, "EVIL!")
		}, files.ErrChanged},
		"another range": {func(w http.ResponseWriter) {
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Content-Range", "bytes 0-4/10")
			w.WriteHeader(206)
			io.WriteString(w, "01234")
		}, files.ErrUnavailable},
		"no range": {func(w http.ResponseWriter) {
			w.Header().Set("ETag", `"1"`)
			w.WriteHeader(206)
			io.WriteString(w, "56789")
		}, files.ErrUnavailable},
		"a range of another length": {func(w http.ResponseWriter) {
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Content-Range", "bytes 5-9/10")
			w.WriteHeader(206)
			io.WriteString(w, "567")
		}, files.ErrUnavailable},
		"an impossible range": {func(w http.ResponseWriter) {
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Content-Range", "bytes 5-3/10")
			w.WriteHeader(206)
			io.WriteString(w, "56789")
		}, files.ErrUnavailable},
		"another size": {func(w http.ResponseWriter) {
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Content-Range", "bytes 5-9/20")
			w.WriteHeader(206)
			io.WriteString(w, "56789")
		}, files.ErrUnavailable},
		"no ETag": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Range", "bytes 5-9/10")
			w.WriteHeader(206)
			io.WriteString(w, "56789")
		}, files.ErrUnavailable},
	} {
		first := true
		b, requests := hostile(t, amazon, func(w http.ResponseWriter, _ *http.Request) {
			if first {
				first = false
				w.Header().Set("ETag", `"1"`)
				cut(w, "01234")
				return
			}
			c.second(w)
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
}

// TestWeakETags: a weak ETag, which a proxy that compresses sends, is compared as RFC
// 9110 says.
func TestWeakETags(t *testing.T) {
	const weak = `W/"1"`
	b, _ := hostile(t, amazon, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", weak)
		w.Header().Set("Content-Length", "3")
		if r.Header.Get("If-None-Match") == weak {
			w.WriteHeader(304)
			return
		}
		if r.Method == http.MethodGet {
			io.WriteString(w, "abc")
		}
	})
	info, err := b.Stat(t.Context(), "a", nil)
	if err != nil || info.Version != weak {
		t.Fatalf("Stat = %+v, %v, want the version %s", info, err, weak)
	}
	for _, v := range []files.Version{weak, "1"} {
		if err := oddservice.GetIf(t, b,
			files.GetOptions{IfNotVersion: v}); !errors.Is(err, files.ErrNotModified) {
			t.Errorf("if not %s: %v", v, err)
		}
		if err := oddservice.GetIf(t, b,
			files.GetOptions{IfVersion: v}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("get if %s: %v, want ErrUnsupported", v, err)
		}
	}
	_, put := oddservice.PutIf(t, b, files.IfVersion(weak))
	_, cp := files.Copy(t.Context(), b, "b", b, "a", &files.CopyOptions{IfSource: weak})
	for what, err := range map[string]error{
		"put": put, "copy": cp,
		"delete": b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: weak}),
	} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", what, err)
		}
	}
	if s, err := files.ReadString(t.Context(), b, "a", nil); s != "abc" || err != nil {
		t.Errorf("ReadString(a) = %q, %v, want %q and nil", s, err, "abc")
	}
}
