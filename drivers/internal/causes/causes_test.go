package causes_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"cloudfiles.dev/drivers/internal/causes"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestWithoutKind: the cause keeps its text, the end of a context and types, and hides its
// sentinel.
func TestWithoutKind(t *testing.T) {
	path := &fs.PathError{Op: "open", Path: "a", Err: context.Canceled}
	inner := driver.WithCause(files.ErrExist, path, "it is there")
	err := causes.WithoutKind(inner)
	var got *fs.PathError
	if err.Error() != inner.Error() || errors.Is(err, files.ErrExist) ||
		!errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		!errors.As(err, &got) || got != path {
		t.Errorf("WithoutKind(%v) = %v, with ErrExist %v, Canceled %v, type %v", inner, err,
			errors.Is(err, files.ErrExist), errors.Is(err, context.Canceled), got)
	}
}
