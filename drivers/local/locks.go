package local

import (
	"context"
	"errors"
	"sync"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// A name is locked by one byte of the lock file, at an offset that is a hash of the name: between processes by the
// system, inside one handle, whose locks don't exclude each other, by nameLocks. A goroutine holds one at a time. Readers
// hold none.
const (
	lockBytes    = 1 << 20
	sessionsLock = lockBytes // behind those of names
)

// lockOffset is the same in every process: 64-bit FNV-1a.
func lockOffset(name string) int64 {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return int64((h ^ h>>32) % lockBytes)
}

// nameLocks are the locks that goroutines of one handle hold or wait for, by offset.
type nameLocks struct {
	mu   sync.Mutex
	held map[int64]*nameLock
}

type nameLock struct {
	free  chan struct{} // holds a token while nobody has the lock
	users int
}

func (l *nameLocks) lock(ctx context.Context, off int64) error {
	l.mu.Lock()
	n := l.held[off]
	if n == nil {
		if l.held == nil {
			l.held = map[int64]*nameLock{}
		}
		l.held[off] = &nameLock{users: 1}
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
		l.leave(off, n)
		return files.ContextError(ctx)
	}
}

func (l *nameLocks) unlock(off int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.held[off]
	if n.free != nil {
		n.free <- struct{}{}
	}
	l.leave(off, n)
}

func (l *nameLocks) leave(off int64, n *nameLock) {
	if n.users--; n.users == 0 {
		delete(l.held, off)
	}
}

// lockName locks a name for writing, here and in every other process.
func (b *backend) lockName(ctx context.Context, s *session, name string) (unlock func(), err error) {
	off := lockOffset(name)
	if err := b.names.lock(ctx, off); err != nil {
		return nil, err
	}
	if s.lockless {
		return func() { b.names.unlock(off) }, nil
	}
	if err := waitLock(ctx, s.lock, off); err != nil {
		b.names.unlock(off)
		return nil, fault(err)
	}
	return func() {
		s.lock.Unlock(off)
		b.names.unlock(off)
	}, nil
}

// waitLock takes the lock of the byte at off. It asks again and again, at first at once, because the system's own
// waiting can't be ended by a context.
func waitLock(ctx context.Context, f fsys.File, off int64) error {
	var t *time.Timer
	for wait := 20 * time.Microsecond; ; wait = min(2*wait, 5*time.Millisecond) {
		err := f.TryLock(off)
		if !errors.Is(err, fsys.ErrLocked) {
			return err
		}
		if t == nil {
			t = time.NewTimer(wait)
			defer t.Stop()
		} else {
			t.Reset(wait)
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return files.ContextError(ctx)
		}
	}
}
