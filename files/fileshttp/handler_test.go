package fileshttp_test

import (
	"context"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/fileshttp"
)

// do sends a request to the handler. header are pairs.
func do(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://host", strings.NewReader(body))
	r.URL.Path = path // unchanged, even if it is illegal
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func fill(t testing.TB, b files.Bucket, names ...string) {
	t.Helper()
	for _, n := range names {
		if _, err := b.Put(t.Context(), n, strings.NewReader("content of "+n), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHandlerPaths(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "top.txt", "pub/f.txt", "pub/a/b.txt", "pub/index.html", "pub/a/index.html",
		`pub/back\slash`, "pub/%41", "public/f.txt", "secret")
	for _, tt := range []struct {
		h      fileshttp.Handler
		path   string
		status int
		body   string
	}{
		{fileshttp.Handler{}, "/top.txt", 200, "content of top.txt"},
		// as http.StripPrefix leaves it
		{fileshttp.Handler{}, "top.txt", 200, "content of top.txt"},
		{fileshttp.Handler{}, "/none", 404, "Not Found\n"},
		{fileshttp.Handler{}, "/pub", 404, "Not Found\n"},
		{fileshttp.Handler{}, "/pub/", 404, "Not Found\n"},
		{fileshttp.Handler{}, "/", 404, "Not Found\n"},
		{fileshttp.Handler{}, "//top.txt", 404, "Not Found\n"},
		{fileshttp.Handler{}, "/a\x00b", 404, "Not Found\n"},
		{fileshttp.Handler{}, "/" + strings.Repeat("x", 1025), 404, "Not Found\n"},
		{fileshttp.Handler{Dir: "pub"}, "/f.txt", 200, "content of pub/f.txt"},
		{fileshttp.Handler{Dir: "pub/"}, "/f.txt", 200, "content of pub/f.txt"},
		{fileshttp.Handler{Dir: "pub"}, "/a/b.txt", 200, "content of pub/a/b.txt"},
		{fileshttp.Handler{Dir: "pub"}, `/back\slash`, 200, `content of pub/back\slash`},
		// the path is decoded once
		{fileshttp.Handler{Dir: "pub"}, "/%41", 200, "content of pub/%41"},
		{fileshttp.Handler{Dir: "pub"}, "/../secret", 404, "Not Found\n"},
		{fileshttp.Handler{Dir: "pub"}, "/a/../../secret", 404, "Not Found\n"},
		{fileshttp.Handler{Dir: "pub"}, "/./f.txt", 404, "Not Found\n"},
		{fileshttp.Handler{Dir: "../pub"}, "/f.txt", 404, "Not Found\n"},
		{fileshttp.Handler{Dir: "pub", Index: "index.html"}, "/", 200, "content of pub/index.html"},
		{fileshttp.Handler{
			Dir:   "pub",
			Index: "index.html",
		}, "/a/", 200, "content of pub/a/index.html"},
		{fileshttp.Handler{
			Dir:     "pub",
			Index:   "index.html",
			Listing: true,
		}, "/none/", 404, "Not Found\n"},
	} {
		tt.h.Bucket = b
		for _, method := range []string{"GET", "HEAD"} {
			if w := do(&tt.h, method, tt.path,
				""); w.Code != tt.status || method == "GET" && w.Body.String() != tt.body {
				t.Errorf("%s %q in %q = %d, %q; want %d, %q", method, tt.path, tt.h.Dir, w.Code,
					w.Body, tt.status, tt.body)
			}
		}
	}
}

func TestHandlerMethods(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "f")
	for _, tt := range []struct {
		h     fileshttp.Handler
		allow string
		put   int
		del   int
	}{
		{fileshttp.Handler{}, "GET, HEAD, OPTIONS", 405, 405},
		{fileshttp.Handler{MaxUpload: 10}, "GET, HEAD, OPTIONS, PUT", 204, 405},
		{fileshttp.Handler{
			MaxUpload:   10,
			AllowDelete: true,
		}, "GET, HEAD, OPTIONS, PUT, DELETE", 204, 204},
		{fileshttp.Handler{
			Bucket:      files.ReadOnly(b),
			MaxUpload:   10,
			AllowDelete: true,
		}, "GET, HEAD, OPTIONS, PUT, DELETE", 403, 403},
	} {
		if tt.h.Bucket == nil {
			tt.h.Bucket = b
		}
		for method, status := range map[string]int{
			"POST":    405,
			"PATCH":   405,
			"MKCOL":   405,
			"OPTIONS": 204,
		} {
			if w := do(&tt.h, method, "/f",
				""); w.Code != status || w.Header().Get("Allow") != tt.allow {
				t.Errorf("%s = %d, Allow %q; want %d, %q", method, w.Code, w.Header().Get("Allow"),
					status, tt.allow)
			}
		}
		if w := do(&tt.h, "PUT", "/f", "x"); w.Code != tt.put {
			t.Errorf("PUT = %d, want %d", w.Code, tt.put)
		}
		if w := do(&tt.h, "DELETE", "/f", ""); w.Code != tt.del {
			t.Errorf("DELETE = %d, want %d", w.Code, tt.del)
		}
	}
}

func TestHandlerPut(t *testing.T) {
	b := mem.New(&mem.Options{PutTime: true, Clock: func() time.Time { return putTime }})
	h := &fileshttp.Handler{
		Bucket:      b,
		Dir:         "in",
		MaxUpload:   10,
		AllowDelete: true,
	}
	w := do(h, "PUT", "/x", "0123456789", "Content-Type", "text/x-own", "Content-Disposition",
		"attachment", "Content-Language", "de", "Content-Encoding", "br", "Cache-Control",
		"no-cache")
	info, err := b.Stat(t.Context(), "in/x", nil)
	if err != nil || w.Code != 201 || w.Header().Get("Etag") != fileshttp.ETag(info.Version) ||
		w.Header().Get("Last-Modified") != date(0) || w.Body.Len() > 0 {
		t.Fatalf("PUT = %d, %v; stored %v, %v", w.Code, w.Header(), info, err)
	}
	want := files.Attributes{
		ContentType:        "text/x-own",
		ContentDisposition: "attachment",
		ContentLanguage:    "de",
		ContentEncoding:    "br",
	}
	if got := info.Attributes; got.ContentType != want.ContentType ||
		got.ContentDisposition != want.ContentDisposition || got.ContentLanguage != "de" ||
		got.ContentEncoding != "br" || got.CacheControl != "" {
		t.Errorf("stored %+v, want %+v", got, want)
	}
	tag := func() string {
		info, err := b.Stat(t.Context(), "in/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		return fileshttp.ETag(info.Version)
	}
	old := tag()
	const ( // of "wrong"
		md5x = "K9opmNmw7hl9oUKgRH9nJQ=="
		sha  = "sha-256=:iBCtWB5Z8rw5KLJhcHpxMI9+E56wSCA2bcTVwY2YAiU=:"
	)
	for _, tt := range []struct {
		what   string
		path   string
		body   string
		header []string
		status int
		stored string // the content after the request
	}{
		{"too large, as declared", "/x", "0123456789a", nil, 413, "0123456789"},
		{"a part", "/x", "a", []string{"Content-Range", "bytes 0-0/10"}, 400, "0123456789"},
		{"an illegal name", "/../x", "a", nil, 400, "0123456789"},
		{"a directory", "/x/", "a", nil, 400, "0123456789"},
		{"a bad type", "/x", "a", []string{"Content-Type", "text/\xff"}, 400, "0123456789"},
		{"another digest", "/x", "a", []string{"Content-Digest", sha}, 400, "0123456789"},
		{"another MD5", "/x", "a", []string{"Content-Md5", md5x}, 400, "0123456789"},
		{"a malformed digest", "/x", "a", []string{"Repr-Digest", "sha-256=x"}, 400, "0123456789"},
		{"a short digest", "/x", "a", []string{"Repr-Digest", "sha-256=:YQ==:"}, 400, "0123456789"},
		{
			"contradictory digests",
			"/x",
			"a",
			[]string{
				"Content-Md5", "DMF1ucDxtqgxw5niaXcmYQ==", "Content-Digest", "md5=:" + md5x + ":",
			},
			400,
			"0123456789",
		},
		{"absent", "/x", "a", []string{"If-None-Match", "*"}, 412, "0123456789"},
		{"none of some", "/x", "a", []string{"If-None-Match", `"x"`}, 501, "0123456789"},
		{"both", "/x", "a", []string{"If-None-Match", "*", "If-Match", "*"}, 412, "0123456789"},
		{"another version", "/x", "a", []string{"If-Match", `"old"`}, 412, "0123456789"},
		{"a weak tag", "/x", "a", []string{"If-Match", "W/" + old}, 412, "0123456789"},
		{
			"one of other versions",
			"/x",
			"a",
			[]string{"If-Match", `"old", "older"`},
			412,
			"0123456789",
		},
		{"no tag", "/x", "a", []string{"If-Match", "nonsense"}, 412, "0123456789"},
		{"any version of none", "/none", "a", []string{"If-Match", "*"}, 412, "0123456789"},
		{
			"modified since",
			"/x",
			"a",
			[]string{"If-Unmodified-Since", date(-time.Hour)},
			412,
			"0123456789",
		},
		{"this version", "/x", "v1", []string{"If-Match", old}, 204, "v1"},
		{"that version again", "/x", "v2", []string{"If-Match", old}, 412, "v1"},
		{"any version", "/x", "v3", []string{"If-Match", "*"}, 204, "v3"},
		{
			"unmodified since",
			"/x",
			"v4",
			[]string{"If-Unmodified-Since", date(time.Hour)},
			204,
			"v4",
		},
		{
			"a new file, unmodified since",
			"/new2",
			"v4",
			[]string{"If-Unmodified-Since", date(time.Hour)},
			201,
			"v4",
		},
		{"new", "/new", "a", []string{"If-None-Match", "*"}, 201, "v4"},
		{
			"right digests",
			"/x",
			"a",
			[]string{
				"Content-Md5", "DMF1ucDxtqgxw5niaXcmYQ==", "Repr-Digest",
				"sha-256=:ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=:, sha-512=:x:",
			},
			204,
			"a",
		},
		{"empty", "/x", "", nil, 204, ""},
	} {
		w := do(h, "PUT", tt.path, tt.body, tt.header...)
		got, err := files.ReadString(t.Context(), b, "in/x", nil)
		if w.Code != tt.status || got != tt.stored || err != nil {
			t.Errorf("PUT %s = %d, then %q, %v; want %d, %q", tt.what, w.Code, got, err, tt.status,
				tt.stored)
		}
		if w.Code < 300 && w.Header().Get("Etag") == "" ||
			w.Code >= 400 && strings.Contains(w.Body.String(), "in/") {
			t.Errorf("PUT %s: %v, %q", tt.what, w.Header(), w.Body)
		}
	}
	// If-Match may list several versions, one of which is current.
	if w := do(h, "PUT", "/x", "z", "If-Match", `"old", `+tag()); w.Code != 204 {
		t.Errorf("PUT with several versions in If-Match = %d, want 204", w.Code)
	}
	for _, tt := range []struct {
		what, path string
		header     []string
		status     int
		left       bool
	}{
		{"another version", "/x", []string{"If-Match", `"old"`}, 412, true},
		{"none", "/x", []string{"If-None-Match", "*"}, 501, true},
		{"modified since", "/x", []string{"If-Unmodified-Since", date(-time.Hour)}, 412, true},
		{"an illegal name", "/../x", nil, 404, true},
		{"a missing file", "/missing", nil, 204, true},
		{"a missing file of any version", "/missing", []string{"If-Match", "*"}, 412, true},
		{
			"a missing file by the date",
			"/missing",
			[]string{"If-Unmodified-Since", date(0)},
			204,
			true,
		},
		{"this version", "/x", []string{"If-Match", tag()}, 204, false},
		{"again", "/x", nil, 204, false},
	} {
		w := do(h, "DELETE", tt.path, "", tt.header...)
		_, err := b.Stat(t.Context(), "in/x", nil)
		if w.Code != tt.status || (err == nil) != tt.left {
			t.Errorf("DELETE %s = %d, then %v; want %d", tt.what, w.Code, err, tt.status)
		}
	}
}

// TestHandlerConditionsAreAtomic: a file that is replaced between the Stat and the write
// is not overwritten.
func TestHandlerConditionsAreAtomic(t *testing.T) {
	for _, tt := range []struct {
		method, header, value string
	}{
		{"PUT", "If-Match", "*"},
		{"PUT", "If-Unmodified-Since", date(time.Hour)},
		{"DELETE", "If-Match", "*"},
		{"DELETE", "If-Unmodified-Since", date(time.Hour)},
	} {
		inner, _ := one(t, "old")
		b := files.Wrap(inner, files.Hooks{
			Done: func(ctx context.Context, c *files.Call, _ int64, _ error) {
				if c.Op == files.OpStat {
					if _, err := files.PutString(ctx, inner, "f.txt", "somebody else's",
						nil); err != nil {
						t.Error(err)
					}
				}
			},
		})
		w := do(&fileshttp.Handler{
			Bucket:      b,
			MaxUpload:   10,
			AllowDelete: true,
		}, tt.method, "/f.txt", "new", tt.header, tt.value)
		if got, err := files.ReadString(t.Context(), inner, "f.txt",
			nil); w.Code != 412 || got != "somebody else's" || err != nil {
			t.Errorf("%s %s: %d, then %q, %v", tt.method, tt.header, w.Code, got, err)
		}
	}
}

// TestHandlerChecksPaths: the handler checks the path itself. Even a bucket that checks
// nothing gets no call for a name outside of Dir.
func TestHandlerChecksPaths(t *testing.T) {
	b := &gullible{}
	h := &fileshttp.Handler{
		Bucket:      b,
		Dir:         "pub",
		MaxUpload:   10,
		AllowDelete: true,
		Listing:     true,
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} {
		for _, path := range []string{
			"/../secret", "/a/../../secret", "//secret", "/./x", "/a\x00", "/../secret/",
		} {
			want := 404 // a path that can't be a name has no file
			if method == "PUT" {
				want = 400
			}
			if w := do(h, method, path, "x"); w.Code != want {
				t.Errorf("%s %q has the status %d, want %d", method, path, w.Code, want)
			}
		}
	}
	if b.called > 0 {
		t.Errorf("the bucket got %d calls", b.called)
	}
}

// gullible is a bucket that accepts every name.
type gullible struct {
	files.Bucket
	called int
}

func (g *gullible) Features() files.Features { return files.Features{} }
func (g *gullible) Get(context.Context, string, *files.GetOptions) (*files.Reader, error) {
	g.called++
	return nil, files.ErrNotExist
}
func (g *gullible) Stat(context.Context, string, *files.StatOptions) (files.Info, error) {
	g.called++
	return files.Info{}, nil
}
func (g *gullible) Put(context.Context, string, io.Reader, *files.PutOptions) (files.Info, error) {
	g.called++
	return files.Info{}, nil
}
func (g *gullible) Delete(context.Context, string, *files.DeleteOptions) error {
	g.called++
	return nil
}
func (g *gullible) List(context.Context, string, *files.ListOptions) iter.Seq2[files.Entry, error] {
	g.called++
	return func(func(files.Entry, error) bool) {}
}
