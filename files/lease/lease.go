// Package lease lets only one of many processes work at a time. The processes need to share
// nothing but a bucket.
//
//	lock, err := lease.New(b, "locks/nightly", nil)
//	...
//	held, err := lock.Acquire(ctx) // waits until the lease is free
//	if err != nil {
//		return err
//	}
//	defer held.Release(ctx)
//	return work(held.Context(), held.Token())
//
// A lease is a small file, which [files.Update] writes. The bucket must support
// IfAbsent and IfVersion, as its Features say.
//
// # What it promises
//
//   - At most one [Lease] of a name has a live Context at any moment, in any process,
//     whatever requests fail and whatever responses are lost. The Context ends before
//     another process can acquire the lease.
//   - A holder that is killed is replaced after the Duration that it recorded and at
//     most one Poll more.
//   - Release gives up only its own lease, never a later holder's.
//   - Each holder's token is larger than those of all earlier holders, even after
//     releases, expiries and restarts.
//
// # What it can't keep
//
// A process that was stopped, by SIGSTOP or a long pause of the machine, finds its
// Context ended when it continues. But a request that it had sent before may arrive
// after another holder has begun. If that matters, the protected resource must receive
// the token with each request, and refuse a token that is smaller than the largest it
// has received: see the example of [Lease.Token].
//
// If somebody deletes or overwrites the file, the exclusion ends, and after a deletion
// the tokens begin at 1 again. There is no queue: any of the waiting processes may be
// the next holder.
//
// # Clocks
//
// The clocks of two machines are never compared, so clocks may be wrong by hours. But
// they must run at the same speed, within a quarter. A holder counts its time from
// before it sent its last renewal, and stops after three quarters of Duration. A
// waiting process counts from when it first read that renewal, and takes over if there
// was no later renewal for a whole Duration. Because the monotonic clock stands still
// while a machine sleeps, the holder also counts by its wall clock; setting that clock
// forward may end a lease early.
//
// # What it costs
//
// A holder makes two requests each third of Duration. A waiting process makes one
// request each Poll. The interval is up to an eighth shorter, at random, so that
// waiting processes don't poll at the same moments. If the bucket has conditional reads
// (Features.ReadConditions), the response has no body unless the holder has renewed.
// Each Lease has one goroutine until it is released or has ended. The package links
// only this module and the standard library.
package lease

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/nils"
)

// The defaults and limits of Options.
const (
	DefaultDuration = 30 * time.Second
	MaxDuration     = 24 * time.Hour
	// MaxHolder is the longest Options.Holder in bytes.
	MaxHolder = 1024
)

var (
	// ErrHeld is the error of TryAcquire if another Lease is held.
	ErrHeld = errors.New("the lease is held")
	// ErrLost is the cause of the end of a Lease's Context if the lease couldn't be
	// renewed in time, or if its file was deleted or overwritten.
	ErrLost = errors.New("the lease is lost")
)

// Options are the options of New.
type Options struct {
	// Duration is how long a killed holder keeps others out, at most MaxDuration; 0 is
	// DefaultDuration. It should be many times as long as a request takes. Holders may
	// have different Durations: the file records the holder's.
	Duration time.Duration
	// Poll is the longest time between two requests of a waiting process; 0 is a tenth
	// of Duration.
	Poll time.Duration
	// Holder describes the holder to people, such as a host's name. It is stored in the
	// file, and other processes' ErrHeld contains it.
	Holder string
}

// Lock makes Leases of one name in a bucket. It is safe for concurrent use. Leases of
// one name exclude each other, whether they come from one Lock or several, in one
// process or many.
type Lock struct {
	bucket   files.Bucket
	name     string
	duration time.Duration
	poll     time.Duration
	holder   string

	mu   sync.Mutex
	seen string    // the file's content at the last read
	at   time.Time // when that content was first read
}

// New returns a Lock of the name. It makes no request.
//
// Errors: ErrInvalid for options that make no sense and for a nil bucket;
// ErrInvalidName; ErrPermission if the bucket is read-only; ErrUnsupported if it has no
// conditional Put (Features.IfAbsent, IfVersion).
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
		return nil, driver.NewError(files.OpUpdate, name, err)
	}
	return l, nil
}

func (l *Lock) check(o Options) error {
	switch err := files.CheckName(l.name); {
	case err != nil:
		return err
	case nils.Is(l.bucket):
		return driver.Errorf(files.ErrInvalid, "the bucket is nil")
	case o.Duration < 0 || o.Duration > MaxDuration:
		return driver.Errorf(files.ErrInvalid, "the Duration %v is not from 0 to %v", o.Duration,
			MaxDuration)
	case o.Poll < 0:
		return driver.Errorf(files.ErrInvalid, "the Poll %v is negative", o.Poll)
	case len(o.Holder) > MaxHolder:
		return driver.Errorf(files.ErrInvalid, "the Holder has %d bytes, more than %d",
			len(o.Holder), MaxHolder)
	}
	switch f := l.bucket.Features(); {
	case f.ReadOnly:
		return driver.Errorf(files.ErrPermission,
			"the bucket is read-only, and a lease is a file that is written")
	case !f.IfAbsent || !f.IfVersion:
		return driver.Errorf(files.ErrUnsupported,
			"the bucket supports no conditional Put, so two processes could hold the lease")
	}
	return nil
}

// Acquire waits until the lease is free or its holder has vanished, and takes it. It
// returns an error when ctx ends.
//
// While the bucket is ErrUnavailable, Acquire retries for at most Duration. All other
// errors of Update end Acquire, and so does a file that isn't a lease, which is
// ErrInvalid. If Acquire fails after the response to a write was lost, it undoes that
// write, which takes at most five seconds more.
func (l *Lock) Acquire(ctx context.Context) (*Lease, error) {
	if ctx == nil {
		return nil, driver.NewError(files.OpUpdate, l.name,
			driver.Errorf(files.ErrInvalid, "the context is nil"))
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
			return nil, driver.NewError(files.OpUpdate, l.name, err)
		}
	}
}

// TryAcquire takes the lease if it is free, and returns ErrHeld otherwise. It doesn't
// wait.
//
// A vanished holder can only be recognized by watching the file for the Duration that
// is recorded in it. The Lock remembers between calls when it first read the last
// renewal. So a program that calls TryAcquire of one Lock again and again replaces a
// holder that has vanished. A program that starts, tries once and ends doesn't: call
// Acquire instead, for example with a context that ends after two Durations.
func (l *Lock) TryAcquire(ctx context.Context) (*Lease, error) {
	if ctx == nil {
		return nil, driver.NewError(files.OpUpdate, l.name,
			driver.Errorf(files.ErrInvalid, "the context is nil"))
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
			return nil, driver.NewError(files.OpUpdate, l.name, err)
		}
	}
}

// tryAttempts is how often TryAcquire writes if responses are lost.
const tryAttempts = 5

// maxEnd is how long a failed call tries to undo a write whose response was lost.
const maxEnd = 5 * time.Second

// try is one call of Acquire or TryAcquire.
type try struct {
	*Lock
	id      string // the ID of the lease, if it is acquired
	unknown bool   // a write may have been stored, or may still be
	over    string // the content that this write replaces
	token   int64
	start   time.Time // before the write that made the lease was sent
	left    time.Duration
	view    *view // what another Lease holds; nil if that isn't known
}

func (l *Lock) newTry() *try { return &try{Lock: l, id: rand.Text()} }

// once reads the file, and takes the lease if it is free. It returns ErrHeld otherwise.
func (t *try) once(ctx context.Context) error {
	if err := t.look(ctx); err != nil {
		return err
	}
	var other *view
	info, err := files.Update(ctx, t.bucket, t.name, func(old []byte) ([]byte, error) {
		other = nil
		r, err := parse(old)
		if err != nil {
			return nil, err
		}
		token := r.Token + 1
		switch v := (&view{content: string(old), record: r}); {
		case r.ID == t.id: // stored by an attempt whose response was lost
			token = r.Token
		case t.busy(v):
			other = v
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
	case other != nil:
		other.version, t.view = info.Version, other
		return t.errHeld()
	case time.Since(t.start) > t.duration/2: // little time is left, so it is retried
		return driver.NewError(files.OpUpdate, t.name, driver.Errorf(files.ErrUnavailable,
			"the requests took longer than half of the lease's Duration"))
	}
	return nil
}

// observe reports whether a lease with this record may be taken, and if not, how long
// the record must remain unchanged until it may. No two writes have equal records, so
// an equal record is the same write.
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
	if errors.Is(err, ErrHeld) {
		return min(t.poll-jitter(t.poll/8), max(t.left, 1))
	}
	return t.poll/2 + jitter(t.poll/2)
}

// lease returns the lease of a try that has succeeded.
func (t *try) lease(ctx context.Context) *Lease {
	t.unknown = false
	return newLease(ctx, t.Lock, t.id, t.token, t.start)
}

// end makes sure that a write whose response was lost takes no effect if the try
// failed: it replaces what that write has written, or would replace. If end fails too,
// the lease may stay taken without a holder for a Duration.
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

// retried repeats Update until it succeeds, fails with an error that isn't transient,
// or the context ends.
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
