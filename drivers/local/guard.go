package local

import (
	"cloudfiles.dev/drivers/local/internal/fsys"
)

// guard is what keeps a staged file whole while it moves to its place. Another program
// that has found it by its name in the control folder may be inside the system call
// that cuts it, which would hit it where it is then, and look like an edit. So, before
// the last look at the file, those who are inside are found, and others wait.
type guard struct{ f fsys.File }

// guard takes one, where the file system has them. The error is busy (fsys.IsBusy)
// where another program is changing the file.
func (b *backend) guard(f fsys.File) (guard, error) {
	if !b.volume.Local && b.disk.kind != fsys.FUSE {
		return guard{}, nil // a server's word for "busy" may mean anything
	}
	err := f.Guard()
	if fsys.IsBusy(err) {
		return guard{}, err
	}
	if err != nil {
		return guard{}, nil
	}
	return guard{f}, nil
}

// guardStaged takes one of what can be found.
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

// held reports errTouched where another program waits to change the file.
func (g guard) held() error {
	if g.f != nil && !g.f.Guarded() {
		return errTouched
	}
	return nil
}

// end lets those in who wait.
func (g guard) end() {
	if g.f != nil {
		g.f.Unguard()
	}
}
