package wrappers

import (
	"errors"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// wantThrough fails the case if the calls of a copy don't fit what the wrapper claims.
func wantThrough(t suite.T, what string, serverCopy bool, calls []innerCall) {
	t.Helper()
	all := ops(calls)
	copied := slices.Contains(all, files.OpCopy)
	streamed := slices.Contains(all, files.OpGet) || slices.Contains(all, files.OpPut)
	switch {
	case serverCopy && (streamed || !copied):
		t.Errorf("%s: the wrapper claims ServerCopy, but the inner bucket got %v, want a copy and "+
			"no content", what, all)
	case !serverCopy && copied:
		t.Errorf("%s: the wrapper does not claim ServerCopy, but the inner bucket got %v, "+
			"want no copy", what, all)
	}
}

func wrapperServerCopy(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	f := u.outer.Features()
	if f.ReadOnly {
		t.Skipf("the wrapper is read-only")
	}
	c := check.Content(1, 3000)
	check.Put(t, h, "src", c, nil)
	u.store.seen()
	if _, err := files.Copy(t.Context(), u.outer, "d/dst", u.outer, "src", nil); err != nil {
		t.Fatalf("Copy: %v, want no error", err)
	}
	wantThrough(t, "Copy", f.ServerCopy, u.store.seen())
	check.WantContent(t, h, "d/dst", c)
	copier, ok := u.outer.(driver.BucketCopier)
	if f.ServerCopy || !ok {
		return
	}
	_, err := copier.CopyFrom(t.Context(), "refused", u.outer, "src", nil)
	if !errors.Is(err, files.ErrUnsupported) {
		t.Errorf("CopyFrom of a wrapper that does not claim ServerCopy: got %s, want "+
			"ErrUnsupported", check.ErrText(err))
	}
	wantThrough(t, "CopyFrom", false, u.store.seen())
	check.WantMissing(t, h, "refused")
}

func wrapperBetween(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	physical, plain := putInner(t, h, "src")
	c := check.Content(3, 700)
	check.Put(t, h, "src", c, nil)
	u.store.seen()
	if _, err := files.Copy(t.Context(), u.raw, "out/of/it", u.outer, "src", nil); err != nil {
		t.Fatalf("Copy from the wrapper to the inner bucket: %v, want no error", err)
	}
	if f := u.outer.Features(); f.ServerCopy {
		wantThrough(t, "Copy from the wrapper", true, u.store.seen())
	}
	check.WantContent(t, u.raw, "out/of/it", c)
	if u.outer.Features().ReadOnly {
		return
	}
	check.Put(t, u.raw, "from/below", c, nil)
	u.store.seen()
	if _, err := files.Copy(t.Context(), u.outer, "d/into", u.raw, "from/below", nil); err != nil {
		t.Fatalf("Copy from the inner bucket to the wrapper: %v, want no error", err)
	}
	if f := u.outer.Features(); f.ServerCopy {
		wantThrough(t, "Copy to the wrapper", true, u.store.seen())
	}
	check.WantContent(t, h, "d/into", c)
	if physical != "" && plain {
		prefix, ok := strings.CutSuffix(physical, "src")
		if ok {
			check.WantContent(t, u.raw, prefix+"d/into", c)
		}
	}
}

func wrapperSameFile(t suite.T, h *suite.H) {
	u := wrappedOf(t, h)
	physical, plain := putInner(t, h, "a")
	if !plain || u.outer.Features().ReadOnly {
		t.Skipf("the wrapper is read-only, or stores other bytes than are put")
	}
	c := innerContent("a")
	before := check.Stat(t, h, "a")
	for _, way := range []struct {
		what             string
		dst, src         files.Bucket
		dstName, srcName string
	}{
		{"from the inner bucket", u.outer, u.inner, "a", physical},
		{"to the inner bucket", u.inner, u.outer, physical, "a"},
	} {
		if _, err := files.Copy(t.Context(), way.dst, way.dstName, way.src, way.srcName,
			nil); err != nil {
			t.Errorf("Copy of a file onto itself, %s: %v, want no error", way.what, err)
		}
		check.WantContent(t, h, "a", c)
		check.Same(t, "Stat after a copy onto itself, "+way.what, check.Stat(t, h, "a"), before)
		if !h.F.DeleteIfVersion {
			continue
		}
		if _, err := files.Move(t.Context(), way.dst, way.dstName, way.src, way.srcName,
			nil); err != nil {
			t.Errorf("Move of a file onto itself, %s: %v, want no error", way.what, err)
		}
		check.WantContent(t, h, "a", c)
	}
}
