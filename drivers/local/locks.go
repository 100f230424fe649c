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

// dirLock is the lock of one folder, and so of all files in it. It consists of up to
// three locks:
//
//   - a place in the handle's queue
//   - the directory's lock, which is the same through whichever root the directory is
//     reached, and which removing a file can't undo
//   - a byte of the lock file, if other machines can reach the folder too or directories
//     have no locks
type dirLock struct {
	b    *backend
	d    fsys.Dir
	path string
	file *lockFile
	held bool // the directory's lock
}

// lockDir locks the open folder d; path is its path in the bucket.
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

// lockDirAlone is lockDir without the lock file.
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

// mapLockError maps the error of a lock. If it means that the folder is gone, the
// caller retries to find out.
func mapLockError(err error) error {
	if isNotExist(err) || fsys.IsStale(err) {
		return retryLookup(err)
	}
	return mapError(err)
}

// lost reports whether the lock file was removed since it was locked. Then others lock
// another file.
func (l *dirLock) lost() bool { return l.file != nil && !l.file.isCurrent() }

// unlock releases the lock; after that, it does nothing.
func (l *dirLock) unlock() {
	if l.b == nil {
		return
	}
	if l.file != nil {
		l.file.release(lockOffset(l.path))
	}
	for range 3 { // try again: the root stays open, and would stay locked
		if !l.held || l.d.Unlock() == nil {
			break
		}
	}
	l.b.queues.unlock(l.path)
	l.b = nil
}

// How long a call waits for a lock if the context has no deadline. Writers hold a lock
// for less than a millisecond, unless they have to sync under it.
const (
	lockPatience    = time.Minute
	refusedPatience = 2 * time.Second // CIFS reports "permission denied" for a lock that is taken
	maxLockPause    = 5 * time.Millisecond
)

// waitLock takes a lock. It polls, with pauses that grow, because a context can't end
// the system's waiting.
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
			return driver.WithCause(files.ErrUnavailable, err,
				"another process has had the folder locked for "+lockPatience.String())
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// queues has the locks that goroutines of one handle hold or wait for, by folder.
type queues struct {
	mu   sync.Mutex
	held map[string]*queue
}

type queue struct {
	free  chan struct{} // holds a token while the lock is free
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
