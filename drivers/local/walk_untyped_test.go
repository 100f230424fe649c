package local

import (
	"errors"
	"syscall"
	"testing"
	"unicode/utf8"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files/driver"
)

// If the type of an entry can't be found, a listing of foreign files returns the error.
func TestWalkUnknownTypeFails(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "d/bad\xff", "")
	for _, cause := range []error{syscall.EIO, syscall.EACCES} {
		var failed error
		root := &untypedDir{openRoot(t, dir), cause}
		for _, err := range testWalker(linuxRules).list(t.Context(), root,
			driver.ListRequest{Foreign: true}) {
			if err != nil {
				failed = err
			}
		}
		if !errors.Is(failed, cause) {
			t.Errorf("List = %v, want %v", failed, cause)
		}
	}
}

// untypedDir returns no types, and refuses to look up what isn't UTF-8.
type untypedDir struct {
	fsys.Dir
	err error
}

func (d *untypedDir) OpenDir(path string) (fsys.Dir, error) {
	sub, err := d.Dir.OpenDir(path)
	if err != nil {
		return nil, err
	}
	return &untypedDir{sub, d.err}, nil
}

func (d *untypedDir) Lstat(name string) (fsys.Stat, error) {
	if !utf8.ValidString(name) {
		return fsys.Stat{}, d.err
	}
	return d.Dir.Lstat(name)
}

func (d *untypedDir) ReadDir(buf []byte, each func([]byte, fsys.Type)) (bool, error) {
	return d.Dir.ReadDir(buf, func(name []byte, _ fsys.Type) { each(name, fsys.Unknown) })
}
