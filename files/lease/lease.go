// Package lease lets one of many processes work at a time, with a bucket as the only
// thing that they share.
//
//	lock, err := lease.New(b, "locks/nightly", nil)
//	...
//	held, err := lock.Acquire(ctx) // waits until it is this process's turn
//	if err != nil {
//		return err
//	}
//	defer held.Release(ctx)
//	return work(held.Context(), held.Token())
//
// A lease is a small file, which [files.Update] writes. It needs a bucket that keeps
// IfAbsent and IfVersion, as Features say.
//
// # What it promises
//
//   - At most one [Lease] of a name has a live Context at any moment, in whatever
//     process, whatever requests fail, and whatever answers are lost. The Context ends
//     before another can acquire the lease.
//   - A holder that is killed is replaced after the Duration that it recorded, and at
//     most one Poll more.
//   - Release gives up this very lease. It never ends that of the next holder.
//   - The token rises with each holder, over releases, expiries and restarts.
//
// # Clocks
//
// No clock is compared with that of another machine, so clocks may be wrong by hours.
// Clocks must run at the same speed, within a quarter. A holder counts its time from
// before its last renewal was sent, and stops after three quarters of Duration. A
// waiter counts from when it first saw that renewal, and takes over if a whole Duration
// went by without another one. The holder counts by its wall clock too, since the other
// one stands still while a machine sleeps: a wall clock that is set forward may end a
// lease early.
//
// # What it can't keep
//
// A process that was stopped, by SIGSTOP or a long pause of the machine, finds its
// Context ended when it goes on. But a request that was already on its way may arrive
// after another holder has begun. Where that matters, what is protected must know the
// token and refuse one that is smaller than the largest that it has seen: see the
// example of [Lease.Token].
//
// Whoever deletes or overwrites the file ends the exclusion, and deleting it lets the
// tokens begin at 1 again. There is no queue: any of those who wait may be next.
//
// # Cost
//
// A holder makes two requests each third of Duration, and a waiter makes one each Poll.
// The package links the standard library and package files alone. Each Lease has one
// goroutine, until it is released or has ended.
package lease

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"cloudfiles.dev/files"
)

// The defaults and limits of Options.
const (
	DefaultDuration = 30 * time.Second
	MaxDuration     = 24 * time.Hour
	// MaxHolder is the longest Options.Holder in bytes.
	MaxHolder = 1024
)

var (
	// ErrHeld is what TryAcquire returns if another has the lease.
	ErrHeld = errors.New("the lease is held")
	// ErrLost is the cause with which a Lease's Context ends if it couldn't be renewed
	// in time, or if its file was deleted or overwritten.
	ErrLost = errors.New("the lease is lost")
)

// Options are the options of New.
type Options struct {
	// Duration is how long a holder that has vanished keeps others out, at most
	// MaxDuration; 0 is DefaultDuration. It should be many times as long as a request
	// takes. Holders may have different Durations: each is recorded in the file.
	Duration time.Duration
	// Poll is how long a waiter waits at most between two looks at the file; 0 is a
	// tenth of Duration.
	Poll time.Duration
	// Holder is a text that says to people who holds the lease, such as a host's name.
	// It is stored in the file and is part of the error of those who find it held.
	Holder string
}

// Lock is what may be held: a name in a bucket. It is safe for concurrent use, and
// several Locks of one name, in one process or many, exclude each other.
type Lock struct {
	bucket   files.Bucket
	name     string
	duration time.Duration
	poll     time.Duration
	holder   string

	mu   sync.Mutex
	seen string    // what the file held when it was last looked at
	at   time.Time // when that was seen first
}

// New returns the Lock of the name. It makes no request.
//
// Errors: ErrInvalid for impossible options, ErrInvalidName, and ErrUnsupported if the
// bucket can't put conditionally (Features.IfAbsent, IfVersion).
func New(b files.Bucket, name string, opts *Options) (*Lock, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	l := &Lock{
		bucket:   b,
		name:     name,
		duration: o.Duration,
		poll:     o.Poll,
		holder:   o.Holder,
	}
	if l.duration == 0 {
		l.duration = DefaultDuration
	}
	if l.poll == 0 {
		l.poll = max(l.duration/10, 1)
	}
	if err := l.check(o); err != nil {
		return nil, files.NewError(files.OpUpdate, name, err)
	}
	return l, nil
}

func (l *Lock) check(o Options) error {
	switch err := files.CheckName(l.name); {
	case err != nil:
		return err
	case l.bucket == nil:
		return files.Errorf(files.ErrInvalid, "the bucket is nil")
	case o.Duration < 0 || o.Duration > MaxDuration:
		return files.Errorf(files.ErrInvalid, "a lease of %v: more than 0 and at most %v",
			o.Duration, MaxDuration)
	case o.Poll < 0:
		return files.Errorf(files.ErrInvalid, "negative time between looks: %v", o.Poll)
	case len(o.Holder) > MaxHolder:
		return files.Errorf(files.ErrInvalid, "a holder of %d bytes: at most %d", len(o.Holder),
			MaxHolder)
	}
	if f := l.bucket.Features(); !f.ReadOnly && (!f.IfAbsent || !f.IfVersion) {
		return files.Errorf(files.ErrUnsupported,
			"the bucket can't put conditionally, so two could hold a lease")
	}
	return nil
}

// Acquire waits until the lease is free, or its holder has vanished, and takes it. It
// ends with an error when ctx ends.
//
// A bucket that is ErrUnavailable is waited for, but not longer than Duration. All
// other errors of Update end Acquire, and so does a file that holds no lease, which is
// ErrInvalid. If Acquire fails while the answer to a write is missing, it takes back
// what it may have written, which takes at most five seconds more.
func (l *Lock) Acquire(ctx context.Context) (*Lease, error) {
	if ctx == nil {
		return nil, files.NewError(files.OpUpdate, l.name,
			files.Errorf(files.ErrInvalid, "the context is nil"))
	}
	t := l.newTry()
	defer t.end(ctx)
	reached := time.Now()
	for {
		err := t.once(ctx)
		switch {
		case err == nil:
			return t.lease(ctx), nil
		case errors.Is(err, ErrHeld), files.KindOf(err) == files.ErrPrecondition,
			files.KindOf(err) == files.ErrUncertain:
			reached = time.Now()
		case files.KindOf(err) != files.ErrUnavailable || time.Since(reached) > l.duration:
			return nil, err
		}
		if err := sleep(ctx, t.wait(err)); err != nil {
			return nil, files.NewError(files.OpUpdate, l.name, err)
		}
	}
}

// TryAcquire takes the lease if it is free, and returns ErrHeld otherwise. It doesn't
// wait.
//
// That a holder has vanished can only be seen by watching the file for the Duration
// that is recorded in it. The Lock remembers between calls since when it has seen no
// renewal. So a program that calls TryAcquire of one Lock again and again replaces a
// holder that has vanished, but one that starts, tries once and ends doesn't: it
// calls Acquire, with a context that ends after two Durations, for example.
func (l *Lock) TryAcquire(ctx context.Context) (*Lease, error) {
	if ctx == nil {
		return nil, files.NewError(files.OpUpdate, l.name,
			files.Errorf(files.ErrInvalid, "the context is nil"))
	}
	t := l.newTry()
	defer t.end(ctx)
	for n := 1; ; n++ {
		err := t.once(ctx)
		if err == nil {
			return t.lease(ctx), nil
		}
		if files.KindOf(err) != files.ErrUncertain || n == tryAttempts {
			return nil, err
		}
		if err := sleep(ctx, l.poll/10); err != nil {
			return nil, files.NewError(files.OpUpdate, l.name, err)
		}
	}
}

// tryAttempts is how often TryAcquire writes if the answers are lost.
const tryAttempts = 5

// maxEnd bounds how long a call that failed goes on to undo what it may have written.
const maxEnd = 5 * time.Second

// try is one call of Acquire or TryAcquire.
type try struct {
	*Lock
	id      string // of the lease, if it comes to that
	unknown bool   // a write may have been stored, or may still be
	over    string // what that write replaces
	token   int64
	start   time.Time // before the write that made the lease was sent
	left    time.Duration
}

func (l *Lock) newTry() *try { return &try{Lock: l, id: rand.Text()} }

// once looks at the file and takes the lease if it may. ErrHeld is an answer.
func (t *try) once(ctx context.Context) error {
	var foreign *record
	_, err := files.Update(ctx, t.bucket, t.name, func(old []byte) ([]byte, error) {
		foreign = nil
		r, err := parse(old)
		if err != nil {
			return nil, err
		}
		token := r.Token + 1
		switch free, left := t.observe(string(old), r); {
		case r.ID == t.id: // an attempt whose answer was lost
			token = r.Token
		case !free:
			foreign, t.left = r, left
			t.unknown = t.unknown && string(old) == t.over // otherwise it comes too late
			return nil, files.SkipUpdate
		}
		t.unknown, t.over = true, string(old)
		t.token, t.start = token, time.Now()
		return record{
			Token:    token,
			ID:       t.id,
			Held:     true,
			Duration: t.duration,
			Holder:   t.holder,
		}.encode()
	}, attributes)
	switch {
	case err != nil:
		return err
	case foreign != nil:
		return fmt.Errorf("lease: %s: %w by %q", files.Printable(t.name), ErrHeld,
			files.Printable(foreign.Holder))
	case time.Since(t.start) > t.duration/2: // little of it is left: once more
		return files.NewError(files.OpUpdate, t.name, files.Errorf(files.ErrUnavailable,
			"the requests took as long as the lease would last"))
	}
	return nil
}

// observe reports whether a lease with this record may be taken, and otherwise how long
// the record must stay as it is until then. Records are never written twice, so one
// that is the same is the same write.
func (l *Lock) observe(content string, r *record) (free bool, left time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if content != l.seen || l.at.IsZero() {
		l.seen, l.at = content, now
	}
	left = r.Duration - now.Sub(l.at)
	return !r.Held || left <= 0, left
}

// wait returns how long to wait after this error.
func (t *try) wait(err error) time.Duration {
	d := t.poll/2 + jitter(t.poll/2)
	if errors.Is(err, ErrHeld) {
		return min(d, max(t.left, 1))
	}
	return d
}

// lease makes the lease of a try that has succeeded.
func (t *try) lease(ctx context.Context) *Lease {
	t.unknown = false
	return newLease(ctx, t.Lock, t.id, t.token, t.start)
}

// end makes sure that a write of a try that was given up takes no effect: it replaces
// what that write would replace, or what it wrote. If it fails too, the lease may stay
// held by nobody for a Duration.
func (t *try) end(ctx context.Context) {
	if !t.unknown {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(t.duration, maxEnd))
	defer cancel()
	_, _ = retried(ctx, t.Lock, func(old []byte) ([]byte, error) {
		r, err := parse(old)
		if err != nil {
			return nil, err
		}
		if r.ID != t.id && string(old) != t.over {
			return nil, files.SkipUpdate
		}
		return record{Token: r.Token}.encode()
	})
}

// retried is Update until it succeeds, fails for good or the context ends.
func retried(ctx context.Context, l *Lock,
	fn func(old []byte) ([]byte, error)) (files.Info, error) {
	for {
		info, err := files.Update(ctx, l.bucket, l.name, fn, attributes)
		switch files.KindOf(err) {
		case files.ErrUnavailable, files.ErrUncertain, files.ErrPrecondition:
		default:
			return info, err
		}
		if sleep(ctx, l.poll/10+jitter(l.poll/10)) != nil {
			return info, err
		}
	}
}
