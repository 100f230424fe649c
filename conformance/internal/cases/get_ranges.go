package cases

import (
	"fmt"
	"math"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var getRangesCases = []suite.Case{
	{
		Rule: "G3",
		Name: "all-pairs",
		Why:  "every pair of offset and length must read exactly those bytes",
		Run:  rangePairs,
	},
	{
		Rule: "G3",
		Name: "from-and-last",
		Why:  "a range without an end, and one of the last bytes, must read exactly those",
		Run:  rangeFromLast,
	},
	{
		Rule: "G3",
		Name: "past-the-end",
		Why:  "a range beyond the end must be empty, and not an error",
		Run:  rangePast,
	},
	{
		Rule: "G3",
		Name: "empty-file",
		Why:  "every range of an empty file must be empty, and not an error",
		Run:  rangeEmptyFile,
	},
	{
		Rule: "G3",
		Name: "zero-length",
		Why:  "a range of length 0 must read nothing, not the whole file",
		Run:  rangeZero,
	},
	{
		Rule: "G3",
		Name: "huge",
		Why:  "an offset and a length whose sum overflows must be handled like other large ones",
		Run:  rangeHuge,
	},
	{
		Rule: "G3",
		Name: "negative",
		Why:  "a negative offset or length must be ErrInvalid",
		Run:  rangeNegative,
	},
	{
		Rule:    "G3",
		Name:    "large-file",
		Why:     "ranges across the parts of a large file must read exactly their bytes",
		Largest: 4 << 20,
		Run:     rangeLarge,
	},
	{
		Rule: "G3",
		Name: "in-parallel",
		Why:  "parts that are read in parallel must make up the file",
		Run:  rangeParallel,
	},
}

// wantRange fails the case if the range isn't what Resolve gives for the content.
func wantRange(t suite.T, b files.Bucket, name string, c []byte, g files.Range) {
	t.Helper()
	r, err := b.Get(t.Context(), name, &files.GetOptions{Range: g})
	if err != nil {
		t.Errorf("Get of the range %v of %d bytes: %v, want no error", g, len(c), err)
		return
	}
	defer r.Close()
	off, n := g.Resolve(int64(len(c)))
	if r.Offset() != off || r.Len() != n {
		t.Errorf("the range %v of %d bytes resolves to %d bytes from %d, want %d from %d", g,
			len(c), r.Len(), r.Offset(), n, off)
	}
	p, err := check.ReadAll(r)
	if err != nil {
		t.Errorf("reading the range %v of %d bytes: %v after %d bytes", g, len(c), err, len(p))
	}
	if d := check.Diff(p, c[off:off+n]); d != "" {
		t.Errorf("the range %v of %d bytes %s", g, len(c), d)
	}
	if r.Info().Size != int64(len(c)) {
		t.Errorf("the range %v comes with the size %d, want the whole file's, %d", g,
			r.Info().Size, len(c))
	}
}

func rangePairs(t suite.T, h *suite.H) {
	for size := range 6 {
		name, c := fmt.Sprintf("f%d", size), check.Content(size, size)
		check.Put(t, h, name, c, nil)
		for off := range size + 3 {
			for n := range size + 3 {
				wantRange(t, h, name, c, files.Bytes(int64(off), int64(n)))
			}
		}
	}
}

func rangeFromLast(t suite.T, h *suite.H) {
	for _, size := range []int{0, 1, 2, 3, 100, 5000} {
		c := check.Content(size, size)
		check.Put(t, h, "a", c, nil)
		for _, n := range []int{0, 1, 2, 3, size - 1, size, size + 1, size * 2} {
			if n >= 0 {
				wantRange(t, h, "a", c, files.From(int64(n)))
				wantRange(t, h, "a", c, files.Last(int64(n)))
			}
		}
	}
}

func rangePast(t suite.T, h *suite.H) {
	c := check.Content(1, 100)
	check.Put(t, h, "a", c, nil)
	for _, off := range []int64{100, 101, 1000, 1 << 40} {
		for _, n := range []int64{0, 1, 1000} {
			wantRange(t, h, "a", c, files.Bytes(off, n))
		}
		wantRange(t, h, "a", c, files.From(off))
	}
	wantRange(t, h, "a", c, files.Bytes(99, 1000))
	_, err := h.Get(t.Context(), "missing", &files.GetOptions{Range: files.From(100)})
	check.WantErr(t, "Get of a range of a missing file", err, files.ErrNotExist)
}

func rangeEmptyFile(t suite.T, h *suite.H) {
	check.Put(t, h, "empty", nil, nil)
	for _, g := range []files.Range{
		{},
		files.Bytes(0, 0),
		files.Bytes(0, 1),
		files.Bytes(1, 0),
		files.Bytes(5, 5),
		files.From(0),
		files.From(1),
		files.Last(0),
		files.Last(1),
		files.Last(100),
	} {
		wantRange(t, h, "empty", nil, g)
	}
}

func rangeZero(t suite.T, h *suite.H) {
	c := check.Content(1, 100)
	check.Put(t, h, "a", c, nil)
	for _, g := range []files.Range{files.Bytes(0,
		0), files.Bytes(50, 0), files.Bytes(99, 0), files.Bytes(100, 0), files.Last(0)} {
		wantRange(t, h, "a", c, g)
	}
	_, err := h.Get(t.Context(), "missing", &files.GetOptions{Range: files.Bytes(0, 0)})
	check.WantErr(t, "Get of no bytes of a missing file", err, files.ErrNotExist)
}

func rangeHuge(t suite.T, h *suite.H) {
	c := check.Content(1, 100)
	check.Put(t, h, "a", c, nil)
	for _, g := range []files.Range{
		files.Bytes(0, math.MaxInt64),
		files.Bytes(50, math.MaxInt64),
		files.Bytes(math.MaxInt64, 1),
		files.Bytes(math.MaxInt64, math.MaxInt64),
		files.From(math.MaxInt64),
		files.Last(math.MaxInt64),
		files.Bytes(99, math.MaxInt64-99),
		files.Bytes(1<<32, 1<<32),
	} {
		wantRange(t, h, "a", c, g)
	}
}

func rangeNegative(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 100), nil)
	for _, g := range []files.Range{files.Bytes(-1,
		5), files.Bytes(0,
		-1), files.Bytes(-5,
		-5), files.From(-1), files.Last(-1), files.Bytes(math.MinInt64,
		1), files.Last(math.MinInt64)} {
		for _, name := range []string{"a", "missing"} {
			r, err := h.Get(t.Context(), name, &files.GetOptions{Range: g})
			if err == nil {
				r.Close()
			}
			check.WantErr(t, fmt.Sprintf("Get of the range %v", g), err, files.ErrInvalid)
		}
	}
}

func rangeLarge(t suite.T, h *suite.H) {
	const size = 3<<20 + 17
	c := check.Content(1, size)
	check.Put(t, h, "a", c, nil)
	for _, off := range []int64{0, 1, 4095, 4096, 65535, 1<<20 - 1, 1 << 20, 2<<20 + 5, size - 1} {
		for _, n := range []int64{1, 2, 4096, 1 << 20, 1<<20 + 1, size} {
			wantRange(t, h, "a", c, files.Bytes(off, n))
		}
	}
	wantRange(t, h, "a", c, files.From(1<<20+1))
	wantRange(t, h, "a", c, files.Last(1<<20+1))
}

func rangeParallel(t suite.T, h *suite.H) {
	const size, part = 400_000, 37_001
	c := check.Content(1, size)
	check.Put(t, h, "a", c, nil)
	check.Parallel((size+part-1)/part, func(i int) {
		wantRange(t, h, "a", c, files.Bytes(int64(i*part), part))
	})
}
