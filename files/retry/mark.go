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
	text     string // of the error's text, behind err's own
}

func (m *marked) Error() string {
	if m.text == "" {
		return m.err.Error()
	}
	return m.err.Error() + ", " + m.text
}

func (m *marked) Unwrap() error { return m.err }

// Attempts returns how many requests were made for a call that failed with err, or 0
// where no policy has repeated or refused to repeat it. A layer that repeats calls by
// itself leaves alone what has attempts.
func Attempts(err error) int {
	var m *marked
	if errors.As(err, &m) {
		return m.attempts
	}
	return 0
}

// Permanent marks err so that no policy repeats it: the content was read already and
// can't be read again, or the request may have been carried out. It returns nil for
// nil.
func Permanent(err error) error {
	if err == nil || Attempts(err) > 0 {
		return err
	}
	return withMark(err, 1, "")
}

// mark marks err after n attempts of one call, of which below none or some repeated
// themselves. A single attempt that nothing was refused to stays as it is.
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

// withMark marks err so that the text also shows in an error that files.NewError makes
// of it.
func withMark(err error, n int, text string) error {
	if e, ok := err.(*files.Error); ok {
		f := *e
		if isOutcome(f.Kind) { // whose text is the same on every backend (E1)
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

// isOutcome says whether the sentinel is an answer to the call and not trouble, which
// is what the number of attempts explains.
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

// interrupted is the end of a context between two attempts, of which n were made: the
// context's error, and the last failure.
func interrupted(ctxErr, failure error, n int) error {
	detail := files.NewError("", "", failure).(*files.Error).Detail
	text := ctxErr.Error() + " before another attempt"
	return files.WithCause(files.ErrUnavailable, &marked{&both{ctxErr, failure}, n, text},
		join(detail, text))
}

// both is the context's end in front of the failure that it kept from being repeated.
type both struct{ ctxErr, failure error }

func (b *both) Error() string   { return b.failure.Error() }
func (b *both) Unwrap() []error { return []error{b.ctxErr, b.failure} }
