package driver_test

import (
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
)

// TestConnectionsFail: whatever fails while several connections read, the reader gets
// the right bytes or an error. Several connections survive every failure that one
// survives.
func TestConnectionsFail(t *testing.T) {
	const size = 80*mib + 5
	reset := driver.WithCause(files.ErrUnavailable, io.ErrClosedPipe, "connection reset")
	for _, c := range []struct {
		what  string
		setUp func(l *link)
		want  error
		// how many requests at most; 0 is as many as usual
		requests int64
	}{
		{
			what: "replaced",
			setUp: func(l *link) {
				l.opening = func(n int64, _ *driver.OpenRequest) error {
					if n == 5 {
						l.version.Add(1)
					}
					return nil
				}
			},
			want: files.ErrChanged,
		},
		{
			what: "deleted",
			setUp: func(l *link) {
				l.opening = func(n int64, _ *driver.OpenRequest) error {
					if n > 5 {
						return files.ErrNotExist
					}
					return nil
				}
			},
			want: files.ErrChanged,
		},
		{
			// The first connection has the old content to its end.
			what: "replaced before others join",
			setUp: func(l *link) {
				l.opening = func(n int64, _ *driver.OpenRequest) error {
					if n > 1 {
						l.version.Store(1)
					}
					return nil
				}
			},
			requests: 100,
		},
		{
			what: "damaged",
			setUp: func(l *link) {
				l.digest = files.Digest{CRC32C: "00000000"}
			},
			want: files.ErrCorrupt,
		},
		{
			what: "every connection breaks",
			setUp: func(l *link) {
				l.reading = func(off int64, p []byte) (int, error) {
					if off%(3*mib) < 64<<10 && off > 0 {
						return min(len(p), 100), reset
					}
					return len(p), nil
				}
			},
			requests: 1000,
		},
		{
			what: "ends early",
			setUp: func(l *link) {
				l.reading = func(off int64, p []byte) (int, error) {
					if off > 30*mib && off < 30*mib+100_000 {
						return min(len(p), 1000), io.EOF
					}
					return len(p), nil
				}
			},
			requests: 1000,
		},
		{
			what: "every fifth request is refused",
			setUp: func(l *link) {
				l.opening = func(n int64, _ *driver.OpenRequest) error {
					if n%5 == 0 {
						return files.ErrUnavailable
					}
					return nil
				}
			},
			requests: 100,
		},
		{
			what: "every fifth request is refused for good",
			setUp: func(l *link) {
				l.opening = func(n int64, _ *driver.OpenRequest) error {
					if n%5 == 0 {
						return retry.Permanent(files.ErrUnavailable)
					}
					return nil
				}
			},
			requests: 200,
		},
		{
			what: "one request at a time",
			setUp: func(l *link) {
				l.opening = func(int64, *driver.OpenRequest) error {
					if l.bodies.Load() > 0 {
						return files.ErrUnavailable
					}
					return nil
				}
			},
			requests: 1000,
		},
		{
			what: "one request a reading",
			setUp: func(l *link) {
				l.opening = func(n int64, _ *driver.OpenRequest) error {
					if n > 1 {
						return files.ErrPermission
					}
					return nil
				}
			},
			requests: 100,
		},
		{
			what: "no ranges",
			setUp: func(l *link) {
				l.opening = func(_ int64, req *driver.OpenRequest) error {
					req.Range = files.Range{}
					return nil
				}
			},
			requests: 8,
		},
		{
			what: "impossible counts",
			setUp: func(l *link) {
				l.reading = func(off int64, p []byte) (int, error) {
					if off > 20*mib {
						return -1, nil
					}
					return len(p), nil
				}
			},
			want: files.ErrUnavailable,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(size)
			l.digest = patternSum(size)
			c.setUp(l)
			r, err := driver.New(before{l}).Get(t.Context(), "f", nil)
			if err != nil {
				t.Fatal(err)
			}
			w := &checking{t: t}
			_, err = r.WriteTo(w)
			if !errors.Is(err, c.want) || (c.want == nil) != (w.off == size) {
				t.Errorf("%s: up to %d, %v, want %v", c.what, w.off, err, c.want)
			}
			if n := l.opens.Load(); c.requests > 0 && n > c.requests {
				t.Errorf("%s: %d requests", c.what, n)
			}
			r.Close()
			synctest.Wait()
			if n := l.bodies.Load(); n != 0 {
				t.Errorf("%s: %d bodies stay open, want 0", c.what, n)
			}
		})
	}
}

// TestConnectionsForgive: when parts fail, the one connection that goes on ignores two
// requests that are refused for good, since it wouldn't have made them alone; not more.
func TestConnectionsForgive(t *testing.T) {
	const size = 80*mib + 5
	for refused := range int64(5) {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(size)
			rests := int64(0)
			l.opening = func(n int64, req *driver.OpenRequest) error {
				if _, length := req.Range.Resolve(size); n > 1 && length > 4*mib {
					rests++
				}
				if n > 6 && rests <= refused {
					return retry.Permanent(files.ErrUnavailable)
				}
				return nil
			}
			r, err := driver.New(l).Get(t.Context(), "f", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			w := &checking{t: t}
			_, err = r.WriteTo(w)
			want, most := error(nil), refused+1
			if refused > 2 {
				want, most = files.ErrUnavailable, 3
			}
			if !errors.Is(err, want) || (want == nil) != (w.off == size) || rests != most {
				t.Errorf("%d are refused: up to %d, %v, want %v; %d requests for the rest, want %d",
					refused, w.off, err, want, rests, most)
			}
		})
	}
}

// before is a link that reports how many bytes come in front of a range, if it sends
// more.
type before struct{ *link }

func (b before) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	o, err := b.link.Open(ctx, req)
	if err != nil {
		return o, err
	}
	if off, n := req.Range.Resolve(o.Info.Size); off != o.Offset {
		o.Before, o.Offset, o.Length = off-o.Offset, off, n
	}
	return o, nil
}

// TestConnectionsBreakOff: a panic of the backend in a request in another goroutine
// reaches the caller (X2).
func TestConnectionsBreakOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(80 * mib)
		l.reading = func(off int64, p []byte) (int, error) {
			if off > 33*mib {
				panic("broken")
			}
			return len(p), nil
		}
		r, err := driver.New(l).Get(t.Context(), "f", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if v := recover(); v != "broken" {
				t.Errorf(`recovered %v, want "broken"`, v)
			}
			r.Close()
			synctest.Wait()
			if n := l.bodies.Load(); n != 0 {
				t.Errorf("%d bodies stay open, want 0", n)
			}
		}()
		io.Copy(io.Discard, r)
		t.Error("no panic")
	})
}

// TestConnectionsStall: the read timeout ends the wait for a part that doesn't come,
// and only that.
func TestConnectionsStall(t *testing.T) {
	for _, stall := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(wideSize)
			l.opening = func(n int64, _ *driver.OpenRequest) error {
				if stall && n > 6 {
					time.Sleep(time.Minute)
				}
				return nil
			}
			r, err := driver.New(l).Get(t.Context(), "f", &files.GetOptions{
				ReadTimeout: 300 * time.Millisecond,
			})
			if err != nil {
				t.Fatal(err)
			}
			var want error
			if stall {
				want = os.ErrDeadlineExceeded
			}
			if _, err := io.Copy(&checking{t: t}, r); !errors.Is(err, want) {
				t.Errorf("stall %v: %v, want %v", stall, err, want)
			}
			r.Close()
			time.Sleep(2 * time.Minute) // the link's Open ignores its context
		})
	}
}

// TestReadAheadOptions: the URL's parameters are read, and options that make no sense
// are refused.
func TestReadAheadOptions(t *testing.T) {
	for _, c := range []struct {
		query string
		want  driver.ReadAhead
		wrong bool
	}{
		{query: ""},
		{
			query: "read_connections=3&read_connections_after=70",
			want:  driver.ReadAhead{Connections: 3, After: 70},
		},
		{query: "read_connections=0", wrong: true},
		{query: "read_connections=65", wrong: true},
		{query: "read_connections_after=1", want: driver.ReadAhead{After: 1}},
		{query: "read_connections_after=0", wrong: true},
		{query: "read_connections_after=-1", wrong: true},
		{query: "read_connections_after=x", wrong: true},
	} {
		p := driver.NewParams(&url.URL{RawQuery: c.query})
		got := p.ReadAhead()
		if wrong := p.Err() != nil; wrong != c.wrong || !wrong && got != c.want {
			t.Errorf("ReadAhead of %q = %+v, %v, want %+v", c.query, got, p.Err(), c.want)
		}
	}
	b := driver.New(newLink(1))
	for _, o := range []*files.GetOptions{{Connections: -1}, {ConnectionsAfter: -1}} {
		if _, err := b.Get(t.Context(), "f", o); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%+v: Get = %v, want ErrInvalid", o, err)
		}
	}
}

// tuned is a link that sets how many connections there are.
type tuned struct {
	*link
	ahead driver.ReadAhead
}

func (b tuned) ReadAhead() driver.ReadAhead { return b.ahead }

// TestReadAheadOfBackend: the backend's values hold, unless the options of the call say
// otherwise.
func TestReadAheadOfBackend(t *testing.T) {
	for _, c := range []struct {
		ahead driver.ReadAhead
		opts  files.GetOptions
		most  int64
	}{
		{driver.ReadAhead{}, files.GetOptions{}, 8},
		{driver.ReadAhead{Connections: 3}, files.GetOptions{}, 3},
		{driver.ReadAhead{Connections: 1}, files.GetOptions{}, 1},
		{driver.ReadAhead{Connections: 1}, files.GetOptions{Connections: 2}, 2},
		{driver.ReadAhead{After: 1 << 40}, files.GetOptions{}, 1},
		{driver.ReadAhead{After: 1 << 40}, files.GetOptions{ConnectionsAfter: 1}, 8},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(96 * mib)
			r, err := driver.New(tuned{l, c.ahead}).Get(t.Context(), "f", &c.opts)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if _, err := io.Copy(&checking{t: t}, r); err != nil || l.most.Load() != c.most {
				t.Errorf("%+v, %+v: %d connections at a time, want %d; %v", c.ahead, c.opts,
					l.most.Load(), c.most, err)
			}
		})
	}
}

// TestDownloadAtChecks: the digest is checked even if a service leaves it out of
// responses to ranges.
func TestDownloadAtChecks(t *testing.T) {
	const size = 40*mib + 3
	for _, c := range []struct {
		digest files.Digest
		want   error
	}{
		{patternSum(size), nil},
		{files.Digest{CRC32C: "00000000"}, files.ErrCorrupt},
		{files.Digest{MD5: "00000000000000000000000000000000"}, files.ErrCorrupt},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(size)
			l.digest, l.noSums = c.digest, true
			info, err := files.DownloadAt(t.Context(), driver.New(l), "f", discardAt{}, nil)
			if !errors.Is(err, c.want) {
				t.Errorf("%+v: %v, want %v", c.digest, err, c.want)
			}
			if err == nil && info.Digest != c.digest {
				t.Errorf("the Info has %+v, want %+v", info.Digest, c.digest)
			}
			if n := l.opens.Load(); c.digest.MD5 == "" && n != 6 {
				t.Errorf("%d requests, want one for each of 6 parts", n)
			}
			synctest.Wait()
			if n := l.bodies.Load(); n != 0 {
				t.Errorf("%d bodies stay open, want 0", n)
			}
		})
	}
}

type discardAt struct{}

func (discardAt) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }

// TestReadAheadParams: the parameters that are documented are the ones that are read.
func TestReadAheadParams(t *testing.T) {
	query := url.Values{}
	for _, p := range driver.ReadAheadParams() {
		query.Set(p.Name, "7")
		if p.Values == "" || p.Doc == "" {
			t.Errorf("%+v lacks its values or its text", p)
		}
	}
	p := driver.NewParams(&url.URL{RawQuery: query.Encode()})
	want := driver.ReadAhead{Connections: 7, After: 7}
	if got := p.ReadAhead(); got != want || p.Err() != nil || len(query) != 2 {
		t.Errorf("%s: %+v, %v, want %+v", query.Encode(), got, p.Err(), want)
	}
}
