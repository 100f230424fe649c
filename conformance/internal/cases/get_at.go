package cases

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var getAtCases = []suite.Case{
	{
		Rule:    "G10",
		Name:    "every-place",
		Why:     "every part of a file must be readable at its offset, in any order",
		Largest: 300_000,
		Run:     openAtPlaces,
	},
	{
		Rule:    "G10",
		Name:    "replaced",
		Why:     "all parts that are read through one handle must be of one version",
		Largest: 1 << 20,
		Run:     openAtReplaced,
	},
	{
		Rule:    "G10",
		Name:    "in-parallel",
		Why:     "ReadAt and Close must be safe for concurrent use",
		Largest: 1 << 20,
		Run:     openAtParallel,
	},
	{
		Rule:    "G10",
		Name:    "ranges",
		Why:     "many ranges must be read in few requests, and each must get its own bytes",
		Largest: 3 << 20,
		Run:     openAtRanges,
	},
	{
		Rule:    "G10",
		Name:    "connections",
		Why:     "a large body that is read by several requests at a time must be one file",
		Needs:   feature.Needs(feature.OneVersionReads),
		Largest: manyRequests,
		Run:     getConnections,
	},
}

// openAt opens a file by OpenAt.
func openAt(t suite.T, h *suite.H, name string) *files.File {
	t.Helper()
	f, err := files.OpenAt(t.Context(), h, name, nil)
	if err != nil {
		t.Fatalf("OpenAt of %q: %v, want no error", name, err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// wantAt fails the case unless ReadAt returns what that of a bytes.Reader does.
func wantAt(t suite.T, f *files.File, c []byte, off int64, n int) {
	t.Helper()
	p, q := make([]byte, n), make([]byte, n)
	got, err := f.ReadAt(p, off)
	want, wantErr := bytes.NewReader(c).ReadAt(q, off)
	if n == 0 {
		wantErr = nil
	}
	if got != want || err != wantErr {
		t.Errorf("ReadAt of %d bytes from %d of %d = %d, %v, want %d, %v", n, off, len(c), got, err,
			want, wantErr)
		return
	}
	if d := check.Diff(p[:got], q[:want]); d != "" {
		t.Errorf("ReadAt of %d bytes from %d of %d %s", n, off, len(c), d)
	}
}

func openAtPlaces(t suite.T, h *suite.H) {
	for i, size := range []int{0, 1, 5, 1000, 70_000, 300_000} {
		name, c := fmt.Sprint("f", i), check.Content(i, size)
		check.Put(t, h, name, c, nil)
		f := openAt(t, h, name)
		check.Same(t, "Size", f.Size(), int64(size))
		for _, off := range []int{0, 1, 4, size / 2, size - 1, size, size + 1, 65_535, 65_536} {
			for _, n := range []int{0, 1, 2, 777, 70_000} {
				if off >= 0 {
					wantAt(t, f, c, int64(off), n)
				}
			}
		}
		if end, err := f.Seek(0, io.SeekEnd); err != nil || end != int64(size) {
			t.Errorf("Seek to the end of %d bytes = %d, %v, want the size and no error",
				size, end, err)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			t.Errorf("Seek to the beginning: %v, want no error", err)
		}
		p, err := io.ReadAll(f)
		if err != nil {
			t.Errorf("reading all %d bytes: %v, want no error", size, err)
		}
		if d := check.Diff(p, c); d != "" {
			t.Errorf("read by Read, the content %s", d)
		}
		f.Close()
		if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, files.ErrClosed) {
			t.Errorf("ReadAt after Close = %v, want ErrClosed", err)
		}
	}
	_, err := files.OpenAt(t.Context(), h, "missing", nil)
	check.WantErr(t, "OpenAt of a missing file", err, files.ErrNotExist)
}

// openAtReplaced checks that everything read is of the version that was opened.
func openAtReplaced(t suite.T, h *suite.H) {
	old, now := check.Content(1, 900_000), check.Content(2, 900_001)
	for how, change := range map[string]func(){
		"replaced": func() { check.Put(t, h, "a", now, nil) },
		"deleted":  func() { check.Remove(t, h, "a") },
	} {
		check.Put(t, h, "a", old, nil)
		f := openAt(t, h, "a")
		wantAt(t, f, old, 10, 1000)
		wantAt(t, f, old, 800_000, 1000)
		change()
		for _, off := range []int64{20, 400_000, 600_000, 800_500} {
			p := make([]byte, 1000)
			n, err := f.ReadAt(p, off)
			switch {
			case errors.Is(err, files.ErrChanged):
			case err != nil:
				t.Errorf("ReadAt of a file that was %s = %v, want its bytes or ErrChanged", how,
					err)
			default:
				if d := check.Diff(p[:n], old[off:off+1000]); d != "" {
					t.Errorf("ReadAt of a file that was %s %s", how, d)
				}
			}
		}
		f.Close()
	}
	check.Put(t, h, "a", now, nil)
	wantAt(t, openAt(t, h, "a"), now, 800_500, 1000)
}

func openAtParallel(t suite.T, h *suite.H) {
	c := check.Content(3, 900_000)
	check.Put(t, h, "a", c, nil)
	for range h.Rounds(3) {
		f := openAt(t, h, "a")
		var all sync.WaitGroup
		all.Add(8)
		check.Parallel(9, func(i int) {
			if i == 8 {
				all.Wait() // each has read at several offsets
				f.Close()
				return
			}
			began := sync.OnceFunc(all.Done)
			defer began()
			reads := 0
			for off := int64(i) * 111_000; ; off = (off + 70_001) % 890_000 {
				p := make([]byte, 5000)
				n, err := f.ReadAt(p, off)
				if errors.Is(err, files.ErrClosed) {
					return
				}
				if err != nil || !bytes.Equal(p[:n], c[off:off+5000]) {
					t.Errorf("ReadAt of 5000 bytes from %d, during other reads = %d, %v, "+
						"want 5000 and no error", off, n, err)
					return
				}
				if reads++; reads == 10 {
					began()
				}
			}
		})
	}
}

func openAtRanges(t suite.T, h *suite.H) {
	for i, size := range []int{0, 1000, 2_500_000} {
		name, c := fmt.Sprint("f", i), check.Content(i, size)
		check.Put(t, h, name, c, nil)
		end := int64(size)
		ranges := []files.Range{
			files.Last(10), files.Bytes(end/2, 1000), files.Bytes(5, 10), files.Bytes(5, 10),
			files.Bytes(end, 10), files.Bytes(0, 0), files.Bytes(8, 20), files.From(max(end-5, 0)),
			files.Bytes(end/3, 100_000), files.Bytes(end/3+10, 10), files.Bytes(end-1, 1<<40),
		}
		if size == 0 {
			ranges = ranges[:len(ranges)-1]
		}
		got, err := files.ReadRanges(t.Context(), h, name, ranges, nil)
		if err != nil {
			t.Errorf("ReadRanges of %d bytes: %v, want no error", size, err)
			continue
		}
		for i, r := range ranges {
			off, n := r.Resolve(end)
			if d := check.Diff(got[i], c[off:off+n]); d != "" {
				t.Errorf("of ReadRanges of %d bytes, %v %s", size, r, d)
			}
		}
	}
}

// manyRequests is a size in bytes at which several requests read a part each.
const manyRequests = 21<<20 + 5

// getConnections reads by several connections as early as possible, while the file is
// replaced and while it isn't.
func getConnections(t suite.T, h *suite.H) {
	old, now := check.Content(1, manyRequests), check.Content(2, manyRequests)
	check.Put(t, h, "a", old, nil)
	for _, rg := range []files.Range{{}, files.From(1_000_003), files.Last(manyRequests - 77)} {
		r := open(t, h, "a", &files.GetOptions{
			Range:            rg,
			Connections:      4,
			ConnectionsAfter: 1,
		})
		p, err := r.ReadAll()
		if err != nil {
			t.Errorf("reading %v by several connections: %v, want no error", rg, err)
		} else if d := check.Diff(p, old[r.Offset():][:r.Len()]); d != "" {
			t.Errorf("read by several connections, %v %s", rg, d)
		}
	}
	r := open(t, h, "a", &files.GetOptions{Connections: 2, ConnectionsAfter: 1})
	p, err := r.ReadN(1 << 20)
	if err != nil {
		t.Fatalf("ReadN: %v, want no error", err)
	}
	check.Put(t, h, "a", now, nil)
	rest, err := io.ReadAll(r)
	p = append(p, rest...)
	switch {
	case errors.Is(err, files.ErrChanged):
		old = old[:min(len(p), len(old))]
	case err != nil:
		t.Errorf("reading on after the change: %v, want the old content or ErrChanged", err)
		return
	}
	if d := check.Diff(p, old); d != "" {
		t.Errorf("the body of a file that was replaced during a read by several connections %s", d)
	}
}
