package driver_test

import (
	"context"
	"errors"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

const (
	mib       = 1 << 20
	wideSize  = 160*mib + 12_345
	wideBound = 32 * mib // of a bucket's memory, by default
)

// ways are the ways of reading a body.
var ways = map[string]func(r *files.Reader, w io.Writer) error{
	"WriteTo": func(r *files.Reader, w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	},
	"Read": func(r *files.Reader, w io.Writer) error {
		_, err := io.CopyBuffer(w, struct{ io.Reader }{r}, make([]byte, 100_000))
		return err
	},
	"ReadAll": func(r *files.Reader, w io.Writer) error {
		p, err := r.ReadAll()
		w.Write(p)
		return err
	},
	"Chunks": func(r *files.Reader, w io.Writer) error {
		for p, err := range r.Chunks(70_000) {
			if err != nil {
				return err
			}
			w.Write(p)
		}
		return nil
	},
}

// TestManyConnections: a reader of a large body gets it over several connections, in
// order and checked.
func TestManyConnections(t *testing.T) {
	const small = 48*mib + 54_321
	for how, read := range ways {
		for _, c := range []struct {
			what  string
			size  int64
			r     files.Range
			first int64
			n     int64
			ratio float64
		}{
			{"160 MiB", wideSize, files.Range{}, 0, wideSize, 4},
			{"the whole", small, files.Range{}, 0, small, 2},
			{"from", small, files.From(3_000_001), 3_000_001, small - 3_000_001, 2},
			{"last", small, files.Last(40 * mib), small - 40*mib, 40 * mib, 2},
			{"bytes", small, files.Bytes(5, 41*mib), 5, 41 * mib, 2},
		} {
			if how != "WriteTo" && (c.first > 0 || c.ratio > 2) {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				l := newLink(c.size)
				l.digest = patternSum(c.size)
				b := driver.New(l)
				begun := time.Now()
				r, err := b.Get(t.Context(), "f", &files.GetOptions{
					Range:        c.r,
					IfNotVersion: "other",
				})
				if err != nil {
					t.Fatal(err)
				}
				w := &checking{t: t, off: c.first}
				if err := read(r, w); err != nil {
					t.Fatalf("%s: read = %s: %v, want no error", how, c.what, err)
				}
				took := time.Since(begun)
				r.Close()
				synctest.Wait()
				if w.off-c.first != c.n {
					t.Errorf("%s, %s: %d bytes, want %d", how, c.what, w.off-c.first, c.n)
				}
				one := linkTrip + time.Duration(float64(c.n)/linkRate*1e9)
				if ratio := one.Seconds() / took.Seconds(); ratio < c.ratio {
					t.Errorf("%s, %s: %.2f times as fast as one connection, want %v", how,
						c.what, ratio, c.ratio)
				}
				if n, want := l.opens.Load(), r.Requests(); n != want || n > c.n/(4*mib)+2 {
					t.Errorf("%s, %s: %d requests, and Requests = %d", how, c.what, n, want)
				}
				if n := l.sent.Load(); n > c.n+mib {
					t.Errorf("%s, %s: %d bytes were sent of %d, want at most c.n+mib",
						how, c.what, n, c.n)
				}
				if most, open := l.most.Load(), l.bodies.Load(); most > 8 || open != 0 {
					t.Errorf("%s, %s: %d connections at a time, %d still open", how, c.what, most,
						open)
				}
				b.Close()
			})
		}
	}
}

// TestOneConnection: a body that is small, or read slowly, or not to its end, takes one
// request.
func TestOneConnection(t *testing.T) {
	const large = 100 * mib
	for _, c := range []struct {
		what string
		size int64
		opts *files.GetOptions
		read func(r *files.Reader) (int64, error)
		want int64 // bytes
	}{
		{
			what: "ten bytes of a large file",
			size: large,
			read: func(r *files.Reader) (int64, error) {
				p, err := r.ReadN(10)
				return int64(len(p)), err
			},
			want: 10,
		},
		{
			what: "16 MiB",
			size: 16*mib - 1,
			read: func(r *files.Reader) (int64, error) { return io.Copy(io.Discard, r) },
			want: 16*mib - 1,
		},
		{
			what: "16 MiB of a large file",
			size: large,
			opts: &files.GetOptions{Range: files.Bytes(7, 16*mib-1)},
			read: func(r *files.Reader) (int64, error) { return io.Copy(io.Discard, r) },
			want: 16*mib - 1,
		},
		{
			what: "8 MiB, and no more",
			size: large,
			read: func(r *files.Reader) (int64, error) {
				return io.CopyN(io.Discard, struct{ io.Reader }{r}, 8*mib-1)
			},
			want: 8*mib - 1,
		},
		{
			what: "a slow reader",
			size: large,
			read: func(r *files.Reader) (int64, error) {
				return io.Copy(writerFunc(func(p []byte) {
					time.Sleep(time.Duration(float64(len(p)) / linkRate * 2e9))
				}), r)
			},
			want: large,
		},
		{
			what: "one connection only",
			size: large,
			opts: &files.GetOptions{Connections: 1},
			read: func(r *files.Reader) (int64, error) { return io.Copy(io.Discard, r) },
			want: large,
		},
		{
			what: "more after a size that isn't reached",
			size: large,
			opts: &files.GetOptions{ConnectionsAfter: large},
			read: func(r *files.Reader) (int64, error) { return io.Copy(io.Discard, r) },
			want: large,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(c.size)
			r, err := driver.New(l).Get(t.Context(), "f", c.opts)
			if err != nil {
				t.Fatal(err)
			}
			n, err := c.read(r)
			if n != c.want || err != nil {
				t.Errorf("%s: %d bytes, %v, want %v and no error", c.what, n, err, c.want)
			}
			if one := l.opens.Load(); one != 1 || r.Requests() != 1 {
				t.Errorf("%s: %d requests, and Requests = %d, want 1 and 1",
					c.what, one, r.Requests())
			}
			r.Close()
			synctest.Wait()
			if sent := l.sent.Load(); sent > n+mib {
				t.Errorf("%s: %d bytes were sent, want at most n+mib", c.what, sent)
			}
		})
	}
}

type writerFunc func(p []byte)

func (f writerFunc) Write(p []byte) (int, error) {
	f(p)
	return len(p), nil
}

// TestConnectionsAhead: no more is fetched in advance than was read, and what is
// fetched for all readers of a bucket fits its memory.
func TestConnectionsAhead(t *testing.T) {
	for _, readers := range []int{1, 3, 10} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(48 * mib)
			b := driver.New(l)
			var wg sync.WaitGroup
			var read atomic.Int64
			for range readers {
				wg.Go(func() {
					r, err := b.Get(t.Context(), "f", nil)
					if err != nil {
						t.Error(err)
						return
					}
					defer r.Close()
					var before int64
					w := &checking{t: t, got: func(off int64) {
						all := read.Add(off - before)
						before = off
						ahead := l.sent.Load() - all
						if ahead > wideBound+int64(readers)*mib {
							t.Errorf("%d bytes are ahead of %d readers", ahead, readers)
						}
						if readers == 1 && ahead > max(all, 8*mib) {
							t.Errorf("%d bytes are ahead, and %d were read", ahead, all)
						}
					}}
					if _, err := r.WriteTo(w); err != nil || w.off != 48*mib {
						t.Errorf("%d bytes, %v, want no error and 48*mib", w.off, err)
					}
				})
			}
			wg.Wait()
		})
	}
}

// TestPausedReader: a reader that has paused gives its memory to one that reads, holds
// no connection meanwhile, and then reads the right bytes, wherever it paused.
func TestPausedReader(t *testing.T) {
	const pausedSize = 64*mib + 1
	// The Read that ends at 8 MiB begins to read parts, which take over at 12 MiB.
	for _, at := range []int64{8 * mib, 9 * mib, 40 * mib} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(pausedSize)
			l.digest = patternSum(pausedSize)
			b := driver.New(l)
			alone := readAll(t, b, pausedSize)
			var paused []*files.Reader
			for range 3 {
				r, err := b.Get(t.Context(), "f", nil)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				w := &checking{t: t}
				if _, err := io.CopyN(w, struct{ io.Reader }{r}, at); err != nil {
					t.Fatal(err)
				}
				paused = append(paused, r)
				time.Sleep(5 * time.Second)
			}
			// One may have had to go on with one connection.
			if n := l.bodies.Load(); n > 1 && at > 9*mib {
				t.Errorf("paused readers have %d connections open, want at most 1", n)
			}
			if beside := readAll(t, b, pausedSize); beside > alone+alone/10 {
				t.Errorf("beside readers that paused at %d reading takes %v, alone %v", at, beside,
					alone)
			}
			if n := l.bodies.Load(); n > 3 {
				t.Errorf("3 paused readers have %d connections open", n)
			}
			time.Sleep(10 * time.Minute)
			for _, r := range paused {
				w := &checking{t: t, off: at}
				if _, err := r.WriteTo(w); err != nil || w.off != pausedSize {
					t.Errorf("after the pause at %d: up to %d, %v, want no error and %v", at, w.off,
						err, pausedSize)
				}
			}
		})
	}
}

// readAll reads the file and returns how long that took.
func readAll(t *testing.T, b files.Bucket, size int64) time.Duration {
	t.Helper()
	begun := time.Now()
	r, err := b.Get(t.Context(), "f", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w := &checking{t: t}
	if _, err := r.WriteTo(w); err != nil || w.off != size {
		t.Fatalf("up to %d, %v, want no error and %v", w.off, err, size)
	}
	return time.Since(begun)
}

// TestConnectionsEnd: Close, and the end of the context, end all requests at once, at any
// time.
func TestConnectionsEnd(t *testing.T) {
	for at := int64(mib); at < 60*mib; at += 11*mib + 77_777 {
		for _, how := range []string{"Close", "context", "beside"} {
			synctest.Test(t, func(t *testing.T) {
				l := newLink(wideSize)
				ctx, cancel := context.WithCancel(t.Context())
				b := driver.New(l)
				r, err := b.Get(ctx, "f", nil)
				if err != nil {
					t.Fatal(err)
				}
				w := &checking{t: t}
				if _, err := io.CopyN(w, struct{ io.Reader }{r}, at); err != nil {
					t.Fatal(err)
				}
				want := files.ErrClosed
				begun := time.Now()
				switch how {
				case "Close":
					r.Close()
				case "context":
					want = context.Canceled
					cancel()
				case "beside": // during a Read
					time.AfterFunc(time.Millisecond, func() { r.Close() })
				}
				_, err = io.Copy(w, r)
				if !errors.Is(err, want) {
					t.Errorf("%s at %d: %v, want %v", how, at, err, want)
				}
				r.Close()
				cancel()
				if took := time.Since(begun); took > 100*time.Millisecond {
					t.Errorf("%s at %d took %v, want at most 100*time.Millisecond", how, at, took)
				}
				sent := l.sent.Load()
				b.Close()
				time.Sleep(time.Second)
				if n, more := l.bodies.Load(), l.sent.Load()-sent; n != 0 || more > mib {
					t.Errorf("%s at %d: %d bodies stay open, %d bytes came later", how, at, n, more)
				}
				if !l.closed.Load() {
					t.Errorf("%s at %d: the backend isn't closed", how, at)
				}
			})
		}
	}
}

// TestSmallestForConnections: several connections read a body from two parts beyond
// what one connection reads first, to the byte.
func TestSmallestForConnections(t *testing.T) {
	for _, c := range []struct {
		size int64
		opts files.GetOptions
		many bool
	}{
		{16*mib - 1, files.GetOptions{}, false},
		{16 * mib, files.GetOptions{}, true},
		{12*mib - 1, files.GetOptions{ConnectionsAfter: 4 * mib}, false},
		{12 * mib, files.GetOptions{ConnectionsAfter: 4 * mib}, true},
		{8 * mib, files.GetOptions{ConnectionsAfter: 1}, false},
		{8*mib + 256<<10, files.GetOptions{ConnectionsAfter: 256 << 10}, true},
		{64 * mib, files.GetOptions{ConnectionsAfter: math.MaxInt64}, false},
		{64 * mib, files.GetOptions{Connections: 2}, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(c.size)
			r, err := driver.New(l).Get(t.Context(), "f", &c.opts)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			w := &checking{t: t}
			if _, err := r.WriteTo(w); err != nil || w.off != c.size {
				t.Errorf("%d bytes, %+v: up to %d, %v", c.size, c.opts, w.off, err)
			}
			if n := r.Requests(); n > 1 != c.many {
				t.Errorf("%d bytes, %+v: %d requests, want more than one: %v", c.size, c.opts, n,
					c.many)
			}
		})
	}
}

// TestBucketClosedWhileRead: an open body stays readable, wherever its reader is, and
// only then is the backend closed.
func TestBucketClosedWhileRead(t *testing.T) {
	const size = 64*mib + 5
	for _, at := range []int64{mib, 9 * mib, 40 * mib} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(size)
			b := driver.New(l)
			r, err := b.Get(t.Context(), "f", nil)
			if err != nil {
				t.Fatal(err)
			}
			w := &checking{t: t}
			if _, err := io.CopyN(w, struct{ io.Reader }{r}, at); err != nil {
				t.Fatal(err)
			}
			b.Close()
			if _, err := r.WriteTo(w); err != nil || w.off != size {
				t.Errorf("at %d: up to %d, %v, want no error and %v", at, w.off, err, size)
			}
			if l.closed.Load() {
				t.Errorf("at %d: the backend was closed while its body was open", at)
			}
			r.Close()
			synctest.Wait()
			if !l.closed.Load() {
				t.Errorf("at %d: the backend isn't closed", at)
			}
		})
	}
}

// TestFastConnection: a connection that is faster than a service's stays alone, unless
// the caller or the backend asks for more.
func TestFastConnection(t *testing.T) {
	const large = 100 * mib
	for _, c := range []struct {
		what  string
		ahead driver.ReadAhead
		opts  files.GetOptions
		many  bool
	}{
		{what: "nothing is asked for"},
		{
			what: "the caller's Connections",
			opts: files.GetOptions{Connections: 8},
			many: true,
		},
		{
			what: "the caller's ConnectionsAfter",
			opts: files.GetOptions{ConnectionsAfter: 1},
			many: true,
		},
		{
			what:  "the backend's Connections",
			ahead: driver.ReadAhead{Connections: 8},
			many:  true,
		},
		{
			what:  "the backend's After",
			ahead: driver.ReadAhead{After: 1},
			many:  true,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(large)
			l.fast = true
			b := driver.New(tuned{l, c.ahead})
			r, err := b.Get(t.Context(), "f", &c.opts)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, r); n != large || err != nil {
				t.Errorf("%s: %d bytes, %v, want %d and no error", c.what, n, err, large)
			}
			if n := r.Requests(); n > 1 != c.many {
				t.Errorf("%s: %d requests, want more than one: %v", c.what, n, c.many)
			}
			r.Close()
			b.Close()
		})
	}
}
