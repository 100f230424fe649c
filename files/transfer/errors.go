package transfer

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"cloudfiles.dev/files"
)

// DeleteLimitError is the error of a run that deletes nothing because there are more
// deletions than Options.MaxDeletes allows, or because the source has no file. It
// matches files.ErrPrecondition.
type DeleteLimitError struct {
	Due   int64 // number of deletions that there would be
	Limit int64 // Options.MaxDeletes; 0 if the source is empty
}

// Error returns the number of deletions that are due and, if there is one, the limit.
func (e *DeleteLimitError) Error() string {
	if e.Limit == 0 {
		return fmt.Sprintf("transfer: the source has no file, so nothing is deleted "+
			"(%d files are due)", e.Due)
	}
	return fmt.Sprintf("transfer: %d deletions are due and %d allowed, so nothing is deleted",
		e.Due, e.Limit)
}

// Is reports whether target is files.ErrPrecondition.
func (e *DeleteLimitError) Is(target error) bool { return target == files.ErrPrecondition }

// maxErrorsKept is the largest number of errors in a Result.
const maxErrorsKept = 100

// errStopped ends a run that can't continue.
var errStopped = errors.New("the transfer was stopped")

// ended returns the error for a context that has ended.
func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != nil && cause != ctx.Err() {
		return fmt.Errorf("%w: %w", ctx.Err(), cause)
	}
	return ctx.Err()
}

// hopeless reports whether an error affects every other file as well: the bucket is
// gone or closed, the disk is full, or there are no more descriptors.
func hopeless(err error) bool {
	switch files.KindOf(err) {
	case files.ErrNoBucket, files.ErrClosed:
		return true
	}
	for _, e := range []error{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EMFILE, syscall.ENFILE,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// maxInARow is how many files in a row may fail with errors that suspicious returns
// true for.
const maxInARow = 50

// suspicious reports whether an error, if it is repeated, is likely to concern the whole
// bucket rather than a file.
func suspicious(err error) bool {
	switch files.KindOf(err) {
	case files.ErrPermission, files.ErrUnavailable, files.ErrTooLarge:
		return true
	}
	return false
}
