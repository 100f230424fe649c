package local

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// refusedLink is a folder in which a file gets no name, or that error.
type refusedLink struct {
	fsys.Dir
	err    error
	linked string
}

func (d *refusedLink) Link(_ fsys.File, name string) error {
	if d.err == nil {
		d.linked = name
	}
	return d.err
}

// closedFile counts how many times it was closed.
type closedFile struct {
	fsys.File
	closed int
}

func (f *closedFile) Close() error {
	f.closed++
	return nil
}

// linkErrors has what becomes of each error of a file that gets its name: it is given
// back, or says how the commit goes on.
var linkErrors = []struct {
	cause               error
	name, file, sidecar error // of giveName, link and linkSidecar
	without             bool  // later files aren't tried without a name
}{
	{cause: nil},
	{
		cause:   errors.ErrUnsupported,
		name:    errStageLost,
		file:    errStageLost,
		sidecar: errUnprepared,
		without: true,
	},
	{
		cause:   syscall.EOPNOTSUPP,
		name:    errStageLost,
		file:    errStageLost,
		sidecar: errUnprepared,
		without: true,
	},
	{cause: syscall.ENOENT, name: errStageLost, file: errRetry, sidecar: errRetry},
	{cause: fs.ErrNotExist, name: errStageLost, file: errRetry, sidecar: errRetry},
	{cause: syscall.ESTALE, name: syscall.ESTALE, file: errRetry, sidecar: errRetry},
	{cause: syscall.EXDEV, name: syscall.EXDEV, file: errOtherMount, sidecar: errOtherMount},
	{cause: syscall.EIO, name: syscall.EIO, file: files.ErrUncertain, sidecar: syscall.EIO},
	{cause: syscall.EACCES, name: files.ErrPermission, file: files.ErrPermission,
		sidecar: files.ErrPermission},
	{cause: syscall.EEXIST, name: errStageLost, file: errStageLost, sidecar: errUnprepared},
}

// A staged file that gets no name is lost, is tried again, or has an error, whichever of
// its names it is. Nothing takes it for one that is stored.
func TestNamesThatAreRefused(t *testing.T) {
	is := func(err, want error) bool {
		return want == nil && err == nil || want != nil && errors.Is(err, want)
	}
	for _, c := range linkErrors {
		for _, named := range []bool{true, false} {
			b, d := &backend{}, &refusedLink{err: c.cause}
			st := &staged{dir: d, unnamed: true, number: 7}
			what, want := "giveName", c.name
			var err error
			if named {
				err = b.giveName(st)
				if given := st.name == nameOf(7) && d.linked == st.name; given != (err == nil) ||
					st.unnamed == given {
					t.Errorf("giveName = %v, and the file is without a name: %v", err, st.unnamed)
				}
			} else {
				what, want = "link", c.file
				if err = b.link(st, d, "a"); err == nil && d.linked != "a" {
					t.Errorf("link makes the name %q, want a", d.linked)
				}
			}
			if !is(err, want) || b.noUnnamed.Load() != c.without {
				t.Errorf("%s = %v if the link fails with %v, want %v; names are needed: %v, "+
					"want %v", what, err, c.cause, want, b.noUnnamed.Load(), c.without)
			}
		}
		for _, old := range []sidecarKind{noSidecar, realSidecar, otherFile} {
			b, d, f := &backend{}, &refusedLink{err: c.cause}, &closedFile{}
			st := &staged{dir: d, side: &stagedSidecar{f: f}}
			want := c.sidecar
			if old != noSidecar {
				want = errUnprepared
			}
			err := b.linkSidecar(st, &filePaths{base: "a"}, d, old)
			if !is(err, want) || err == nil && d.linked != "a"+sidecarExt {
				t.Errorf("linkSidecar = %v if the link fails with %v, want %v; it makes %q", err,
					c.cause, want, d.linked)
			}
			// It is closed unless the commit may be tried again with it.
			if done := err == nil || err == errUnprepared; done != (st.side == nil) ||
				done != (f.closed == 1) || st.namedSide != (err == errUnprepared) {
				t.Errorf("after linkSidecar = %v, the sidecar is dropped: %v, closed %d times, "+
					"named: %v", err, st.side == nil, f.closed, st.namedSide)
			}
		}
	}
}
