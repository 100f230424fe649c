package wrappers

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"slices"
)

func wrapperDeleteMany(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	if u.outer.Features().ReadOnly {
		t.Skipf("the wrapper is read-only")
	}
	names := []string{"a", "d/b", "d/c", "missing", "e"}
	check.Puts(t, h, "a", "d/b", "d/c", "e", "stays")
	u.store.seen()
	res, err := files.DeleteMany(t.Context(), u.outer, slices.Values(names))
	if err != nil || res.Deleted != int64(len(names)) {
		t.Errorf("DeleteMany of %d names: %d deleted, %v, want all and no error",
			len(names), res.Deleted, err)
	}
	if calls := u.store.seen(); !wrappedOf(t, h).by.mask.modest && len(calls) != 1 {
		t.Errorf("DeleteMany of %d names made the calls %v to the inner bucket, want one",
			len(names),
			ops(calls))
	}
	check.WantOnly(t, h, "stays")
	u.store.fail(driver.Errorf(files.ErrPermission, "no"))
	res, _ = files.DeleteMany(t.Context(), u.outer, slices.Values(names))
	u.store.fail(nil)
	if len(res.Failed) != len(names) {
		t.Errorf("DeleteMany that fails in the inner bucket reports %d failures, want %d",
			len(res.Failed),
			len(names))
	}
	for i, e := range res.Failed {
		if i < len(names) && e.Name != names[i] {
			t.Errorf("failure %d of DeleteMany has the name %q, want %q", i, e.Name, names[i])
		}
	}
}
