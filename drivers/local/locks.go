package local

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// dirLock is the lock of one folder, which is that of all files in it. It is made of
// up to three: a place in the handle's queue; the directory's own lock, which is the
// same by whatever root the directory is reached, and which nothing that is removed can
// undo; and, where other machines have the folder too or directories have no locks, a
// byte of the lock file.
type dirLock struct {
	b    *backend
	d    fsys.Dir
	path string
	file *lockFile
	held bool // of the directory
}

// lockDir locks the open folder d, whose path is its place in the bucket.
func (b *backend) lockDir(ctx context.Context, d fsys.Dir, path string) (dirLock, error) {
	l, err := b.lockDirAlone(ctx, d, path)
	if err != nil || l.held && !b.byFile || b.noFileLocks.Load() {
		return l, err
	}
	if l.file, err = b.lockByte(ctx, lockOffset(path)); err != nil {
		l.unlock()
	}
	return l, err
}

// lockDirAlone locks the directory alone.
func (b *backend) lockDirAlone(ctx context.Context, d fsys.Dir, path string) (dirLock, error) {
	if err := b.queues.lock(ctx, path); err != nil {
		return dirLock{}, err
	}
	l := dirLock{b: b, d: d, path: path}
	if !b.byDir {
		return l, nil
	}
	err := waitLock(ctx, d.TryLock)
	if l.held = err == nil; !l.held && !errors.Is(err, errors.ErrUnsupported) {
		l.unlock()
		return l, mapLockError(err)
	}
	return l, nil
}

// mapLockError is the error of a lock: that a folder has gone is for the caller to find
// out.
func mapLockError(err error) error {
	if isNotExist(err) || fsys.IsStale(err) {
		return retryLookup(err)
	}
	return mapError(err)
}

// lost reports whether the lock file was removed since: then others lock another one.
func (l *dirLock) lost() bool { return l.file != nil && !l.file.isCurrent() }

// unlock gives the lock back; once it is given back, it does nothing.
func (l *dirLock) unlock() {
	if l.b == nil {
		return
	}
	if l.file != nil {
		l.file.release(lockOffset(l.path))
	}
	for range 3 { // the root stays open, so its lock must not be kept by a mischance
		if !l.held || l.d.Unlock() == nil {
			break
		}
	}
	l.b.queues.unlock(l.path)
	l.b = nil
}

// How long a lock is waited for when the context sets no end. Writers hold one for less
// than a millisecond, unless they have to sync under it.
const (
	lockPatience    = time.Minute
	refusedPatience = 2 * time.Second // CIFS says "permission denied" for a lock that is taken
	maxLockPause    = 5 * time.Millisecond
)

// waitLock takes a lock. It asks again and again, at first at once, because the
// system's own waiting can't be ended by a context.
func waitLock(ctx context.Context, try func() error) error {
	var begin time.Time
	for wait := 20 * time.Microsecond; ; wait = min(2*wait, maxLockPause) {
		err := try()
		refused := errors.Is(err, fs.ErrPermission) || fsys.IsBusy(err)
		if !refused && !errors.Is(err, fsys.ErrLocked) {
			return err
		}
		if begin.IsZero() {
			begin = time.Now()
		}
		switch waited := time.Since(begin); {
		case refused && waited > refusedPatience:
			return err
		case waited > lockPatience:
			return files.WithCause(files.ErrUnavailable, err,
				"another process has had the folder locked for "+lockPatience.String())
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// queues are the locks that goroutines of one handle hold or wait for, by folder.
type queues struct {
	mu   sync.Mutex
	held map[string]*queue
}

type queue struct {
	free  chan struct{} // holds a token while nobody has the lock
	users int
}

func (l *queues) lock(ctx context.Context, path string) error {
	l.mu.Lock()
	n := l.held[path]
	if n == nil {
		if l.held == nil {
			l.held = map[string]*queue{}
		}
		l.held[path] = &queue{users: 1}
		l.mu.Unlock()
		return nil
	}
	n.users++
	if n.free == nil {
		n.free = make(chan struct{}, 1)
	}
	l.mu.Unlock()
	select {
	case <-n.free:
		return nil
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		l.leave(path, n)
		return driver.ContextError(ctx)
	}
}

func (l *queues) unlock(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.held[path]
	if n.free != nil {
		n.free <- struct{}{}
	}
	l.leave(path, n)
}

func (l *queues) leave(path string, n *queue) {
	if n.users--; n.users == 0 {
		delete(l.held, path)
	}
}
