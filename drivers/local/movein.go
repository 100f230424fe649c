package local

import (
	"errors"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Until a staged file is renamed, it has a name in the control folder. By that name,
// another program may truncate it, or change its mode, at any moment. So the file is
// checked once more after the rename, when nobody can reach it by that name any longer.
// If it was changed, the rename is undone. To make that possible, the file that is
// replaced gets the staged name, if the system can exchange two names. FUSE can't
// (twin.go).

// errTouched means that another program changed what is staged.
var errTouched = driver.Errorf(files.ErrUnavailable,
	"another program changed the upload in the control folder")

// errStray means that the staged file no longer has a name. Either the move was of
// another program's file, or another program replaced the file at its target, which
// must not be undone.
var errStray = errors.New("the staged file has lost its name")

// moveIn moves what is staged under name in the folder from to dest in the folder d. If
// over is set, it replaces a file. If it returns errTouched, that file is there again.
// whole returns an error unless what was staged is what was written. The replaced file
// keeps the staged name, except with sync=none.
//
// If the system can't exchange two names and another program waits to change the file,
// moveIn calls again, unless it is nil, to replace the file by another one (twin.go).
//
// Other errors are the system's.
func (b *backend) moveIn(from fsys.Dir, name string, d fsys.Dir, dest string, over bool,
	whole, again func() error) error {
	settled := func() error {
		err := whole()
		if err == errAwaited && again != nil {
			err = again()
		}
		return err
	}
	if !over {
		if err := from.Rename(name, d, dest); err != nil {
			return err
		}
		return b.unless(settled, func() error { return d.Rename(dest, from, name) })
	}
	if !b.noExchange.Load() {
		err := from.Exchange(name, d, dest)
		switch {
		case err == nil:
			undo := func() error { return from.Exchange(name, d, dest) }
			if b.opts.NoSync {
				return b.moved(from, name, whole, undo)
			}
			if st, err := from.Lstat(name); err == nil && st.Type != fsys.Regular {
				// not the file that was checked
				return b.unless(func() error { return errRetry }, undo)
			}
			return b.unless(whole, undo)
		case !errors.Is(err, errors.ErrUnsupported):
			return err
		}
		b.noExchange.Store(true)
	}
	if err := whole(); err != nil { // check before, because this move can't be undone
		return touched(err)
	}
	if err := from.Rename(name, d, dest); err != nil {
		return err
	}
	return b.unless(settled, func() error { return errors.ErrUnsupported })
}

// moved ends an exchange: it removes what was replaced. If that is a folder, which the
// system refuses to remove, it isn't the file that was checked.
func (b *backend) moved(from fsys.Dir, name string, whole, undo func() error) error {
	if err := b.unless(whole, undo); err != nil {
		return err
	}
	if fsys.IsDirectory(from.Unlink(name)) {
		return b.unless(func() error { return errRetry }, undo)
	}
	return nil
}

// unless calls undo if whole returns an error. If undo fails, it is unknown which file
// is there.
func (b *backend) unless(whole, undo func() error) error {
	err := whole()
	if err == errStray {
		return driver.WithCause(files.ErrUncertain, nil,
			"another program replaced the upload, in the control folder or under its name")
	}
	err = touched(err)
	if err == nil || errors.Is(err, files.ErrUncertain) {
		return err
	}
	if undo() != nil {
		return driver.WithCause(files.ErrUncertain, err, errText(err))
	}
	return err
}

// touched returns errTouched for errAwaited and errStray, and err otherwise.
func touched(err error) error {
	if err == errAwaited || err == errStray {
		return errTouched
	}
	return err
}

func errText(err error) string {
	if err == errTouched {
		return "another program changed the upload in the control folder"
	}
	return err.Error()
}

// whole returns errTouched unless the staged file, which is sealed, is what was
// written. If another program changed the mode, whole restores it, since undoing the
// move for that would be visible.
func (st *staged) whole() error {
	now, err := st.f.Stat()
	if err == nil && now.Perm != st.perm && st.f.SetMode(st.perm) == nil {
		now, err = st.f.Stat()
	}
	if err != nil {
		return mapError(err)
	}
	st.links = now.Nlink
	return st.is(now)
}

// is returns errTouched unless the Stat of the staged file is that of what was written.
func (st *staged) is(now fsys.Stat) error {
	if now.Size != st.size || now.ModTime != st.rec.mtime || now.Perm != st.perm {
		return errTouched
	}
	return nil
}

// whole returns errTouched unless the staged sidecar is what was written.
func (s *stagedSidecar) whole() error {
	now, err := s.f.Stat()
	if err == nil && now.Perm != s.perm && s.f.SetMode(s.perm) == nil {
		now, err = s.f.Stat()
	}
	if err != nil {
		return mapError(err)
	}
	s.links = now.Nlink
	return s.is(now)
}

// is returns errTouched unless the Stat of the sidecar is that of what was written.
func (s *stagedSidecar) is(now fsys.Stat) error {
	if now.Size != s.size || now.Perm != s.perm {
		return errTouched
	}
	return nil
}
