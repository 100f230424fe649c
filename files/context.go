package files

import (
	"context"
	"errors"
)

// ContextError returns why the context ended, or nil while it hasn't: an error that is
// the cause and ctx.Err() as well, so that errors.Is finds context.Canceled also where
// a cause was given (E1). For drivers and wrappers.
func ContextError(ctx context.Context) error {
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

// ended is a context's end with a cause of its own, which is what people read.
type ended struct{ err, cause error }

func (e *ended) Error() string   { return e.cause.Error() }
func (e *ended) Unwrap() []error { return []error{e.cause, e.err} }
