package wrappers

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"slices"
	"strings"
)

func wrapperContained(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	physical, _ := putInner(t, h, "own/a")
	if physical == "own/a" || physical == "" {
		t.Skipf("the wrapper shows the inner bucket's files under the same names")
	}
	prefix := strings.TrimSuffix(physical, "own/a")
	outside := []string{"outside", "zz/outside", "own/a", "x" + physical}
	if dir := strings.TrimSuffix(prefix, "/"); dir != "" && dir != prefix {
		outside = append(outside, dir, dir+"-x", dir+".txt", dir+"0/y")
	}
	outside = slices.DeleteFunc(outside, func(n string) bool { return files.CheckName(n) != nil })
	if !h.F.DirBesideFile {
		outside = outside[:3]
	}
	check.Puts(t, u.raw, outside...)
	check.WantOnly(t, u.outer, "own/a")
	for _, e := range check.Shallow(t, u.outer, "") {
		check.Same(t, "the only entry of a shallow listing", e.Name, "own/")
	}
	for _, n := range []string{"outside", "zz/outside", "../outside"} {
		if _, err := u.outer.Stat(t.Context(), n, nil); err == nil {
			t.Errorf("Stat(%q) finds a file outside of the wrapper", n)
		}
	}
	if u.outer.Features().ReadOnly {
		return
	}
	if _, err := files.DeleteAll(t.Context(), u.outer); err != nil {
		t.Errorf("DeleteAll: %v, want no error", err)
	}
	check.WantOnly(t, u.outer)
	check.WantOnly(t, u.raw, outside...)
}

func wrapperAs(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	const name = "d/a.txt"
	physical, plain := putInner(t, h, name)
	f, b := u.outer.Features(), u.inner.Features()
	f.MaxName, b.MaxName = 0, 0
	c, found := files.As[*sdkClient](u.outer)
	_, there := files.As[*sdkClient](u.inner)
	switch restricts := physical != name || !plain || f != b || wrappedOf(t, h).by.o.Restricts; {
	case found && !there:
		t.Errorf("As finds a client that the inner bucket doesn't have")
	case found && restricts:
		t.Errorf("As reaches the inner bucket's client, which bypasses the wrapper")
	case !found && there && !restricts:
		t.Errorf("As does not reach the inner client, although the wrapper changes no name, " +
			"content or feature")
	case found && c.store != u.store.innerStore:
		t.Errorf("As finds the client of another bucket")
	}
}
