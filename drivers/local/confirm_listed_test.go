package local

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// On FUSE, a name that isn't UTF-8 is looked up only if its folder can be read and lists
// it, also below folders, because exFAT's program crashes otherwise (L7).
func TestOnlyListedNamesAreLookedUp(t *testing.T) {
	dir := memdir.New(t)
	const key = "d/bad\xff/\xffend"
	write(t, dir, key, "content")
	write(t, dir, "d/bad\xff/plain", "content")
	for _, c := range []struct {
		key    string
		refuse string // the folder that can't be opened
		found  bool
		looked bool // the whole key is looked up
	}{
		{key, "", true, true},
		{"d/bad\xff/plain", "", true, true},
		{"d/bad\xff/\xffeND", "", false, false},
		{"d/bad\xfe/plain", "", false, false},
		{"e/\xffend", "", false, false},
		{key, "d", false, false},
		{key, "bad\xff", false, false},
	} {
		looked := false
		sys := crashfs.Wrap(&hookFS{FS: fsys.OS(), fuse: true},
			func(op *crashfs.Op, do func() error) error {
				switch op.Kind {
				case crashfs.OpenDir:
					if c.refuse != "" && filepath.Base(op.Name) == c.refuse {
						return syscall.EIO
					}
				case crashfs.Lstat, crashfs.OpenFile:
					looked = looked || filepath.Base(op.Name) == filepath.Base(c.key)
				}
				return do()
			})
		b := openOdd(t, sys, dir)
		_, err := b.Stat(t.Context(), "", &files.StatOptions{Key: c.key})
		if c.found != (err == nil) || !c.found && !errors.Is(err, files.ErrNotExist) {
			t.Errorf("Stat(%q) without %q = %v, want success: %v", c.key, c.refuse, err, c.found)
		}
		if looked != c.looked {
			t.Errorf("%q without %q is looked up: %v, want %v", c.key, c.refuse, looked, c.looked)
		}
	}
}
