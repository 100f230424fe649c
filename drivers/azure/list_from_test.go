package azure

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// lister responds to listings of the names. from decides what startFrom does.
func lister(names []string, from func(name, prefix, from string) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		var most int
		fmt.Sscan(q.Get("maxresults"), &most)
		if q.Has("startFrom") && from == nil {
			refuses(w, 400, "UnsupportedQueryParameter")
			return
		}
		azures(w)
		io.WriteString(w, "<EnumerationResults><Blobs>")
		last, next := "", ""
		n := 0
		for _, name := range names {
			if !strings.HasPrefix(name, q.Get("prefix")) || name <= q.Get("marker") ||
				q.Has("startFrom") && !from(name, q.Get("prefix"), q.Get("startFrom")) {
				continue
			}
			if n++; n > most {
				next = last
				break
			}
			last = name
			io.WriteString(w, blobXML(name, "1"))
		}
		io.WriteString(w, "</Blobs><NextMarker>"+next+"</NextMarker></EnumerationResults>")
	}
}

// TestStartFrom: a listing begins at StartAfter if the service can do that; if the
// service ignores or refuses startFrom, or interprets it differently, nothing is left
// out.
func TestStartFrom(t *testing.T) {
	var names []string
	for i := range 400 {
		names = append(names, fmt.Sprintf("dir/%03d", i), fmt.Sprintf("e/%03d", i))
	}
	slices.Sort(names)
	for what, c := range map[string]struct {
		from func(name, prefix, from string) bool
		most int64 // requests of 80 pages of 10 with PageSize 100
	}{
		"inclusive": {func(name, _, from string) bool { return name >= from }, 80},
		"exclusive": {func(name, _, from string) bool { return name > from }, 80 * 5},
		"ignored":   {func(_, _, _ string) bool { return true }, 80 * 5},
		"relative":  {func(name, prefix, from string) bool { return name >= prefix+from }, 80 * 8},
		"refused":   {nil, 80 * 5},
	} {
		for _, dir := range []string{"", "dir"} {
			var all []string
			for _, name := range names {
				if dir == "" || strings.HasPrefix(name, "dir/") {
					all = append(all, name)
				}
			}
			b, requests := opened(t, lister(names, c.from))
			var got []string
			for after := ""; ; after = got[len(got)-1] {
				n := len(got)
				o := &files.ListOptions{StartAfter: after, Limit: 10, PageSize: 100}
				for e, err := range b.List(t.Context(), dir, o) {
					if err != nil {
						t.Fatalf("%s: List(%q): %v", what, dir, err)
					}
					got = append(got, e.Name)
				}
				if len(got) == n {
					break
				}
			}
			if !slices.Equal(got, all) {
				t.Errorf("%s, %q: %d names, want %d", what, dir, len(got), len(all))
			}
			if n := requests.Load(); n > c.most+4 {
				t.Errorf("%s, %q: %d requests, want at most %d", what, dir, n, c.most)
			}
			// A name that doesn't exist.
			var first string
			for e, err := range b.List(t.Context(), dir, &files.ListOptions{
				StartAfter: "dir/1000",
				Limit:      1,
			}) {
				if first = e.Name; err != nil {
					t.Errorf("%s: %v, want nil", what, err)
				}
			}
			if first != "dir/101" {
				t.Errorf("%s, %q, after dir/1000: %q, want %q", what, dir, first, "dir/101")
			}
		}
	}
}
