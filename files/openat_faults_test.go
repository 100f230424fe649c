package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"sync/atomic"
	"testing"

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

// resumedBodies is a bucket of a file of zeros, of which each body took three requests.
func resumedBodies(size int64) files.Bucket {
	return &answering{mem.New(nil), func(ctx context.Context,
		o files.GetOptions) (*files.Reader, error) {
		off, n := o.Range.Resolve(size)
		return driver.NewReader(ctx, driver.ReaderConfig{
			Info:   files.Info{Entry: files.Entry{Size: size, Version: "v"}},
			Offset: off,
			Length: n,
			Body:   resumed{io.NopCloser(bytes.NewReader(make([]byte, n)))},
		}), nil
	}}
}

// TestCountsOfResumedBodies: Counts has the requests by which bodies were resumed.
func TestCountsOfResumedBodies(t *testing.T) {
	const size = 1 << 20
	f := openAt(t, resumedBodies(size), "f", nil)
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
