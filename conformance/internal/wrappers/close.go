package wrappers

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"context"
)

func wrapperClose(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	check.Puts(t, h, "a")
	for range 2 {
		if err := u.outer.Close(); err != nil {
			t.Errorf("Close of the wrapper: %v, want no error from each call", err)
		}
	}
	for _, m := range append(check.Methods(t, u.outer, "a"), check.Listing(u.outer, "", nil)) {
		if !h.F.ReadOnly {
			check.WantErr(t, m.Name+" after the wrapper was closed", m.Call(t.Context()),
				files.ErrClosed)
		}
	}
	for err := range errorsOf(u.inner.List(t.Context(), "", nil)) {
		switch {
		case wrappedOf(t, h).by.o.Owns:
			check.WantErr(t, "List of the inner bucket after its owner was closed", err,
				files.ErrClosed)
		case err != nil:
			t.Errorf("List of the inner bucket after Close of the wrapper, which doesn't own "+
				"it: %v, want no error", err)
		}
	}
	want := int64(0)
	if wrappedOf(t, h).by.o.Owns {
		want = 1
	}
	// a read-only inner bucket doesn't own the store
	if n := u.store.closes.Load(); n != want && !wrappedOf(t, h).by.mask.readOnly {
		t.Errorf("two calls of Close closed the inner bucket %d times, want %d", n, want)
	}
}

// errorsOf yields the error of each step of a listing; it is nil for an entry.
func errorsOf(l func(func(files.Entry, error) bool)) func(func(error) bool) {
	return func(yield func(error) bool) {
		l(func(_ files.Entry, err error) bool { return yield(err) })
	}
}

func wrapperInnerClosed(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	check.Puts(t, h, "a")
	u.inner.Close()
	for _, m := range append(check.Methods(t, u.outer, "a"), check.Listing(u.outer, "", nil),
		check.Method{
			Name: "Check",
			Call: func(ctx context.Context) error {
				return files.Check(ctx, u.outer)
			},
		}) {
		if u.writesRefused(m.Name) {
			continue
		}
		check.WantErr(t, m.Name+" over a closed inner bucket", m.Call(t.Context()), files.ErrClosed)
	}
}
