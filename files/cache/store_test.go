package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
	"cloudfiles.dev/files/driver"
)

func held(t *testing.T, store files.Bucket) (names []string, size int64) {
	t.Helper()
	for e, err := range store.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Name)
		size += e.Size
	}
	return names, size
}

// TestStoreKeepsBounds: reads keep the bounds, and evict the least recently used entries.
func TestStoreKeepsBounds(t *testing.T) {
	for what, o := range map[string]cache.Options{
		"bytes":   {MaxBytes: 4 << 20},
		"entries": {MaxEntries: 4},
	} {
		origin := counting(t, nil)
		store := mem.New(nil)
		stats := &cache.Stats{}
		o.Stats = stats
		b := newCache(t, origin.Bucket, store, &o)
		c := random(5, 1000_000)
		for i := range 20 {
			put(t, origin.Bucket, fmt.Sprint(i), c)
		}
		for i := range 20 {
			read(t, b, fmt.Sprint(i), files.Range{}, c)
			read(t, b, "0", files.Range{}, c) // in use all the time
			names, size := held(t, store)
			if size > 4<<20 || len(names) > 4 {
				t.Fatalf("%s, file %d: %d entries of %d bytes", what, i, len(names), size)
			}
			if n := stats.Counts(); n.Bytes != size || n.Entries != int64(len(names)) {
				t.Errorf("%s, file %d: %d entries of %d bytes, and %+v", what, i, len(names), size,
					n)
			}
		}
		origin.reset()
		for _, name := range []string{"0", "19", "18", "17"} {
			read(t, b, name, files.Range{}, c)
		}
		if _, bodies := origin.reset(); bodies != 0 {
			t.Errorf("%s: %d of the most recent files were evicted", what, bodies)
		}
		if n := stats.Counts().Evicted; n != 16 {
			t.Errorf("%s: %d were evicted, want 16", what, n)
		}
	}
}

// TestRestart: a later process finds the entries, keeps lower bounds, and leaves other
// files of the store alone.
func TestRestart(t *testing.T) {
	origin := counting(t, nil)
	store := mem.New(nil)
	put(t, store, "cloudfiles-cache-1/zz/not an entry", []byte("of somebody else"))
	put(t, store, "another", []byte("of somebody else"))
	c := random(6, 500_000)
	first := newCache(t, origin.Bucket, store, &cache.Options{Origin: "o"})
	for i := range 20 {
		put(t, origin.Bucket, fmt.Sprint(i), c)
		read(t, first, fmt.Sprint(i), files.Range{}, c)
	}
	origin.reset()
	second := newCache(t, origin.Bucket, store, &cache.Options{Origin: "o", MaxBytes: 3 << 20})
	for i := range 20 {
		read(t, second, fmt.Sprint(i), files.Range{}, c)
	}
	if _, bodies := origin.reset(); bodies != 0 {
		t.Errorf("%d files that an earlier process had stored were downloaded", bodies)
	}
	put(t, origin.Bucket, "new", c)
	read(t, second, "new", files.Range{}, c)
	names, size := held(t, store)
	if size > 3<<20+32 || !slices.Contains(names, "another") ||
		!slices.Contains(names, "cloudfiles-cache-1/zz/not an entry") {
		t.Errorf("after a restart with a lower bound: %d bytes in %q", size, names)
	}
	origin.reset()
	for _, name := range []string{"new", "19", "18"} {
		read(t, second, name, files.Range{}, c)
	}
	if _, bodies := origin.reset(); bodies != 0 {
		t.Errorf("%d of the most recently used files were evicted", bodies)
	}
	// Each cache over the store keeps the bound, although the other one stores as much.
	small := &cache.Options{Origin: "o", MaxBytes: 3 << 20}
	both := []files.Bucket{newCache(t, origin.Bucket, store, small),
		newCache(t, origin.Bucket, store, small)}
	for i := range 40 {
		name := fmt.Sprint("both", i)
		put(t, origin.Bucket, name, c)
		read(t, both[i%2], name, files.Range{}, c)
		if _, size := held(t, store); size > 2*3<<20 {
			t.Fatalf("two caches over one store hold %d bytes", size)
		}
	}
}

// TestRangesEvictNothing: the parts of a range are stored only while there is room,
// unless RangesEvict is set.
func TestRangesEvictNothing(t *testing.T) {
	for _, evict := range []bool{false, true} {
		origin := counting(t, nil)
		stats := &cache.Stats{}
		b := newCache(t, origin.Bucket, mem.New(nil), &cache.Options{
			MaxBytes:    5 << 19,
			RangesEvict: evict,
			Stats:       stats,
		})
		c, large := random(7, 1<<20), random(8, 20<<20)
		put(t, origin.Bucket, "a", c)
		put(t, origin.Bucket, "large", large)
		read(t, b, "a", files.Range{}, c)
		read(t, b, "a", files.Bytes(3, 5), c)
		for i := range int64(10) {
			read(t, b, "large", files.Bytes(i<<21, 10), large)
		}
		read(t, b, "large", files.Range{}, large) // larger than half of MaxBytes
		origin.reset()
		read(t, b, "a", files.Range{}, c)
		_, bodies := origin.reset()
		if n := stats.Counts().Evicted; evict != (n > 0) || evict != (bodies > 0) {
			t.Errorf("RangesEvict %v: %d evicted, %d downloads", evict, n, bodies)
		}
	}
}

// TestIsolation: a cache never returns the files of another origin over the same store.
func TestIsolation(t *testing.T) {
	shared := mem.New(nil)
	one, two := mem.New(nil), mem.New(nil)
	sub := func(dir string) files.Bucket {
		b, err := files.Sub(shared, dir)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	store := mem.New(nil)
	var origins, caches []files.Bucket
	add := func(b files.Bucket, origin string) {
		origins = append(origins, b)
		caches = append(caches, newCache(t, b, store, &cache.Options{Origin: origin}))
	}
	add(one, "mem://one")
	add(two, "mem://two")
	add(sub("x"), "mem://shared")
	add(sub("y"), "mem://shared")
	add(one, "")
	add(two, "")
	for i, o := range origins[:4] {
		put(t, o, "a", bytes.Repeat([]byte{byte('a' + i)}, 10))
	}
	for range 2 {
		for i, b := range caches {
			c, err := files.ReadAll(t.Context(), origins[i], "a", nil)
			if err != nil {
				t.Fatal(err)
			}
			read(t, b, "a", files.Range{}, c)
			read(t, b, "a", files.Bytes(2, 3), c)
		}
	}
	if names, _ := held(t, store); len(names) != 6 {
		t.Errorf("%d entries for 6 caches", len(names))
	}
	// An entry that was copied to another entry's name is not used either.
	names, _ := held(t, store)
	for _, from := range names {
		for _, to := range names {
			if _, err := files.Copy(t.Context(), store, to, store, from, nil); err != nil {
				t.Fatal(err)
			}
			for i, b := range caches {
				c, _ := files.ReadAll(t.Context(), origins[i], "a", nil)
				read(t, b, "a", files.Range{}, c)
			}
		}
	}
}

// TestDamagedEntries: an entry that was cut, edited or lengthened is never returned,
// costs a download, and is replaced.
func TestDamagedEntries(t *testing.T) {
	origin := counting(t, nil)
	store := mem.New(nil)
	stats := &cache.Stats{}
	b := newCache(t, origin.Bucket, store, &cache.Options{Origin: "o", Stats: stats})
	c := random(9, 1<<20+200)
	put(t, origin.Bucket, "a", c)
	put(t, origin.Bucket, "small", c[:100])
	read(t, b, "a", files.Range{}, c)
	read(t, b, "small", files.Range{}, c[:100])
	names, _ := held(t, store)
	if len(names) != 3 {
		t.Fatalf("the entries are %q, want 3", names)
	}
	edit := func(name string, f func(p []byte) []byte) {
		t.Helper()
		p, err := files.ReadAll(t.Context(), store, name, nil)
		if err != nil {
			t.Fatal(err)
		}
		damaged := stats.Counts().Damaged
		put(t, store, name, f(slices.Clone(p)))
		for _, r := range []files.Range{files.Last(3), {}} {
			read(t, b, "a", r, c)
			read(t, b, "small", r, c[:100])
		}
		if stats.Counts().Damaged == damaged {
			t.Errorf("a change of %q wasn't noticed", name)
		}
		if now, err := files.ReadAll(t.Context(), store, name, nil); err != nil ||
			!bytes.Equal(now, p) {
			t.Errorf("after a change of %q the entry is not replaced: %v", name, err)
		}
	}
	for _, name := range names {
		info, err := store.Stat(t.Context(), name, nil)
		if err != nil {
			t.Fatal(err)
		}
		step := max(info.Size/50, 1)
		for at := int64(0); at < info.Size; at += step {
			edit(name, func(p []byte) []byte { return p[:at] })
			edit(name, func(p []byte) []byte { p[at] ^= 1; return p })
		}
		edit(name, func(p []byte) []byte { return append(p, 0) })
		edit(name, func(p []byte) []byte { return make([]byte, len(p)) })
	}
}

// troubled is a store that fails with one error, in some calls or in all.
type troubled struct {
	mu    sync.Mutex
	err   error
	fails func(op files.Op, n int) bool
	n     int
	cut   bool // bodies break in the middle
	gone  atomic.Int64
}

func (s *troubled) wrap(b files.Bucket) files.Bucket {
	return files.Wrap(b, files.Hooks{
		Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Op == files.OpDelete || c.Op == files.OpDeleteMany {
				s.gone.Add(1)
			}
			if err := s.failure(c.Op); err != nil {
				return err
			}
			return next(ctx)
		},
		Content: func(_ context.Context, c *files.Call, r io.Reader) io.Reader {
			return s.broken(r)
		},
		Body: func(_ context.Context, c *files.Call, r io.Reader) io.Reader { return s.broken(r) },
	})
}

func (s *troubled) failure(op files.Op) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n++; s.err != nil && !s.cut && s.fails(op, s.n) {
		return s.err
	}
	return nil
}

func (s *troubled) broken(r io.Reader) io.Reader {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil || !s.cut || !s.fails("", s.n) {
		return r
	}
	return io.MultiReader(io.LimitReader(r, 50), failingReader{s.err})
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }

// TestFailingStore: whatever fails in the store, every read is right, and a transient
// failure removes nothing.
func TestFailingStore(t *testing.T) {
	kinds := map[string]error{
		"ENOSPC":    driver.WithCause(files.ErrTooLarge, syscall.ENOSPC, ""),
		"EROFS":     driver.WithCause(files.ErrPermission, syscall.EROFS, ""),
		"EMFILE":    driver.WithCause(files.ErrUnavailable, syscall.EMFILE, ""),
		"EIO":       driver.WithCause(files.ErrUnavailable, syscall.EIO, ""),
		"gone":      files.ErrNoBucket,
		"closed":    files.ErrClosed,
		"plain":     errors.New("no sentinel"),
		"uncertain": files.ErrUncertain,
	}
	when := map[string]func(op files.Op, n int) bool{
		"always":       func(files.Op, int) bool { return true },
		"now and then": func(_ files.Op, n int) bool { return n%3 == 0 },
		"writes":       func(op files.Op, _ int) bool { return op != "" && op.Writes() },
		"reads":        func(op files.Op, _ int) bool { return op != "" && !op.Writes() },
		"listings":     func(op files.Op, _ int) bool { return op == files.OpList },
		"deletions":    func(op files.Op, _ int) bool { return op == files.OpDelete },
	}
	for name, failure := range kinds {
		for at, fails := range when {
			for _, cut := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %s, cut %v", name, at, cut), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { readInTrouble(t, failure, fails, cut) })
				})
			}
		}
	}
}

func readInTrouble(t *testing.T, failure error, fails func(files.Op, int) bool, cut bool) {
	c := troubledContent
	origin := counting(t, nil)
	put(t, origin.Bucket, "a", c)
	put(t, origin.Bucket, "b", c[:5000])
	store := mem.New(nil)
	s := &troubled{fails: fails}
	b := newCache(t, origin.Bucket, s.wrap(store), &cache.Options{
		Origin:   "o",
		MaxBytes: 3 << 20,
	})
	all := func(when string) {
		t.Helper()
		for _, r := range []files.Range{{}, files.Last(10), files.From(1 << 20)} {
			for n, content := range map[string][]byte{"a": c, "b": c[:5000]} {
				if err := readErr(t.Context(), b, n, r, content); err != nil {
					t.Errorf("%s: reading fails: %v", when, err)
				}
			}
		}
	}
	s.set(failure, cut)
	all("cold")
	s.set(nil, false)
	time.Sleep(time.Minute) // a failed listing isn't repeated at once
	all("filling")
	before, _ := held(t, store)
	gone := s.gone.Load()
	s.set(failure, cut)
	all("warm")
	if after, _ := held(t, store); !slices.Equal(before, after) || s.gone.Load() != gone {
		t.Errorf("a failure has removed entries: %d of %d are left", len(after), len(before))
	}
	s.set(nil, false)
	origin.reset()
	all("over")
	if _, bodies := origin.reset(); bodies != 0 {
		t.Errorf("%d downloads after the failure was over", bodies)
	}
}

var troubledContent = random(10, 1<<20+77)

func (s *troubled) set(err error, cut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err, s.cut = err, cut
}
