// Package failure makes the errors of drivers and layers, for packages files, driver and
// retry. Package driver exports its functions.
package failure

import (
	"errors"
	"fmt"
)

// Error is a sentinel with words of its own, before it has an operation and a name.
type Error struct {
	Kind     error // nil: none but what the cause matches
	Detail   string
	Err      error // the backend's own error, or nil
	Backends bool  // Detail is the backend's, not for users
}

// Error returns the sentinel's text and the detail.
func (e *Error) Error() string {
	if e.Kind == nil {
		return Shown(e.Detail)
	}
	return e.Kind.Error() + ": " + Shown(e.Detail)
}

// Unwrap returns the sentinel and the cause.
func (e *Error) Unwrap() []error {
	switch {
	case e.Kind == nil && e.Err == nil:
		return nil
	case e.Kind == nil:
		return []error{e.Err}
	case e.Err == nil:
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// Errorf is driver.Errorf.
func Errorf(kind error, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Detail: err.Error(), Err: errors.Unwrap(err)}
}

// WithCause is driver.WithCause.
func WithCause(kind, err error, detail string) error {
	return &Error{
		Kind:     kind,
		Detail:   detail,
		Err:      err,
		Backends: true,
	}
}

// Package files sets these before main begins.
var (
	// Shown returns text without what looks like a secret.
	Shown func(text string) string
	// New is driver.NewError. It returns a *files.Error.
	New func(op, name string, err error) error
)
