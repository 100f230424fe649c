package files_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
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

// remote is a bucket whose bodies can only be read from beginning to end, as a service's.
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

// TestOpenAtIsAReader holds Read and Seek to what testing/iotest asks.
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
			t.Errorf("Seek past the end = %d, %v", n, err)
		}
		if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("Read past the end = %d, %v", n, err)
		}
		if _, err := f.Seek(-300_000, io.SeekEnd); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("Seek before the beginning: %v", err)
		}
		if n, err := f.Seek(0, io.SeekCurrent); n != 200_010 || err != nil {
			t.Errorf("a refused Seek moved to %d, %v", n, err)
		}
		if _, err := f.ReadAt(make([]byte, 1), -1); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("ReadAt before the beginning: %v", err)
		}
	}
}

// TestOpenAtRequests counts the requests of usual ways to read.
func TestOpenAtRequests(t *testing.T) {
	const mega = 1 << 20
	large := randomBytes(10 * mega)
	readAll := func(off, n, step, skip int) func(*testing.T, *files.File) {
		return func(t *testing.T, f *files.File) {
			for end := off + n; off < end; off += step + skip {
				p := make([]byte, min(step, end-off))
				if _, err := f.ReadAt(p, int64(off)); err != nil ||
					!bytes.Equal(p, large[off:off+len(p)]) {
					t.Fatalf("ReadAt(%d) of %d: wrong, %v", len(p), off, err)
				}
			}
		}
	}
	for _, c := range []struct {
		what  string
		read  func(t *testing.T, f *files.File)
		most  int64 // requests
		bytes int64
	}{
		{"nothing", func(*testing.T, *files.File) {}, 1, 2 * blockSize},
		{"all by 32 KiB", readAll(0, 10*mega, 32<<10, 0), 2, 10 * mega},
		{"all by 1,000 bytes", readAll(0, 10*mega, 1000, 0), 2, 10 * mega},
		{"all by 7 bytes of 1 MiB", readAll(3*mega, mega, 7, 0), 3, 2 * mega},
		{"all by 1 MiB", readAll(0, 10*mega, mega, 0), 2, 11 * mega},
		{"all at once", readAll(0, 10*mega, 10*mega, 0), 2, 11 * mega},
		{"all by Read", func(t *testing.T, f *files.File) {
			if p, err := io.ReadAll(f); err != nil || !bytes.Equal(p, large) {
				t.Fatalf("%d bytes, %v", len(p), err)
			}
		}, 2, 10 * mega},
		{"50 times 1,000 bytes, 100 left out", readAll(0, 55_000, 1000, 100), 1, 2 * blockSize},
		{"a section by 512 bytes", func(t *testing.T, f *files.File) {
			s := io.NewSectionReader(f, 5*mega+11, mega)
			p := make([]byte, mega)
			if _, err := io.ReadFull(iotest.OneByteReader(s), p[:9]); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(s,
				p[9:]); err != nil || !bytes.Equal(p, large[5*mega+11:][:mega]) {
				t.Fatal("wrong", err)
			}
		}, 3, 2 * mega},
		{"the last byte", readAll(10*mega-1, 1, 1, 0), 2, 5 * blockSize},
		{"four streams by turns", func(t *testing.T, f *files.File) {
			for i := range 200 {
				for s := range 4 {
					readAll(s*2*mega+mega+i*5000, 5000, 5000, 0)(t, f)
				}
			}
		}, 1 + 4*2, 4*mega + 16*blockSize},
		{"forward, each two blocks exchanged", func(t *testing.T, f *files.File) {
			for i := 0; i < 10*mega/blockSize; i += 2 {
				readAll((i+1)*blockSize, blockSize, blockSize, 0)(t, f)
				readAll(i*blockSize, blockSize, blockSize, 0)(t, f)
			}
		}, 3, 10*mega + 8*blockSize},
		{"a stream, and probes far away", func(t *testing.T, f *files.File) {
			for i := range 100 {
				readAll(i*10_000, 10_000, 10_000, 0)(t, f)
				if i%25 == 24 {
					readAll(9*mega-i*blockSize*2, 100, 100, 0)(t, f)
				}
			}
		}, 2 + 4, mega + 20*blockSize},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := newRemote(t)
			r.put(t, "f", large)
			f := openAt(t, r, "f", nil)
			c.read(t, f)
			requests, n := f.Counts()
			if requests != r.gets.Load() || n != r.sent.Load() {
				t.Errorf("Counts = %d, %d; the bucket saw %d, %d", requests, n, r.gets.Load(),
					r.sent.Load())
			}
			if requests > c.most {
				t.Errorf("%d requests, want at most %d", requests, c.most)
			}
			if n > c.bytes {
				t.Errorf("%d bytes, want at most %d", n, c.bytes)
			}
		})
	}
}

// TestRandomReads: as many requests and blocks as there are reads, at most.
func TestRandomReads(t *testing.T) {
	const size, reads = 64 << 20, 500
	r := newRemote(t)
	content := randomBytes(size)
	r.put(t, "f", content)
	f := openAt(t, r, "f", nil)
	rng := rand.New(rand.NewPCG(1, 2))
	var wg sync.WaitGroup
	offs := make(chan int)
	for range 16 {
		wg.Go(func() {
			p := make([]byte, 4096)
			for off := range offs {
				if _, err := f.ReadAt(p, int64(off)); err != nil ||
					!bytes.Equal(p, content[off:off+len(p)]) {
					t.Errorf("ReadAt(%d): wrong, %v", off, err)
				}
			}
		})
	}
	for range reads {
		offs <- rng.IntN(size/4096) * 4096
	}
	close(offs)
	wg.Wait()
	if n := r.gets.Load(); n > reads {
		t.Errorf("%d requests for %d reads", n, reads)
	}
	if n := r.sent.Load(); n > reads*blockSize {
		t.Errorf("%d bytes for %d reads", n, reads)
	}
}

// archive is a zip file of 100 stored members of 100 kB.
func archive(t testing.TB) []byte {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	content := randomBytes(200_000)
	for i := range 100 {
		m, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("m%02d", i), Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		m.Write(content[i : i+100_000])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestZip: archive/zip by OpenAt and by the io/fs view.
func TestZip(t *testing.T) {
	content := randomBytes(200_000)
	data := archive(t)
	for _, way := range []string{"OpenAt", "FS"} {
		for _, what := range []string{"in order", "one in the middle"} {
			t.Run(way+"/"+what, func(t *testing.T) {
				r := newRemote(t)
				r.put(t, "a.zip", data)
				var at io.ReaderAt
				if way == "OpenAt" {
					at = openAt(t, r, "a.zip", nil)
				} else {
					f, err := files.FS(t.Context(), r).Open("a.zip")
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { f.Close() })
					at = f.(io.ReaderAt)
				}
				z, err := zip.NewReader(at, int64(len(data)))
				if err != nil {
					t.Fatal(err)
				}
				for i, m := range z.File {
					if what == "one in the middle" && i != 50 {
						continue
					}
					p, err := fs.ReadFile(z, m.Name)
					if err != nil || !bytes.Equal(p, content[i:i+100_000]) {
						t.Fatalf("%s: %d bytes, %v", m.Name, len(p), err)
					}
				}
				if n := r.gets.Load(); n > 3 {
					t.Errorf("%d requests, want at most 3", n)
				}
			})
		}
	}
}

// TestOpenAtOneVersion: what is replaced or deleted is ErrChanged, at once and without
// further requests, and a new File has nothing of the old version.
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

// TestSharedFetch: readers of one place share a request, and the first one's end doesn't
// end it for the others.
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
				t.Errorf("the one that was cancelled: %v", err)
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

// TestFetchesTogether: reads at different places take one round trip together.
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

// TestCloseEndsReads: Close ends what waits, and a failed request leaves no mark.
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
		if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, files.ErrClosed) {
			t.Errorf("ReadAt after Close: %v", err)
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
				t.Errorf("ReadAt after a failure = %v", err)
			}
		}
	})
}

// TestIdleStream: a File that nobody reads from has no body open after a while, and reads
// on rightly.
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
			t.Errorf("%d bodies are open when nobody reads", n)
		}
		if _, err := f.ReadAt(p, 1<<20); err != nil || !bytes.Equal(p, content[1<<20:][:1000]) {
			t.Errorf("ReadAt later: %v", err)
		}
	})
}

// TestOpenAtDirectly: memory is read without requests, by wrappers that don't change the
// content too, and the bytes are counted.
func TestOpenAtDirectly(t *testing.T) {
	content := randomBytes(1 << 20)
	inner := mem.New(nil)
	var gets, read int64
	b := files.Wrap(inner, files.Hooks{
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
	if requests, n := f.Counts(); requests != 0 || n != 0 {
		t.Errorf("Counts = %d, %d", requests, n)
	}
	f.Close()
	if gets != 1 || read != 11_000 {
		t.Errorf("Done told %d Gets and %d bytes, want 1 and 11,000", gets, read)
	}
}
