// Package causes hides the kind of an error that is only a cause. For example, the
// response to a retry says what happened, but isn't the outcome of the write before it.
package causes

import (
	"context"
	"errors"
)

// WithoutKind returns err as a cause in which errors.Is finds only the end of a context,
// and none of the sentinels of package files. errors.As finds what it finds in err, such
// as an SDK's error.
func WithoutKind(err error) error { return &withoutKind{err} }

type withoutKind struct{ err error }

func (w *withoutKind) Error() string { return w.err.Error() }

func (w *withoutKind) Is(target error) bool {
	ended := target == context.Canceled || target == context.DeadlineExceeded
	return ended && errors.Is(w.err, target)
}

func (w *withoutKind) As(target any) bool { return errors.As(w.err, target) }
