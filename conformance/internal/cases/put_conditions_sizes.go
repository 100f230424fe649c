package cases

import (
	"bytes"
	"fmt"
	"io"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putConditionsSizesCases = []suite.Case{
	{
		Rule:    "P8",
		Name:    "sizes",
		Why:     "IfAbsent must hold for a file of any size",
		Needs:   feature.Needs(feature.IfAbsent),
		Largest: 5<<20 + 1,
		Run:     func(t suite.T, h *suite.H) { absentSizes(t, h, thresholds) },
	},
	{
		Rule: "P8",
		Name: "sizes-large",
		Why: "IfAbsent must hold for large files of any size: they are uploaded in different " +
			"ways",
		Needs:   feature.Needs(feature.IfAbsent),
		Long:    true,
		Largest: 16<<20 + 1,
		Run:     func(t suite.T, h *suite.H) { absentSizes(t, h, largeThresholds) },
	},
	{
		Rule:    "P8",
		Name:    "large",
		Why:     "IfAbsent must hold at the end of an upload in parts: another may be first",
		Needs:   feature.Needs(feature.IfAbsent),
		Largest: largeSize,
		Run:     absentOvertaken,
	},
	{
		Rule:    "P9",
		Name:    "sizes",
		Why:     "IfVersion must hold for a file of any size",
		Needs:   feature.Needs(feature.Versions, feature.IfVersion),
		Largest: 5<<20 + 1,
		Run:     func(t suite.T, h *suite.H) { versionSizes(t, h, thresholds) },
	},
	{
		Rule: "P9",
		Name: "sizes-large",
		Why: "IfVersion must hold for large files of any size: they are uploaded in " +
			"different ways",
		Needs:   feature.Needs(feature.Versions, feature.IfVersion),
		Long:    true,
		Largest: 16<<20 + 1,
		Run:     func(t suite.T, h *suite.H) { versionSizes(t, h, largeThresholds) },
	},
	{
		Rule:    "P9",
		Name:    "large",
		Why:     "IfVersion must hold at the end of an upload in parts: another may be first",
		Needs:   feature.Needs(feature.Versions, feature.IfVersion),
		Largest: largeSize,
		Run:     versionOvertaken,
	},
}

// thresholds are sizes on both sides of those from which drivers, services and SDKs
// treat content differently: inline or not, in one request or in parts.
var thresholds = []int{
	0, 1, 511, 512, 513, 64<<10 - 1, 64 << 10, 64<<10 + 1, 1 << 20, 1<<20 + 1, 5 << 20, 5<<20 + 1,
}

var largeThresholds = []int{8 << 20, 8<<20 + 1, 16<<20 + 1}

// sized returns a reader of the content. For every second i the reader has a length.
func sized(i int, c []byte) io.Reader {
	if i%2 == 0 {
		return bytes.NewReader(c)
	}
	return check.Stream(c)
}

// absentSizes creates a file of each size once, and requires that neither a small
// content nor an equally large one replaces it.
func absentSizes(t suite.T, h *suite.H, sizes []int) {
	for i, n := range sizes {
		c := check.Content(n, n)
		o := &files.PutOptions{If: files.IfAbsent()}
		if _, err := h.Put(t.Context(), "a", sized(i, c), o); err != nil {
			t.Fatalf("Put of %d bytes with IfAbsent to a free name: %v, want no error", n, err)
		}
		before := check.Stat(t, h, "a")
		for _, other := range []int{0, 10, n} {
			_, err := h.Put(t.Context(), "a", sized(i, check.Content(n+1, other)), o)
			check.WantErr(t, fmt.Sprintf("Put of %d bytes with IfAbsent over a file of %d",
				other, n), err, files.ErrExist)
		}
		check.Same(t, "Stat after the refused Puts", check.Stat(t, h, "a"), before)
		check.WantContent(t, h, "a", c)
		// A large content doesn't replace a small file either.
		check.Put(t, h, "a", nil, nil)
		_, err := h.Put(t.Context(), "a", sized(i, c), o)
		check.WantErr(t, fmt.Sprintf("Put of %d bytes with IfAbsent over an empty file", n),
			err, files.ErrExist)
		check.WantContent(t, h, "a", nil)
		check.Remove(t, h, "a")
	}
	h.Clean(t, "conditional puts")
}

// versionSizes replaces a file of each size, with its current version and with others.
func versionSizes(t suite.T, h *suite.H, sizes []int) {
	for i, n := range sizes {
		c := check.Content(n, n)
		check.Put(t, h, "a", check.Content(1, 100), nil)
		old := current(t, h, "a")
		put := func(c []byte, v files.Version) error {
			_, err := h.Put(t.Context(), "a", sized(i, c),
				&files.PutOptions{If: files.IfVersion(v)})
			return err
		}
		if err := put(c, old); err != nil {
			t.Fatalf("Put of %d bytes with the current version: %v, want no error", n, err)
		}
		before := check.Stat(t, h, "a")
		for _, v := range []files.Version{old, "no-such-version"} {
			for _, other := range []int{0, 10, n} {
				check.WantErr(t, fmt.Sprintf("Put of %d bytes with another version over a file "+
					"of %d", other, n), put(check.Content(n+1, other), v), files.ErrPrecondition)
			}
		}
		check.Same(t, "Stat after the refused Puts", check.Stat(t, h, "a"), before)
		check.WantContent(t, h, "a", c)
		if err := put(check.Content(2, 50), before.Version); err != nil {
			t.Errorf("Put of 50 bytes with the version of a file of %d: %v, want no error", n, err)
		}
		check.WantContent(t, h, "a", check.Content(2, 50))
	}
	h.Clean(t, "conditional puts")
}

// absentOvertaken lets another writer be first while the last part is sent.
func absentOvertaken(t suite.T, h *suite.H) {
	c, fast := check.Content(1, largeSize), check.Content(2, 100)
	for _, o := range []*files.PutOptions{
		{If: files.IfAbsent()},
		{If: files.IfAbsent(), Size: new(int64(largeSize))},
	} {
		_, err := h.Put(t.Context(), "a", check.Hook(c, largeSize-1, func() {
			check.Put(t, h, "a", fast, nil)
		}), o)
		check.WantErr(t, "a large Put with IfAbsent that was overtaken", err, files.ErrExist)
		check.WantContent(t, h, "a", fast)
		check.Remove(t, h, "a")
	}
	h.Clean(t, "large puts that were overtaken")
}

// versionOvertaken lets another writer replace the version while the last part is sent.
func versionOvertaken(t suite.T, h *suite.H) {
	c, fast := check.Content(1, largeSize), check.Content(2, 100)
	for i, size := range []*int64{nil, new(int64(largeSize))} {
		check.Put(t, h, "a", check.Content(10+i, 50), nil)
		o := &files.PutOptions{If: files.IfVersion(current(t, h, "a")), Size: size}
		_, err := h.Put(t.Context(), "a", check.Hook(c, largeSize-1, func() {
			check.Put(t, h, "a", fast, nil)
		}), o)
		check.WantErr(t, "a large Put of a version that was overtaken", err,
			files.ErrPrecondition)
		check.WantContent(t, h, "a", fast)
	}
	h.Clean(t, "large puts that were overtaken")
}
