package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/cache"
)

// counted is an origin that counts its calls, and runs a test's hooks.
type counted struct {
	files.Bucket
	gets, ended, bodies, bytes, notModified atomic.Int64
	around                                  atomic.Pointer[hook]
}

type hook func(ctx context.Context, c *files.Call, next func(context.Context) error) error

// counting returns a bucket that counts the calls of b. A nil b is memory that makes a
// new version for each Put.
func counting(t testing.TB, b files.Bucket) *counted {
	t.Helper()
	if b == nil {
		b = mem.New(nil)
	}
	o := &counted{}
	o.Bucket = files.Wrap(b, files.Hooks{
		Layer: "counted",
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if h := o.around.Load(); h != nil {
				inner := next
				next = func(ctx context.Context) error { return (*h)(ctx, c, inner) }
			}
			if c.Op != files.OpGet {
				return next(ctx)
			}
			o.gets.Add(1)
			err := next(ctx)
			switch {
			case err == nil:
				o.bodies.Add(1)
			case errors.Is(err, files.ErrNotModified):
				o.notModified.Add(1)
			}
			return err
		},
		Done: func(_ context.Context, c *files.Call, n int64, _ error) {
			if c.Op == files.OpGet {
				o.bytes.Add(n)
				o.ended.Add(1)
			}
		},
	})
	return o
}

func (o *counted) hook(h hook) {
	if h == nil {
		o.around.Store(nil)
		return
	}
	o.around.Store(&h)
}

// took returns the number of bytes that were read since the last call. It waits for the
// end of all Gets, since a read that was given up ends a little later.
func (o *counted) took() int64 {
	for o.ended.Load() < o.gets.Load() {
		runtime.Gosched()
	}
	return o.bytes.Swap(0)
}

// reset returns the number of Gets since the last call, and of those with a body.
func (o *counted) reset() (gets, bodies int64) {
	o.notModified.Store(0)
	return o.gets.Swap(0), o.bodies.Swap(0)
}

func newCache(t *testing.T, origin, store files.Bucket, o *cache.Options) files.Bucket {
	t.Helper()
	b, err := cache.New(origin, store, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func random(seed uint64, n int) []byte {
	p := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := 0; i < n; i += 8 {
		v := r.Uint64()
		for j := i; j < min(i+8, n); j++ {
			p[j] = byte(v >> (8 * (j - i)))
		}
	}
	return p
}

func put(t *testing.T, b files.Bucket, name string, content []byte) files.Info {
	t.Helper()
	info, err := files.PutBytes(t.Context(), b, name, content, nil)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// read reads a file, or a part of it, and checks the bytes.
func read(t *testing.T, b files.Bucket, name string, r files.Range, whole []byte) {
	t.Helper()
	if err := readErr(t.Context(), b, name, r, whole); err != nil {
		t.Error(err)
	}
}

func readErr(ctx context.Context, b files.Bucket, name string, r files.Range, whole []byte) error {
	body, err := b.Get(ctx, name, &files.GetOptions{Range: r})
	if err != nil {
		return err
	}
	defer body.Close()
	off, n := r.Resolve(int64(len(whole)))
	w := &comparing{want: whole[off : off+n]}
	if _, err := body.WriteTo(w); err != nil {
		return err
	}
	if len(w.want) != 0 || body.Info().Size != int64(len(whole)) || body.Offset() != off ||
		body.Len() != n {
		return fmt.Errorf("%s of %q: %d bytes are missing, of %d from %d", r, name, len(w.want),
			body.Info().Size, body.Offset())
	}
	return nil
}

// comparing is a writer that expects certain bytes.
type comparing struct{ want []byte }

func (c *comparing) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(c.want, p) {
		return 0, errors.New("the bytes are not those that were put")
	}
	c.want = c.want[len(p):]
	return len(p), nil
}

func TestHitMakesOneRequest(t *testing.T) {
	for _, size := range []int{1, 5000, 1 << 20, 1<<20 + 1, 5<<20 + 77} {
		origin := counting(t, nil)
		store := mem.New(nil)
		stats := &cache.Stats{}
		b := newCache(t, origin.Bucket, store, &cache.Options{Stats: stats})
		c := random(1, size)
		info, err := files.PutBytes(t.Context(), origin.Bucket, "a/b.txt", c, &files.PutOptions{
			Attributes: files.Attributes{
				ContentType:  "x/y",
				CacheControl: "no-store",
				Metadata:     map[string]string{"ключ": "значение\n"},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		want, err := origin.Bucket.Stat(t.Context(), "a/b.txt", nil)
		if err != nil {
			t.Fatal(err)
		}
		origin.reset()
		read(t, b, "a/b.txt", files.Range{}, c)
		if gets, bodies := origin.reset(); gets != 1 || bodies != 1 {
			t.Errorf("first Get of %d bytes: %d requests and %d bodies, want one of each", size,
				gets, bodies)
		}
		for range 3 {
			read(t, b, "a/b.txt", files.Range{}, c)
			if gets, bodies := origin.reset(); gets != 1 || bodies != 0 {
				t.Errorf("%d bytes, hit: %d requests, %d bodies", size, gets, bodies)
			}
		}
		for _, r := range []files.Range{
			files.Bytes(0, 1), files.Bytes(int64(size)-1, 10), files.Bytes(int64(size), 5),
			files.From(int64(size) / 2), files.Last(3), files.Last(int64(size) + 9),
			files.Bytes(1<<20-2, 5), files.Bytes(3, 0), files.Last(0),
		} {
			read(t, b, "a/b.txt", r, c)
			if _, bodies := origin.reset(); bodies != 0 {
				t.Errorf("%d bytes, %v: %d bodies", size, r, bodies)
			}
		}
		r, err := b.Get(t.Context(), "a/b.txt", nil)
		if err != nil {
			t.Fatal(err)
		}
		got := r.Info()
		r.Close()
		if fmt.Sprint(got) != fmt.Sprint(want) || got.Version != info.Version {
			t.Errorf("Info of a hit:\n%v, want\n%v", got, want)
		}
		n := stats.Counts()
		if n.Misses != 1 || n.Hits != 13 || n.Bypassed != 0 || n.BytesFetched != int64(size) ||
			n.Damaged != 0 || n.StoreErrors != 0 || n.Bytes < int64(size) || n.BytesServed == 0 {
			t.Errorf("%d bytes: %+v", size, n)
		}
	}
}

// TestConditions: the caller's conditions are decided against the current version,
// cached or not.
func TestConditions(t *testing.T) {
	origin := counting(t, nil)
	b := newCache(t, origin.Bucket, mem.New(nil), nil)
	v1 := put(t, origin.Bucket, "a", []byte("one")).Version
	get := func(what string, o *files.GetOptions, want error, text string) {
		t.Helper()
		origin.reset()
		var p []byte
		r, err := b.Get(t.Context(), "a", o)
		if err == nil {
			p, err = r.ReadAll()
			r.Close()
		}
		if !errors.Is(err, want) || want == nil && string(p) != text {
			t.Errorf("%s: %q, %v; want %q, %v", what, p, err, text, want)
		}
		if gets, _ := origin.reset(); gets != 1 {
			t.Errorf("%s: %d requests", what, gets)
		}
	}
	for _, state := range []string{"cold", "warm"} {
		get(state+", not v1", &files.GetOptions{IfNotVersion: v1}, files.ErrNotModified, "")
		get(state+", v1", &files.GetOptions{IfVersion: v1}, nil, "one")
		get(state+", not another", &files.GetOptions{IfNotVersion: "x"}, nil, "one")
		get(state+", another", &files.GetOptions{IfVersion: "x"}, files.ErrPrecondition, "")
		get(state, nil, nil, "one")
	}
	v2 := put(t, origin.Bucket, "a", []byte("two, longer")).Version // not through the cache
	get("changed, v1", &files.GetOptions{IfVersion: v1}, files.ErrPrecondition, "")
	get("changed, not v1", &files.GetOptions{IfNotVersion: v1}, nil, "two, longer")
	get("changed, v2", &files.GetOptions{IfVersion: v2, Range: files.Last(3)}, nil, "ger")
	get("changed", nil, nil, "two, longer")
	if err := origin.Bucket.Delete(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	get("deleted", nil, files.ErrNotExist, "")
	put(t, origin.Bucket, "a", []byte("three"))
	get("back again", nil, nil, "three") // the cache doesn't remember missing files
}

// TestManyReaders: a thousand readers of a cold file make one download.
func TestManyReaders(t *testing.T) {
	size := 300 << 10
	if longtest.On() {
		size = 10 << 20
	}
	for name, r := range map[string]files.Range{
		"whole": {},
		"range": files.Bytes(100, int64(size)/2),
	} {
		t.Run(name, func(t *testing.T) {
			origin := counting(t, nil)
			b := newCache(t, origin.Bucket, mem.New(nil), nil)
			c := random(2, size)
			put(t, origin.Bucket, "a", c)
			var wg sync.WaitGroup
			for range 1000 {
				wg.Go(func() {
					if err := readErr(t.Context(), b, "a", r, c); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if n := origin.bodies.Load(); n != 1 {
				t.Errorf("%d downloads", n)
			}
		})
	}
}

// TestFirstCancels: if the first reader cancels, the others continue with the same
// download.
func TestFirstCancels(t *testing.T) {
	origin := counting(t, nil)
	b := newCache(t, origin.Bucket, mem.New(nil), nil)
	c := random(3, 3<<20)
	put(t, origin.Bucket, "a", c)
	ctx, cancel := context.WithCancel(t.Context())
	first, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.ReadN(1); err != nil {
		t.Fatal(err)
	}
	var others []*files.Reader
	for range 99 {
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, r)
	}
	cancel()
	if _, err := first.ReadAll(); !errors.Is(err, context.Canceled) {
		t.Errorf("the first reader: %v", err)
	}
	first.Close()
	var wg sync.WaitGroup
	for _, r := range others {
		wg.Go(func() {
			defer r.Close()
			if p, err := r.ReadAll(); err != nil || !bytes.Equal(p, c) {
				t.Errorf("%d bytes, %v", len(p), err)
			}
		})
	}
	wg.Wait()
	if n := origin.bodies.Load(); n != 1 {
		t.Errorf("%d downloads", n)
	}
	if n := origin.notModified.Load(); n > 99 {
		t.Errorf("%d conditional requests", n)
	}
}

// TestUnreadIsNotFetched: a download reads no further than its readers, and reading a
// part never fetches the whole file.
func TestUnreadIsNotFetched(t *testing.T) {
	origin := counting(t, nil)
	b := newCache(t, origin.Bucket, mem.New(nil), nil)
	c := random(4, 20<<20)
	put(t, origin.Bucket, "a", c)
	for _, r := range []files.Range{files.Bytes(5<<20, 10), files.Last(8), files.From(19 << 20)} {
		read(t, b, "a", r, c)
		if n := origin.bytes.Swap(0); n > 2<<20 {
			t.Errorf("%v: %d bytes were read from the origin", r, n)
		}
	}
	r, err := b.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadN(10); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if n := origin.bytes.Load(); n > 1<<20 {
		t.Errorf("after 10 bytes of a Get, %d bytes were read from the origin, want at most 1 MiB",
			n)
	}
}
