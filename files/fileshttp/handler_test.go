package fileshttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/fileshttp"
)

// do sends a request to the handler. header are pairs.
func do(h http.Handler, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://host", strings.NewReader(body))
	r.URL.Path = path // as it is, illegal ones too
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
	fill(t, b, "top.txt", "pub/f.txt", "pub/a/b.txt", "pub/index.html", "pub/a/index.html", `pub/back\slash`, "pub/%41", "public/f.txt", "secret")
	for _, tt := range []struct {
		h      fileshttp.Handler
		path   string
		status int
		body   string
	}{
		{fileshttp.Handler{}, "/top.txt", 200, "content of top.txt"},
		{fileshttp.Handler{}, "top.txt", 200, "content of top.txt"}, // as http.StripPrefix leaves it
		{fileshttp.Handler{}, "/none", 404, "Not Found\n"},
		{fileshttp.Handler{}, "/pub", 404, "Not Found\n"},
		{fileshttp.Handler{}, "/pub/", 404, "Not Found\n"},
		{fileshttp.Handler{}, "/", 404, "Not Found\n"},
		{fileshttp.Handler{}, "//top.txt", 400, "Bad Request\n"},
		{fileshttp.Handler{}, "/a\x00b", 400, "Bad Request\n"},
		{fileshttp.Handler{}, "/" + strings.Repeat("x", 1025), 400, "Bad Request\n"},
		{fileshttp.Handler{Dir: "pub"}, "/f.txt", 200, "content of pub/f.txt"},
		{fileshttp.Handler{Dir: "pub/"}, "/f.txt", 200, "content of pub/f.txt"},
		{fileshttp.Handler{Dir: "pub"}, "/a/b.txt", 200, "content of pub/a/b.txt"},
		{fileshttp.Handler{Dir: "pub"}, `/back\slash`, 200, `content of pub/back\slash`},
		{fileshttp.Handler{Dir: "pub"}, "/%41", 200, "content of pub/%41"}, // the path is decoded once
		{fileshttp.Handler{Dir: "pub"}, "/../secret", 400, "Bad Request\n"},
		{fileshttp.Handler{Dir: "pub"}, "/a/../../secret", 400, "Bad Request\n"},
		{fileshttp.Handler{Dir: "pub"}, "/./f.txt", 400, "Bad Request\n"},
		{fileshttp.Handler{Dir: "../pub"}, "/f.txt", 400, "Bad Request\n"},
		{fileshttp.Handler{Dir: "pub", Index: "index.html"}, "/", 200, "content of pub/index.html"},
		{fileshttp.Handler{Dir: "pub", Index: "index.html"}, "/a/", 200, "content of pub/a/index.html"},
		{fileshttp.Handler{Dir: "pub", Index: "index.html", Listing: true}, "/none/", 404, "Not Found\n"},
	} {
		tt.h.Bucket = b
		for _, method := range []string{"GET", "HEAD"} {
			if w := do(&tt.h, method, tt.path, ""); w.Code != tt.status || method == "GET" && w.Body.String() != tt.body {
				t.Errorf("%s %q in %q = %d, %q; want %d, %q", method, tt.path, tt.h.Dir, w.Code, w.Body, tt.status, tt.body)
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
		{fileshttp.Handler{MaxUpload: 10, AllowDelete: true}, "GET, HEAD, OPTIONS, PUT, DELETE", 204, 204},
		{fileshttp.Handler{Bucket: files.ReadOnly(b), MaxUpload: 10, AllowDelete: true}, "GET, HEAD, OPTIONS, PUT, DELETE", 403, 403},
	} {
		if tt.h.Bucket == nil {
			tt.h.Bucket = b
		}
		for method, status := range map[string]int{"POST": 405, "PATCH": 405, "MKCOL": 405, "OPTIONS": 204} {
			if w := do(&tt.h, method, "/f", ""); w.Code != status || w.Header().Get("Allow") != tt.allow {
				t.Errorf("%s = %d, Allow %q; want %d, %q", method, w.Code, w.Header().Get("Allow"), status, tt.allow)
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
	b := mem.New(&mem.Options{Clock: func() time.Time { return putTime }})
	h := &fileshttp.Handler{Bucket: b, Dir: "in", MaxUpload: 10, AllowDelete: true}
	w := do(h, "PUT", "/x", "0123456789", "Content-Type", "text/x-own", "Content-Disposition", "attachment", "Content-Language", "de", "Content-Encoding", "br", "Cache-Control", "no-cache")
	info, err := b.Stat(t.Context(), "in/x", nil)
	if err != nil || w.Code != 204 || w.Header().Get("Etag") != fileshttp.ETag(info.Version) || w.Header().Get("Last-Modified") != date(0) || w.Body.Len() > 0 {
		t.Fatalf("PUT = %d, %v; stored %v, %v", w.Code, w.Header(), info, err)
	}
	want := files.Attributes{ContentType: "text/x-own", ContentDisposition: "attachment", ContentLanguage: "de", ContentEncoding: "br"}
	if got := info.Attributes; got.ContentType != want.ContentType || got.ContentDisposition != want.ContentDisposition || got.ContentLanguage != "de" || got.ContentEncoding != "br" || got.CacheControl != "" {
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
	const md5x, sha = "K9opmNmw7hl9oUKgRH9nJQ==", "sha-256=:iBCtWB5Z8rw5KLJhcHpxMI9+E56wSCA2bcTVwY2YAiU=:" // of "wrong"
	for _, tt := range []struct {
		what   string
		path   string
		body   string
		header []string
		status int
		stored string // afterwards
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
		{"contradictory digests", "/x", "a", []string{"Content-Md5", "DMF1ucDxtqgxw5niaXcmYQ==", "Content-Digest", "md5=:" + md5x + ":"}, 400, "0123456789"},
		{"absent", "/x", "a", []string{"If-None-Match", "*"}, 412, "0123456789"},
		{"none of some", "/x", "a", []string{"If-None-Match", `"x"`}, 501, "0123456789"},
		{"both", "/x", "a", []string{"If-None-Match", "*", "If-Match", "*"}, 412, "0123456789"},
		{"another version", "/x", "a", []string{"If-Match", `"old"`}, 412, "0123456789"},
		{"a weak tag", "/x", "a", []string{"If-Match", "W/" + old}, 412, "0123456789"},
		{"one of other versions", "/x", "a", []string{"If-Match", `"old", "older"`}, 412, "0123456789"},
		{"no tag", "/x", "a", []string{"If-Match", "nonsense"}, 412, "0123456789"},
		{"any version of none", "/none", "a", []string{"If-Match", "*"}, 412, "0123456789"},
		{"modified since", "/x", "a", []string{"If-Unmodified-Since", date(-time.Hour)}, 412, "0123456789"},
		{"this version", "/x", "v1", []string{"If-Match", old}, 204, "v1"},
		{"that version again", "/x", "v2", []string{"If-Match", old}, 412, "v1"},
		{"any version", "/x", "v3", []string{"If-Match", "*"}, 204, "v3"},
		{"unmodified since", "/x", "v4", []string{"If-Unmodified-Since", date(time.Hour)}, 204, "v4"},
		{"a new file, unmodified since", "/new2", "v4", []string{"If-Unmodified-Since", date(time.Hour)}, 201, "v4"},
		{"new", "/new", "a", []string{"If-None-Match", "*"}, 201, "v4"},
		{"right digests", "/x", "a", []string{"Content-Md5", "DMF1ucDxtqgxw5niaXcmYQ==", "Repr-Digest", "sha-256=:ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=:, sha-512=:x:"}, 204, "a"},
		{"empty", "/x", "", nil, 204, ""},
	} {
		w := do(h, "PUT", tt.path, tt.body, tt.header...)
		got, err := files.ReadString(t.Context(), b, "in/x", nil)
		if w.Code != tt.status || got != tt.stored || err != nil {
			t.Errorf("PUT %s = %d, then %q, %v; want %d, %q", tt.what, w.Code, got, err, tt.status, tt.stored)
		}
		if w.Code < 300 && w.Header().Get("Etag") == "" || w.Code >= 400 && strings.Contains(w.Body.String(), "in/") {
			t.Errorf("PUT %s: %v, %q", tt.what, w.Header(), w.Body)
		}
	}
	// One of several versions, which is current.
	if w := do(h, "PUT", "/x", "z", "If-Match", `"old", `+tag()); w.Code != 204 {
		t.Errorf("PUT over one of several versions = %d", w.Code)
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
		{"an illegal name", "/../x", nil, 400, true},
		{"a missing file", "/missing", nil, 204, true},
		{"a missing file of any version", "/missing", []string{"If-Match", "*"}, 412, true},
		{"a missing file by the date", "/missing", []string{"If-Unmodified-Since", date(0)}, 204, true},
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

// Whatever ends an upload early, nothing is stored, and the old file stays.
func TestHandlerPutFails(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "f")
	for _, tt := range []struct {
		what   string
		body   io.Reader
		length int64
		status int
	}{
		{"larger, of unknown length", strings.NewReader(strings.Repeat("x", 101)), -1, 413},
		{"cut", io.MultiReader(strings.NewReader("abc"), failing{io.ErrUnexpectedEOF}), 10, 400},
		{"shorter than declared", strings.NewReader("abc"), 10, 400},
		{"broken", iotest.ErrReader(errors.New("secret")), 10, 500},
		{"gone", failing{context.Canceled}, -1, fileshttp.StatusClientClosedRequest},
	} {
		r := httptest.NewRequest("PUT", "/f", tt.body)
		r.ContentLength = tt.length
		w := httptest.NewRecorder()
		h := fileshttp.Handler{Bucket: b, MaxUpload: 100}
		h.ServeHTTP(w, r)
		if got, err := files.ReadString(t.Context(), b, "f", nil); w.Code != tt.status || got != "content of f" || err != nil || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d, %q; then %q, %v; want %d", tt.what, w.Code, w.Body, got, err, tt.status)
		}
	}
}

// A client that goes away in the middle of a real connection.
func TestHandlerPutCut(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "f")
	for _, head := range []string{"Content-Length: 100\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"} {
		told := make(chan error, 1)
		h := &fileshttp.Handler{Bucket: b, MaxUpload: 1000}
		h.OnError = func(_ *http.Request, err error) { told <- err }
		srv := httptest.NewServer(h)
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "PUT /f HTTP/1.1\r\nHost: x\r\n"+head); err != nil {
			t.Fatal(err)
		}
		conn.Close()
		err = <-told
		if got, gerr := files.ReadString(t.Context(), b, "f", nil); got != "content of f" || gerr != nil || err == nil {
			t.Errorf("a cut upload (%v) left %q, %v", err, got, gerr)
		}
		srv.Close()
	}
}

// The bucket reads what the client has sent before the client sends more: nothing is collected in between.
func TestHandlerPutStreams(t *testing.T) {
	seen := make(chan string)
	b := files.Wrap(mem.New(nil), files.Hooks{Content: func(_ context.Context, _ *files.Call, content io.Reader) io.Reader {
		return &watching{content, seen}
	}})
	srv := httptest.NewServer(&fileshttp.Handler{Bucket: b, MaxUpload: 1 << 20})
	defer srv.Close()
	body, client := io.Pipe()
	done := make(chan error, 1)
	go func() {
		req, err := http.NewRequest("PUT", srv.URL+"/f.txt", body)
		if err == nil {
			var resp *http.Response
			if resp, err = srv.Client().Do(req); err == nil {
				resp.Body.Close()
			}
		}
		done <- err
	}()
	for _, piece := range []string{"first", "second", "third"} {
		if _, err := io.WriteString(client, piece); err != nil {
			t.Fatal(err)
		}
		for got := ""; got != piece; {
			got += <-seen
		}
	}
	client.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, err := files.ReadString(t.Context(), b, "f.txt", nil); got != "firstsecondthird" || err != nil {
		t.Errorf("stored %q, %v", got, err)
	}
}

type watching struct {
	io.Reader
	seen chan string
}

func (w *watching) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.seen <- string(p[:n])
	}
	return n, err
}

func TestHandlerListing(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "pub/a", "pub/a/b", "pub/<i>&.txt", "pub/b:c", "pub/q?#.txt", "pub/z/x", "top")
	h := &fileshttp.Handler{Bucket: b, Dir: "pub", Listing: true}
	w := do(h, "GET", "/", "")
	want := "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n" +
		"<a href=\"./%3Ci%3E&amp;.txt\">&lt;i&gt;&amp;.txt</a>\n<a href=\"./a\">a</a>\n<a href=\"./a/\">a/</a>\n<a href=\"./b:c\">b:c</a>\n<a href=\"./q%3F%23.txt\">q?#.txt</a>\n<a href=\"./z/\">z/</a>\n</pre>\n"
	if w.Code != 200 || w.Body.String() != want || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("listing = %d, %v, %s", w.Code, w.Header(), w.Body)
	}
	if w := do(h, "HEAD", "/", ""); w.Code != 200 || w.Body.Len() > 0 {
		t.Errorf("HEAD = %d, %q", w.Code, w.Body)
	}
	if w := do(h, "GET", "/z/", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `<a href="./x">x</a>`) {
		t.Errorf("listing of z/ = %d, %s", w.Code, w.Body)
	}
	for path, status := range map[string]int{"/none/": 404, "/../": 400, "//": 400, "/a": 200} {
		if w := do(h, "GET", path, ""); w.Code != status {
			t.Errorf("GET %s = %d, want %d", path, w.Code, status)
		}
	}
	if w := do(&fileshttp.Handler{Bucket: mem.New(nil), Listing: true}, "GET", "/", "", "Accept", "application/json"); w.Body.String() != `{"entries":[]}` {
		t.Errorf("an empty bucket = %s", w.Body)
	}
}

// Page by page every entry comes once, with its size and version.
func TestHandlerListingPages(t *testing.T) {
	b := mem.New(nil)
	const n = 2500
	for i := range n {
		name := "d/" + string(rune('a'+i/1000)) + string(rune('a'+i/100%10)) + string(rune('a'+i/10%10)) + string(rune('a'+i%10))
		if i%3 == 0 {
			name += "/x"
		}
		fill(t, b, name)
	}
	h := &fileshttp.Handler{Bucket: b, Listing: true}
	count, pages, last, query := 0, 0, "", ""
	for {
		r := httptest.NewRequest("GET", "/d/"+query, nil)
		r.Header.Set("Accept", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var p struct {
			Entries []files.Entry
			After   string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 200 {
			t.Fatalf("page %d: %d, %v", pages, w.Code, err)
		}
		for _, e := range p.Entries {
			if e.Name <= last || !strings.HasPrefix(e.Name, "d/") || !e.IsDir && (e.Size == 0 || e.Version == "") {
				t.Errorf("after %q comes %+v", last, e)
			}
			last = e.Name
			count++
		}
		if pages++; p.After == "" || pages > 5 {
			break
		}
		query = "?after=" + p.After
	}
	if count != n || pages != 3 {
		t.Errorf("%d entries on %d pages", count, pages)
	}
}
