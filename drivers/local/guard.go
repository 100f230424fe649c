package local

import (
	"errors"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// guard keeps a staged file unchanged while it is moved to its target. Another program
// may have found the file by its name in the control folder and be inside the system
// call that truncates it. That would truncate the file under its new name, and look
// like an edit. So, before the last check of the file, such programs are detected, and
// later ones have to wait.
type guard struct {
	f  fsys.File
	st fsys.Stat // of the file, which can't change since then
	// numbered means that the file keeps its inode number, and that links are counted.
	numbered bool
}

// guard guards the file if the file system can. The error is busy (fsys.IsBusy) if
// another program is changing the file.
func (b *backend) guard(f fsys.File) (guard, error) {
	if !b.volume.Local && b.disk.kind != fsys.FUSE {
		return guard{}, nil // a server may report "busy" for any reason
	}
	numbered := b.volume.Local && b.disk.kind != fsys.FUSE
	st, err := f.Guard(numbered)
	switch {
	case err == nil:
		return guard{f, st, numbered && st.Nlink > 0}, nil
	case fsys.IsBusy(err):
		return guard{}, err
	case err == fsys.ErrReplaced:
		return guard{}, errTouched
	case errors.Is(err, errors.ErrUnsupported):
		return guard{}, nil
	}
	return guard{}, mapError(err)
}

// guardStaged guards the staged file if others can find it.
func (b *backend) guardStaged(st *staged) (guard, error) {
	if st.unnamed {
		return guard{}, nil
	}
	return b.guard(st.f)
}

// whole returns a function that calls check, and then returns errAwaited if another
// program waits to change the guarded file.
func (g guard) whole(check func() error) func() error {
	if g.f == nil {
		return check
	}
	return func() error {
		if err := check(); err != nil {
			return err
		}
		if g.held() != nil {
			return errAwaited
		}
		return nil
	}
}

// held returns errTouched if another program waits to change the file.
func (g guard) held() error {
	if g.f != nil && !g.f.Guarded() {
		return errTouched
	}
	return nil
}

// end releases the guard, and with it the programs that wait.
func (g guard) end() {
	if g.f != nil {
		g.f.Unguard()
	}
}
