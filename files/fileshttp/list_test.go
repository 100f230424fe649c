package fileshttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/fileshttp"
)

func TestHandlerListing(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "pub/a", "pub/a/b", "pub/<i>&.txt", "pub/b:c", "pub/q?#.txt", "pub/z/x", "top")
	h := &fileshttp.Handler{Bucket: b, Dir: "pub", Listing: true}
	w := do(h, "GET", "/", "")
	want := "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n" +
		"<a href=\"./%3Ci%3E&amp;.txt\">&lt;i&gt;&amp;.txt</a>\n<a href=\"./a\">a</a>\n<a " +
		"href=\"./a/\">a/</a>\n<a href=\"./b:c\">b:c</a>\n<a " +
		"href=\"./q%3F%23.txt\">q?#.txt</a>\n<a href=\"./z/\">z/</a>\n</pre>\n"
	if w.Code != 200 || w.Body.String() != want ||
		w.Header().Get("Content-Type") != "text/html; charset=utf-8" ||
		w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("listing = %d, %v, %s", w.Code, w.Header(), w.Body)
	}
	if w := do(h, "HEAD", "/", ""); w.Code != 200 || w.Body.Len() > 0 {
		t.Errorf("HEAD = %d, %q", w.Code, w.Body)
	}
	if w := do(h, "GET", "/z/",
		""); w.Code != 200 || !strings.Contains(w.Body.String(), `<a href="./x">x</a>`) {
		t.Errorf("listing of z/ = %d, %s", w.Code, w.Body)
	}
	for path, status := range map[string]int{"/none/": 404, "/../": 404, "//": 404, "/a": 200} {
		if w := do(h, "GET", path, ""); w.Code != status {
			t.Errorf("GET %s = %d, want %d", path, w.Code, status)
		}
	}
	if w := do(&fileshttp.Handler{
		Bucket:  mem.New(nil),
		Listing: true,
	}, "GET", "/", "", "Accept", "application/json"); w.Body.String() != `{"entries":[]}` {
		t.Errorf("an empty bucket = %s", w.Body)
	}
}

// TestHandlerListingPages: the pages have every entry once, with its size and version.
func TestHandlerListingPages(t *testing.T) {
	b := mem.New(nil)
	const n = 2500
	for i := range n {
		name := "d/" + string(rune('a'+i/1000)) + string(rune('a'+i/100%10)) + string(rune('a'+
			i/10%10)) + string(rune('a'+i%10))
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
			if e.Name <= last || !strings.HasPrefix(e.Name,
				"d/") || !e.IsDir && (e.Size == 0 || e.Version == "") {
				t.Errorf("after %q the page has %+v", last, e)
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

// TestHandlerListingLimit: the query's limit makes pages smaller, and the link to the
// next page keeps it. A limit outside 1 to 1,000 is 400.
func TestHandlerListingLimit(t *testing.T) {
	b := mem.New(nil)
	fill(t, b, "d/a", "d/b", "d/c/x", "d/d")
	h := &fileshttp.Handler{Bucket: b, Listing: true}
	var got []string
	after := ""
	for page := 0; page == 0 || after != ""; page++ {
		w := listed(h, "/d/?limit=3&after="+after, "application/json")
		var p struct {
			Entries []files.Entry
			After   string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 200 || page > 1 {
			t.Fatalf("page %d: %d, %v", page, w.Code, err)
		}
		for _, e := range p.Entries {
			got = append(got, e.Name)
		}
		after = p.After
	}
	if all := strings.Join(got, " "); all != "d/a d/b d/c/ d/d" {
		t.Errorf("the pages have %s", all)
	}
	html := listed(h, "/d/?limit=3", "").Body.String()
	if !strings.Contains(html, `<a href="?after=c%2F&amp;limit=3">more</a>`) {
		t.Errorf("the first page is %s", html)
	}
	for _, limit := range []string{"0", "-1", "1001", "x", "1e2"} {
		if w := listed(h, "/d/?limit="+limit, ""); w.Code != 400 {
			t.Errorf("limit=%s is %d", limit, w.Code)
		}
	}
}

func listed(h http.Handler, target, accept string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
