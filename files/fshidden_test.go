package files_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cloudfiles.dev/files"
)

// TestFSLeavesNothingOutSilently: an error names each directory that has the name of a
// file beside it.
func TestFSLeavesNothingOutSilently(t *testing.T) {
	inner, _ := fsBucket(t, "a", "a/b", "a/c/d", "x/y", "x/y/z", "z")
	for name, b := range map[string]files.Bucket{
		"ordered":   inner,
		"unordered": fsUnordered{Bucket: inner},
	} {
		view := files.FS(ctx, b, nil)
		check := func(what string, err error, left string) {
			t.Helper()
			if !errors.Is(err, files.ErrUnsupported) || !strings.Contains(err.Error(), left) {
				t.Errorf("%s: %s: %v, want an error that names %s", name, what, err, left)
			}
		}
		dir := t.TempDir()
		check("CopyFS", os.CopyFS(dir, view), `"a/"`)
		list, err := fs.ReadDir(view, ".")
		if check("ReadDir", err, `"a/"`); len(list) != 3 {
			t.Errorf("%s: ReadDir gives %v beside its error", name, list)
		}
		_, err = fs.ReadDir(view, "x")
		check("ReadDir of a directory", err, `"x/y/"`)
		matches, err := fs.Glob(view, "*")
		if check("Glob", err, `"a/"`); !slices.Equal(matches, []string{"a", "x", "z"}) {
			t.Errorf("%s: Glob gives %q beside its error", name, matches)
		}
		var failed []string
		fs.WalkDir(view, ".", func(p string, _ fs.DirEntry, err error) error {
			if err != nil {
				failed = append(failed, p)
			}
			return nil
		})
		if !slices.Equal(failed, []string{".", "x"}) {
			t.Errorf("%s: WalkDir reported errors for %q", name, failed)
		}
		sub, err := fs.Sub(view, "x")
		if err != nil {
			t.Fatal(err)
		}
		_, err = fs.ReadDir(sub, ".")
		check("ReadDir of a part", err, `"y/"`)
		for n := 1; n < 5; n++ {
			d, err := view.Open(".")
			if err != nil {
				t.Fatal(err)
			}
			for count := 0; err == nil && count < 10; count++ {
				_, err = d.(fs.ReadDirFile).ReadDir(n)
			}
			check("pages", err, `"a/"`)
		}
		ignore := files.FS(ctx, b, &files.FSOptions{IgnoreHidden: true})
		if err := os.CopyFS(t.TempDir(), ignore); err != nil {
			t.Errorf("%s: with IgnoreHidden: %v, want no error", name, err)
		}
	}
	plain, _ := fsBucket(t, "a", "a.txt", "b/c", "b/d/e")
	if err := fstest.TestFS(files.FS(ctx, plain, nil), "a", "a.txt", "b/c", "b/d/e"); err != nil {
		t.Error(err)
	}
	if err := os.CopyFS(t.TempDir(), files.FS(ctx, plain, nil)); err != nil {
		t.Error(err)
	}
}
