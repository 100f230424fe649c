package driver

import (
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/failure"
)

// Errorf returns an error of the sentinel kind with a detail that is part of its text.
// The detail may be shown to anybody: it must hold no physical path, prefix or
// credential, and be the same on every backend. The verb %w shows the text of an error
// and makes that error the cause.
func Errorf(kind error, format string, args ...any) error {
	return failure.Errorf(kind, format, args...)
}

// WithCause returns an error of the sentinel kind whose cause is the backend's own err
// (which may be nil); errors.As reaches it. detail is shown in place of err's text, so it
// must hold no secret. If the sentinel is one whose text is the same on every backend,
// detail appears only in logs (files.Error). If kind is nil, the error matches only what
// err matches, such as the end of a context.
func WithCause(kind, err error, detail string) error {
	return failure.WithCause(kind, err, detail)
}

// NewError returns err as a *files.Error of the operation and name. An err that already
// is a *files.Error keeps its sentinel, detail and cause. The sentinel is found with
// errors.Is; the end of a context has none. NewError returns nil for a nil err.
func NewError(op files.Op, name string, err error) error {
	return failure.New(string(op), name, err)
}
