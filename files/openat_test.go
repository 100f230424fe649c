package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

const blockSize = 32 << 10

// remote is a bucket whose bodies can only be read from beginning to end, like those of
// a service.
type remote struct {
	files.Bucket
	gets atomic.Int64
	sent atomic.Int64 // bytes of bodies
	// opening, if not nil, is called in each Get.
	opening func(ctx context.Context, c *files.Call) error
}

func newRemote(t testing.TB) *remote {
	r := &remote{}
	r.Bucket = files.Wrap(mem.New(&mem.Options{VersionPerPut: true}), files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op != files.OpGet {
				return next(ctx)
			}
			r.gets.Add(1)
			if r.opening != nil {
				if err := r.opening(ctx, c); err != nil {
					return err
				}
			}
			return next(ctx)
		},
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			return readerFunc(func(p []byte) (int, error) {
				n, err := body.Read(p)
				r.sent.Add(int64(n))
				return n, err
			})
		},
	})
	return r
}

// random returns n bytes that differ everywhere.
func randomBytes(n int) []byte {
	p := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(p)
	return p
}

func (r *remote) put(t testing.TB, name string, content []byte) {
	t.Helper()
	if _, err := files.PutBytes(t.Context(), r, name, content, nil); err != nil {
		t.Fatal(err)
	}
}

func openAt(t testing.TB, b files.Bucket, name string, opts *files.OpenAtOptions) *files.File {
	t.Helper()
	f, err := files.OpenAt(t.Context(), b, name, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestOpenAtEdges reads around every edge of blocks and of the file, and compares with
// bytes.Reader.
func TestOpenAtEdges(t *testing.T) {
	for _, size := range []int{
		0, 1, 511, blockSize - 1, blockSize, blockSize + 1, 2*blockSize - 1, 2 * blockSize,
		2*blockSize + 1, 7*blockSize - 1, 7 * blockSize, 7*blockSize + 1,
	} {
		r := newRemote(t)
		content := randomBytes(size)
		r.put(t, "f", content)
		want := bytes.NewReader(content)
		var offs []int
		for block := 0; block <= size; block += blockSize {
			offs = append(offs, block-1, block, block+1)
		}
		offs = append(offs, size-1, size, size+1, size+blockSize)
		for _, memory := range []int64{0, 1, blockSize, 3 * blockSize} {
			f := openAt(t, r, "f", &files.OpenAtOptions{Memory: memory})
			if f.Size() != int64(size) {
				t.Fatalf("Size = %d, want %d", f.Size(), size)
			}
			for _, off := range offs {
				for _, n := range []int{
					0, 1, 2, 4096, blockSize, blockSize + 1, 5 * blockSize, 400_000,
				} {
					if off < 0 {
						continue
					}
					p, q := make([]byte, n), make([]byte, n)
					gotN, err := f.ReadAt(p, int64(off))
					wantN, wantErr := want.ReadAt(q, int64(off))
					if n == 0 {
						wantErr = nil
					}
					if gotN != wantN || err != wantErr || !bytes.Equal(p, q) {
						t.Fatalf("size %d, memory %d: ReadAt(%d bytes, %d) = %d, %v, want %d, %v",
							size, memory, n, off, gotN, err, wantN, wantErr)
					}
				}
			}
			f.Close()
		}
	}
}

// TestOpenAtIsAReader: Read and Seek pass the checks of testing/iotest.
func TestOpenAtIsAReader(t *testing.T) {
	for _, b := range []files.Bucket{newRemote(t), mem.New(nil)} {
		content := randomBytes(200_000)
		if _, err := files.PutBytes(t.Context(), b, "f", content, nil); err != nil {
			t.Fatal(err)
		}
		f := openAt(t, b, "f", nil)
		if err := iotest.TestReader(f, content); err != nil {
			t.Error(err)
		}
		f.Seek(100, io.SeekStart)
		var buf bytes.Buffer
		if n, err := f.WriteTo(&buf); n != 199_900 || err != nil ||
			!bytes.Equal(buf.Bytes(), content[100:]) {
			t.Errorf("WriteTo = %d, %v", n, err)
		}
		if n, err := f.Seek(10, io.SeekEnd); n != 200_010 || err != nil {
			t.Errorf("Seek past the end = %d, %v, want 200_010 and no error", n, err)
		}
		if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("Read past the end = %d, %v, want 0 and io.EOF", n, err)
		}
		if _, err := f.Seek(-300_000, io.SeekEnd); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("Seek before the beginning: %v, want ErrInvalid", err)
		}
		if _, err := f.Seek(math.MaxInt64, io.SeekCurrent); !errors.Is(err,
			files.ErrInvalid) || !strings.Contains(err.Error(), "beyond any file") {
			t.Errorf("Seek beyond the largest offset: %v, want ErrInvalid and the reason", err)
		}
		if n, err := f.Seek(0, io.SeekCurrent); n != 200_010 || err != nil {
			t.Errorf("a refused Seek moved to %d, %v, want 200_010 and no error", n, err)
		}
		if n, err := f.ReadAt(make([]byte, 1), -1); n != 0 || !errors.Is(err, files.ErrInvalid) {
			t.Errorf("ReadAt before the beginning: %v, want ErrInvalid", err)
		}
	}
}

// TestOpenAtOneVersion: a read of a file that was replaced or deleted is ErrChanged, at
// once and without further requests, and a new File has nothing of the old version.
func TestOpenAtOneVersion(t *testing.T) {
	for _, deleted := range []bool{false, true} {
		r := newRemote(t)
		old, now := randomBytes(3<<20), bytes.Repeat([]byte("new"), 1<<20)
		r.put(t, "f", old)
		f := openAt(t, r, "f", nil)
		p := make([]byte, 100)
		if _, err := f.ReadAt(p, 2<<20); err != nil {
			t.Fatal(err)
		}
		if deleted {
			r.Delete(t.Context(), "f", nil)
		} else {
			r.put(t, "f", now)
		}
		before := r.gets.Load()
		for range 3 {
			if _, err := f.ReadAt(p, 1<<20); !errors.Is(err, files.ErrChanged) {
				t.Errorf("ReadAt = %v, want ErrChanged", err)
			}
		}
		if n := r.gets.Load() - before; n != 1 {
			t.Errorf("%d requests after the change, want 1", n)
		}
		if deleted {
			continue
		}
		f = openAt(t, r, "f", nil)
		for _, off := range []int{0, 1 << 20, 2 << 20} {
			if _, err := f.ReadAt(p, int64(off)); err != nil || !bytes.Equal(p, now[off:off+100]) {
				t.Errorf("the new File at %d: %q, %v", off, p, err)
			}
		}
	}
}

// TestSharedFetch: readers of one place share a request, which goes on for the others
// when the first reader ends.
func TestSharedFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemote(t)
		content := randomBytes(4 << 20)
		r.put(t, "f", content)
		r.opening = func(ctx context.Context, c *files.Call) error {
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		first, err := files.OpenAt(ctx, r.Bucket, "f", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer first.Close()
		second := openAt(t, r.Bucket, "f", nil)
		before := r.gets.Load()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := first.ReadAt(make([]byte, 10), 2<<20); !errors.Is(err, context.Canceled) {
				t.Errorf("the one that was cancelled: %v, want context.Canceled", err)
			}
		})
		synctest.Wait()
		for range 10 {
			wg.Go(func() {
				p := make([]byte, 10)
				if _, err := second.ReadAt(p, 2<<20); err != nil ||
					!bytes.Equal(p, content[2<<20:][:10]) {
					t.Errorf("the others: %v", err)
				}
			})
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		if n := r.gets.Load() - before; n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
		// When the last one leaves, the request ends, and another is made for the next.
		before = r.gets.Load()
		third, stop := context.WithCancel(t.Context())
		f, err := files.OpenAt(third, r.Bucket, "f", nil)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { f.ReadAt(make([]byte, 10), 1<<20) })
		synctest.Wait()
		stop()
		wg.Wait()
		p := make([]byte, 10)
		if _, err := second.ReadAt(p, 1<<20); err != nil || !bytes.Equal(p, content[1<<20:][:10]) {
			t.Errorf("after the last one had left: %v", err)
		}
		if n := r.gets.Load() - before; n != 3 {
			t.Errorf("%d requests, want one of OpenAt, one that was ended, one anew", n)
		}
	})
}

// TestFetchesTogether: concurrent reads at different places take one round trip
// together.
func TestFetchesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemote(t)
		content := randomBytes(32 << 20)
		r.put(t, "f", content)
		f := openAt(t, r, "f", nil)
		r.opening = func(ctx context.Context, c *files.Call) error {
			time.Sleep(time.Second)
			return nil
		}
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				p := make([]byte, 100)
				off := 1<<20 + i*(1<<20)
				if _, err := f.ReadAt(p, int64(off)); err != nil ||
					!bytes.Equal(p, content[off:off+100]) {
					t.Errorf("ReadAt(%d): %v", off, err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took != time.Second {
			t.Errorf("16 reads took %v, want one round trip of 1s", took)
		}
	})
}

// TestCloseEndsReads: Close ends reads that wait, and a failed request leaves nothing
// behind.
func TestCloseEndsReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemote(t)
		r.put(t, "f", randomBytes(8<<20))
		f, other := openAt(t, r, "f", nil), openAt(t, r, "f", nil)
		r.opening = func(ctx context.Context, c *files.Call) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}
		var wg sync.WaitGroup
		for i, p := range [][]byte{make([]byte, 10), make([]byte, 1<<20), make([]byte, 100_000)} {
			wg.Go(func() {
				if _, err := f.ReadAt(p, int64(1+i)<<20); !errors.Is(err, files.ErrClosed) {
					t.Errorf("%d bytes: %v, want ErrClosed", len(p), err)
				}
			})
		}
		synctest.Wait()
		f.Close()
		wg.Wait()
		if n, err := f.ReadAt(make([]byte, 1), 0); n != 0 || !errors.Is(err, files.ErrClosed) {
			t.Errorf("ReadAt after Close: %v, want ErrClosed", err)
		}
		fail := errors.New("failed")
		r.opening = func(context.Context, *files.Call) error { return fail }
		for _, n := range []int{10, 1 << 20} {
			if _, err := other.ReadAt(make([]byte, n), 1<<20); !errors.Is(err, fail) {
				t.Errorf("ReadAt = %v, want the failure", err)
			}
		}
		r.opening = nil
		for _, n := range []int{10, 1 << 20} {
			if _, err := other.ReadAt(make([]byte, n), 1<<20); err != nil {
				t.Errorf("ReadAt after a failure = %v, want no error", err)
			}
		}
	})
}

// TestOpenAtHookPanics: a panic or Goexit in a request that runs in another goroutine
// reaches the caller, where it can be recovered (X2).
func TestOpenAtHookPanics(t *testing.T) {
	r := newRemote(t)
	content := randomBytes(8 << 20)
	r.put(t, "f", content)
	f := openAt(t, r, "f", nil)
	ranges := []files.Range{files.Bytes(0, 10), files.Bytes(4<<20, 10)}
	for what, read := range map[string]func(){
		"ReadAt":           func() { f.ReadAt(make([]byte, 10), 3<<20) },
		"a large ReadAt":   func() { f.ReadAt(make([]byte, 1<<20), 3<<20) },
		"ReadRanges":       func() { f.ReadRanges(ranges...) },
		"files.ReadRanges": func() { files.ReadRanges(t.Context(), r, "f", ranges, nil) },
		"files.DownloadAt": func() { files.DownloadAt(t.Context(), r, "f", &sink{}, nil) },
		"files.OpenAt":     func() { files.OpenAt(t.Context(), r, "f", nil) },
	} {
		r.opening = func(context.Context, *files.Call) error { panic("broken") }
		func() {
			defer func() {
				if v := recover(); v != "broken" {
					t.Errorf(`%s: recovered %v, want "broken"`, what, v)
				}
			}()
			read()
		}()
		r.opening = nil
		p := make([]byte, 10)
		if _, err := f.ReadAt(p, 3<<20+5); err != nil || !bytes.Equal(p, content[3<<20+5:][:10]) {
			t.Errorf("ReadAt after the panic in %s: %v", what, err)
		}
		f.Close()
		f = openAt(t, r, "f", nil)
	}
}

// TestIdleStream: a File that nobody reads from has no open body after a while, and
// later reads are right.
func TestIdleStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemote(t)
		content := randomBytes(4 << 20)
		r.put(t, "f", content)
		var open atomic.Int64
		b := files.Wrap(r.Bucket, files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if c.Op == files.OpGet {
					open.Add(1)
				}
				return next(ctx)
			},
			Done: func(_ context.Context, c *files.Call, _ int64, _ error) {
				if c.Op == files.OpGet {
					open.Add(-1)
				}
			},
		})
		f := openAt(t, b, "f", nil)
		p := make([]byte, 1000)
		for off := 0; off+1000 < 1<<20; off += 1000 {
			if _, err := f.ReadAt(p, int64(off)); err != nil {
				t.Fatal(err)
			}
		}
		if n := open.Load(); n != 1 {
			t.Errorf("%d bodies are open while it is read, want 1", n)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := open.Load(); n != 0 {
			t.Errorf("%d bodies are open when nobody reads, want 0", n)
		}
		if _, err := f.ReadAt(p, 1<<20); err != nil || !bytes.Equal(p, content[1<<20:][:1000]) {
			t.Errorf("ReadAt later: %v", err)
		}
	})
}

// TestOpenAtDirectly: memory is read without requests, also through wrappers that don't
// change the content, and the bytes are counted.
func TestOpenAtDirectly(t *testing.T) {
	content := randomBytes(1 << 20)
	inner := mem.New(nil)
	var gets, read int64
	var passed []int64
	b := files.Wrap(inner, files.Hooks{
		Passed: func(_ context.Context, c *files.Call, n int64) {
			if c.Op == files.OpGet {
				passed = append(passed, n)
			}
		},
		Done: func(_ context.Context, c *files.Call, n int64, err error) {
			if c.Op == files.OpGet {
				gets++
				read += n
			}
			if err != nil {
				t.Error(err)
			}
		},
	})
	if _, err := files.PutBytes(t.Context(), b, "f", content, nil); err != nil {
		t.Fatal(err)
	}
	f := openAt(t, b, "f", nil)
	if _, err := files.PutBytes(t.Context(), b, "f", []byte("new"), nil); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 1000)
	for off := 0; off+1000 <= len(content); off += 100_000 {
		if n, err := f.ReadAt(p, int64(off)); n != 1000 || err != nil ||
			!bytes.Equal(p, content[off:off+1000]) {
			t.Errorf("ReadAt(%d) = %d, %v", off, n, err)
		}
	}
	if n, err := f.ReadAt(p[:1], 5); n != 1 || err != nil || p[0] != content[5] {
		t.Errorf("ReadAt(5) of one byte = %d, %v", n, err)
	}
	if requests, n := f.Counts(); requests != 0 || n != 0 {
		t.Errorf("Counts = %d, %d, want 0 and 0", requests, n)
	}
	f.Close()
	if gets != 1 || read != 11_001 {
		t.Errorf("Done counted %d Gets and %d bytes, want 1 and 11,001", gets, read)
	}
	want := append([]int64{0, 0}, slices.Repeat([]int64{1000}, 11)...)
	want = append(want, 1)
	if !slices.Equal(passed, want) { // when it was opened, and when the first byte was requested
		t.Errorf("Passed was called with %d, want %d", passed, want)
	}
}
