package azure

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// TestWeakETags: a weak ETag, which a compressing proxy makes, is never compared
// strongly (RFC 9110).
func TestWeakETags(t *testing.T) {
	const weak = `W/"0x1"`
	var writes int
	b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut || r.Method == http.MethodDelete {
			writes++
		}
		azures(w)
		w.Header().Set("ETag", weak)
		w.Header().Set("Content-Length", "3")
		if r.Header.Get("If-None-Match") == weak {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if ranged := r.Header.Get("X-Ms-Range"); ranged != "" {
			w.Header().Set("Content-Range", "bytes 1-2/3")
			w.Header().Set("Content-Length", "2")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "bc")
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
	for _, v := range []files.Version{weak, "0x1"} {
		_, err := b.Get(t.Context(), "a", &files.GetOptions{IfVersion: v})
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("get if %s: %v, want ErrUnsupported", v, err)
		}
	}
	_, err = b.Get(t.Context(), "a", &files.GetOptions{IfNotVersion: weak})
	if !errors.Is(err, files.ErrNotModified) {
		t.Errorf("get if not: %v, want ErrNotModified", err)
	}
	_, put := b.Put(t.Context(), "a", strings.NewReader("x"),
		&files.PutOptions{If: files.IfVersion(weak)})
	_, cp := files.Copy(t.Context(), b, "b", b, "a", &files.CopyOptions{IfSource: weak})
	_, move := files.Move(t.Context(), b, "b", b, "a", nil)
	for what, err := range map[string]error{
		"put":    put,
		"copy":   cp,
		"move":   move,
		"delete": b.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: weak}),
	} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v, want ErrUnsupported", what, err)
		}
	}
	if writes > 0 {
		t.Errorf("%d writes were sent, want 0", writes)
	}
	if s, err := files.ReadString(t.Context(), b, "a", nil); s != "abc" || err != nil {
		t.Errorf("ReadString(a) = %q, %v, want %q and nil", s, err, "abc")
	}
	r, err := b.Get(t.Context(), "a", &files.GetOptions{Range: files.Last(2)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if s, err := r.ReadAll(); string(s) != "bc" || err != nil {
		t.Errorf("the last bytes: %q, %v, want %q and nil", s, err, "bc")
	}
}

// TestUndecodableNames: a name that claims to be encoded, and isn't, doesn't fail the
// page and isn't listed as another name; white space around numbers, booleans and times
// is ignored.
func TestUndecodableNames(t *testing.T) {
	const properties = "<Properties><Last-Modified>\n Mon, 02 Jan 2006 15:04:05 GMT " +
		"</Last-Modified>" +
		"<Etag>0x1</Etag><Content-Length>\n 5 </Content-Length>" +
		"<ServerEncrypted> true </ServerEncrypted></Properties>"
	blob := func(name string) string { return "<Blob>" + name + properties + "</Blob>" }
	for what, c := range map[string]struct{ element, key string }{
		"an escape cut short": {`<Name Encoded="true">dir/a%zz</Name>`, "dir/a%zz"},
		"after a reference":   {`<Name Encoded="true">dir/a&#37;zz</Name>`, "dir/a%zz"},
		"at the end":          {`<Name Encoded='1'>dir/a%</Name>`, "dir/a%"},
		"an odd attribute":    {`<Name x="y" Encoded="maybe">dir/a%2</Name>`, "dir/a%2"},
	} {
		page := blob("<Name>dir/a</Name>") + blob(c.element) +
			blob(`<Name Encoded="false">dir/b%2d</Name>`) +
			blob(`<Name Encoded="true">dir/b%2Bc</Name>`)
		for _, foreign := range []bool{false, true} {
			b, _ := hostile(t, answersOf(of(page)))
			var got []string
			for e, err := range b.List(t.Context(), "dir", &files.ListOptions{Foreign: foreign}) {
				if err != nil {
					t.Errorf("%s: %v, want nil", what, err)
					break
				}
				if e.Size != 5 || e.ModTime.Year() != 2006 {
					t.Errorf("%s: %+v, want Size 5 and ModTime.Year 2006", what, e)
				}
				got = append(got, e.Name+"|"+e.Key)
			}
			want := []string{"dir/a|", "dir/b%2d|", "dir/b+c|"}
			slices.Sort(got)
			if foreign {
				want = append([]string{"|" + c.key}, want...)
				slices.Sort(want)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s, foreign %v: %q, want %q", what, foreign, got, want)
			}
		}
	}
	b, _ := hostile(t, answersOf(of(blob(`<Name Encoded="true"/>`))))
	for e, err := range b.List(t.Context(), "", nil) {
		if !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("a blob without a name: %+v, %v", e, err)
		}
	}
}
