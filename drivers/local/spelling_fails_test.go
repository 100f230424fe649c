package local

import (
	"errors"
	"io"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
)

// opened closes a file or folder that was opened, and returns the error of the opening.
func opened(t *testing.T, c io.Closer, err error) error {
	t.Helper()
	if err == nil {
		return c.Close()
	}
	return err
}

// spelledCalls are calls of a folder in which there are the files "f", "g" and "e/x" and the
// empty folder "d".
var spelledCalls = map[string]func(t *testing.T, d fsys.Dir) error{
	"Create": func(t *testing.T, d fsys.Dir) error {
		f, err := d.Create("new")
		return opened(t, f, err)
	},
	"Create of a sidecar": func(t *testing.T, d fsys.Dir) error {
		f, err := d.Create("f.attrs")
		return opened(t, f, err)
	},
	"CreatePrivate": func(t *testing.T, d fsys.Dir) error {
		f, err := d.CreatePrivate("new")
		return opened(t, f, err)
	},
	"OpenLock": func(t *testing.T, d fsys.Dir) error {
		f, err := d.OpenLock("new")
		return opened(t, f, err)
	},
	"OpenFile": func(t *testing.T, d fsys.Dir) error {
		f, _, err := d.OpenFile("f")
		return opened(t, f, err)
	},
	"OpenDir": func(t *testing.T, d fsys.Dir) error {
		e, err := d.OpenDir("d")
		return opened(t, e, err)
	},
	"Lstat": func(t *testing.T, d fsys.Dir) error {
		_, err := d.Lstat("f")
		return err
	},
	"Lstat below": func(t *testing.T, d fsys.Dir) error {
		_, err := d.Lstat("e/x")
		return err
	},
	"OpenFile below": func(t *testing.T, d fsys.Dir) error {
		f, _, err := d.OpenFile("e/x")
		return opened(t, f, err)
	},
	"Link": func(t *testing.T, d fsys.Dir) error {
		f, err := d.Create("named")
		if err != nil {
			return err
		}
		defer f.Close()
		if err = d.Link(f, "new"); errors.Is(err, errors.ErrUnsupported) {
			return nil // on systems where no open file gets a name
		}
		return err
	},
	"Mkdir":  func(t *testing.T, d fsys.Dir) error { return d.Mkdir("new", 0o777) },
	"Unlink": func(t *testing.T, d fsys.Dir) error { return d.Unlink("f") },
	"Rmdir":  func(t *testing.T, d fsys.Dir) error { return d.Rmdir("d") },
	"Rename": func(t *testing.T, d fsys.Dir) error { return d.Rename("f", d, "new") },
	"RenameNoReplace": func(t *testing.T, d fsys.Dir) error {
		return d.RenameNoReplace("f", d, "new")
	},
	"Exchange": func(t *testing.T, d fsys.Dir) error { return d.Exchange("f", d, "g") },
}

// TestSpelledDirFails: where names have several spellings, a call returns the error of each
// operation that it makes, also of those that find out how the name is spelled.
func TestSpelledDirFails(t *testing.T) {
	for name, call := range spelledCalls {
		for n := 1; ; n++ {
			dir := memdir.New(t)
			write(t, dir, "f", "")
			write(t, dir, "g", "")
			write(t, dir, "e/x", "")
			ok(t, openRoot(t, dir).Mkdir("d", 0o777))
			var faulter crashfs.Faulter
			root, err := crashfs.Wrap(fsys.OS(), faulter.Hook).OpenRoot(dir)
			ok(t, err)
			sp := &spelling{}
			sp.on.Store(true)
			faulter.FailAt(n, syscall.EIO)
			err = call(t, sp.dir(root, false))
			count, kind := faulter.Count()
			ok(t, root.Close())
			if count < n {
				if n == 1 || err != nil {
					t.Errorf("%s after %d operations: %v, want nil", name, n-1, err)
				}
				break
			}
			if !errors.Is(err, syscall.EIO) {
				t.Errorf("%s = %v if operation %d (%v) fails, want EIO", name, err, n, kind)
			}
		}
	}
}

// TestSpelledAttributeFails: an entry whose spelling can't be found has no attribute, as one
// that is gone.
func TestSpelledAttributeFails(t *testing.T) {
	sp := &spelling{}
	sp.on.Store(true)
	for _, first := range []int{0, 1} { // the Lstat that fails, if any
		d := sp.dir(&failingLstat{openRoot(t, memdir.New(t)), first}, false)
		n, err := d.Attribute("missing", recordAttr, nil)
		if n != 0 || err != fsys.ErrNoXattr {
			t.Errorf("Attribute = %d, %v if Lstat %d fails, want 0 and ErrNoXattr", n, err, first)
		}
	}
}

// TestSpellingsFail: if a folder can't be read whole, what was read isn't taken for all of
// its names.
func TestSpellingsFail(t *testing.T) {
	dir := memdir.New(t)
	write(t, dir, "f", "")
	var faulter crashfs.Faulter
	root, err := crashfs.Wrap(fsys.OS(), faulter.Hook).OpenRoot(dir)
	ok(t, err)
	defer root.Close()
	d := (&spelling{}).dir(root, false)
	for n := 1; ; n++ {
		faulter.FailAt(n, syscall.EIO)
		r, err := d.begin()
		if err == nil {
			err = d.readAll(r)
		}
		if count, kind := faulter.Count(); count < n {
			if _, found := r.names["f"]; n == 1 || err != nil || !found {
				t.Errorf("after %d operations the names are %v, %v, want f", n-1, r.names, err)
			}
			break
		} else if !errors.Is(err, syscall.EIO) {
			t.Errorf("the error is %v if operation %d (%v) fails, want EIO", err, n, kind)
		}
	}
}

// failingRewind is a folder that can't be read again.
type failingRewind struct{ fsys.Dir }

func (failingRewind) Rewind(bool) error { return syscall.EIO }

// TestSpelledRewindFails: a folder that can't be read again isn't taken for one that has
// ended.
func TestSpelledRewindFails(t *testing.T) {
	d := (&spelling{}).dir(failingRewind{openRoot(t, memdir.New(t))}, false)
	if err := d.Rewind(false); !errors.Is(err, syscall.EIO) {
		t.Errorf("Rewind = %v, want EIO", err)
	}
}
