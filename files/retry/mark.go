package retry

import (
	"errors"
	"fmt"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/failure"
)

// marked is an error that a policy has handled.
type marked struct {
	err      error
	attempts int
	text     string // added to the error's text, after err's own
}

func (m *marked) Error() string {
	if m.text == "" {
		return m.err.Error()
	}
	return m.err.Error() + ", " + m.text
}

func (m *marked) Unwrap() error { return m.err }

// Attempts returns how many requests were made for a call that failed with err. It is 0
// unless a policy repeated the call or refused to, or Permanent marked the error. A
// layer that repeats calls itself must not repeat one whose error has attempts.
func Attempts(err error) int {
	var m *marked
	if errors.As(err, &m) {
		return m.attempts
	}
	return 0
}

// Permanent marks err so that no policy repeats the call: because its content was read
// and can't be read again, or because the request may have been carried out. It returns
// nil for nil.
func Permanent(err error) error {
	if err == nil || Attempts(err) > 0 {
		return err
	}
	return withMark(err, 1, "")
}

// mark marks err after n attempts of one call, each of which the layers below may have
// repeated. The error of a single attempt is not marked, unless a retry was refused.
func mark(err error, n int, refused string) error {
	if n == 1 && refused == "" {
		return err
	}
	text := "after 1 attempt"
	if n > 1 {
		text = fmt.Sprintf("after %d attempts", n)
	}
	if refused != "" {
		text += ", " + refused
	}
	return withMark(err, n, text)
}

// withMark marks err. An error that driver.NewError makes of it has the text too.
func withMark(err error, n int, text string) error {
	if e, ok := err.(*files.Error); ok {
		f := *e
		if isOutcome(f.Kind) { // its text is the same on every backend (E1)
			text = ""
		}
		f.Detail = join(f.Detail, text)
		f.Err = &marked{err, n, text}
		return &f
	}
	m := &marked{err, n, text}
	kind := files.KindOf(err)
	if kind == nil {
		return m
	}
	if isOutcome(kind) {
		return &marked{err, n, ""}
	}
	return failure.WithCause(kind, m, join(failure.New("", "", err).(*files.Error).Detail, text))
}

// isOutcome reports whether the sentinel is a normal result of a call, such as
// ErrNotExist. The number of attempts is only shown with other errors.
func isOutcome(kind error) bool {
	switch kind {
	case nil, files.ErrUnavailable, files.ErrUncertain, files.ErrPermission:
		return false
	}
	return true
}

func join(detail, text string) string {
	if detail == "" || text == "" {
		return detail + text
	}
	return detail + ", " + text
}

// interrupted returns the error for a context that ended between two attempts, after n
// of them: the context's error, and the last failure.
func interrupted(ctxErr, last error, n int) error {
	detail := failure.New("", "", last).(*files.Error).Detail
	text := ctxErr.Error() + " before another attempt"
	return failure.WithCause(files.ErrUnavailable, &marked{&both{ctxErr, last}, n, text},
		join(detail, text))
}

// both is the error of a context that ended before a retry, and the failure of the last
// attempt.
type both struct{ ctxErr, failure error }

func (b *both) Error() string   { return b.failure.Error() }
func (b *both) Unwrap() []error { return []error{b.ctxErr, b.failure} }
