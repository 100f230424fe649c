package local

import (
	"errors"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// Until a staged file is renamed, it has a name in the control folder. Through that
// name, another program may cut it, or take its readers' rights, at any moment. So it
// is looked at once more when nobody can reach it by that name any longer, and a move
// that came too late is undone. To make that possible, the file that is replaced gets
// the staged one's name, if the system can exchange two names. FUSE can't (twin.go).

// errTouched: another program changed what is staged.
var errTouched = files.Errorf(files.ErrUnavailable,
	"another program changed the upload in the control folder")

// errStray: the staged file has no name any more. What was moved by its name may be a
// file of others, or they replaced it at its place, which must not be undone.
var errStray = errors.New("the staged file has lost its name")

// moveIn moves what is staged at name in from to dest in the folder, over a file where
// over is set. Where it returns errTouched, that one is there again. whole reports
// whether what was staged is what was written. The replaced file is left at name,
// except with sync=none.
//
// Where the system can't exchange two, again, unless it is nil, puts another one in
// place of one that is awaited there (twin.go).
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
				return b.unless(func() error { return errRetry }, undo) // not what was looked at
			}
			return b.unless(whole, undo)
		case !errors.Is(err, errors.ErrUnsupported):
			return err
		}
		b.noExchange.Store(true)
	}
	if err := whole(); err != nil { // what can't be undone is worth a look more
		return touched(err)
	}
	if err := from.Rename(name, d, dest); err != nil {
		return err
	}
	return b.unless(settled, func() error { return errors.ErrUnsupported })
}

// moved ends an exchange by removing what was replaced. The system refuses that if it
// is a folder, which is not what was looked at.
func (b *backend) moved(from fsys.Dir, name string, whole, undo func() error) error {
	if err := b.unless(whole, undo); err != nil {
		return err
	}
	if fsys.IsDirectory(from.Unlink(name)) {
		return b.unless(func() error { return errRetry }, undo)
	}
	return nil
}

// unless undoes what was done where it isn't as it should be. Where that fails, nobody
// knows what is there.
func (b *backend) unless(whole, undo func() error) error {
	err := whole()
	if err == errStray {
		return files.WithCause(files.ErrUncertain, nil,
			"another program replaced the upload, in the control folder or at its place")
	}
	err = touched(err)
	if err == nil || errors.Is(err, files.ErrUncertain) {
		return err
	}
	if undo() != nil {
		return files.WithCause(files.ErrUncertain, err, errText(err))
	}
	return err
}

// touched is errTouched instead of errAwaited and errStray.
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
// written. If another program has changed the mode, it is set again, since undoing the
// move because of it would be visible.
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

// is returns errTouched unless what is seen of the staged file is what was written.
func (st *staged) is(now fsys.Stat) error {
	if now.Size != st.size || now.ModTime != st.rec.mtime || now.Perm != st.perm {
		return errTouched
	}
	return nil
}

// whole is that of a sidecar.
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

// is returns errTouched unless what is seen of the sidecar is what was written.
func (s *stagedSidecar) is(now fsys.Stat) error {
	if now.Size != s.size || now.Perm != s.perm {
		return errTouched
	}
	return nil
}
