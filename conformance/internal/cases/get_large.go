package cases

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var getLargeCases = []suite.Case{
	{
		Rule: "G3",
		Name: "large",
		Why: "ranges of a large file must be read at the right offset, also after its first " +
			"part",
		Largest: largeSize,
		Run:     largeRanges,
	},
	{
		Rule:    "G4",
		Name:    "large",
		Why:     "a body must remain one version far ahead of the reader too",
		Needs:   feature.Needs(feature.OneVersionReads),
		Largest: largeSize,
		Run:     largeReplacedWhileRead,
	},
	{
		Rule:    "G5",
		Name:    "large",
		Why:     "a download of a large file must go on where its connection broke",
		Needs:   feature.Needs(feature.ReadConditions),
		Largest: largeSize,
		Run:     largeResumed,
	},
	{
		Rule:    "G6",
		Name:    "large",
		Why:     "damage must be found in a large file too",
		Needs:   feature.Needs(feature.Digests),
		Largest: largeSize,
		Run:     largeDamage,
	},
	{
		Rule:    "G8",
		Name:    "large",
		Why:     "conditions must hold for large files: a cache saves most with them",
		Needs:   feature.Needs(feature.Versions, feature.ReadConditions),
		Largest: largeSize,
		Run:     largeIfChanged,
	},
	{
		Rule: "G10",
		Name: "large",
		Why: "a large file must be readable at every offset, also by several requests at a " +
			"time",
		Largest: largeSize,
		Run:     largeAt,
	},
	{
		Rule: "S1",
		Name: "large",
		Why: "Stat must return everything about a large file: a program decides by it " +
			"whether to read",
		Largest: largeSize,
		Run:     largeStat,
	},
	{
		Rule:    "L5",
		Name:    "large",
		Why:     "a listing must have the exact size of a large file",
		Largest: largeSize,
		Run:     largeListed,
	},
}

// borders are offsets at and near those at which blocks and parts begin.
var borders = []int{
	0, 1, 4095, 4096, 64<<10 - 1, 64 << 10, 1<<20 - 1, 1 << 20, 1<<20 + 1, 4<<20 - 1, 4 << 20,
	4<<20 + 1, 5<<20 - 1, 5 << 20, 5<<20 + 1, 5<<20 + 5000, largeSize - 1, largeSize,
}

func largeRanges(t suite.T, h *suite.H) {
	c := check.Content(1, largeSize)
	check.Put(t, h, "a", c, nil)
	for _, off := range borders {
		for _, n := range []int64{1, 4097} {
			wantRange(t, h, "a", c, files.Bytes(int64(off), n))
		}
		// a range that ends there
		wantRange(t, h, "a", c, files.Bytes(int64(max(off-100, 0)), 100))
	}
	wantRange(t, h, "a", c, files.Bytes(1<<20, 5<<20))
	wantRange(t, h, "a", c, files.From(4<<20+1))
	wantRange(t, h, "a", c, files.From(1))
	wantRange(t, h, "a", c, files.Last(5<<20))
	wantRange(t, h, "a", c, files.Last(100))
}

func largeReplacedWhileRead(t suite.T, h *suite.H) {
	old := check.Content(1, largeSize)
	for what, change := range map[string]func(){
		"replaced by a large file": func() {
			check.Put(t, h, "a", check.Content(2, largeSize), nil)
		},
		"replaced by a small file": func() { check.Put(t, h, "a", check.Content(3, 100), nil) },
		"deleted":                  func() { check.Remove(t, h, "a") },
	} {
		check.Put(t, h, "a", old, nil)
		r := open(t, h, "a", nil)
		got, err := r.ReadN(1000)
		if err != nil {
			t.Fatalf("ReadN: %v, want no error", err)
		}
		got = bytes.Clone(got)
		change()
		rest, err := r.ReadAll()
		r.Close()
		got = append(got, rest...)
		want := old
		switch {
		case errors.Is(err, files.ErrChanged):
			want = old[:min(len(got), len(old))]
		case err != nil:
			t.Errorf("a large file that was %s while it was read: %v, want the old content or "+
				"ErrChanged", what, err)
			continue
		}
		if d := check.Diff(got, want); d != "" {
			t.Errorf("a large file that was %s while it was read %s", what, d)
		}
	}
}

func largeResumed(t suite.T, h *suite.H) {
	c := check.Content(1, largeSize)
	check.Put(t, h, "a", c, nil)
	for _, n := range []int64{5<<20 + 1, 2 << 20, -1} {
		cut(t, h, n)
		p, _ := check.Get(t, h, "a", nil)
		if d := check.Diff(p, c); d != "" {
			t.Errorf("read over connections that break after %d bytes, the content %s", n, d)
		}
		wantRange(t, h, "a", c, files.From(4<<20-5))
	}
}

func largeDamage(t suite.T, h *suite.H) {
	if h.Harness.Damage == nil {
		t.Skipf("the harness can't damage a file")
	}
	check.Put(t, h, "a", check.Content(1, largeSize), nil)
	h.Harness.Damage(t, h.Bucket, "a")
	_, _, err := check.Read(t.Context(), h, "a", nil)
	check.WantErr(t, "reading a large file that was damaged", err, files.ErrCorrupt)
}

func largeIfChanged(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, largeSize), nil)
	old := current(t, h, "a")
	notModified := func(o *files.GetOptions) {
		t.Helper()
		r, err := h.Get(t.Context(), "a", o)
		check.WantErr(t, "Get of a large file with IfNotVersion of its version", err,
			files.ErrNotModified)
		if err == nil {
			r.Close()
		}
	}
	notModified(&files.GetOptions{IfNotVersion: old})
	notModified(&files.GetOptions{IfNotVersion: old, Range: files.From(5 << 20)})
	now := check.Content(2, largeSize)
	check.Put(t, h, "a", now, nil)
	for _, g := range []files.Range{{}, files.From(5 << 20)} {
		r, err := h.Get(t.Context(), "a", &files.GetOptions{IfVersion: old, Range: g})
		check.WantErr(t, "Get of a large file with a version that was replaced", err,
			files.ErrPrecondition)
		if err == nil {
			r.Close()
		}
	}
	v := current(t, h, "a")
	for _, o := range []*files.GetOptions{{IfVersion: v}, {IfNotVersion: old}} {
		p, _ := check.Get(t, h, "a", o)
		if d := check.Diff(p, now); d != "" {
			t.Errorf("Get of a large file with %+v %s", o, d)
		}
	}
}

// writerAt takes a content in any order.
type writerAt []byte

func (w writerAt) WriteAt(p []byte, off int64) (int, error) {
	if off < 0 || off > int64(len(w)) {
		return 0, fmt.Errorf("%d bytes were written at %d, beyond the %d of the file", len(p), off,
			len(w))
	}
	n := copy(w[off:], p)
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

// wantDownload fails the case unless DownloadAt returns the content.
func wantDownload(t suite.T, h *suite.H, name string, c []byte, o *files.DownloadAtOptions) {
	t.Helper()
	got := make(writerAt, len(c))
	info, err := files.DownloadAt(t.Context(), h.Bucket, name, got, o)
	if err != nil {
		t.Errorf("DownloadAt of %d bytes with %+v: %v, want no error", len(c), o, err)
		return
	}
	check.Same(t, "size in DownloadAt's Info", info.Size, int64(len(c)))
	if d := check.Diff(got, c); d != "" {
		t.Errorf("DownloadAt of %d bytes with %+v %s", len(c), o, d)
	}
}

func largeAt(t suite.T, h *suite.H) {
	c := check.Content(1, largeSize)
	check.Put(t, h, "a", c, nil)
	f := openAt(t, h, "a")
	var ranges []files.Range
	for i := range borders {
		off := borders[(i*7)%len(borders)] // forwards and backwards
		wantAt(t, f, c, int64(off), 3000)
		ranges = append(ranges, files.Bytes(int64(off), 3000))
	}
	wantAt(t, f, c, 1<<20-1, 5<<20)
	wantAt(t, f, c, 0, largeSize)
	if _, err := f.Seek(-10, io.SeekEnd); err != nil {
		t.Errorf("Seek: %v, want no error", err)
	}
	end, err := io.ReadAll(f)
	if d := check.Diff(end, c[largeSize-10:]); err != nil || d != "" {
		t.Errorf("the last 10 bytes: %v; content %s", err, d)
	}
	f.Close()
	got, err := files.ReadRanges(t.Context(), h, "a", ranges, nil)
	if err != nil {
		t.Fatalf("ReadRanges of %d bytes: %v, want no error", largeSize, err)
	}
	for i, r := range ranges {
		off, n := r.Resolve(largeSize)
		if d := check.Diff(got[i], c[off:off+n]); d != "" {
			t.Errorf("of ReadRanges of %d bytes, %v %s", largeSize, r, d)
		}
	}
	for _, part := range []int64{1 << 20, 2<<20 - 1, 4 << 20, largeSize - 1, largeSize, 0} {
		wantDownload(t, h, "a", c, &files.DownloadAtOptions{PartSize: part, Concurrency: 3})
	}
}

func largeStat(t suite.T, h *suite.H) {
	for _, n := range []int{1<<20 + 1, largeSize} {
		c := check.Content(n, n)
		info := check.Put(t, h, "a", c, fully(h, "large"))
		check.Same(t, "size in Stat's Info", check.Stat(t, h, "a").Size, int64(n))
		wantSame(t, h, info)
		for _, g := range []files.Range{files.Bytes(0, 10), files.Last(10)} {
			r := open(t, h, "a", &files.GetOptions{Range: g})
			wantRangeInfo(t, g, r.Info(), check.Stat(t, h, "a"))
			r.Close()
		}
	}
}

func largeListed(t suite.T, h *suite.H) {
	sizes := map[string]int64{"a": 511, "d/b": 1<<20 + 1, "d/c": largeSize, "e": largeSize - 1}
	for name, n := range sizes {
		check.Put(t, h, name, check.Content(int(n), int(n)), nil)
	}
	for _, o := range []files.ListOptions{{}, {PageSize: 1}, {StartAfter: "d/b"}} {
		for e, err := range h.List(t.Context(), "", &o) {
			if err != nil {
				t.Fatalf("List: %v, want no error", err)
			}
			check.Same(t, "size of the entry "+e.Name, e.Size, sizes[e.Name])
			wantEntry(t, h, e)
		}
	}
	for _, e := range check.Shallow(t, h, "d") {
		wantEntry(t, h, e)
	}
	const want = int64(largeSize + 1<<20 + 1)
	if n, bytes, err := files.Usage(t.Context(), h.Bucket, "d"); err != nil || n != 2 ||
		bytes != want {
		t.Errorf("Usage of a directory: %d files of %d bytes, %v, want 2 of %d", n, bytes, err,
			want)
	}
}
