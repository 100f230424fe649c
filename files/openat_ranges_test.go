package files_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// resolved returns the bytes of a range of content.
func resolved(r files.Range, content []byte) []byte {
	off, n := r.Resolve(int64(len(content)))
	return content[off : off+n]
}

// TestReadRanges reads ranges of every kind and order, and compares.
func TestReadRanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 60 {
		size := []int{0, 1, 1000, 100_000, 3 << 20}[round%5]
		content := randomBytes(size)
		r := newRemote(t)
		r.put(t, "f", content)
		direct := mem.New(nil)
		if _, err := files.PutBytes(t.Context(), direct, "f", content, nil); err != nil {
			t.Fatal(err)
		}
		var ranges []files.Range
		for range rng.IntN(40) {
			off, n := rng.Int64N(int64(size)+10), rng.Int64N(int64(size)/10+10)
			switch rng.IntN(12) {
			case 0:
				ranges = append(ranges, files.Last(n))
			case 1:
				ranges = append(ranges, files.From(off))
			case 2:
				ranges = append(ranges, files.Bytes(off, 0), files.Bytes(off, n),
					files.Bytes(off, n))
			case 3:
				ranges = append(ranges, files.Range{}, files.Bytes(off, math.MaxInt64-off),
					files.Bytes(off, math.MaxInt64), files.Bytes(math.MaxInt64-5, 10),
					files.Bytes(1<<62+5, 10), files.From(math.MaxInt64), files.Last(math.MaxInt64))
			default:
				ranges = append(ranges, files.Bytes(off, n))
			}
		}
		for _, b := range []files.Bucket{r, direct} {
			f := openAt(t, b, "f", nil)
			for way, read := range map[string]func() ([][]byte, error){
				"function": func() ([][]byte, error) {
					return files.ReadRanges(t.Context(), b, "f", ranges, nil)
				},
				"method": func() ([][]byte, error) { return f.ReadRanges(ranges...) },
			} {
				got, err := read()
				if err != nil || len(got) != len(ranges) {
					t.Fatalf("%s: %d results of %d, %v, want no error and %d",
						way, len(got), len(ranges), err, len(ranges))
				}
				for i, p := range got {
					if want := resolved(ranges[i], content); !bytes.Equal(p, want) || p == nil {
						t.Fatalf("%s: %v of %d bytes: %d bytes, want %d", way, ranges[i], size,
							len(p), len(want))
					}
					if cap(p) > len(p)+len(p)/10+64 {
						t.Errorf("%s: %d bytes keep %d bytes of memory", way, len(p), cap(p))
					}
				}
			}
		}
	}
}

// TestReadRangesRequests counts the requests and the bytes that are read needlessly.
func TestReadRangesRequests(t *testing.T) {
	content := randomBytes(64 << 20)
	r := newRemote(t)
	r.put(t, "f", content)
	cluster := func(n, each, gap int) (ranges []files.Range) {
		for c := range 10 {
			for i := range n / 10 {
				ranges = append(ranges, files.Bytes(int64(c*6<<20+i*(each+gap)), int64(each)))
			}
		}
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(ranges), func(i, j int) {
			ranges[i], ranges[j] = ranges[j], ranges[i]
		})
		return ranges
	}
	for _, c := range []struct {
		what     string
		ranges   []files.Range
		requests int64
		wasted   float64 // of the bytes read
	}{
		{"1,000 ranges in 10 clusters", cluster(1000, 1000, 9000), 20, 0.95},
		{"large ranges near each other", cluster(100, 200<<10, 100<<10), 20, 0.5},
		{"far from each other", cluster(10, 1000, 0), 10, 0},
		{"small ranges 512 KiB apart", cluster(100, 10<<10, 512<<10), 100, 0.01},
		{"touching", cluster(1000, 5000, 0), 10, 0},
		{"the last bytes", []files.Range{files.Last(8)}, 1, 0},
		{"the last bytes and others", []files.Range{files.Last(8), files.Bytes(5, 10)}, 2, 0},
		{"nothing", []files.Range{files.Bytes(5, 0), files.Last(0)}, 1, 0},
		{"none", nil, 1, 0},
		{"the last byte", []files.Range{files.Last(1)}, 1, 0},
		{"one byte", []files.Range{files.Bytes(32<<20, 1)}, 1, 0},
		{"more than one request takes", []files.Range{files.Bytes(0, 20<<20), files.Bytes(21<<20,
			20<<20)}, 2, 0},
	} {
		r.gets.Store(0)
		r.sent.Store(0)
		got, err := files.ReadRanges(t.Context(), r, "f", c.ranges, nil)
		if err != nil {
			t.Fatalf("%s: ReadRanges = %v, want no error", c.what, err)
		}
		var useful int64
		for i, p := range got {
			useful += int64(len(p))
			if !bytes.Equal(p, resolved(c.ranges[i], content)) {
				t.Errorf("%s: wrong bytes", c.what)
			}
		}
		if n := r.gets.Load(); n > c.requests {
			t.Errorf("%s: %d requests, want at most %d", c.what, n, c.requests)
		}
		if sent := r.sent.Load(); float64(sent-useful) > c.wasted*float64(sent) {
			t.Errorf("%s: %d bytes were read for %d", c.what, sent, useful)
		}
	}
}

// TestReadRangesFails: if one range fails, ReadRanges fails, and a change between the
// requests is ErrChanged.
func TestReadRangesFails(t *testing.T) {
	r := newRemote(t)
	if _, err := files.ReadRanges(t.Context(), r, "none", []files.Range{files.Bytes(0, 1)},
		nil); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("of a missing file: %v, want ErrNotExist", err)
	}
	r.put(t, "f", randomBytes(4<<20))
	if _, err := files.ReadRanges(t.Context(), r, "f", []files.Range{files.Bytes(0, 1),
		files.Bytes(-1, 1)}, nil); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("of a negative offset: %v, want ErrInvalid", err)
	}
	if _, err := files.ReadRanges(t.Context(), r, "f", nil,
		&files.OpenAtOptions{IfVersion: "another"}); !errors.Is(err, files.ErrPrecondition) {
		t.Errorf("of another version: %v, want ErrPrecondition", err)
	}
	ranges := []files.Range{files.Bytes(0, 10), files.Bytes(3<<20, 10)}
	fail := errors.New("failed")
	r.opening = func(context.Context, *files.Call) error {
		if r.gets.Load()%2 == 0 {
			return fail
		}
		return nil
	}
	r.gets.Store(0)
	if _, err := files.ReadRanges(t.Context(), r, "f", ranges, nil); !errors.Is(err, fail) {
		t.Errorf("the second request fails: %v, want %v", err, fail)
	}
	r.gets.Store(0)
	r.opening = func(ctx context.Context, _ *files.Call) error {
		if r.gets.Load() == 2 {
			files.PutString(ctx, r, "f", "new", nil)
		}
		return nil
	}
	if _, err := files.ReadRanges(t.Context(), r, "f", ranges, nil); !errors.Is(err,
		files.ErrChanged) {
		t.Errorf("replaced in between: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.put(t, "f", randomBytes(4<<20))
	r.opening = func(context.Context, *files.Call) error { cancel(); return nil }
	if _, err := files.ReadRanges(ctx, r, "f", ranges, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, want context.Canceled", err)
	}
}

// TestReadRangesMemory: ReadRanges needs no more memory than its results, whatever lies
// between the ranges.
func TestReadRangesMemory(t *testing.T) {
	r := newRemote(t)
	r.put(t, "f", randomBytes(32<<20))
	var ranges []files.Range
	for off := int64(0); off < 32<<20; off += 64 << 10 {
		ranges = append(ranges, files.Bytes(off, 1024))
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if _, err := files.ReadRanges(t.Context(), r, "f", ranges, nil); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
		t.Errorf("%d bytes were allocated for %d results of 1 KiB, want at most 4<<20",
			n, len(ranges))
	}
}

// TestSingleBytes: ReadRanges reads ranges of one byte, with gaps between them and next
// to others, and leaves no body open.
func TestSingleBytes(t *testing.T) {
	r := newRemote(t)
	content := randomBytes(1 << 20)
	r.put(t, "f", content)
	b, open := openBodies(r.Bucket)
	f := openAt(t, b, "f", nil)
	for _, ranges := range [][]files.Range{
		{files.Bytes(0, 1), files.Bytes(10, 1), files.Bytes(12, 1), files.Bytes(13, 1)},
		{files.Bytes(5, 3), files.Bytes(6, 3), files.Bytes(7, 1), files.Bytes(20, 1)},
		{files.Bytes(100, 1), files.Bytes(900_000, 1), files.Bytes(900_002, 1)},
		{files.Bytes(50, 10), files.Bytes(50, 11), files.Bytes(63, 0), files.Bytes(64, 1)},
		{files.Bytes(100, 0), files.Bytes(200, 1), files.Last(1), files.From(1<<20 - 3)},
	} {
		for way, read := range map[string]func() ([][]byte, error){
			"function": func() ([][]byte, error) {
				return files.ReadRanges(ctx, b, "f", ranges, nil)
			},
			"method": func() ([][]byte, error) { return f.ReadRanges(ranges...) },
		} {
			got, err := read()
			if err != nil || len(got) != len(ranges) {
				t.Fatalf("%s: %d results of %v, %v", way, len(got), ranges, err)
			}
			for i, p := range got {
				if !bytes.Equal(p, resolved(ranges[i], content)) {
					t.Errorf("%s: %v of %v is wrong", way, ranges[i], ranges)
				}
			}
			if n := open.Load(); n != 0 {
				t.Errorf("%s: %d bodies stay open after %v", way, n, ranges)
			}
		}
	}
}
