package local

import (
	"context"
	"errors"
	"os"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// lockBytes is how many bytes of the lock file can be locked. A hash selects a folder's
// byte.
const lockBytes = 1 << 20

// lockOffset returns the offset of a folder's byte. It is the same in every process:
// 64-bit FNV-1a.
func lockOffset(path string) int64 {
	h := uint64(14695981039346656037)
	for i := range len(path) {
		h = (h ^ uint64(path[i])) * 1099511628211
	}
	return int64((h ^ h>>32) % lockBytes)
}

// lockFile is the open lock file. Closing it releases all locks, so it stays open while
// a goroutine holds one.
type lockFile struct {
	of    *resources
	f     fsys.File
	st    fsys.Stat
	users int // under of.mu
}

// lockByte locks a byte of the lock file, and checks that the file is still the one
// that others lock. It returns nil if files have no locks.
func (b *backend) lockByte(ctx context.Context, off int64) (*lockFile, error) {
	var r retries
	for {
		l, err := b.openLockFile()
		if err == nil {
			err = waitLock(ctx, func() error { return l.f.TryLock(off) })
			switch {
			case errors.Is(err, errors.ErrUnsupported):
				b.noFileLocks.Store(true)
				l.leave(false)
				return nil, nil
			case err != nil:
				l.leave(false)
				return nil, mapError(err)
			case l.isCurrent():
				return l, nil
			}
			l.f.Unlock(off)
			l.leave(true)
			err = errRetry
		}
		if !isNotExist(err) && err != errRetry && !fsys.IsStale(err) {
			return nil, err
		}
		if err := b.alive(); err != nil {
			return nil, err
		}
		if err := r.again(ctx, err); err != nil {
			return nil, err
		}
	}
}

// openLockFile returns the handle's lock file, and opens it if necessary. Errors are
// the system's.
func (b *backend) openLockFile() (*lockFile, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.lockFile; l != nil {
		l.users++
		return l, nil
	}
	control, err := b.control()
	if err != nil {
		return nil, err
	}
	defer control.Close()
	l := &lockFile{of: b.resources, users: 2} // the handle itself is a user
	if l.f, err = control.OpenLock(lockName); err != nil {
		return nil, err
	}
	if l.st, err = l.f.Stat(); err != nil {
		l.f.Close()
		return nil, err
	}
	if l.st.Size == 0 && int(l.st.UID) == os.Geteuid() {
		b.share(l.f, l.st)
	}
	b.lockFile = l
	return l, nil
}

// isCurrent reports whether the path of the lock file still leads to this file.
func (l *lockFile) isCurrent() bool {
	f, st, err := l.of.root.OpenFile(controlDir + "/" + lockName)
	if err != nil {
		return false
	}
	defer f.Close()
	return st.SameFile(l.st)
}

func (l *lockFile) release(off int64) {
	l.f.Unlock(off)
	l.leave(false)
}

// leave ends one use of the file. If gone is set, the handle opens the lock file again
// for the next use.
func (l *lockFile) leave(gone bool) {
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	if gone && l.of.lockFile == l {
		l.of.lockFile = nil
		l.users--
	}
	if l.users--; l.users == 0 {
		l.f.Close()
	}
}
