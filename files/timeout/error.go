package timeout

import (
	"errors"
	"os"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Error is the cause of every error that this package makes; errors.As finds it. It has
// the limit that was exceeded.
type Error struct {
	Limit string        // the field of Options: "Call", "FirstByte", "Idle" or "Page"
	After time.Duration // the field's value
}

// Error returns a text with the limit's name and duration.
func (e *Error) Error() string {
	what := "the other side was silent for " + e.After.String()
	if e.Limit == "Call" {
		what = "the call waited for " + e.After.String() + " in all"
	}
	return what + ", the limit of timeout.Options." + e.Limit
}

// Timeout returns true, as in net.Error.
func (e *Error) Timeout() bool { return true }

// Is reports whether target is os.ErrDeadlineExceeded.
func (e *Error) Is(target error) bool { return target == os.ErrDeadlineExceeded }

// caused is an Error and the error of the bucket below when its context ended.
type caused struct{ late, below error }

func (c *caused) Error() string { return c.late.Error() }
func (c *caused) Unwrap() error { return c.late }

// As reaches the backend's own error as well.
func (c *caused) As(target any) bool {
	switch target.(type) {
	case **Error, **files.Error: // late is the *Error; a *files.Error must be the call's own
		return false
	}
	return c.below != nil && errors.As(c.below, target)
}

// explain returns the caller's error if next returned err for a call that exceeded a
// limit.
func (c *call) explain(op files.Op, late *Error, err error) error {
	kind, content := files.KindOf(err), c.content()
	switch kind {
	case nil, files.ErrUnavailable, files.ErrUncertain:
	default:
		return err // a response that came at the last moment
	}
	if content.failure != nil && errors.Is(err, content.failure) {
		return err
	}
	as := files.ErrUnavailable
	unread := content.watched && !content.whole
	if kind == files.ErrUncertain || kind == nil && changes(op) && !unread {
		as = files.ErrUncertain
	}
	return driver.WithCause(as, &caused{late, err}, late.Error())
}

// changes reports whether the operation itself changes the bucket.
func changes(op files.Op) bool {
	switch op {
	case files.OpSignPut, files.OpSignDelete: // these only permit a change
		return false
	}
	return op.Writes()
}
