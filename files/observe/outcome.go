package observe

import (
	"context"
	"errors"
	"os"

	"cloudfiles.dev/files"
)

// IsFailure reports whether err means that something doesn't work. It returns false for
// nil, for errors that programs expect (ErrNotExist, ErrExist, ErrNotModified,
// ErrPrecondition and ErrUnsupported) and for what the caller cancelled, and true for
// everything else, such as an exceeded deadline.
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
// files.KindName of an error that has a sentinel, "DeadlineExceeded" for any other
// error that matches context.DeadlineExceeded or os.ErrDeadlineExceeded, and "Other"
// for the rest. There are 19 outcomes in all.
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
