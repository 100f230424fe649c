package azure

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/internal/paging"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// blobXML is an element of a listing; dirXML is one of a listing's directories.
func blobXML(name, size string) string {
	return "<Blob><Name>" + name + "</Name><Properties><Etag>0x1</Etag><Content-Length>" + size +
		"</Content-Length></Properties></Blob>"
}

func dirXML(p string) string { return "<BlobPrefix><Name>" + p + "</Name></BlobPrefix>" }

// answersOf responds to a listing's requests by number, from 0; an empty next marker
// ends it.
func answersOf(page func(n int) (body, next string)) http.HandlerFunc {
	n := 0
	return func(w http.ResponseWriter, _ *http.Request) {
		body, next := page(n)
		n++
		azures(w)
		io.WriteString(w, "<EnumerationResults><Blobs>"+body+"</Blobs><NextMarker>"+next+
			"</NextMarker></EnumerationResults>")
	}
}

// of returns pages that follow each other.
func of(all ...string) func(int) (string, string) {
	return func(n int) (string, string) {
		if n == len(all)-1 {
			return all[n], ""
		}
		return all[n], "t" + strconv.Itoa(n)
	}
}

// TestListingsThatLie: an invalid listing is an error that says so, after few requests.
func TestListingsThatLie(t *testing.T) {
	a, b1 := blobXML("dir/a", "1"), blobXML("dir/b", "1")
	for what, c := range map[string]struct {
		page    func(int) (string, string)
		shallow bool
		want    string
		most    int64
	}{
		"names outside the prefix": {of(blobXML("other/x", "1")), false, "outside", 1},
		"a neighbour's name":       {of(blobXML("dirx/a", "1")), false, "outside", 1},
		"names in no order":        {of(b1 + a), false, "no order", 1},
		"no order over pages":      {of(b1, a), false, "no order", 2},
		"a name twice":             {of(b1 + b1), false, "twice", 1},
		"a name on two pages":      {of(b1, b1), false, "twice", 2},
		"a negative size":          {of(blobXML("dir/b", "-5")), false, "negative", 1},
		"no size":                  {of("<Blob><Name>dir/b</Name></Blob>"), false, "of no size", 1},
		"no name":                  {of(blobXML("", "1")), false, "without a name", 1},
		"directories elsewhere":    {of(dirXML("other/")), true, "outside", 1},
		"a directory without end":  {of(dirXML("dir/d")), true, "not requested", 1},
		"names below a directory":  {of(blobXML("dir/d/x", "1")), true, "below", 1},
		"a marker that repeats": {func(int) (string, string) {
			return "", "t"
		}, false, "repeats", 3},
		"markers by turns": {
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
		"the same page without end": {
			func(n int) (string, string) { return b1, "t" + strconv.Itoa(n) },
			false,
			"twice",
			2,
		},
	} {
		b, requests := hostile(t, answersOf(c.page))
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
	// A repeated directory is listed once.
	b, _ := hostile(t, answersOf(of(dirXML("dir/d/"), dirXML("dir/d/")+dirXML("dir/e/"))))
	if got := listed(t, b, &files.ListOptions{Shallow: true}); got != "dir/d/|dir/e/" {
		t.Errorf("listed = %q, want %q", got, "dir/d/|dir/e/")
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

// TestOddTimes: an unreadable time is the zero time, and the rest of the response is
// used.
func TestOddTimes(t *testing.T) {
	want := time.Date(2022, 10, 12, 17, 50, 0, 0, time.UTC)
	for at, zero := range map[string]bool{
		"Wed, 12 Oct 2022 17:50:00 GMT": false, "Wed, 12 Oct 2022 17:50:00 +0000": false,
		"2022-10-12T17:50:00Z": false, "2022-10-12 17:50:00": false, "": true, "soon": true,
		"Wed, 99 Foo 2022 17:50:00 GMT": true,
	} {
		element := "<Blob><Name>dir/a</Name><Properties><Creation-Time>" + at +
			"</Creation-Time><Last-Modified>" + at + "</Last-Modified><Etag>0x1</Etag>" +
			"<Content-Length>1</Content-Length></Properties></Blob>"
		b, _ := hostile(t, answersOf(of(element+blobXML("dir/b", "1"))))
		n := 0
		for e, err := range b.List(t.Context(), "dir", nil) {
			n++
			if err != nil || e.Name == "dir/a" && (e.ModTime.IsZero() != zero ||
				!zero && !e.ModTime.Equal(want)) {
				t.Errorf("%q, listed: %+v, %v", at, e, err)
			}
		}
		b, _ = hostile(t, func(w http.ResponseWriter, r *http.Request) {
			h := azures(w)
			h.Set("Last-Modified", at)
			h.Set("X-Ms-Creation-Time", at)
			h.Set("X-Ms-Tag-Count", "many")
			h.Set("Content-Md5", "?")
			holds(w, r, `"1"`, "")
		})
		info, err := b.Stat(t.Context(), "a", nil)
		if n != 2 || err != nil || info.ModTime.IsZero() != zero ||
			!zero && !info.ModTime.Equal(want) {
			t.Errorf("%q: %d entries, %v, %v", at, n, info.ModTime, err)
		}
	}
}

// TestOneVersion: a body is of one version and of the requested range, even if something
// ignores If-Match.
func TestOneVersion(t *testing.T) {
	part := func(tag, span, body string) func(w http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			h := azures(w)
			if tag != "" {
				h.Set("ETag", tag)
			}
			if span != "" {
				h.Set("Content-Range", span)
			}
			w.WriteHeader(206)
			io.WriteString(w, body)
		}
	}
	for what, c := range map[string]struct {
		second func(w http.ResponseWriter)
		want   error // of the read; nil if all of it is read
	}{
		"the rest": {part(`"1"`, "bytes 5-9/10", "56789"), nil},
		"of a weak ETag": {part(`W/"1"`, "bytes 5-9/10", "56789"),
			errors.ErrUnsupported},
		"of another version":        {part(`"2"`, "bytes 5-9/10", "EVIL!"), files.ErrChanged},
		"another range":             {part(`"1"`, "bytes 0-4/10", "01234"), files.ErrUnavailable},
		"no range":                  {part(`"1"`, "", "56789"), files.ErrUnavailable},
		"a range of another length": {part(`"1"`, "bytes 5-9/10", "567"), files.ErrUnavailable},
		"an impossible range":       {part(`"1"`, "bytes 5-3/10", "56789"), files.ErrUnavailable},
		"a range beyond": {part(`"1"`, "bytes 50-54/100",
			"56789"), files.ErrUnavailable},
		"another size": {part(`"1"`, "bytes 5-9/20", "56789"), files.ErrUnavailable},
		"no ETag":      {part("", "bytes 5-9/10", "56789"), files.ErrUnavailable},
	} {
		first := true
		b, requests := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
			if first {
				first = false
				azures(w).Set("ETag", `"1"`)
				w.Header().Set("Content-Length", "10")
				io.WriteString(w, "01234") // the connection breaks
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

// TestRangesAtTheEdge: an empty file, a wrong range, and a repeated 416.
func TestRangesAtTheEdge(t *testing.T) {
	get := func(b files.Bucket, r files.Range) (string, error) {
		body, err := b.Get(t.Context(), "a", &files.GetOptions{Range: r})
		if err != nil {
			return "", err
		}
		defer body.Close()
		p, err := body.ReadAll()
		return string(p), err
	}
	b, requests := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.Header.Get("X-Ms-Range")+r.Header.Get("Range") != "" {
			refuses(w, 416, "InvalidRange")
			return
		}
		holds(w, r, `"1"`, "")
	})
	for _, r := range []files.Range{files.Bytes(0,
		5), files.From(3), files.Last(4), files.Bytes(0, 0)} {
		requests.Store(0)
		if s, err := get(b, r); s != "" || err != nil || requests.Load() > 2 {
			t.Errorf("%v of an empty file: %q, %v, %d requests, want %q, nil and at most 2", r, s,
				err, requests.Load(), "")
		}
	}
	b, requests = hostile(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			refuses(w, 416, "InvalidRange")
			return
		}
		holds(w, r, `"1"`, "0123456789")
	})
	for _, r := range []files.Range{files.Bytes(2, 5), files.Last(4)} {
		requests.Store(0)
		if _, err := get(b, r); err == nil || requests.Load() > 6 {
			t.Errorf("%v, always refused: %v, %d requests, want an error and at most 6", r, err,
				requests.Load())
		}
	}
	b, _ = hostile(t, func(w http.ResponseWriter, r *http.Request) {
		azures(w).Set("ETag", `"1"`)
		w.Header().Set("Content-Range", "bytes 50-54/100")
		w.WriteHeader(206)
		io.WriteString(w, "01234")
	})
	if s, err := get(b, files.Bytes(2, 5)); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("another range: %q, %v, want ErrUnavailable", s, err)
	}
	// A server that ignores ranges sends everything.
	b, _ = hostile(t, func(w http.ResponseWriter, r *http.Request) {
		holds(w, r, `"1"`, "0123456789")
	})
	if s, err := get(b, files.Bytes(2, 5)); s != "23456" || err != nil {
		t.Errorf("everything for a range: %q, %v, want %q and nil", s, err, "23456")
	}
}

// TestIgnoredConditions: the driver compares the response's own version.
func TestIgnoredConditions(t *testing.T) {
	b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		holds(w, r, `"2"`, "content")
	})
	for _, r := range []files.Range{{}, files.Last(2), files.Bytes(0, 0)} {
		if _, err := b.Get(t.Context(), "a", &files.GetOptions{
			Range:     r,
			IfVersion: "1",
		}); !errors.Is(err, files.ErrPrecondition) {
			t.Errorf("if 1: %v, want ErrPrecondition", err)
		}
		if _, err := b.Get(t.Context(), "a", &files.GetOptions{
			Range:        r,
			IfNotVersion: "2",
		}); !errors.Is(err, files.ErrNotModified) {
			t.Errorf("if not 2: %v", err)
		}
	}
}

// TestFolderMarkers: a listing that requests metadata omits folder markers, in the same
// number of requests; otherwise a marker is an empty file, as section Z says.
func TestFolderMarkers(t *testing.T) {
	bareEnvironment(t)
	t.Setenv("AZURE_STORAGE_ACCOUNT", "account")
	t.Setenv("AZURE_STORAGE_KEY", "a2V5")
	u := open(t, "azblob://box?hide_folder_markers=true", "protocol", "http")
	if !driver.Unwrap(u).(*backend).opts.HideFolderMarkers {
		t.Error("hide_folder_markers has no effect")
	}
	of := func(name, size, metadata string) string {
		blob := strings.TrimSuffix(blobXML(name, size), "</Blob>")
		return blob + "<Metadata>" + metadata + "</Metadata></Blob>"
	}
	const mark = "<Hdi_isfolder>true</Hdi_isfolder>"
	page := of("a", "0", mark) + of("b", "0", "<hdi_isfolder>TRUE</hdi_isfolder><x>y</x>") +
		of("full", "1", mark) + of("none", "0", "<hdi_isfolder>false</hdi_isfolder>") +
		of("ours", "0", mark+"<"+digestKey+">n0_c00000000</"+digestKey+">") + blobXML("plain", "0")
	plain := blobXML("a", "0") + blobXML("b", "0") + blobXML("full", "1") + blobXML("none", "0") +
		blobXML("ours", "0") + blobXML("plain", "0")
	for _, hide := range []bool{false, true} {
		for _, shallow := range []bool{false, true} {
			requests := 0
			b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
				requests++
				body := plain
				if strings.Contains(r.URL.Query().Get("include"), "metadata") {
					body = page
				}
				azures(w)
				io.WriteString(w, "<EnumerationResults><Blobs>"+body+
					"</Blobs><NextMarker/></EnumerationResults>")
			})
			driver.Unwrap(b).(*backend).opts.HideFolderMarkers = hide
			var names []string
			for e, err := range b.List(t.Context(), "", &files.ListOptions{Shallow: shallow}) {
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, e.Name)
			}
			want := "a b full none ours plain"
			if hide {
				want = "full none ours plain"
			}
			if got := strings.Join(names, " "); got != want || requests != 1 {
				t.Errorf("HideFolderMarkers %v: %q after %d requests, want %q", hide, got, requests,
					want)
			}
		}
	}
}

// TestDirectoriesAreNotFiles: a directory of an account with a hierarchical namespace
// is not a file, and Features say what such an account doesn't keep.
// https://learn.microsoft.com/azure/storage/blobs/data-lake-storage-known-issues
func TestDirectoriesAreNotFiles(t *testing.T) {
	for _, mark := range []string{"X-Ms-Resource-Type: directory", "X-Ms-Meta-Hdi_isfolder: true"} {
		key, v, _ := strings.Cut(mark, ": ")
		b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				refuses(w, 409, "DirectoryIsNotEmpty")
				return
			}
			azures(w).Set(key, v)
			holds(w, r, `"1"`, "")
		})
		if _, err := b.Stat(t.Context(), "dir", nil); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("%s, Stat: %v, want ErrNotExist", mark, err)
		}
		if _, err := files.ReadString(t.Context(), b, "dir",
			nil); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("%s, Get: %v, want ErrNotExist", mark, err)
		}
		if err := b.Delete(t.Context(), "dir", nil); err != nil {
			t.Errorf("%s, Delete: %v, want nil", mark, err)
		}
		err := b.Delete(t.Context(), "dir", &files.DeleteOptions{IfVersion: "1"})
		if !errors.Is(err, files.ErrPrecondition) {
			t.Errorf("%s, Delete of a version: %v, want ErrPrecondition", mark, err)
		}
	}
	// A file of this package may have such metadata, and another program's file may
	// have content.
	for _, content := range []string{"", "text"} {
		b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			azures(w).Set("X-Ms-Meta-Hdi_isfolder", "true")
			if content == "" {
				w.Header().Set("X-Ms-Meta-"+digestKey, "n0_c00000000")
			}
			holds(w, r, `"1"`, content)
		})
		if _, err := b.Stat(t.Context(), "file", nil); err != nil {
			t.Errorf("a file of %d bytes: %v, want nil", len(content), err)
		}
	}
	// The first response that reveals the namespace.
	b, _ := hostile(t, func(w http.ResponseWriter, r *http.Request) {
		azures(w).Set("X-Ms-Resource-Type", "file")
		holds(w, r, `"1"`, "x")
	})
	if f := b.Features(); !f.DirBesideFile || !f.Ordered {
		t.Errorf("Features before the response = %+v, want DirBesideFile true and Ordered true", f)
	}
	if _, err := b.Stat(t.Context(), "file", nil); err != nil {
		t.Errorf("Stat(file) = %v, want nil", err)
	}
	if f := b.Features(); f.DirBesideFile || f.Ordered {
		t.Errorf("Features after the response = %+v", f)
	}
	// Directories are listed as blobs, and names in the order of a tree.
	folder := strings.Replace(blobXML("dir/d", "0"), "<Etag>",
		"<ResourceType>directory</ResourceType><Etag>", 1)
	b, _ = hostile(t, answersOf(of(folder+blobXML("dir/d/x", "1")+blobXML("dir/d.txt", "1"))))
	if got := listed(t, b, nil); got != "dir/d/x|dir/d.txt" {
		t.Errorf("listed = %q, want %q", got, "dir/d/x|dir/d.txt")
	}
}
