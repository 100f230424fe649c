// Package contexts says why a context ended, for package files and for drivers (E1).
package contexts

import (
	"context"
	"errors"
)

// Err returns why the context ended, or nil if it hasn't ended. The error is the
// context's cause and ctx.Err() as well. A nil context never ends.
func Err(ctx context.Context) error {
	if ctx == nil {
		return nil
	}
	err, cause := ctx.Err(), context.Cause(ctx)
	switch {
	case err == nil: // it may end at this moment, between the two
		return nil
	case errors.Is(cause, err):
		return cause
	}
	return &ended{err: err, cause: cause}
}

// ended is the end of a context with a cause of its own. Its text is the cause.
type ended struct{ err, cause error }

func (e *ended) Error() string   { return e.cause.Error() }
func (e *ended) Unwrap() []error { return []error{e.cause, e.err} }

// Lasting is a context for one call. Its maker stops it before the call's result is
// used; from then on it ends only with its parent context. So it may govern a body or a
// listing directly, without another context that holds a cancellation back.
type Lasting interface {
	context.Context
	Lasting()
}
