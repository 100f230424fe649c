package wrappers

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

func wrapperCheck(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	u.store.seen()
	if err := files.Check(t.Context(), u.outer); err != nil {
		t.Errorf("Check: %v, want no error", err)
	}
	if calls := u.store.seen(); len(calls) != 1 {
		t.Errorf("Check made the calls %v to the inner bucket, want one", ops(calls))
	}
	u.store.vanished.Store(true)
	check.WantErr(t, "Check of a wrapper whose store has gone", files.Check(t.Context(), u.outer),
		files.ErrNoBucket)
}
