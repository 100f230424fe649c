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
		open := sys.Open()
		_, err := b.Stat(t.Context(), "", &files.StatOptions{Key: c.key})
		if n := sys.Open(); n != open {
			t.Errorf("after Stat(%q) without %q, %d folders and files are open, want %d", c.key,
				c.refuse, n, open)
		}
		if c.found != (err == nil) || !c.found && !errors.Is(err, files.ErrNotExist) {
			t.Errorf("Stat(%q) without %q = %v, want success: %v", c.key, c.refuse, err, c.found)
		}
		if looked != c.looked {
			t.Errorf("%q without %q is looked up: %v, want %v", c.key, c.refuse, looked, c.looked)
		}
	}
}

// listingFolder is a folder whose listing is a test's.
type listingFolder struct {
	fsys.Dir
	kind             fsys.Kind
	names            map[string]fsys.Type
	openErr, readErr error
	reads            *int
}

func (d *listingFolder) Kind() fsys.Kind { return d.kind }

func (d *listingFolder) OpenDir(string) (fsys.Dir, error) {
	*d.reads++
	if d.openErr != nil {
		return nil, d.openErr
	}
	return d, nil
}

func (d *listingFolder) ReadDir(_ []byte, each func([]byte, fsys.Type)) (bool, error) {
	for n, t := range d.names {
		each([]byte(n), t)
	}
	return false, d.readErr
}

func (d *listingFolder) Close() error { return nil }

// That a file is missing needs no proof except on FUSE, where the folder must not list
// any of the file's names. A folder that can't be read proves nothing, and the lookup
// counts.
func TestMissingIsConfirmed(t *testing.T) {
	file := func(name string) map[string]fsys.Type {
		return map[string]fsys.Type{name: fsys.Regular}
	}
	for _, c := range []struct {
		what string
		d    listingFolder
		want bool
	}{
		{"another kind", listingFolder{kind: fsys.OtherKind, names: file("a")}, true},
		{"empty", listingFolder{kind: fsys.FUSE}, true},
		{"another file", listingFolder{kind: fsys.FUSE, names: file("c")}, true},
		{"the file", listingFolder{kind: fsys.FUSE, names: file("a")}, false},
		{"its other name", listingFolder{kind: fsys.FUSE, names: file("b")}, false},
		{"without a type", listingFolder{
			kind:  fsys.FUSE,
			names: map[string]fsys.Type{"a": fsys.Unknown},
		}, false},
		{"a folder", listingFolder{
			kind:  fsys.FUSE,
			names: map[string]fsys.Type{"a": fsys.Directory},
		}, true},
		{"several", listingFolder{kind: fsys.FUSE, names: map[string]fsys.Type{
			"a": fsys.Regular, "c": fsys.Regular, "d": fsys.Directory,
		}}, false},
		{"not opened", listingFolder{
			kind:    fsys.FUSE,
			names:   file("a"),
			openErr: syscall.EIO,
		}, true},
		{"not read", listingFolder{kind: fsys.FUSE, readErr: syscall.EIO}, true},
	} {
		reads := 0
		c.d.reads = &reads
		if got := confirmed(&c.d, "a", "b"); got != c.want {
			t.Errorf("%s: confirmed = %v, want %v", c.what, got, c.want)
		}
		if got := confirmedAt(&c.d, "folder", "a", "b"); got != c.want {
			t.Errorf("%s: confirmedAt = %v, want %v", c.what, got, c.want)
		}
		if none := c.d.kind != fsys.FUSE; none != (reads == 0) {
			t.Errorf("%s: the folder is opened %d times", c.what, reads)
		}
	}
}
