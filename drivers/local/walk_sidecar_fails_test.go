package local

import (
	"errors"
	"io/fs"
	"slices"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files/driver"
)

// sidecarFaults are the errors of the opening, reading and Stat of a file.
type sidecarFaults struct{ open, read, stat error }

// faultySidecars is a folder in which files can't be opened or read.
type faultySidecars struct {
	fsys.Dir
	sidecarFaults
	opened *int // files that are open
}

func (d *faultySidecars) OpenDir(path string) (fsys.Dir, error) {
	e, err := d.Dir.OpenDir(path)
	return &faultySidecars{e, d.sidecarFaults, d.opened}, err
}

func (d *faultySidecars) OpenSeen(path string) (fsys.File, fsys.Stat, error) {
	if d.open != nil {
		return nil, fsys.Stat{}, d.open
	}
	f, st, err := d.Dir.OpenSeen(path)
	if err == nil {
		*d.opened++
	}
	return &faultySidecar{f, d}, st, err
}

type faultySidecar struct {
	fsys.File
	d *faultySidecars
}

func (f *faultySidecar) Close() error {
	*f.d.opened--
	return f.File.Close()
}

func (f *faultySidecar) ReadAt(p []byte, off int64) (int, error) {
	if f.d.read != nil {
		return 0, f.d.read
	}
	return f.File.ReadAt(p, off)
}

func (f *faultySidecar) Stat() (fsys.Stat, error) {
	if f.d.stat != nil {
		return fsys.Stat{}, f.d.stat
	}
	return f.File.Stat()
}

// What may be a sidecar is not listed if it can't be read for lack of permission or is
// gone. If it can't be read for another reason, the listing has the error: the name may
// be that of a file.
func TestWalkSidecarFails(t *testing.T) {
	dir := memdir.New(t)
	write(t, dir, "a", "")
	write(t, dir, "a.attrs", sidecarHead)
	write(t, dir, "b.attrs", "the file b.attrs")
	write(t, dir, "bad\xff.attrs", "a raw key")
	write(t, dir, "d/c.attrs", "the file d/c.attrs")
	for _, c := range []struct {
		sidecarFaults
		listed bool  // the files whose names end in .attrs
		failed error // of the listing
	}{
		{sidecarFaults{}, true, nil},
		{sidecarFaults{open: syscall.EACCES}, false, nil},
		{sidecarFaults{open: fs.ErrNotExist}, false, nil},
		{sidecarFaults{open: fsys.ErrNotFile}, false, nil},
		{sidecarFaults{open: syscall.EIO}, false, syscall.EIO},
		{sidecarFaults{read: syscall.EIO}, false, syscall.EIO},
		{sidecarFaults{read: syscall.EIO, stat: fs.ErrNotExist}, false, nil},
		{sidecarFaults{read: fs.ErrNotExist, stat: syscall.EIO}, false, syscall.EIO},
		{sidecarFaults{stat: syscall.EIO}, true, nil},
	} {
		for _, l := range []struct {
			req driver.ListRequest
			all []string
		}{
			{driver.ListRequest{}, []string{"a", "b.attrs", "d/c.attrs"}},
			{driver.ListRequest{NamesOnly: true}, []string{"a", "b.attrs", "d/c.attrs"}},
			{driver.ListRequest{Shallow: true}, []string{"a", "b.attrs", "d/"}},
			{
				driver.ListRequest{Foreign: true},
				[]string{"a", "b.attrs", "bad\xff.attrs", "d/c.attrs"},
			},
		} {
			opened := 0
			root := &faultySidecars{openRoot(t, dir), c.sidecarFaults, &opened}
			var got []string
			var failed error
			for e, err := range testWalker(linuxRules).list(t.Context(), root, l.req) {
				if failed = err; err == nil {
					got = append(got, e.Name+e.Key)
				}
			}
			want := l.all
			if !c.listed {
				want = want[:1]
			}
			if !slices.Equal(got, want) || !errors.Is(failed, c.failed) ||
				c.failed == nil && failed != nil {
				t.Errorf("with the faults %+v, the listing of %+v is %q and %v, want %q and %v",
					c.sidecarFaults, l.req, got, failed, want, c.failed)
			}
			if opened != 0 {
				t.Errorf("with the faults %+v, the listing of %+v leaves %d files open",
					c.sidecarFaults, l.req, opened)
			}
		}
	}
}
