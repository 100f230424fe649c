package cases

import (
	"fmt"
	"io"
	"math"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var getHugeCases = []suite.Case{
	{
		Rule: "G3",
		Name: "beyond-4-gib",
		Why: "offsets must not be cut to 31 or 32 bits, which would read from the beginning " +
			"again",
		Largest: hugeEnds,
		Run:     hugeRanges,
	},
	{
		Rule:    "G10",
		Name:    "beyond-4-gib",
		Why:     "a large file such as a disk image must be readable at every offset",
		Largest: hugeEnds,
		Run:     hugeAt,
	},
	{
		Rule:    "L5",
		Name:    "beyond-4-gib",
		Why:     "a size must not be cut to 32 bits, which would look like that of a small file",
		Largest: hugeEnds,
		Run:     hugeSizes,
	},
	{
		Rule:    "C1",
		Name:    "beyond-4-gib",
		Why:     "a copy must not end at 4 GiB",
		Largest: hugeEnds,
		Run:     hugeCopy,
	},
}

// A huge file has content at both ends, and between them a hole that ends beyond 4 GiB.
const (
	hugeEnds = 1 << 20 // of content at each end
	hugeHole = 4<<30 + 4097
	hugeSize = hugeHole + hugeEnds
)

// huge is the content of such a file.
type huge struct{ head, tail []byte }

// ReadAt reads from what the file must hold.
func (c *huge) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	n := min(int64(len(p)), max(hugeSize-off, 0))
	if off < hugeEnds {
		copy(p[:n], c.head[off:])
	}
	if from := max(off, hugeHole); from < off+n {
		copy(p[from-off:n], c.tail[from-hugeHole:])
	}
	if n < int64(len(p)) {
		return int(n), io.EOF
	}
	return int(n), nil
}

// putHuge makes a huge file, or skips the case if the harness can't.
func putHuge(t suite.T, h *suite.H, name string) *huge {
	t.Helper()
	if h.Harness.Extend == nil || h.Harness.Append == nil {
		t.Skipf("the harness can't make a file of more than 4 GiB that takes no space")
	}
	if m := h.F.MaxSize; m > 0 && m < hugeSize {
		t.Skipf("the bucket takes no more than %d bytes", m)
	}
	c := &huge{check.Content(1, hugeEnds), check.Content(2, hugeEnds)}
	check.Put(t, h, name, c.head, nil)
	h.Harness.Extend(t, h.Bucket, name, hugeHole)
	h.Harness.Append(t, h.Bucket, name, c.tail)
	return c
}

// hugePlaces are offsets on both sides of 31 and 32 bits, and of the content.
var hugePlaces = []int64{
	0, 1, hugeEnds - 5, math.MaxInt32 - 5, math.MaxInt32, math.MaxInt32 + 1, math.MaxUint32 - 5,
	math.MaxUint32, math.MaxUint32 + 1, hugeHole - 5, hugeHole, hugeHole + 4096, hugeSize - 10,
	hugeSize - 1, hugeSize, hugeSize + 1,
}

func hugeRanges(t suite.T, h *suite.H) {
	c := putHuge(t, h, "a")
	want := func(g files.Range) {
		t.Helper()
		r, err := h.Get(t.Context(), "a", &files.GetOptions{Range: g})
		if err != nil {
			t.Errorf("Get of the range %v of %d bytes: %v, want no error", g, int64(hugeSize), err)
			return
		}
		defer r.Close()
		off, n := g.Resolve(hugeSize)
		check.Same(t, fmt.Sprintf("offset and length of the range %v", g),
			[2]int64{r.Offset(), r.Len()}, [2]int64{off, n})
		check.Same(t, "size in its Info", r.Info().Size, int64(hugeSize))
		p, err := check.ReadAll(r)
		q := make([]byte, n)
		c.ReadAt(q, off)
		if d := check.Diff(p, q); err != nil || d != "" {
			t.Errorf("the range %v of %d bytes: %v; content %s", g, int64(hugeSize), err, d)
		}
	}
	for _, off := range hugePlaces {
		want(files.Bytes(off, 1))
		want(files.Bytes(off, 70_000))
	}
	for _, n := range []int64{1, 100, hugeEnds, hugeEnds + 100} {
		want(files.Last(n))
		want(files.From(hugeSize - n))
	}
}

func hugeAt(t suite.T, h *suite.H) {
	c := putHuge(t, h, "a")
	f := openAt(t, h, "a")
	check.Same(t, "Size", f.Size(), int64(hugeSize))
	var ranges []files.Range
	for _, off := range hugePlaces {
		p, q := make([]byte, 5000), make([]byte, 5000)
		n, err := f.ReadAt(p, off)
		want, wantErr := c.ReadAt(q, off)
		if n != want || err != wantErr {
			t.Errorf("ReadAt from %d of %d = %d, %v, want %d, %v", off, int64(hugeSize), n, err,
				want, wantErr)
		} else if d := check.Diff(p[:n], q[:n]); d != "" {
			t.Errorf("ReadAt from %d of %d %s", off, int64(hugeSize), d)
		}
		ranges = append(ranges, files.Bytes(off, 5000))
	}
	if end, err := f.Seek(0, io.SeekEnd); err != nil || end != hugeSize {
		t.Errorf("Seek to the end of %d bytes = %d, %v, want the size and no error",
			int64(hugeSize), end, err)
	}
	f.Close()
	got, err := files.ReadRanges(t.Context(), h.Bucket, "a", ranges, nil)
	if err != nil {
		t.Fatalf("ReadRanges of %d bytes: %v, want no error", int64(hugeSize), err)
	}
	for i, r := range ranges {
		off, n := r.Resolve(hugeSize)
		q := make([]byte, n)
		c.ReadAt(q, off)
		if d := check.Diff(got[i], q); d != "" {
			t.Errorf("of ReadRanges of %d bytes, %v %s", int64(hugeSize), r, d)
		}
	}
}

func hugeSizes(t suite.T, h *suite.H) {
	putHuge(t, h, "d/huge")
	wantHuge(t, h, "d/huge")
	check.Put(t, h, "d/a", check.Content(3, 10), nil)
	_, bytes, err := files.Usage(t.Context(), h.Bucket, "d")
	if err != nil || bytes != hugeSize+10 {
		t.Errorf("Usage: %d bytes, %v, want %d", bytes, err, int64(hugeSize+10))
	}
}

// wantHuge checks the size that Stat and List report for a huge file.
func wantHuge(t suite.T, h *suite.H, name string) {
	t.Helper()
	check.Same(t, "size in Stat's Info of "+name, check.Stat(t, h, name).Size, int64(hugeSize))
	for _, sh := range []bool{false, true} {
		o := &files.ListOptions{Shallow: sh, Prefix: "huge"}
		for e, err := range h.List(t.Context(), "d", o) {
			if err != nil {
				t.Fatalf("List: %v, want no error", err)
			}
			if e.Name == name {
				wantEntry(t, h, e)
				check.Same(t, "size of the entry "+name, e.Size, int64(hugeSize))
			}
		}
	}
}

func hugeCopy(t suite.T, h *suite.H) {
	if !h.F.ServerCopy {
		t.Skipf("the bucket does not claim ServerCopy, and 4 GiB are too many to pass through")
	}
	c := putHuge(t, h, "d/huge")
	check.Put(t, h, "d/huge-copy", check.Content(3, 10), nil)
	info := cp(t, h.Bucket, "d/huge-copy", "d/huge", &files.CopyOptions{FullInfo: true})
	check.Same(t, "size in Copy's Info", info.Size, int64(hugeSize))
	wantHuge(t, h, "d/huge")
	wantHuge(t, h, "d/huge-copy")
	for _, off := range hugePlaces {
		n := min(int64(5000), max(hugeSize-off, 0))
		p, _ := check.Get(t, h, "d/huge-copy", &files.GetOptions{Range: files.Bytes(off, n)})
		q := make([]byte, n)
		c.ReadAt(q, off)
		if d := check.Diff(p, q); d != "" {
			t.Errorf("the copy of %d bytes, from %d on, %s", int64(hugeSize), off, d)
		}
	}
}
