package wrappers

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"context"
)

func wrapperClose(t suite.T, h *suite.H) {
	u := under(t, h)
	check.Puts(t, h, "a")
	for range 2 {
		if err := u.outer.Close(); err != nil {
			t.Errorf("Close of the wrapper: %v, want no error however often", err)
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
		case under(t, h).by.o.Owns:
			check.WantErr(t, "List in the bucket below after its owner was closed", err,
				files.ErrClosed)
		case err != nil:
			t.Errorf("List in the bucket below after the wrapper was closed, which doesn't "+
				"own it: %v", err)
		}
	}
	want := int64(0)
	if under(t, h).by.o.Owns {
		want = 1
	}
	// whose inner one owns nothing itself
	if n := u.store.closes.Load(); n != want && !under(t, h).by.mask.readOnly {
		t.Errorf("closing the wrapper twice closed what is below %d times, want %d", n, want)
	}
}

// errorsOf yields the errors of a listing, nil for what it lists.
func errorsOf(l func(func(files.Entry, error) bool)) func(func(error) bool) {
	return func(yield func(error) bool) {
		l(func(_ files.Entry, err error) bool { return yield(err) })
	}
}

func wrapperClosedBelow(t suite.T, h *suite.H) {
	u := under(t, h)
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
		check.WantErr(t, m.Name+" above a closed bucket", m.Call(t.Context()), files.ErrClosed)
	}
}
