package observe

import (
	"context"
	"errors"
	"os"

	"cloudfiles.dev/files"
)

// IsFailure reports whether err says that something doesn't work, as opposed to an
// answer that programs ask for: ErrNotExist, ErrExist, ErrNotModified, ErrPrecondition
// and ErrUnsupported are none, and neither is what the caller cancelled. The end of a
// deadline is one.
func IsFailure(err error) bool {
	if err == nil || canceled(err) {
		return false
	}
	switch files.KindOf(err) {
	case files.ErrNotExist, files.ErrExist, files.ErrNotModified, files.ErrPrecondition,
		files.ErrUnsupported:
		return false
	}
	return true
}

// Outcome returns "OK" for nil, "Canceled" for what the caller cancelled, the
// files.KindName of an error that has a sentinel, "DeadlineExceeded" for another one
// that came too late, and "Other". There are 19 of them in all.
func Outcome(err error) string {
	switch {
	case err == nil:
		return "OK"
	case canceled(err):
		return "Canceled"
	}
	if name := files.KindName(files.KindOf(err)); name != "" {
		return name
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return "DeadlineExceeded"
	}
	return "Other"
}

func canceled(err error) bool {
	return errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}
