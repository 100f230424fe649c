//go:build unix

package local

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/fileshttp"
)

// cpuTime returns the processor time that f takes, including the system's.
func cpuTime(t *testing.T, f func()) time.Duration {
	t.Helper()
	now := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start := now()
	f()
	return now() - start
}

// Paging through a folder by 10 names costs at most three times one listing of it (L8),
// in every way to page, including the requests of fileshttp. CLOUDFILES_PAGE_FILES is
// the number of files in the folder, by default 20,000.
func TestPagesCost(t *testing.T) {
	if testing.Short() {
		t.Skip("long: it compares times, which the race detector changes; TestPagesReadOnce counts")
	}
	if os.Getenv("CLOUDFILES_PAGE_FILES") == "" {
		longtest.Only(t, "it compares times; TestPagesReadOnce counts")
	}
	n := 20000
	if s := os.Getenv("CLOUDFILES_PAGE_FILES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	b, dir := newBucket(t, nil)
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		f, err := os.Create(filepath.Join(dir, "d", fmt.Sprintf("f%07d.txt", i)))
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	once := func() {
		count := 0
		for _, err := range b.List(t.Context(), "d", nil) {
			if err != nil {
				t.Fatal(err)
			}
			count++
		}
		if count != n {
			t.Fatalf("List yields %d entries, want %d", count, n)
		}
	}
	once()
	listing := min(cpuTime(t, once), cpuTime(t, once), cpuTime(t, once))
	h := &fileshttp.Handler{Bucket: b, Listing: true}
	for name, page := range map[string]func(after string) (string, int){
		"ListPage": func(token string) (string, int) {
			entries, next, err := files.ListPage(t.Context(), b, "d", token, 10, nil)
			if err != nil {
				t.Fatal(err)
			}
			return next, len(entries)
		},
		"StartAfter": func(after string) (string, int) {
			count := 0
			for e, err := range b.List(t.Context(), "d", &files.ListOptions{StartAfter: after}) {
				if err != nil {
					t.Fatal(err)
				}
				after = e.Name
				if count++; count == 10 {
					return after, count
				}
			}
			return "", count
		},
		"fileshttp": func(after string) (string, int) { return httpPage(t, h, "d/", after, 10) },
	} {
		most := 3*listing + 50*time.Millisecond
		if name == "fileshttp" && os.Getenv("CLOUDFILES_PAGE_FILES") == "" {
			most += 3 * listing // so few pages show no more; TestPagesOverHTTP counts
		}
		// The listing is the cheapest of three, since other work on the machine costs cache.
		count, paging := 0, time.Hour
		for try := 0; try < 5 && paging > most; try++ {
			count = 0
			paging = min(paging, cpuTime(t, func() {
				for after, k := page(""); ; after, k = page(after) {
					if count += k; after == "" {
						break
					}
				}
			}))
		}
		t.Logf("%s: %d pages cost %.2f times a listing", name, count/10,
			float64(paging)/float64(listing))
		if count != n || paging > most {
			t.Errorf("%s: pages of %d names cost %v, one listing %v, want %v and at most %v", name,
				count, paging, listing, n, most)
		}
	}
}

// httpPage requests a page of a listing from a handler, and returns where the next page
// begins and the number of entries.
func httpPage(t *testing.T, h http.Handler, dir, after string, limit int) (next string, n int) {
	t.Helper()
	query := url.Values{"after": {after}, "limit": {strconv.Itoa(limit)}}
	r := &http.Request{
		Method: http.MethodGet,
		URL:    &url.URL{Path: "/" + dir, RawQuery: query.Encode()},
		Header: http.Header{"Accept": {"application/json"}},
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("the page has status %d, want 200", w.Code)
	}
	text := w.Body.String() // decoding it is not measured
	if _, rest, ok := strings.Cut(text, `"after":"`); ok {
		next, _, _ = strings.Cut(rest, `"`)
	}
	return next, strings.Count(text, `"name":`)
}
