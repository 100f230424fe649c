package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// answering is a Bucket whose Get is a function of the test, without a driver that
// checks what it returns.
type answering struct {
	files.Bucket
	get func(ctx context.Context, o files.GetOptions) (*files.Reader, error)
}

func (a *answering) Get(ctx context.Context, _ string, opts *files.GetOptions) (*files.Reader,
	error) {
	var o files.GetOptions
	if opts != nil {
		o = *opts
	}
	return a.get(ctx, o)
}

// cutting is a bucket whose responses, except the one to OpenAt, lack what lies at or
// beyond end, without an error of their own.
func cutting(r *remote, size int64, end *atomic.Int64) *answering {
	return &answering{r, func(ctx context.Context, o files.GetOptions) (*files.Reader, error) {
		if off, n := o.Range.Resolve(size); off > 0 {
			o.Range = files.Bytes(off, max(min(n, end.Load()-off), 0))
		}
		return r.Get(ctx, "f", &o)
	}}
}

// TestOpenAtShortBodies: a body that ends before what was requested is ErrCorrupt, in
// whatever way it is read. What a read returns before that is right, and later reads
// aren't spoiled.
func TestOpenAtShortBodies(t *testing.T) {
	const size, cut = 4 << 20, 3<<20 + 100
	content := randomBytes(size)
	read := func(n int, off int64) func(*files.File) (int, []byte, int64, error) {
		return func(f *files.File) (int, []byte, int64, error) {
			p := make([]byte, n)
			m, err := f.ReadAt(p, off)
			return m, p, off, err
		}
	}
	for what, c := range map[string]struct {
		before func(*files.File) // while the bodies are whole
		read   func(*files.File) (int, []byte, int64, error)
	}{
		"blocks":                  {nil, read(1000, 3<<20)},
		"a large read":            {nil, read(1<<20, 5<<19)},
		"a read at its own place": {nil, read(300_000, cut-10)},
		"a stream": {nil, func(f *files.File) (n int, p []byte, off int64, err error) {
			p = make([]byte, 16<<10)
			for off = 2 << 20; off < size && err == nil; off += int64(len(p)) {
				n, err = f.ReadAt(p, off)
			}
			return n, p, off - int64(len(p)), err
		}},
		"a stream into the buffer": {nil, func(f *files.File) (int, []byte, int64, error) {
			p := make([]byte, 256<<10)
			f.ReadAt(p, 2<<20)
			f.ReadAt(p, 2<<20+256<<10)
			p = make([]byte, 1<<20)
			n, err := f.ReadAt(p, 2<<20+512<<10)
			return n, p, 2<<20 + 512<<10, err
		}},
		"a stream over a block in memory": {
			func(f *files.File) {
				f.ReadAt(make([]byte, 1), 3<<20)
				p := make([]byte, 16<<10) // a stream, to a little before the block
				for off := int64(2 << 20); off < 3<<20-blockSize; off += int64(len(p)) {
					f.ReadAt(p, off)
				}
			},
			read(1000, 3<<20+4*blockSize),
		},
		"Read": {nil, func(f *files.File) (int, []byte, int64, error) {
			f.Seek(2<<20, io.SeekStart)
			p, err := io.ReadAll(f)
			return len(p), p, 2 << 20, err
		}},
		"ReadRanges": {nil, func(f *files.File) (int, []byte, int64, error) {
			_, err := f.ReadRanges(files.Bytes(3<<20, 10), files.Bytes(3<<20+90, 20))
			return 0, nil, 0, err
		}},
		"ReadRanges after a gap": {nil, func(f *files.File) (int, []byte, int64, error) {
			_, err := f.ReadRanges(files.Bytes(3<<20, 10), files.Bytes(3<<20+1000, 20))
			return 0, nil, 0, err
		}},
	} {
		t.Run(what, func(t *testing.T) {
			r := newRemote(t)
			r.put(t, "f", content)
			var end atomic.Int64
			end.Store(size)
			f := openAt(t, cutting(r, size, &end), "f", nil)
			if c.before != nil {
				c.before(f)
				end.Store(cut)
			}
			end.Store(cut)
			n, p, off, err := c.read(f)
			if !errors.Is(err, files.ErrCorrupt) {
				t.Errorf("error is %v, want ErrCorrupt", err)
			}
			if !bytes.Equal(p[:n], content[off:off+int64(n)]) {
				t.Errorf("the %d bytes before the error are wrong", n)
			}
			end.Store(size)
			p = make([]byte, 300)
			if _, err := f.ReadAt(p, 3<<20); err != nil || !bytes.Equal(p, content[3<<20:][:300]) {
				t.Errorf("ReadAt once bodies are whole again: %v", err)
			}
		})
	}
}

// TestOpenAtImpossibleSize: of a file whose reported size no file can have, no block is
// kept, and reads return what the service sends.
func TestOpenAtImpossibleSize(t *testing.T) {
	const size = 1<<62 + 100
	var gets int
	b := &answering{mem.New(nil), func(ctx context.Context,
		o files.GetOptions) (*files.Reader, error) {
		gets++
		off, n := o.Range.Resolve(size)
		p := make([]byte, n)
		for i := range p {
			p[i] = byte(off + int64(i))
		}
		return driver.NewReader(ctx, driver.ReaderConfig{
			Info:   files.Info{Entry: files.Entry{Size: size, Version: "v"}},
			Offset: off,
			Length: n,
			Body:   io.NopCloser(bytes.NewReader(p)),
		}), nil
	}}
	f := openAt(t, b, "f", nil)
	for _, off := range []int64{1 << 20, 1 << 62, size - 10} {
		p := make([]byte, 10)
		if n, err := f.ReadAt(p, off); n != 10 || err != nil || p[9] != byte(off+9) {
			t.Errorf("ReadAt(%d) = %d, %v, %v", off, n, err, p)
		}
	}
	if n, err := f.ReadAt(make([]byte, 10), size-5); n != 5 || err != io.EOF {
		t.Errorf("ReadAt over the end = %d, %v, want 5 and io.EOF", n, err)
	}
	if requests, n := f.Counts(); requests != int64(gets) || gets != 5 || n != 2*blockSize+35 {
		t.Errorf("Counts = %d, %d after %d requests, want 5 and %d", requests, n, gets,
			2*blockSize+35)
	}
}

// resumed is a body that took three requests.
type resumed struct{ io.ReadCloser }

func (resumed) Requests() int64 { return 3 }

// TestCountsOfResumedBodies: Counts has the requests by which bodies were resumed.
func TestCountsOfResumedBodies(t *testing.T) {
	const size = 1 << 20
	b := &answering{mem.New(nil), func(ctx context.Context,
		o files.GetOptions) (*files.Reader, error) {
		off, n := o.Range.Resolve(size)
		return driver.NewReader(ctx, driver.ReaderConfig{
			Info:   files.Info{Entry: files.Entry{Size: size, Version: "v"}},
			Offset: off,
			Length: n,
			Body:   resumed{io.NopCloser(bytes.NewReader(make([]byte, n)))},
		}), nil
	}}
	f := openAt(t, b, "f", nil)
	for reads, off := range []int64{size / 2, size - 10} {
		if requests, _ := f.Counts(); requests != int64(3*(reads+1)) {
			t.Errorf("after %d reads, Counts has %d requests, want %d", reads, requests,
				3*(reads+1))
		}
		if _, err := f.ReadAt(make([]byte, 10), off); err != nil {
			t.Fatal(err)
		}
	}
	if requests, _ := f.Counts(); requests != 9 {
		t.Errorf("Counts has %d requests in the end, want 9", requests)
	}
}

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

// TestReadRangesOfAFile: the method refuses what the function refuses, and fails with
// the File.
func TestReadRangesOfAFile(t *testing.T) {
	r := newRemote(t)
	content := randomBytes(1 << 20)
	r.put(t, "f", content)
	for _, b := range []files.Bucket{r, mem.New(nil)} {
		if _, err := files.PutBytes(t.Context(), b, "f", content, nil); err != nil {
			t.Fatal(err)
		}
		f := openAt(t, b, "f", nil)
		for _, bad := range []files.Range{files.Bytes(-1, 1), files.Bytes(1, -1), files.Last(-1)} {
			if got, err := f.ReadRanges(files.Bytes(0, 1), bad); got != nil ||
				!errors.Is(err, files.ErrInvalid) {
				t.Errorf("ReadRanges(%v) = %v, %v, want ErrInvalid", bad, got, err)
			}
		}
		far := []files.Range{files.Bytes(10, math.MaxInt64), files.Bytes(math.MaxInt64-5, 10)}
		for what, read := range map[string]func() ([][]byte, error){
			"method":   func() ([][]byte, error) { return f.ReadRanges(far...) },
			"function": func() ([][]byte, error) { return files.ReadRanges(ctx, b, "f", far, nil) },
		} {
			if got, err := read(); err != nil || !bytes.Equal(got[0], content[10:]) ||
				len(got[1]) != 0 {
				t.Errorf("%s: ranges beyond the end: %v", what, err)
			}
		}
		f.Close()
		if got, err := f.ReadRanges(files.Bytes(0, 1)); got != nil ||
			!errors.Is(err, files.ErrClosed) {
			t.Errorf("ReadRanges after Close = %v, %v, want ErrClosed", got, err)
		}
		var none *files.File
		if _, err := none.ReadRanges(files.Bytes(0, 1)); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("ReadRanges of a nil File: %v, want ErrInvalid", err)
		}
	}
	f := openAt(t, r, "f", nil)
	fail := errors.New("failed")
	r.opening = func(context.Context, *files.Call) error { return fail }
	if got, err := f.ReadRanges(files.Bytes(1, 10)); got != nil || !errors.Is(err, fail) {
		t.Errorf("ReadRanges = %v, %v, want the failure", got, err)
	}
	r.opening = nil
	before, _ := f.Counts()
	got, err := f.ReadRanges(files.Bytes(1, 10), files.Bytes(500_000, 10))
	if err != nil || !bytes.Equal(got[1], content[500_000:][:10]) {
		t.Errorf("ReadRanges after a failure: %v", err)
	}
	if after, n := f.Counts(); after-before != 2 || n != 2*blockSize+20 {
		t.Errorf("Counts = %d, %d, want 2 more requests than %d, and %d bytes", after, n, before,
			2*blockSize+20)
	}
}

// TestReadAtDirectlyEnds: a read of memory that is longer than a piece ends with the
// context, after what was read.
func TestReadAtDirectlyEnds(t *testing.T) {
	content := randomBytes(3 << 20)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b := files.Wrap(mem.New(nil), files.Hooks{
		Passed: func(_ context.Context, c *files.Call, n int64) {
			if c.Op == files.OpGet && n > 0 {
				cancel()
			}
		},
	})
	if _, err := files.PutBytes(t.Context(), b, "f", content, nil); err != nil {
		t.Fatal(err)
	}
	f, err := files.OpenAt(ctx, b, "f", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := make([]byte, len(content))
	n, err := f.ReadAt(p, 0)
	if n != 1<<20 || !errors.Is(err, context.Canceled) || !bytes.Equal(p[:n], content[:n]) {
		t.Errorf("ReadAt = %d, %v, want %d and context.Canceled", n, err, 1<<20)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// TestFileWritesToNothing: WriteTo refuses a nil writer, and leaves the position where
// it is.
func TestFileWritesToNothing(t *testing.T) {
	r := newRemote(t)
	r.put(t, "f", []byte("content"))
	f := openAt(t, r, "f", nil)
	f.Seek(3, io.SeekStart)
	if n, err := f.WriteTo(nil); n != 0 || !errors.Is(err, files.ErrInvalid) {
		t.Errorf("WriteTo(nil) = %d, %v, want 0 and ErrInvalid", n, err)
	}
	if n, err := f.Read(nil); n != 0 || err != nil {
		t.Errorf("a Read of no bytes = %d, %v, want 0 and no error", n, err)
	}
	if p, err := io.ReadAll(f); string(p) != "tent" || err != nil {
		t.Errorf("then it reads %q, %v, want %q", p, err, "tent")
	}
}

// TestOpenAtOtherPlace: a response that is from another place of the file than was
// requested is ErrCorrupt, and none of its bytes are returned.
func TestOpenAtOtherPlace(t *testing.T) {
	const size = 4 << 20
	r := newRemote(t)
	r.put(t, "f", randomBytes(size))
	var shift atomic.Int64
	b := &answering{r, func(ctx context.Context, o files.GetOptions) (*files.Reader, error) {
		if off, n := o.Range.Resolve(size); shift.Load() != 0 {
			o.Range = files.Bytes(off+shift.Load(), n)
		}
		return r.Get(ctx, "f", &o)
	}}
	for _, by := range []int64{1, -1, 1 << 20} {
		f, err := files.OpenAt(t.Context(), b, "f", nil)
		if err != nil {
			t.Fatal(err)
		}
		shift.Store(by)
		n, err := f.ReadAt(make([]byte, 1000), 2<<20)
		shift.Store(0)
		if n > 0 || !errors.Is(err, files.ErrCorrupt) {
			t.Errorf("%d bytes beside: ReadAt = %d, %v, want 0 bytes and ErrCorrupt", by, n, err)
		}
		f.Close()
	}
}
