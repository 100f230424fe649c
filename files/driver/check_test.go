package driver_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// lister is a backend without a check of its own, whose listings are as err says.
type lister struct {
	*mapdriver.Backend
	err   error
	asked []driver.ListRequest
}

func (l *lister) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	l.asked = append(l.asked, req)
	if l.err == nil {
		return l.Backend.List(ctx, req)
	}
	return func(yield func(files.Entry, error) bool) { yield(files.Entry{}, l.err) }
}

// TestCheckByListing: for a backend without a check of its own, Check fails if List
// would fail before its first entry (U3), and asks for one name alone.
func TestCheckByListing(t *testing.T) {
	for _, want := range []error{nil, files.ErrNoBucket, files.ErrPermission} {
		for _, names := range []int{0, 2} {
			back := &lister{Backend: mapdriver.New(), err: want}
			b := driver.New(back)
			for i := range names {
				name := string(rune('a' + i))
				if _, err := files.PutString(t.Context(), b, name, "x", nil); err != nil {
					t.Fatal(err)
				}
			}
			err := files.Check(t.Context(), b)
			if !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("with %d files: %v, want %v", names, err, want)
			}
			if len(back.asked) != 1 || back.asked[0] != (driver.ListRequest{
				Limit:     1,
				NamesOnly: true,
			}) {
				t.Errorf("the backend was asked for %+v", back.asked)
			}
		}
	}
}

// TestCheckRefuses: a Check that can't be made has an error of its own, and the backend
// isn't asked.
func TestCheckRefuses(t *testing.T) {
	back := &lister{Backend: mapdriver.New()}
	b := driver.New(back)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	is := func(what string, err, want error) {
		e, ok := errors.AsType[*files.Error](err)
		if !errors.Is(err, want) || !ok || e.Op != files.OpCheck || e.Name != "" {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	check := b.(driver.BucketChecker).Check
	is("nil context", check(nil), files.ErrInvalid)
	is("ended", check(ended), context.Canceled)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	is("closed", check(ended), files.ErrClosed)
	if len(back.asked) > 0 {
		t.Errorf("the backend was asked for %+v", back.asked)
	}
}
