package local

import (
	"context"
	"errors"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// errRetry means that something changed during the call, which is to be tried again.
var errRetry = errors.New("something changed meanwhile")

// retryError is errRetry with its cause. If another process uses a file for a while,
// the call waits longer.
type retryError struct {
	cause  error
	held   bool
	costly bool // what was synced in this turn is lost
}

func (e *retryError) Error() string        { return errRetry.Error() + ": " + e.cause.Error() }
func (e *retryError) Is(target error) bool { return target == errRetry }

// retryLookup returns errRetry with a cause.
func retryLookup(cause error) error { return &retryError{cause: cause} }

// heldBy returns errRetry for an error that means that another process is using a file.
func heldBy(cause error) error { return &retryError{cause: cause, held: true} }

// retries limits a loop: to a number of turns if something keeps changing, and to a
// time if other processes use the file. Its zero value is ready.
type retries struct {
	turns int
	until time.Time
	wait  time.Duration
}

// How long a call tries again if its context has no deadline. Linux takes a lease away
// from its holder after 45 s.
const (
	maxTurns = 60
	maxHeld  = 50 * time.Second

	costlyTurn = 10 // how many turns a costly one counts as

	quickTurns = 8 // without a pause
	firstPause = 200 * time.Microsecond
	longPause  = 25 * time.Millisecond
)

// again pauses and returns nil, or returns an error if the loop is to end.
func (r *retries) again(ctx context.Context, err error) error {
	var e *retryError
	cause, held := err, false
	if errors.As(err, &e) {
		cause, held = e.cause, e.held
		if e.costly {
			r.turns += costlyTurn - 1
		}
	}
	if r.until.IsZero() {
		r.until = time.Now().Add(maxHeld)
	}
	r.turns++
	switch {
	case ctx.Err() != nil:
		return driver.ContextError(ctx)
	case held && time.Now().After(r.until):
		return gaveUp(cause, "another process is using the file")
	case !held && r.turns > maxTurns:
		return gaveUp(cause, "gave up after many attempts")
	case !held && r.turns <= quickTurns:
		return nil
	}
	r.wait = min(max(2*r.wait, firstPause), longPause)
	return pause(ctx, r.wait)
}

func gaveUp(cause error, text string) error {
	if cause == errRetry {
		return driver.Errorf(files.ErrUnavailable, "%s: the folder keeps changing", text)
	}
	return driver.WithCause(files.ErrUnavailable, cause, text+": "+cause.Error())
}

// pause waits, unless the context ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return driver.ContextError(ctx)
	}
}

// patiently calls f again while its error means that another process is using the file.
func patiently(ctx context.Context, f func() error) error {
	var r retries
	for {
		err := f()
		if !fsys.IsBusy(err) {
			return err
		}
		if err := r.again(ctx, heldBy(err)); err != nil {
			return err
		}
	}
}
