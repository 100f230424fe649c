package local_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/mirror"
	"cloudfiles.dev/files/mount"
	"cloudfiles.dev/files/overlay"
	"cloudfiles.dev/files/transfer"
)

// TestFolderInsideAnother: a folder below another bucket's folder has files in common
// with it, whatever path leads there and whatever wraps the buckets. Every layer of
// several buckets refuses such a pair, and transfer does: a copy of a tree into itself
// would find its own files.
func TestFolderInsideAnother(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"a/in/deep", "beside"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(root, "a"), link); err != nil {
		longtest.Lacks(t, "no symbolic links here: %v", err)
	}
	open := func(path string) files.Bucket {
		b, err := local.Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { b.Close() })
		return b
	}
	sub := func(b files.Bucket, dir string) files.Bucket {
		s, err := files.Sub(b, dir)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, in := open(filepath.Join(root, "a")), open(filepath.Join(root, "a", "in"))
	for _, c := range []struct {
		name   string
		first  files.Bucket
		second files.Bucket
		files  bool // they have files in common
	}{
		{name: "inside", first: a, second: in, files: true},
		{name: "around", first: in, second: a, files: true},
		{name: "by a link", first: open(link), second: in, files: true},
		{name: "below a link", first: a, second: open(filepath.Join(link, "in")), files: true},
		{name: "two levels", first: a, second: open(filepath.Join(root, "a/in/deep")), files: true},
		{name: "wrapped", first: files.ReadOnly(a), second: sub(in, "x"), files: true},
		{name: "the directory itself", first: sub(a, "in"), second: in, files: true},
		{name: "another directory", first: sub(a, "other"), second: in},
		{name: "a longer name", first: sub(a, "in2"), second: in},
		{name: "beside", first: a, second: open(filepath.Join(root, "beside"))},
		{name: "in memory", first: a, second: mem.New(nil)},
	} {
		if got := driver.Overlap(c.first, "", c.second, ""); got != c.files {
			t.Errorf("%s: Overlap is %v, want %v", c.name, got, c.files)
		}
		_, mirrored := mirror.New(c.first, c.second)
		_, mounted := mount.New(map[string]files.Bucket{"x": c.first, "y": c.second})
		_, over := overlay.New([]files.Bucket{c.first, c.second}, nil)
		_, cached := cache.New(c.first, c.second, nil)
		_, copied := transfer.Copy(transfer.Tree{Bucket: c.second},
			transfer.Tree{Bucket: c.first}, nil)
		for what, err := range map[string]error{
			"mirror":   mirrored,
			"mount":    mounted,
			"overlay":  over,
			"cache":    cached,
			"transfer": copied,
		} {
			refused := errors.Is(err, files.ErrInvalid)
			if refused != c.files || refused && !strings.Contains(err.Error(), "in common") &&
				!strings.Contains(err.Error(), "overlap") {
				t.Errorf("%s: %s has the error %v, want it refused: %v", c.name, what, err, c.files)
			}
		}
	}
}
