package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// fragile is a bucket of one file. A body that comes to the place breaks calls broken,
// once, and ends with its error.
type fragile struct {
	files.Bucket
	content []byte
	digest  files.Digest
	breaks  atomic.Int64 // 0 is never
	broken  func() error
	refused error // of each Get
	// opening, if not nil, is called in each Get, with where it begins in the file.
	opening func(ctx context.Context, off int64) error
	gets    atomic.Int64
	sent    atomic.Int64 // bytes of bodies
	open    atomic.Int64
}

func newFragile(size int) *fragile {
	return &fragile{Bucket: mem.New(nil), content: randomBytes(size)}
}

// breakAlways breaks each body that begins at the beginning, after its first byte.
func (b *fragile) breakAlways(err error) {
	b.breaks.Store(1)
	b.broken = func() error {
		b.breaks.Store(1)
		return err
	}
}

func (b *fragile) Get(ctx context.Context, name string,
	opts *files.GetOptions) (*files.Reader, error) {
	var o files.GetOptions
	if opts != nil {
		o = *opts
	}
	b.gets.Add(1)
	if b.refused != nil {
		return nil, b.refused
	}
	size := int64(len(b.content))
	off, n := o.Range.Resolve(size)
	if b.opening != nil {
		if err := b.opening(ctx, off); err != nil {
			return nil, err
		}
	}
	at := off
	b.open.Add(1)
	return driver.NewReader(ctx, driver.ReaderConfig{
		Name: name,
		Info: files.Info{
			Entry:  files.Entry{Name: name, Size: size, Version: "1"},
			Digest: b.digest,
		},
		Verify:  true,
		Offset:  off,
		Length:  n,
		OnClose: func() { b.open.Add(-1) },
		Body: io.NopCloser(readerFunc(func(p []byte) (int, error) {
			end := off + n
			if breaks := b.breaks.Load(); breaks > 0 && at <= breaks && breaks < end {
				if end = breaks; at == end {
					b.breaks.Store(0)
					return 0, b.broken()
				}
			}
			m := copy(p, b.content[at:end])
			at += int64(m)
			b.sent.Add(int64(m))
			return m, nil
		})),
	}), nil
}

// TestStreamBreaks: if the body of a stream breaks, the read that uses it returns the
// bytes before that, at most, and the error. The next read makes a new request. Counts
// has every byte that arrived.
func TestStreamBreaks(t *testing.T) {
	const kib = 1 << 10
	fail := errors.New("failed")
	for what, c := range map[string]struct {
		before   func(*testing.T, *files.File, []byte)
		size     int
		off      int64
		breaks   int64
		n        int // what the read returns
		requests int64
	}{
		"a block":                    {nil, 1000, 96 * kib, 96*kib + 100, 0, 1},
		"the first byte of a block":  {nil, 1000, 96 * kib, 96 * kib, 0, 1},
		"a block on the way":         {nil, 1000, 166 * kib, 96*kib + 100, 0, 1},
		"a later block on the way":   {nil, 1000, 166 * kib, 130 * kib, 0, 1},
		"the buffer":                 {nil, 300 * kib, 96 * kib, 96*kib + 100, 100, 1},
		"the buffer in the end":      {nil, 300 * kib, 96 * kib, 380 * kib, 284 * kib, 1},
		"the block after the buffer": {nil, 300 * kib, 96 * kib, 385 * kib, 288 * kib, 1},
		"a block that is in memory": {func(t *testing.T, f *files.File, content []byte) {
			if _, err := f.ReadAt(make([]byte, 10), 288*kib); err != nil { // to 416 KiB
				t.Fatal(err)
			}
			forward(t, f, content, 96*kib, 192*kib)
		}, 1000, 416 * kib, 300 * kib, 0, 1},
	} {
		for _, end := range []error{fail, io.EOF} {
			b := newFragile(4 << 20)
			b.broken = func() error { return end }
			f := openAt(t, b, "f", nil)
			forward(t, f, b.content, 64*kib, 16*kib) // opens the stream
			if c.before != nil {
				c.before(t, f, b.content)
			}
			want := end
			if end == io.EOF {
				want = files.ErrCorrupt
			}
			gets := b.gets.Load()
			b.breaks.Store(c.breaks)
			p := make([]byte, c.size)
			n, err := f.ReadAt(p, c.off)
			if n != c.n || !errors.Is(err, want) || !bytes.Equal(p[:n], b.content[c.off:][:n]) {
				t.Errorf("%s: ReadAt = %d, %v, want %d and %v", what, n, err, c.n, want)
			}
			if b.gets.Load() != gets || b.open.Load() != 0 {
				t.Errorf("%s: %d requests, and %d bodies are open, want none", what,
					b.gets.Load()-gets, b.open.Load())
			}
			n, err = f.ReadAt(p, c.off)
			if n != c.size || err != nil || !bytes.Equal(p, b.content[c.off:][:n]) {
				t.Errorf("%s: the next ReadAt = %d, %v, want %d bytes", what, n, err, c.size)
			}
			if b.gets.Load() != gets+c.requests {
				t.Errorf("%s: %d requests for the next ReadAt, want %d", what,
					b.gets.Load()-gets, c.requests)
			}
			if _, got := f.Counts(); got != b.sent.Load() {
				t.Errorf("%s: Counts has %d bytes, want %d", what, got, b.sent.Load())
			}
			if f.Close(); b.open.Load() != 0 {
				t.Errorf("%s: %d bodies are open after Close", what, b.open.Load())
			}
		}
	}
}

// TestReadBreaks: Read returns an error that comes after some bytes with them.
func TestReadBreaks(t *testing.T) {
	broken := errors.New("broken")
	const size = 1 << 20
	text := string(randomBytes(size))
	b := &answering{mem.New(nil), func(ctx context.Context,
		o files.GetOptions) (*files.Reader, error) {
		off, n := o.Range.Resolve(size)
		return driver.NewReader(ctx, driver.ReaderConfig{
			Info:   files.Info{Entry: files.Entry{Size: size, Version: "1"}},
			Offset: off,
			Length: n,
			Body:   &together{text[off : off+100], broken, nil},
		}), nil
	}}
	f := openFS(t, b, "f")
	defer f.Close()
	p := make([]byte, 1000)
	n, err := f.Read(p)
	if string(p[:n]) != text[:100] || !errors.Is(err, broken) {
		t.Errorf("Read = %d, %v, want 100 bytes and the error", n, err)
	}
}

// TestStreamRefused: if the request of a stream fails, the next read makes another one.
func TestStreamRefused(t *testing.T) {
	b := newFragile(4 << 20)
	f := openAt(t, b, "f", nil)
	p := make([]byte, 1000)
	for _, size := range []int{1000, 300_000} {
		p := make([]byte, size)
		b.refused = errors.New("refused")
		if n, err := f.ReadAt(p, 64<<10); n != 0 || !errors.Is(err, b.refused) {
			t.Errorf("ReadAt = %d, %v, want the refusal", n, err)
		}
		b.refused = nil
	}
	before := b.gets.Load()
	if n, err := f.ReadAt(p, 64<<10); n != 1000 || err != nil ||
		!bytes.Equal(p, b.content[64<<10:][:1000]) {
		t.Errorf("the next ReadAt = %d, %v", n, err)
	}
	if n := b.gets.Load() - before; n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	if b.open.Load() != 1 {
		t.Errorf("%d bodies are open, want the stream's", b.open.Load())
	}
	if f.Close(); b.open.Load() != 0 {
		t.Errorf("%d bodies are open after Close", b.open.Load())
	}
}

// TestReadAfterABrokenStream: a read that waits for a stream, or for a block that another
// read gets from it, isn't hurt if the body breaks or panics. Nor is a later one.
func TestReadAfterABrokenStream(t *testing.T) {
	for _, off := range []int64{96<<10 + 2000, 130 << 10} {
		for _, panics := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				b := newFragile(4 << 20)
				fail := errors.New("failed")
				free := make(chan struct{})
				b.broken = func() error {
					<-free
					if panics {
						panic(fail)
					}
					return fail
				}
				f := openAt(t, b, "f", nil)
				forward(t, f, b.content, 64<<10, 16<<10) // opens the stream
				b.breaks.Store(97 << 10)
				var wg sync.WaitGroup
				wg.Go(func() {
					defer func() {
						if v := recover(); panics && v != fail {
							t.Errorf("recovered %v, want the failure", v)
						}
					}()
					n, err := f.ReadAt(make([]byte, 1000), 96<<10)
					if n != 0 || !errors.Is(err, fail) {
						t.Errorf("the first ReadAt = %d, %v, want the failure", n, err)
					}
				})
				synctest.Wait()
				wg.Go(func() {
					p := make([]byte, 1000)
					n, err := f.ReadAt(p, off)
					if n != 1000 || err != nil || !bytes.Equal(p, b.content[off:][:n]) {
						t.Errorf("the second ReadAt, from %d = %d, %v, panic: %t", off, n, err,
							panics)
					}
				})
				synctest.Wait()
				close(free)
				wg.Wait()
				if n, err := f.ReadAt(make([]byte, 1000), 96<<10); n != 1000 || err != nil {
					t.Errorf("a later ReadAt = %d, %v, panic: %t", n, err, panics)
				}
				f.Close()
			})
		}
	}
}

// TestSecondHalfOfARead: if the second half of a read is in blocks that another read
// fetches in vain, the read makes a request for that half. If this breaks as well, it
// returns what it has.
func TestSecondHalfOfARead(t *testing.T) {
	for _, again := range []int64{0, 100 << 10} { // where the second request breaks
		synctest.Test(t, func(t *testing.T) {
			b := newFragile(4 << 20)
			fail := errors.New("failed")
			free := make(chan struct{})
			b.broken = func() error {
				<-free
				b.breaks.Store(again)
				return fail
			}
			f := openAt(t, b, "f", nil)
			forward(t, f, b.content, 64<<10, 16<<10) // opens the stream, and keeps a block
			b.breaks.Store(97 << 10)
			done := make(chan struct{})
			go func() {
				f.ReadAt(make([]byte, 1000), 96<<10)
				close(done)
			}()
			synctest.Wait()
			go func() {
				synctest.Wait()
				close(free)
			}()
			const off = 95 << 10
			p := make([]byte, 20<<10)
			n, err := f.ReadAt(p, off)
			want := len(p)
			if again > 0 {
				want = int(again - off)
			}
			if n != want || errors.Is(err, fail) != (again > 0) ||
				!bytes.Equal(p[:n], b.content[off:][:n]) {
				t.Errorf("it breaks again at %d: ReadAt = %d, %v, want %d bytes", again, n, err,
					want)
			}
			<-done
			f.Close()
		})
	}
}
