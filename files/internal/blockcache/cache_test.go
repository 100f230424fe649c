package blockcache

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

// read gets a block of a file that has count blocks, and reports whether it was there.
func read(t *testing.T, f *File, i, count int64) bool {
	t.Helper()
	p := make([]byte, Size)
	if n, _, fl := f.Copy(p, i*Size); n > 0 {
		want(t, p, f, i)
		return true
	} else if fl != nil {
		t.Fatal("a read is in progress")
	}
	fl := f.Begin(i, i+1, count*Size)
	if fl == nil {
		return false
	}
	bufs := fl.Buffers()
	fill(bufs[0], f, i)
	fl.End(bufs, nil)
	f.Copy(p, i*Size)
	return false
}

func fill(p []byte, f *File, i int64) {
	copy(p, fmt.Sprint(f.id, i, " "))
}

func want(t *testing.T, p []byte, f *File, i int64) {
	t.Helper()
	if s := fmt.Sprint(f.id, i, " "); string(p[:len(s)]) != s {
		t.Fatalf("the block is %q, want %q", p[:len(s)], s)
	}
}

// TestScan: reading much more than fits keeps the blocks that were read twice.
func TestScan(t *testing.T) {
	c := New(100 * Size)
	warm, scan := c.Open(1, "warm", "v"), c.Open(1, "scan", "v")
	for range 2 {
		for i := range int64(60) {
			read(t, warm, i, 60)
		}
	}
	for i := range int64(1000) {
		read(t, scan, i, 1000)
		if c.Used() > 100*Size {
			t.Fatalf("%d bytes are used, want at most 100*Size", c.Used())
		}
	}
	for i := range int64(60) {
		if !read(t, warm, i, 60) {
			t.Fatalf("block %d has gone", i)
		}
	}
}

// TestBound: many files together never use more than the bound, and use nothing once
// the cache is closed.
func TestBound(t *testing.T) {
	const limit = 64 * Size
	c := New(limit)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(g), 1))
			for n := range 400 {
				f := c.Open(uint64(n%3), fmt.Sprint(n%20), "v")
				lo := rng.Int64N(50)
				p := make([]byte, 100)
				if n, _, fl := f.Copy(p, lo*Size); fl != nil {
					ctx, cancel := context.WithCancel(t.Context())
					if rng.IntN(2) == 0 {
						cancel()
					}
					fl.Wait(ctx)
					cancel()
				} else if n > 0 {
					want(t, p, f, lo)
				} else if fl := f.Begin(lo, lo+1+rng.Int64N(8), 58*Size); fl != nil {
					fl.Start(t.Context(), func(ctx context.Context, p [][]byte) error {
						for i := range p {
							fill(p[i], f, fl.Lo+int64(i))
						}
						if rng.IntN(4) == 0 {
							return errors.New("failed")
						}
						return nil
					})
					fl.Wait(t.Context())
				}
				if used := c.Used(); used > limit {
					t.Errorf("%d bytes are used of %d, want at most %v", used, limit, limit)
				}
				if rng.IntN(10) == 0 {
					f.Outdated()
				}
				f.Close()
			}
		})
	}
	wg.Wait()
	c.Close()
	if c.Used() != 0 || len(c.files) != 0 {
		t.Errorf("%d bytes and %d files are left, want 0 and 0", c.Used(), len(c.files))
	}
	if f := c.Open(1, "f", "v"); f.Begin(0, 1, Size) != nil {
		t.Error("a closed cache takes blocks")
	}
}

// TestBucketsAndVersionsShareNoBlocks: buckets don't share blocks, and neither do
// versions of a file.
func TestBucketsAndVersionsShareNoBlocks(t *testing.T) {
	c := New(0)
	for _, id := range []id{{1, "f", "v"}, {2, "f", "v"}, {1, "f", "w"}, {1, "fv", ""}} {
		if f := c.Open(id.space, id.name, id.version); read(t, f, 0, 1) {
			t.Errorf("%v has a block already", id)
		}
	}
	c.DropSpace(1)
	if c.Used() != Size {
		t.Errorf("%d bytes are left, want those of one block", c.Used())
	}
	var above, below Owner
	share := below.Share(nil)
	if s := above.Share(sharer{share}); s.Cache != share.Cache || s.Space == share.Space {
		t.Error("a wrapper doesn't share the memory, or shares the blocks")
	}
	read(t, share.Cache.Open(above.Share(nil).Space, "f", "v"), 0, 1)
	above.Close()
	if n := share.Cache.Used(); n != 0 {
		t.Errorf("a closed wrapper leaves %d bytes, want 0", n)
	}
	read(t, share.Cache.Open(3, "f", "v"), 0, 1)
	below.Close()
	if n := share.Cache.Used(); n != 0 {
		t.Errorf("a closed bucket leaves %d bytes, want 0", n)
	}
	var closed Owner
	closed.Close()
	if f := closed.Share(nil).Cache.Open(1, "f", "v"); f.Begin(0, 1, Size) != nil {
		t.Error("the cache of a closed bucket takes blocks")
	}
}

type sharer struct{ share Share }

func (s sharer) BlockShare() Share { return s.share }
