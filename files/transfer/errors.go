package transfer

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"cloudfiles.dev/files"
)

// DeleteLimitError says why no file was deleted: more are due than Options.MaxDeletes
// allows, or the source has no file. It is also files.ErrPrecondition.
type DeleteLimitError struct {
	Due   int64 // how many deletions are due
	Limit int64 // Options.MaxDeletes; 0 if the source is empty
}

func (e *DeleteLimitError) Error() string {
	if e.Limit == 0 {
		return fmt.Sprintf("transfer: the source has no file, so nothing is deleted "+
			"(%d files are due)", e.Due)
	}
	return fmt.Sprintf("transfer: %d deletions are due and %d allowed, so nothing is deleted",
		e.Due, e.Limit)
}

// Is makes the error files.ErrPrecondition.
func (e *DeleteLimitError) Is(target error) bool { return target == files.ErrPrecondition }

// maxErrorsKept is how many errors a Result has at most.
const maxErrorsKept = 100

// errStopped ends a run that can't go on.
var errStopped = errors.New("the transfer was stopped")

// ended returns why a context has ended.
func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != nil && cause != ctx.Err() {
		return fmt.Errorf("%w: %w", ctx.Err(), cause)
	}
	return ctx.Err()
}

// hopeless reports whether an error will meet every other file as well: the bucket is
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

// maxInARow is how many files may fail one after the other, with none that succeeds in
// between, for a reason that is more likely the bucket's than theirs.
const maxInARow = 50

// suspicious reports whether an error, if it comes again and again, is not the file's.
func suspicious(err error) bool {
	switch files.KindOf(err) {
	case files.ErrPermission, files.ErrUnavailable, files.ErrTooLarge:
		return true
	}
	return false
}
