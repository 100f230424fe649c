package local

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files/driver"
)

// If the type of an entry can't be found, a listing of foreign files returns the error
// with the entry's name, whichever lookup of the entry fails.
func TestWalkUnknownTypeFails(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "d/bad\xff", "")
	list := func(failing int, cause error) (lookups int, failed error) {
		root := &untypedDir{openRoot(t, dir), &lookups, failing, cause}
		for _, err := range testWalker(linuxRules).list(t.Context(), root,
			driver.ListRequest{Foreign: true}) {
			if err != nil {
				failed = err
			}
		}
		return lookups, failed
	}
	for _, cause := range []error{syscall.EIO, syscall.EACCES} {
		for n := 1; ; n++ {
			lookups, err := list(n, cause)
			if lookups < n {
				if n == 1 {
					t.Error("no entry is looked up")
				}
				break
			}
			where := "d/bad"
			if cause == syscall.EACCES { // it is the folder that can't be read
				where = "list d"
			}
			if !errors.Is(err, cause) || !strings.Contains(err.Error(), where) {
				t.Errorf("if lookup %d fails, List = %v, want %v of %s", n, err, cause, where)
			}
		}
	}
}

// untypedDir returns no types, and refuses one lookup of what isn't UTF-8.
type untypedDir struct {
	fsys.Dir
	lookups *int // of what isn't UTF-8
	failing int  // which of them fails
	err     error
}

func (d *untypedDir) OpenDir(path string) (fsys.Dir, error) {
	sub, err := d.Dir.OpenDir(path)
	if err != nil {
		return nil, err
	}
	return &untypedDir{sub, d.lookups, d.failing, d.err}, nil
}

func (d *untypedDir) Lstat(name string) (fsys.Stat, error) {
	if !utf8.ValidString(name) {
		if *d.lookups++; *d.lookups == d.failing {
			return fsys.Stat{}, d.err
		}
	}
	return d.Dir.Lstat(name)
}

func (d *untypedDir) ReadDir(buf []byte, each func([]byte, fsys.Type)) (bool, error) {
	return d.Dir.ReadDir(buf, func(name []byte, _ fsys.Type) { each(name, fsys.Unknown) })
}
