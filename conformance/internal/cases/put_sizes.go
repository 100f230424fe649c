package cases

import (
	"bytes"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putSizesCases = []suite.Case{
	{
		Rule:    "P11",
		Name:    "sizes",
		Why:     "content of sizes around those of blocks and parts must come back as it was put",
		Largest: 2 << 20,
		Run:     putSizes,
	},
	{
		Rule:    "P11",
		Name:    "unknown-length",
		Why:     "a stream of unknown length must be stored whole",
		Largest: 2 << 20,
		Run:     putUnknown,
	},
	{
		Rule:    "P11",
		Name:    "large",
		Why:     "a large file's parts must each be stored once, in order",
		Long:    true,
		Largest: 16 << 20,
		Run:     putLarge,
	},
	{
		Rule: "P11",
		Name: "unknown-limit",
		Why: "a stream of unknown length that outgrows the limit must be refused, not " +
			"truncated",
		Needs: feature.Needs(feature.MaxUnknownSize),
		Run:   putUnknownLimit,
	},
	{
		Rule:  "P11",
		Name:  "limit",
		Why:   "a file that is too large must be refused, not truncated",
		Needs: feature.Needs(feature.MaxSize),
		Run:   putLimit,
	},
}

var boundarySizes = []int{
	0, 1, 2, 3, 7, 8, 9, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097, 32767, 32768, 32769,
	65535, 65536, 65537, 1<<20 - 1, 1 << 20, 1<<20 + 1,
}

func putSizes(t suite.T, h *suite.H) {
	for _, n := range boundarySizes {
		c := check.Content(n, n)
		info := check.Put(t, h, "a", c, &files.PutOptions{Size: new(int64(n))})
		check.Same(t, "size in Put's Info", info.Size, int64(n))
		check.WantContent(t, h, "a", c)
		check.Same(t, "size in Stat's Info", check.Stat(t, h, "a").Size, int64(n))
	}
}

func putUnknown(t suite.T, h *suite.H) {
	for _, n := range boundarySizes {
		c := check.Content(n, n)
		info, err := h.Put(t.Context(), "a", check.Stream(c), nil)
		if err != nil {
			t.Fatalf("Put of %d bytes of unknown length: %v, want no error", n, err)
		}
		check.Same(t, "size in Put's Info", info.Size, int64(n))
		check.WantContent(t, h, "a", c)
	}
}

func putLarge(t suite.T, h *suite.H) {
	for _, n := range []int{5<<20 - 1, 5 << 20, 8 << 20, 8<<20 + 1, 11<<20 + 12345, 16 << 20} {
		c := check.Content(n, n)
		if _, err := h.Put(t.Context(), "known", bytes.NewReader(c), nil); err != nil {
			t.Fatalf("Put of %d bytes: %v, want no error", n, err)
		}
		check.WantContent(t, h, "known", c)
		if _, err := h.Put(t.Context(), "unknown", check.Stream(c), nil); err != nil {
			t.Fatalf("Put of %d bytes of unknown length: %v, want no error", n, err)
		}
		check.WantContent(t, h, "unknown", c)
	}
}

func putUnknownLimit(t suite.T, h *suite.H) {
	max := h.F.MaxUnknownSize
	h.Allows(t, max+1)
	brokenPut(t, h, "a stream of MaxUnknownSize+1 bytes", files.ErrTooLarge,
		func(name string) error {
			_, err := h.Put(t.Context(), name, check.Stream(check.Content(1, int(max)+1)), nil)
			return err
		})
	c := check.Content(2, int(max)+1)
	check.Put(t, h, "known", c, &files.PutOptions{Size: new(max + 1)})
	check.WantContent(t, h, "known", c)
}

func putLimit(t suite.T, h *suite.H) {
	max := h.F.MaxSize
	h.Allows(t, max+1)
	brokenPut(t, h, "a file of MaxSize+1 bytes", files.ErrTooLarge, func(name string) error {
		_, err := h.Put(t.Context(), name, bytes.NewReader(check.Content(1, int(max)+1)), nil)
		return err
	})
	brokenPut(t, h, "a declared size of MaxSize+1 bytes", files.ErrTooLarge,
		func(name string) error {
			_, err := h.Put(t.Context(), name, check.Stream(nil),
				&files.PutOptions{Size: new(max + 1)})
			return err
		})
	c := check.Content(2, int(max))
	check.Put(t, h, "most", c, nil)
	check.WantContent(t, h, "most", c)
}
