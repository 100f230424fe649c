package local

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// A listing that returns to a folder, which it had closed because it is far up, and
// can't open it again, yields the rest of the other folders. It ends with the folder's
// error, unless the folder is gone (L4).
func TestFolderCannotBeOpenedAgain(t *testing.T) {
	const depth = 3 * maxLevels
	dir := memdir.New(t)
	deepest := strings.Repeat("a/", depth) + "a"
	write(t, dir, deepest, "x")
	want := []string{deepest} // with the folders that stay open
	for n := depth; n > 0; n-- {
		write(t, dir, deepest[:2*n]+"z", "x")
		if n > depth-maxLevels {
			want = append(want, deepest[:2*n]+"z")
		}
	}
	for _, c := range []struct {
		fault, want error
	}{
		{syscall.ENOENT, nil},
		{fsys.ErrNotDir, nil},
		{syscall.EACCES, files.ErrPermission},
		{syscall.EIO, syscall.EIO},
		{syscall.EMFILE, syscall.EMFILE},     // which ends the listing at once
		{syscall.ENOTCONN, syscall.ENOTCONN}, // so does that
	} {
		failing := false
		b := openOdd(t, crashfs.Wrap(fsys.OS(), func(op *crashfs.Op, do func() error) error {
			if op.Kind == crashfs.OpenDir && failing {
				return c.fault
			}
			return do()
		}), dir)
		var got []string
		var failure error
		for e, err := range b.List(t.Context(), "", nil) {
			if failure = err; err == nil {
				got = append(got, e.Name)
			}
			failing = true
		}
		if !slices.Equal(got, want) {
			t.Errorf("if a folder can't be opened again, with %v: List yields %q, want %q", c.fault,
				got, want)
		}
		if !errors.Is(failure, c.want) || c.want == nil && failure != nil {
			t.Errorf("if a folder can't be opened again, with %v: List ends with %v, want %v",
				c.fault, failure, c.want)
		}
	}
}

// A folder that can't be searched for a file isn't an empty one: a shallow listing yields
// it, or ends with the error (L6).
func TestFolderCannotBeSearched(t *testing.T) {
	dir := memdir.New(t)
	write(t, dir, "d/e/f", "x")
	for _, kind := range []crashfs.Kind{crashfs.StatDir, crashfs.OpenDir, crashfs.ReadDir} {
		faulty := true
		for n := 1; faulty; n++ {
			var faulter crashfs.Faulter
			b := openOdd(t, crashfs.Wrap(fsys.OS(), faulter.Hook), dir)
			faulter.FailAt(n, syscall.EIO, kind)
			var got []string
			var failure error
			for e, err := range b.List(t.Context(), "", &files.ListOptions{Shallow: true}) {
				if failure = err; err == nil {
					got = append(got, e.Name)
				}
			}
			count, _ := faulter.Count()
			faulty = count >= n
			if failure == nil && !slices.Equal(got, []string{"d/"}) ||
				failure != nil && !errors.Is(failure, syscall.EIO) {
				t.Errorf("if %v %d fails, List yields %q and ends with %v, want d/ or EIO", kind, n,
					got, failure)
			}
		}
	}
}

// A listing that returns to a folder in which nothing is left to list doesn't open it
// again, so its errors don't matter.
func TestFolderIsNotOpenedInVain(t *testing.T) {
	dir := memdir.New(t)
	deepest := strings.Repeat("a/", 3*maxLevels) + "a"
	write(t, dir, deepest, "x")
	failing := false
	b := openOdd(t, crashfs.Wrap(fsys.OS(), func(op *crashfs.Op, do func() error) error {
		if op.Kind == crashfs.OpenDir && failing {
			return syscall.EIO
		}
		return do()
	}), dir)
	for e, err := range b.List(t.Context(), "", nil) {
		if e.Name != deepest || err != nil {
			t.Errorf("List yields %q, %v, want %q", e.Name, err, deepest)
		}
		failing = true
	}
}

// The same holds for a folder with more names than are read at once: if it can't be
// opened again, the listing doesn't look for the others in it.
func TestCutFolderCannotBeOpenedAgain(t *testing.T) {
	dir := memdir.New(t)
	deepest := "d/" + strings.Repeat("a/", 3*maxLevels) + "a"
	write(t, dir, deepest, "x")
	for i := range 100 {
		write(t, dir, fmt.Sprintf("d/b%030d", i), "")
	}
	write(t, dir, "e", "")
	for _, c := range []struct{ fault, want error }{
		{syscall.ENOENT, nil},
		{syscall.EIO, syscall.EIO},
	} {
		failing := false
		root, err := crashfs.Wrap(fsys.OS(), func(op *crashfs.Op, do func() error) error {
			if op.Kind == crashfs.OpenDir && op.Name == "d" && failing {
				return c.fault
			}
			return do()
		}).OpenRoot(dir)
		ok(t, err)
		w := testWalker(linuxRules)
		w.pages.most = 2048
		var got []string
		var failure error
		for e, err := range w.list(t.Context(), root, driver.ListRequest{Limit: 1000}) {
			if failure = err; err == nil {
				got = append(got, e.Name)
			}
			failing = true
		}
		if want := []string{deepest, "e"}; !slices.Equal(got, want) ||
			!errors.Is(failure, c.want) || c.want == nil && failure != nil {
			t.Errorf("if the folder can't be opened again, with %v, List yields %q and %v, "+
				"want %q and %v", c.fault, got, failure, want, c.want)
		}
		ok(t, root.Close())
	}
}
