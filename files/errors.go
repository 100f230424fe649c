package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"syscall"

	"cloudfiles.dev/files/internal/failure"
)

// sentinel is an error that is also the standard library's error for the same thing.
type sentinel struct {
	text string
	std  error
}

func (s *sentinel) Error() string        { return s.text }
func (s *sentinel) Is(target error) bool { return s.std != nil && target == s.std }

// These are the sentinels, which errors.Is finds in an *Error. They mean the same on
// every driver (E2).
var (
	// ErrNotExist: there is no such file. It is also fs.ErrNotExist.
	ErrNotExist error = &sentinel{"file does not exist", fs.ErrNotExist}
	// ErrExist: the file exists, although IfAbsent requires that it doesn't (P8). It is
	// also fs.ErrExist.
	ErrExist error = &sentinel{"file already exists", fs.ErrExist}
	// ErrPrecondition: the file has another version than IfVersion requires, or does not
	// exist (P9, D2).
	ErrPrecondition error = &sentinel{"file is not of the expected version", nil}
	// ErrNotModified: the file still has the version of GetOptions.IfNotVersion (G8).
	ErrNotModified error = &sentinel{"file is not modified", nil}
	// ErrPermission: the store refused the call, or the bucket is read-only. It is also
	// fs.ErrPermission.
	ErrPermission error = &sentinel{"permission denied", fs.ErrPermission}
	// ErrInvalidName: the name is not a legal one (N1). It is also fs.ErrInvalid.
	ErrInvalidName error = &sentinel{"invalid name", fs.ErrInvalid}
	// ErrInvalid: options, metadata, a URL or another argument make no sense. It is also
	// fs.ErrInvalid.
	ErrInvalid error = &sentinel{"invalid argument", fs.ErrInvalid}
	// ErrCorrupt: the content and its size or digest differ (P10, G6).
	ErrCorrupt error = &sentinel{"content does not match its size or digest", nil}
	// ErrChanged: the file was replaced while it was read, and the rest of its old
	// version can't be read (G4).
	ErrChanged error = &sentinel{"file changed while it was read", nil}
	// ErrTooLarge: the content is beyond a limit, a quota, or the space on the disk.
	ErrTooLarge error = &sentinel{"file is too large", nil}
	// ErrUncertain: the response to a commit was lost, and the file is the old or the
	// new one, whole (P2).
	ErrUncertain error = &sentinel{"outcome is uncertain", nil}
	// ErrNoBucket: the bucket, or the folder of a local one, is missing (E3). It is not
	// ErrNotExist.
	ErrNoBucket error = &sentinel{"bucket does not exist", nil}
	// ErrClosed: the bucket, Reader, File or Writer was closed before (X3). It is also
	// fs.ErrClosed.
	ErrClosed error = &sentinel{"already closed", fs.ErrClosed}
	// ErrUnavailable is the only error that a retry may fix.
	ErrUnavailable error = &sentinel{"temporarily unavailable", nil}
	// ErrUnsupported is errors.ErrUnsupported.
	ErrUnsupported = errors.ErrUnsupported
)

// sentinels are in the order in which KindOf looks for them in an error that matches
// several.
var sentinels = []error{
	ErrClosed,
	ErrInvalidName,
	ErrInvalid,
	ErrUncertain,
	ErrNoBucket,
	ErrExist,
	ErrPrecondition,
	ErrNotModified,
	ErrCorrupt,
	ErrChanged,
	ErrTooLarge,
	ErrPermission,
	ErrUnsupported,
	ErrUnavailable,
	ErrNotExist,
}

// Error is the failure of one operation (E1). errors.Is finds the sentinel, the cause
// and what the cause wraps; errors.As reaches the backend's own error.
//
// The text is made to be shown: it has the operation, the caller's name, the sentinel,
// and what helps a user, but no physical path, prefix or credential. What looks like a
// secret in the text of a cause, whatever its type, is printed as "…", and what can't
// be printed safely is escaped ([Printable]).
//
// The text is the same on every backend in the same situation. If it is ErrNotExist,
// ErrExist, ErrPrecondition, ErrNotModified, ErrCorrupt, ErrChanged, ErrNoBucket or
// ErrClosed, the words of the service are in Detail, which LogValue, the JSON and the
// verb %+v have too.
type Error struct {
	Op   Op     // what failed
	Name string // the caller's name of the file or directory; for OpOpen the URL, without secrets
	Kind error  // the sentinel, or nil if none fits
	// Detail is the cause as text that may be shown; Err's own text may not.
	Detail string
	Err    error // the cause; nil if Kind says everything

	backends bool // Detail is a backend's, and the sentinel says everything for users
}

func init() {
	failure.Shown = shown
	failure.New = func(op, name string, err error) error { return newError(Op(op), name, err) }
}

// newError is driver.NewError.
func newError(op Op, name string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok {
		f := *e
		f.Op, f.Name = op, name
		return &f
	}
	e := &Error{
		Op:     op,
		Name:   name,
		Kind:   KindOf(err),
		Detail: shown(clean(err)),
		Err:    err,
	}
	e.backends = isOutcome(e.Kind) && isBackends(err)
	return e
}

// isOutcome reports whether the sentinel says everything that a user needs.
func isOutcome(kind error) bool {
	switch kind {
	case ErrNotExist, ErrExist, ErrPrecondition, ErrNotModified, ErrCorrupt, ErrChanged,
		ErrNoBucket, ErrClosed:
		return true
	}
	return false
}

// isBackends reports whether the text of an error, as clean returns it, is a backend's.
func isBackends(err error) bool {
	d, ok := errors.AsType[*failure.Error](err)
	return ok && d.Backends
}

// KindOf returns the sentinel that err matches, or nil. A sentinel that was set by
// driver.Errorf, driver.WithCause or an *Error comes first, whatever else the cause matches.
func KindOf(err error) error {
	if err == nil {
		return nil
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		switch e := e.(type) {
		case *Error:
			if e.Kind != nil {
				return e.Kind
			}
			return KindOf(e.Err)
		case *failure.Error:
			if e.Kind != nil {
				return e.Kind
			}
		}
	}
	for _, s := range sentinels {
		if errors.Is(err, s) {
			return s
		}
	}
	// The standard library's errors, which drivers built on it return.
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrNotExist
	case errors.Is(err, fs.ErrExist):
		return ErrExist
	case errors.Is(err, fs.ErrPermission):
		return ErrPermission
	case errors.Is(err, syscall.EROFS):
		return ErrPermission
	case errors.Is(err, fs.ErrClosed):
		return ErrClosed
	}
	return nil
}

// Error returns the text, which is made to be shown.
func (e *Error) Error() string {
	if e == nil {
		return "<nil>"
	}
	return e.text(!e.backends || e.Op == OpOpen) // whoever opens a bucket needs to know what to fix
}

// Format writes the text. The verb %+v writes it with Detail, whatever the sentinel.
func (e *Error) Format(s fmt.State, verb rune) {
	switch {
	case verb == 'v' && s.Flag('+') && e != nil:
		io.WriteString(s, e.text(true))
	case verb == 'v' && s.Flag('#'):
		fmt.Fprintf(s, "&files.Error{%q}", e.Error())
	case verb == 'v':
		io.WriteString(s, e.Error())
	default:
		fmt.Fprintf(s, fmt.FormatString(s, verb), e.Error())
	}
}

func (e *Error) text(detail bool) string {
	var b strings.Builder
	b.WriteString("files: ")
	b.WriteString(string(e.Op))
	if e.Name != "" {
		b.WriteByte(' ')
		b.WriteString(e.shownName())
	}
	if e.Kind != nil {
		b.WriteString(": ")
		b.WriteString(e.Kind.Error())
	}
	if detail && e.Detail != "" && (e.Kind == nil || e.Detail != e.Kind.Error()) {
		b.WriteString(": ")
		b.WriteString(shown(e.Detail))
	}
	return b.String()
}

// shownName is the name for a person: the caller's own, or the URL that should be opened.
func (e *Error) shownName() string {
	if e.Op == OpOpen {
		return shown(e.Name)
	}
	return Printable(e.Name)
}

// Unwrap returns the sentinel and the cause.
func (e *Error) Unwrap() []error {
	if e == nil {
		return nil
	}
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

// Timeout reports whether the cause was a deadline, as in net.Error.
func (e *Error) Timeout() bool {
	if e == nil {
		return false
	}
	return errors.Is(e.Err, context.DeadlineExceeded) || errors.Is(e.Err, os.ErrDeadlineExceeded)
}

func errorf(kind error, format string, args ...any) error {
	return failure.Errorf(kind, format, args...)
}

func withCause(kind, err error, detail string) error {
	return failure.WithCause(kind, err, detail)
}

// explained is withCause with a text for users: it is this package's, not a backend's.
func explained(kind, err error, detail string) error {
	return &failure.Error{Kind: kind, Detail: detail, Err: err}
}

func invalid(format string, args ...any) error { return errorf(ErrInvalid, format, args...) }

// clean returns the text of a cause without the paths and URLs that the standard
// library's errors carry.
func clean(err error) string {
	var (
		own  *Error
		det  *failure.Error
		pe   *fs.PathError
		le   *os.LinkError
		se   *os.SyscallError
		ue   *url.Error
		errn syscall.Errno
	)
	if d, ok := err.(*failure.Error); ok { // its text replaces the text of its cause
		return d.Detail
	}
	switch {
	case errors.As(err, &own):
		return strings.TrimPrefix(own.Error(), "files: ")
	case errors.As(err, &det):
		return det.Detail
	case errors.As(err, &ue): // a request's, whose URL may be signed
		return ue.Op + ": " + clean(ue.Err)
	case errors.As(err, &pe):
		return pe.Op + ": " + clean(pe.Err)
	case errors.As(err, &le):
		return le.Op + ": " + clean(le.Err)
	case errors.As(err, &se):
		return se.Syscall + ": " + clean(se.Err)
	case errors.As(err, &errn):
		return errn.Error()
	}
	for _, s := range sentinels {
		if err == s {
			return ""
		}
	}
	return shown(err.Error())
}
