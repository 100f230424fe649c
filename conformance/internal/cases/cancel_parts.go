package cases

import (
	"context"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var cancelPartsCases = []suite.Case{
	{
		Rule: "X2",
		Name: "no-parts",
		Why: "the parts of a failed upload must be removed: they are billed, and no " +
			"listing shows them",
		Long:    true,
		Largest: partsSize,
		Run:     leakParts,
	},
}

// partsSize is more than the size from which drivers upload in parts.
const partsSize = 20 << 20

// leakParts breaks uploads that are large enough to be made in parts, in the ways that
// P2/broken-after-parts does not try.
func leakParts(t suite.T, h *suite.H) {
	if h.Harness.Leftovers == nil {
		t.Skipf("the harness can't count what is left over")
	}
	c := check.Content(1, partsSize)
	old := check.Content(2, 100)
	check.Put(t, h, "old", check.Content(3, 100), nil)
	stale := check.Stat(t, h, "old").Version
	check.Put(t, h, "old", old, nil)
	broken := func(what string, want error, put func() error) {
		t.Helper()
		err := put()
		if !check.IsAny(err, want) {
			t.Errorf("Put of 20 MiB, %s: got %s, want %s", what, check.ErrText(err),
				check.KindText(want))
		}
		h.Clean(t, "an upload of 20 MiB, "+what)
		if h.F.Atomic {
			check.WantContent(t, h, "old", old)
			check.WantOnly(t, h, "old")
		}
	}
	put := func(ctx context.Context, o files.PutOptions) error {
		_, err := h.Put(ctx, "old", check.Stream(c), &o)
		return err
	}
	if h.F.IfAbsent {
		broken("which IfAbsent refuses", files.ErrExist, func() error {
			return put(t.Context(), files.PutOptions{If: files.IfAbsent()})
		})
	}
	if h.F.IfVersion && stale != "" {
		broken("which an old version refuses", files.ErrPrecondition, func() error {
			return put(t.Context(), files.PutOptions{If: files.IfVersion(stale)})
		})
	}
	broken("whose digest is another's", files.ErrCorrupt, func() error {
		return put(t.Context(), files.PutOptions{Digest: files.Digest{MD5: allDigests(old).MD5}})
	})
	broken("which is shorter than its declared size", files.ErrCorrupt, func() error {
		return put(t.Context(), files.PutOptions{Size: new(int64(partsSize) + 1)})
	})
	broken("whose last bytes fail, of a declared size", check.ErrReader, func() error {
		_, err := h.Put(t.Context(), "old", check.Failing(c[:partsSize-10], false, check.ErrReader),
			&files.PutOptions{Size: new(int64(partsSize))})
		return err
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	broken("whose context ends with the last bytes", context.Canceled, func() error {
		_, err := h.Put(ctx, "old", check.Hook(c, partsSize-10, cancel),
			&files.PutOptions{Size: new(int64(partsSize))})
		return err
	})
}
