package local

import (
	"errors"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
)

// Whether a disk folds is found out from its entries before the first write, although
// FUSE may miss an entry that exists. A folder that can't be listed for want of a
// permission doesn't fold; another failure is an error (N4).
func TestFoldingIsSeen(t *testing.T) {
	none := map[string]int{}
	for _, c := range []struct {
		what   string
		names  []string
		folds  bool
		missed map[string]int // how many lookups of a name miss it
		fails  syscall.Errno  // the listing
		want   bool
		err    error
	}{
		{"folds", []string{"Photo"}, true, none, 0, true, nil},
		{"doesn't fold", []string{"Photo"}, false, none, 0, false, nil},
		{"two files", []string{"Photo", "pHOTO"}, false, none, 0, false, nil},
		{"no letters", []string{"1", "2"}, true, none, 0, false, nil},
		{"a letter later", []string{"1", "2", "x"}, true, none, 0, true, nil},
		{"empty", nil, true, none, 0, false, nil},
		{"misses the name once", []string{"x"}, true, map[string]int{"x": 1}, 0, true, nil},
		{"misses the name twice", []string{"x"}, true, map[string]int{"x": 2}, 0, true, nil},
		{"misses the other twice", []string{"x"}, true, map[string]int{"X": 2}, 0, true, nil},
		{"misses both", []string{"x"}, true, map[string]int{"x": 1, "X": 1}, 0, true, nil},
		{"denied", []string{"x"}, true, none, syscall.EACCES, false, nil},
		{"fails", []string{"x"}, true, none, syscall.EIO, false, syscall.EIO},
	} {
		dir := memdir.New(t)
		for _, name := range c.names {
			write(t, dir, name, "text")
		}
		sys := crashfs.Wrap(&oddFS{FS: fsys.OS(), folds: c.folds},
			func(op *crashfs.Op, do func() error) error {
				if op.Kind == crashfs.ReadDir && c.fails != 0 {
					return c.fails
				}
				if op.Kind == crashfs.Lstat && c.missed[op.Name] > 0 {
					c.missed[op.Name]--
					return syscall.ENOENT
				}
				return do()
			})
		root, err := sys.OpenRoot(dir)
		ok(t, err)
		open := sys.Open()
		got, err := seemsToFold(root)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: seemsToFold = %v, %v, want %v, %v", c.what, got, err, c.want, c.err)
		}
		if n := sys.Open(); n != open {
			t.Errorf("%s: %d folders or files are open, want %d", c.what, n, open)
		}
		ok(t, root.Close())
	}
}
