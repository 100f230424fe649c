package retry

import (
	"errors"
	"fmt"

	"cloudfiles.dev/files"
)

// marked is an error that a policy has dealt with.
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

// Attempts returns how many requests were made for a call that failed with err, or 0 if
// no policy has repeated it or refused to repeat it. A layer that repeats calls by
// itself leaves an error with attempts alone.
func Attempts(err error) int {
	var m *marked
	if errors.As(err, &m) {
		return m.attempts
	}
	return 0
}

// Permanent marks err so that no policy repeats it, because the content was read
// already and can't be read again, or because the request may have been carried out. It
// returns nil for nil.
func Permanent(err error) error {
	if err == nil || Attempts(err) > 0 {
		return err
	}
	return withMark(err, 1, "")
}

// mark marks err after n attempts of one call; the attempts below may have been
// repeated themselves. A single attempt without a refused repeat stays as it is.
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

// withMark marks err so that an error that files.NewError makes of it also shows the
// text.
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
	return files.WithCause(kind, m, join(files.NewError("", "", err).(*files.Error).Detail, text))
}

// isOutcome reports whether the sentinel is an answer to the call. The number of
// attempts only explains the others, which are trouble.
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
func interrupted(ctxErr, failure error, n int) error {
	detail := files.NewError("", "", failure).(*files.Error).Detail
	text := ctxErr.Error() + " before another attempt"
	return files.WithCause(files.ErrUnavailable, &marked{&both{ctxErr, failure}, n, text},
		join(detail, text))
}

// both is the context's end and the failure that was therefore not repeated.
type both struct{ ctxErr, failure error }

func (b *both) Error() string   { return b.failure.Error() }
func (b *both) Unwrap() []error { return []error{b.ctxErr, b.failure} }
