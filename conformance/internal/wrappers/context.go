package wrappers

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"context"
)

func wrapperContext(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	check.Puts(t, h, "a", "old")
	ctx := context.WithValue(t.Context(), innerKey{}, "carried")
	u.store.seen()
	for _, m := range append(check.Methods(t, u.outer, "a"), check.Listing(u.outer, "", nil),
		methodOf("Check", func(ctx context.Context) error {
			return files.Check(ctx, u.outer)
		})) {
		if u.writesRefused(m.Name) {
			continue
		}
		m.Call(ctx)
		for _, c := range u.store.seen() {
			if c.value != "carried" {
				t.Errorf("%s with a value in the context: the inner %s has lost it", m.Name, c.op)
			}
		}
	}
}
