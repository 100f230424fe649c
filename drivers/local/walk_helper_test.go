package local

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// testWalker returns a walker whose versions show which file's Stat they are from.
func testWalker(r rules) *walker {
	return &walker{
		rules: r,
		pages: &pages{},
		version: func(dir fsys.Dir, base string, st fsys.Stat) (files.Version, error) {
			return files.Version(fmt.Sprintf("%x-%x", st.ModTime, st.Size)), nil
		},
	}
}

func openRoot(t testing.TB, path string) fsys.Dir {
	t.Helper()
	d, err := fsys.OS().OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// write makes a file and its folders; disk is the path on disk.
func write(t testing.TB, root, disk, content string) {
	t.Helper()
	p := filepath.Join(root, disk)
	if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// put makes the file of a name as the driver would; its content is the name.
func put(t testing.TB, root string, r rules, name string) {
	t.Helper()
	dir, base := r.encode(name)
	if fi, err := os.Lstat(filepath.Join(root, dir, base)); err == nil && fi.IsDir() {
		base = leafName(base)
	}
	// A file that has a folder's name gets its other name (N3).
	for i := range name {
		if name[i] != '/' {
			continue
		}
		d, b := r.encode(name[:i])
		p := filepath.Join(root, d, b)
		if fi, err := os.Lstat(p); err == nil && fi.Mode().IsRegular() {
			if err := os.Rename(p, filepath.Join(root, d, leafName(b))); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(t, root, filepath.Join(dir, base), name)
}

// collect returns the entries of a listing, as their name or "key " and the key.
func collect(t testing.TB, w *walker, root fsys.Dir, req driver.ListRequest) []string {
	t.Helper()
	var out []string
	for e, err := range w.list(t.Context(), root, req) {
		if err != nil {
			t.Fatalf("listing %+v: %v", req, err)
		}
		s := e.Name
		if e.Name == "" {
			s = "key " + e.Key
		}
		if e.IsDir != strings.HasSuffix(s, "/") {
			t.Fatalf("IsDir doesn't fit the name: %+v", e)
		}
		if e.IsDir && (e.Size != 0 || e.Version != "" || !e.ModTime.IsZero()) {
			t.Fatalf("a directory has more than a name: %+v", e)
		}
		if out = append(out, s); len(out) == req.Limit {
			break
		}
	}
	return out
}

func expected(names []string, req driver.ListRequest) []string {
	var out []string
	base := req.Dir()
	for _, n := range names {
		if !strings.HasPrefix(n, req.Prefix) {
			continue
		}
		if i := strings.IndexByte(n[len(base):], '/'); req.Shallow && i >= 0 {
			n = n[:len(base)+i+1]
		}
		if n > req.StartAfter {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if req.Limit > 0 && len(out) > req.Limit {
		out = out[:req.Limit]
	}
	return out
}
