package driver_test

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// link is a service with one large file, "f", over a line of 40 MB/s a connection and
// 20 ms a round trip, in the time of a test's bubble.
type link struct {
	*mapdriver.Backend
	size    int64
	version atomic.Int64
	digest  files.Digest
	noSums  bool // in responses to ranges, as S3
	fast    bool // it takes no time

	// Each may be nil.
	opening func(n int64, req *driver.OpenRequest) error
	reading func(off int64, p []byte) (int, error) // of the bytes at off

	opens  atomic.Int64
	bodies atomic.Int64 // open now
	most   atomic.Int64 // that were open at a time
	sent   atomic.Int64 // bytes
	closed atomic.Bool
}

const (
	linkRate = 40e6
	linkTrip = 20 * time.Millisecond
)

// pattern repeats after a number of bytes that isn't a multiple of a buffer's size.
var pattern = sync.OnceValue(func() []byte {
	p := make([]byte, 1_000_003)
	rand.NewChaCha8([32]byte{7}).Read(p)
	return p
})

// patternAt fills p with what the file has from off on. The race detector would take most
// of the time of the tests for it.
//
//go:norace
func patternAt(p []byte, off int64) {
	for n := 0; n < len(p); {
		n += copy(p[n:], pattern()[(off+int64(n))%int64(len(pattern())):])
	}
}

func newLink(size int64) *link {
	return &link{
		Backend: mapdriver.New(),
		size:    size,
	}
}

func (l *link) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	n := l.opens.Add(1)
	if err := l.wait(ctx, linkTrip, nil); err != nil {
		return driver.Object{}, err
	}
	if l.opening != nil {
		if err := l.opening(n, &req); err != nil {
			return driver.Object{}, err
		}
	}
	version := files.Version(fmt.Sprint("v", l.version.Load()))
	if req.IfVersion != "" && req.IfVersion != version {
		return driver.Object{}, files.ErrPrecondition
	}
	if req.IfNotVersion == version {
		return driver.Object{}, files.ErrNotModified
	}
	if l.closed.Load() {
		panic("Open after Close")
	}
	o := driver.Object{
		Info: files.Info{
			Entry:  files.Entry{Size: l.size, Version: version},
			Digest: l.digest,
		},
	}
	if l.noSums && !req.Range.IsWhole() {
		o.Info.Digest = files.Digest{}
	}
	o.Offset, o.Length = req.Range.Resolve(l.size)
	open := l.bodies.Add(1)
	for most := l.most.Load(); open > most && !l.most.CompareAndSwap(most, open); {
		most = l.most.Load()
	}
	o.Body = &linkBody{
		l:    l,
		ctx:  ctx,
		off:  o.Offset,
		end:  o.Offset + o.Length,
		done: make(chan struct{}),
	}
	return o, nil
}

// wait lets the time pass, unless ctx or done ends it.
func (l *link) wait(ctx context.Context, d time.Duration, done <-chan struct{}) error {
	if l.fast {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return driver.ContextError(ctx)
	case <-done:
		return files.ErrClosed
	}
}

func (l *link) Close() error {
	l.closed.Store(true)
	return nil
}

type linkBody struct {
	l        *link
	ctx      context.Context
	off, end int64
	once     sync.Once
	done     chan struct{}
}

func (b *linkBody) Read(p []byte) (int, error) {
	n := int(min(256<<10, int64(len(p)), b.end-b.off))
	if n == 0 {
		return 0, io.EOF
	}
	err := b.l.wait(b.ctx, time.Duration(float64(n)/linkRate*1e9), b.done)
	if err != nil {
		return 0, err
	}
	patternAt(p[:n], b.off)
	if b.l.reading != nil {
		n, err = b.l.reading(b.off, p[:n])
	}
	b.off += int64(n)
	b.l.sent.Add(int64(n))
	return n, err
}

func (b *linkBody) Close() error {
	b.once.Do(func() {
		close(b.done)
		b.l.bodies.Add(-1)
	})
	return nil
}

// patternSum is the CRC-32C of the file.
func patternSum(size int64) files.Digest {
	table := crc32.MakeTable(crc32.Castagnoli)
	var crc uint32
	p := make([]byte, 1<<20)
	for off := int64(0); off < size; off += int64(len(p)) {
		p = p[:min(int64(len(p)), size-off)]
		patternAt(p, off)
		crc = crc32.Update(crc, table, p)
	}
	return files.Digest{CRC32C: fmt.Sprintf("%08x", crc)}
}

// same is bytes.Equal; with the race detector it compares only the first and the last
// byte.
//
//go:norace
func same(a, b []byte) bool { return string(a) == string(b) }

// checking is a writer that compares what it gets with the pattern.
type checking struct {
	t   testing.TB
	off int64
	buf []byte
	// Each may be nil.
	got func(off int64)
}

func (c *checking) Write(p []byte) (int, error) {
	if cap(c.buf) < len(p) {
		c.buf = make([]byte, len(p))
	}
	want := c.buf[:len(p)]
	patternAt(want, c.off)
	if !same(want, p) || p[0] != want[0] || p[len(p)-1] != want[len(p)-1] {
		c.t.Fatalf("the %d bytes from %d on are wrong", len(p), c.off)
	}
	c.off += int64(len(p))
	if c.got != nil {
		c.got(c.off)
	}
	return len(p), nil
}
