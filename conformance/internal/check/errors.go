package check

import (
	"errors"
	"fmt"

	"cloudfiles.dev/files"
)

// OwnError is an error type that a program defines.
type OwnError struct{ Code int }

func (e *OwnError) Error() string { return fmt.Sprintf("own error %d", e.Code) }

// Kinds are the sentinels that the suite distinguishes.
var Kinds = []error{
	files.ErrNotExist,
	files.ErrExist,
	files.ErrPrecondition,
	files.ErrNotModified,
	files.ErrPermission,
	files.ErrInvalidName,
	files.ErrInvalid,
	files.ErrCorrupt,
	files.ErrChanged,
	files.ErrTooLarge,
	files.ErrUncertain,
	files.ErrNoBucket,
	files.ErrClosed,
	files.ErrUnavailable,
}

// IsAny reports whether err matches one of the sentinels.
func IsAny(err error, sentinels ...error) bool {
	for _, s := range sentinels {
		if errors.Is(err, s) {
			return true
		}
	}
	return false
}
