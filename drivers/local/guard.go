package local

import (
	"errors"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// guard is what keeps a staged file whole while it moves to its place. Another program
// may have found it by its name in the control folder and be inside the system call
// that cuts it. The cut would reach the file in its new place, and look like an edit.
// So, before the last look at the file, such programs are found, and others wait.
type guard struct {
	f  fsys.File
	st fsys.Stat // as it is since then
	// numbered: the file keeps its inode, and links are counted.
	numbered bool
}

// guard takes one, if the file system has guards. The error is busy (fsys.IsBusy) if
// another program is changing the file.
func (b *backend) guard(f fsys.File) (guard, error) {
	if !b.volume.Local && b.disk.kind != fsys.FUSE {
		return guard{}, nil // a server's word for "busy" may mean anything
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

// whole is the look at what is guarded, behind which nobody waits to change it: else it
// is errAwaited.
func (g guard) whole(look func() error) func() error {
	if g.f == nil {
		return look
	}
	return func() error {
		if err := look(); err != nil {
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
