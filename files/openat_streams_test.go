package files_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
)

// open counts the bodies of a bucket that are open.
func openBodies(b files.Bucket) (files.Bucket, *atomic.Int64) {
	var open atomic.Int64
	return files.Wrap(b, files.Hooks{
		Begin: func(ctx context.Context, c *files.Call) (context.Context, error) {
			if c.Op == files.OpGet {
				open.Add(1)
			}
			return ctx, nil
		},
		Done: func(_ context.Context, c *files.Call, _ int64, _ error) {
			if c.Op == files.OpGet {
				open.Add(-1)
			}
		},
	}), &open
}

// forward reads n bytes from off in steps of 16 KiB, and compares.
func forward(t *testing.T, f *files.File, content []byte, off, n int) {
	t.Helper()
	p := make([]byte, 16<<10)
	for end := off + n; off < end; off += len(p) {
		if _, err := f.ReadAt(p, int64(off)); err != nil ||
			!bytes.Equal(p, content[off:off+len(p)]) {
			t.Fatalf("ReadAt(%d): wrong, %v", off, err)
		}
	}
}

// TestStreamsOfAFile: a File that is read forward at nine places has eight bodies open,
// those of the places that were read last.
func TestStreamsOfAFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemote(t)
		content := randomBytes(12 << 20)
		r.put(t, "f", content)
		b, open := openBodies(r.Bucket)
		f := openAt(t, b, "f", nil)
		const first = 256 << 10 // what is read of a place to begin with
		for place := range 9 {
			if place == 8 { // the first place is read once more, so the second is the oldest
				forward(t, f, content, 1<<20+first, 64<<10)
				time.Sleep(time.Millisecond)
			}
			forward(t, f, content, (place+1)<<20, first)
			time.Sleep(time.Millisecond)
			if got := open.Load(); got != int64(min(place+1, 8)) {
				t.Fatalf("%d bodies are open at place %d, want %d", got, place, min(place+1, 8))
			}
		}
		before := r.gets.Load()
		for _, place := range []int{0, 2, 3, 4, 5, 6, 7, 8} {
			from := (place+1)<<20 + first
			if place == 0 {
				from += 64 << 10
			}
			forward(t, f, content, from, 64<<10)
		}
		if n := r.gets.Load() - before; n != 0 {
			t.Errorf("%d requests to read on at the eight places, want 0", n)
		}
		forward(t, f, content, 2<<20+first, 64<<10)
		if n := r.gets.Load() - before; n != 1 {
			t.Errorf("%d requests to read on at the oldest place, want 1", n)
		}
	})
}

// TestStreamEnds: a stream that comes to the end of the file is forgotten, and no other
// one is: seven places that were read before, and one that is read next, are read on
// without a request.
func TestStreamEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemote(t)
		content := randomBytes(10 << 20)
		r.put(t, "f", content)
		b, open := openBodies(r.Bucket)
		f := openAt(t, b, "f", nil)
		const first = 256 << 10 // what is read of a place to begin with
		begin := func(off int) {
			t.Helper()
			forward(t, f, content, off, first)
			time.Sleep(time.Millisecond)
		}
		for place := range 7 {
			begin((place + 1) << 20)
		}
		begin(len(content) - first)
		if n := open.Load(); n != 7 {
			t.Errorf("%d bodies are open after one came to the end, want 7", n)
		}
		begin(8 << 20)
		before := r.gets.Load()
		for place := range 8 {
			forward(t, f, content, (place+1)<<20+first, 64<<10)
		}
		if n := r.gets.Load() - before; n != 0 || open.Load() != 8 {
			t.Errorf("%d requests to read on at the eight places with %d open bodies, want 0 and 8",
				n, open.Load())
		}
	})
}

// TestStreamStaysWhileItIsUsed: the body of a stream is closed two seconds after the
// last read of it, not after its first.
func TestStreamStaysWhileItIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemote(t)
		content := randomBytes(4 << 20)
		r.put(t, "f", content)
		b, open := openBodies(r.Bucket)
		f := openAt(t, b, "f", nil)
		forward(t, f, content, 0, 256<<10)
		before := r.gets.Load()
		for i := range 10 {
			time.Sleep(1500 * time.Millisecond)
			synctest.Wait()
			forward(t, f, content, 256<<10+i*(64<<10), 64<<10)
		}
		if n := open.Load(); n != 1 || r.gets.Load() != before {
			t.Errorf("%d bodies are open after %d further requests, want 1 and 0", n,
				r.gets.Load()-before)
		}
		time.Sleep(1900 * time.Millisecond)
		synctest.Wait()
		if n := open.Load(); n != 1 {
			t.Errorf("%d bodies are open 1.9 s after the last read, want 1", n)
		}
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		if n := open.Load(); n != 0 {
			t.Errorf("%d bodies are open 3 s after the last read, want 0", n)
		}
	})
}

// TestStreamForSeveralReaders: a small read waits for the stream that another read is
// opening; a large one doesn't wait, and Close ends those that do.
func TestStreamForSeveralReaders(t *testing.T) {
	for _, closed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := newRemote(t)
			content := randomBytes(4 << 20)
			r.put(t, "f", content)
			f := openAt(t, r, "f", nil)
			forward(t, f, content, 0, 64<<10)
			before := r.gets.Load()
			opened := make(chan struct{})
			r.opening = func(ctx context.Context, _ *files.Call) error {
				if r.gets.Load() > before+1 {
					return nil
				}
				select {
				case <-opened:
				case <-ctx.Done():
				}
				return context.Cause(ctx)
			}
			var wg sync.WaitGroup
			for _, off := range []int64{64 << 10, 64<<10 + 5000, 64<<10 + 40_000} {
				wg.Go(func() {
					p := make([]byte, 1000)
					_, err := f.ReadAt(p, off)
					switch {
					case closed && !errors.Is(err, files.ErrClosed):
						t.Errorf("ReadAt of a closed File: %v, want ErrClosed", err)
					case !closed && (err != nil || !bytes.Equal(p, content[off:][:1000])):
						t.Errorf("ReadAt(%d): wrong, %v", off, err)
					}
				})
				synctest.Wait()
			}
			if n := r.gets.Load() - before; n != 1 {
				t.Errorf("%d requests for reads that follow each other, want 1", n)
			}
			p := make([]byte, 300_000)
			if _, err := f.ReadAt(p, 70_000); err != nil ||
				!bytes.Equal(p, content[70_000:][:300_000]) {
				t.Errorf("a large ReadAt: wrong, %v", err)
			}
			if closed {
				f.Close()
			} else {
				close(opened)
			}
			wg.Wait()
			if n := r.gets.Load() - before; n != 2 {
				t.Errorf("%d requests, want one of the stream and one of the large read", n)
			}
		})
	}
}

// TestFailedRequestOfAnother: if the request fails that a read shares with another one,
// the read makes a request of its own.
func TestFailedRequestOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemote(t)
		content := randomBytes(4 << 20)
		r.put(t, "f", content)
		f := openAt(t, r, "f", nil)
		fail := errors.New("failed")
		failures := 1
		r.opening = func(context.Context, *files.Call) error {
			time.Sleep(time.Second)
			if failures > 0 {
				failures--
				return fail
			}
			return nil
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := f.ReadAt(make([]byte, 10), 2<<20); !errors.Is(err, fail) {
				t.Errorf("the read that made the request: %v, want the failure", err)
			}
		})
		synctest.Wait()
		p := make([]byte, 100)
		if n, err := f.ReadAt(p, 2<<20+5); n != 100 || err != nil ||
			!bytes.Equal(p, content[2<<20+5:][:100]) {
			t.Errorf("the read that shared it: %d, %v", n, err)
		}
		wg.Wait()
		failures = 2
		wg.Go(func() { f.ReadAt(make([]byte, 10), 3<<20) })
		synctest.Wait()
		if n, err := f.ReadAt(p, 3<<20); n != 0 || !errors.Is(err, fail) {
			t.Errorf("both requests fail: %d, %v, want 0 and the failure", n, err)
		}
		wg.Wait()
	})
}

// TestCloseWhileAStreamOpens: if Close comes while the response to a stream's request
// arrives, the body is closed and the read is ErrClosed.
func TestCloseWhileAStreamOpens(t *testing.T) {
	r := newRemote(t)
	content := randomBytes(1 << 20)
	r.put(t, "f", content)
	b, open := openBodies(r.Bucket)
	var f *files.File
	f = openAt(t, &answering{b, func(ctx context.Context,
		o files.GetOptions) (*files.Reader, error) {
		if f == nil {
			return b.Get(ctx, "f", &o)
		}
		body, err := b.Get(context.WithoutCancel(ctx), "f", &o)
		f.Close()
		return body, err
	}}, "f", nil)
	forward(t, f, content, 0, 64<<10)
	if _, err := f.ReadAt(make([]byte, 10), 64<<10); !errors.Is(err, files.ErrClosed) {
		t.Errorf("ReadAt = %v, want ErrClosed", err)
	}
	if n := open.Load(); n != 0 {
		t.Errorf("%d bodies are open after Close, want 0", n)
	}
}
