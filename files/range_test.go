package files_test

import (
	"errors"
	"math"
	"testing"

	"cloudfiles.dev/files"
)

// TestRangeResolve compares Resolve with slices of a content of the same size.
func TestRangeResolve(t *testing.T) {
	odd := []int64{0, 1, 2, 3, 4, 5, 9, math.MaxInt64 - 1, math.MaxInt64}
	for size := int64(0); size <= 4; size++ {
		check := func(r files.Range, from, to int64) {
			t.Helper()
			if err := r.Check(); err != nil {
				t.Errorf("%v: Check = %v, want no error", r, err)
			}
			if off, n := r.Resolve(size); off != from || n != to-from {
				t.Errorf("%v of %d bytes: %d bytes from %d, want %d from %d", r, size, n, off,
					to-from, from)
			}
		}
		check(files.Range{}, 0, size)
		for _, off := range odd {
			check(files.From(off), min(off, size), size)
			check(files.Last(off), size-min(off, size), size)
			for _, n := range odd {
				from := min(off, size)
				to := size
				if n < size-from {
					to = from + n
				}
				check(files.Bytes(off, n), from, to)
			}
		}
	}
}

func TestRangeCheck(t *testing.T) {
	for _, r := range []files.Range{files.Bytes(-1,
		1), files.Bytes(0, -1), files.From(-1), files.Last(-1), files.Bytes(math.MinInt64, 0)} {
		if err := r.Check(); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%v: Check = %v, want ErrInvalid", r, err)
		}
	}
}

func TestRangePartsAndText(t *testing.T) {
	for _, c := range []struct {
		r     files.Range
		off   int64
		n     int64
		last  bool
		whole bool
		text  string
	}{
		{files.Range{}, 0, math.MaxInt64, false, true, "whole"},
		{files.Bytes(2, 3), 2, 3, false, false, "3 bytes from 2"},
		{files.Bytes(0, 0), 0, 0, false, false, "0 bytes from 0"},
		{files.From(0), 0, math.MaxInt64, false, false, "from 0"},
		{files.Last(0), 0, 0, true, false, "last 0 bytes"},
	} {
		off, n, last := c.r.Parts()
		if off != c.off || n != c.n || last != c.last || c.r.IsWhole() != c.whole ||
			c.r.String() != c.text {
			t.Errorf("%v: Parts = %d %d %v %v, want %v, %v, %v, %v and c.r.String() %v",
				c.r, off, n, last, c.r.IsWhole(), c.off, c.n, c.last, c.whole, c.text)
		}
	}
}
