package files

import "context"

// ContextErr returns why the context has ended, or nil: an error in which errors.Is finds both
// context.Canceled or context.DeadlineExceeded (E1) and the cause that was given, if one was. Drivers and wrappers use it.
func ContextErr(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || cause == err {
		return err
	}
	return &ended{err, cause}
}

// ended is the end of a context that was given a cause.
type ended struct{ err, cause error }

func (e *ended) Error() string   { return e.err.Error() + ": " + clean(e.cause) }
func (e *ended) Unwrap() []error { return []error{e.err, e.cause} }
func (e *ended) Timeout() bool   { return e.err == context.DeadlineExceeded }
