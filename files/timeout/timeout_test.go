package timeout_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/timeout"
)

const second = time.Second

// wantLate checks that the call ended by the limit, after the given time, with this
// sentinel.
func wantLate(t *testing.T, what string, err, kind error, limit string, took, want time.Duration) {
	t.Helper()
	var late *timeout.Error
	var fe *files.Error
	switch {
	case files.KindOf(err) != kind:
		t.Errorf("%s: %v, want %v", what, err, kind)
	case !errors.As(err, &fe) || !fe.Timeout():
		t.Errorf("%s: %#v is not a timeout", what, err)
	case !errors.As(err, &late) || late.Limit != limit:
		t.Errorf("%s: %v has the cause %+v, want the limit %s", what, err, late, limit)
	case !errors.Is(err, os.ErrDeadlineExceeded):
		t.Errorf("%s: %v doesn't match os.ErrDeadlineExceeded", what, err)
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		t.Errorf("%s: %v matches an error of the caller's context", what, err)
	case !strings.Contains(err.Error(), "timeout.Options."+limit):
		t.Errorf("%s: %q doesn't name the limit", what, err)
	}
	if took != want {
		t.Errorf("%s: took %v, want %v", what, took, want)
	}
}

// TestSilentServer: every kind of call to a server that never responds ends after its
// limit, and no earlier.
func TestSilentServer(t *testing.T) {
	read := func(b files.Bucket) error {
		_, err := files.ReadAll(context.Background(), b, "a", nil)
		return err
	}
	list := func(b files.Bucket) (last error) {
		for _, err := range b.List(context.Background(), "", nil) {
			last = err
		}
		return last
	}
	put := func(b files.Bucket) error {
		_, err := files.PutString(context.Background(), b, "n", "x", nil)
		return err
	}
	all := timeout.Silence(5 * second)
	for name, c := range map[string]struct {
		below slow
		o     *timeout.Options
		call  func(files.Bucket) error
		kind  error
		limit string
		took  time.Duration
	}{
		"Get": {slow{open: time.Hour}, all, read, files.ErrUnavailable, "FirstByte", 5 * second},
		"first byte": {
			slow{open: second, bytes: time.Hour}, all, read, files.ErrUnavailable, "FirstByte",
			6 * second,
		},
		"between bytes": {
			slow{bytes: second, piece: 10, silentAt: 50},
			&timeout.Options{FirstByte: 2 * second, Idle: 5 * second}, read,
			files.ErrUnavailable, "Idle", 10 * second,
		},
		"a drip": {
			slow{
				bytes: 4 * second,
				piece: 1,
			}, &timeout.Options{Call: 30 * second, Idle: 5 * second},
			read, files.ErrUnavailable, "Call", 30 * second,
		},
		"Stat": {slow{open: time.Hour}, all, func(b files.Bucket) error {
			_, err := b.Stat(context.Background(), "a", nil)
			return err
		}, files.ErrUnavailable, "FirstByte", 5 * second},
		"Check": {slow{open: time.Hour}, all, func(b files.Bucket) error {
			return files.Check(context.Background(), b)
		}, files.ErrUnavailable, "FirstByte", 5 * second},
		"first entry": {
			slow{entries: time.Hour}, all, list, files.ErrUnavailable, "FirstByte", 5 * second,
		},
		"entries": {
			slow{entries: 2 * second}, &timeout.Options{FirstByte: 3 * second, Page: second}, list,
			files.ErrUnavailable, "Page", 3 * second,
		},
		"a listing that drips": {
			slow{entries: 2 * second}, &timeout.Options{Call: 5 * second, Page: 3 * second}, list,
			files.ErrUnavailable, "Call", 5 * second,
		},
		"Put": {slow{open: time.Hour}, all, put, files.ErrUncertain, "FirstByte", 5 * second},
		"Put, stored": {
			slow{after: time.Hour}, all, put, files.ErrUncertain, "FirstByte", 5 * second,
		},
		"Delete": {slow{after: time.Hour}, all, func(b files.Bucket) error {
			return b.Delete(context.Background(), "a", nil)
		}, files.ErrUncertain, "FirstByte", 5 * second},
		"DeleteMany": {slow{after: time.Hour}, all, func(b files.Bucket) error {
			many := b.(interface {
				DeleteMany(context.Context, []string) []error
			})
			return many.DeleteMany(context.Background(), []string{"a", "b"})[1]
		}, files.ErrUncertain, "FirstByte", 5 * second},
		"Copy": {
			slow{after: time.Hour}, &timeout.Options{Call: 7 * second, FirstByte: second},
			func(b files.Bucket) error {
				_, err := files.Copy(context.Background(), b, "n", b, "a", nil)
				return err
			}, files.ErrUncertain, "Call", 7 * second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := bounded(t, c.below.bucket(t), c.o)
				start := time.Now()
				err := c.call(b)
				wantLate(t, name, err, c.kind, c.limit, time.Since(start), c.took)
			})
		})
	}
}

// TestCallerIsSlow: the caller's time between two Reads, in a loop's body and in a
// content's Read is not counted.
func TestCallerIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		below := &slow{
			open:    second / 2,
			bytes:   second / 2,
			piece:   10,
			entries: second / 2,
		}
		b := bounded(t, below.bucket(t), &timeout.Options{
			Call:      8 * second,
			FirstByte: second,
			Idle:      second,
			Page:      second,
		})
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		var got int
		for p := make([]byte, 64); ; {
			time.Sleep(10 * second)
			n, err := r.Read(p)
			if got += n; err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("after %d bytes: %v", got, err)
			}
		}
		r.Close()
		if got != 100 {
			t.Errorf("%d bytes, want 100", got)
		}
		n := 0
		for _, err := range b.List(t.Context(), "", nil) {
			if err != nil {
				t.Error(err)
			}
			n++
			time.Sleep(10 * second)
		}
		if n != 3 {
			t.Errorf("%d entries, want 3", n)
		}
		content := &slowContent{Reader: strings.NewReader("new text"), each: 10 * second}
		if _, err := b.Put(t.Context(), "n", content, nil); err != nil {
			t.Error(err)
		}
	})
}

// slowContent waits before each byte.
type slowContent struct {
	*strings.Reader
	each time.Duration
}

func (s *slowContent) Read(p []byte) (int, error) {
	time.Sleep(s.each)
	return s.Reader.Read(p[:min(len(p), 1)])
}

// TestResumed: Idle begins anew after each piece, however long a body takes in all.
func TestResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		below := &slow{bytes: 4 * second, piece: 1}
		b := bounded(t, below.bucket(t), timeout.Silence(5*second))
		start := time.Now()
		s, err := files.ReadString(t.Context(), b, "a", nil)
		if err != nil || len(s) != 100 || time.Since(start) < 400*second {
			t.Errorf("%d bytes in %v, %v", len(s), time.Since(start), err)
		}
	})
}

// TestOpenedInTime: a limit on the opening of a body doesn't end the body, which
// is closed once.
func TestOpenedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		below := &slow{open: 4 * second, bytes: 4 * second, piece: 10}
		b := bounded(t, below.bucket(t), &timeout.Options{FirstByte: 5 * second})
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		p, err := r.ReadAll()
		if err != nil || len(p) != 100 {
			t.Errorf("%d bytes, %v", len(p), err)
		}
		r.Close()
		if below.closed != 1 || below.ended != 0 {
			t.Errorf("the body was closed %d times, %d contexts ended", below.closed, below.ended)
		}
	})
}

// TestCallersEnd: the caller's own deadline and cancellation remain the caller's
// errors.
func TestCallersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, below := range []*slow{{open: time.Hour}, {bytes: time.Hour}} {
			b := bounded(t, below.bucket(t), timeout.Silence(5*second))
			ctx, cancel := context.WithTimeout(t.Context(), 2*second)
			start := time.Now()
			_, err := files.ReadAll(ctx, b, "a", nil)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || files.KindOf(err) != nil ||
				time.Since(start) != 2*second {
				t.Errorf("after %v: %v", time.Since(start), err)
			}
			why := errors.New("the user went home")
			cctx, stop := context.WithCancelCause(t.Context())
			time.AfterFunc(2*second, func() { stop(why) })
			_, err = files.ReadAll(cctx, b, "a", nil)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, why) ||
				files.KindOf(err) != nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("cancelled: %v", err)
			}
		}
	})
}

// TestCallersEndFirst: a limit that is exceeded while the caller ends the call changes
// nothing.
func TestCallersEndFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bounded(t, files.Wrap(mem.New(nil), files.Hooks{
			Around: func(ctx context.Context, _ *files.Call,
				_ func(context.Context) error) error {
				<-ctx.Done()
				time.Sleep(time.Minute) // to clean up
				return ctx.Err()
			},
		}), timeout.Silence(5*second))
		ctx, cancel := context.WithTimeout(t.Context(), 2*second)
		defer cancel()
		_, err := b.Stat(ctx, "a", nil)
		if !errors.Is(err, context.DeadlineExceeded) || files.KindOf(err) != nil {
			t.Error(err)
		}
	})
}

// TestLastMoment: a response that comes after the limit counts, and a Put whose content
// wasn't read to its end isn't uncertain.
func TestLastMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		below := files.Wrap(mem.New(nil), files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				<-ctx.Done()
				if c.Op == files.OpPut && c.Name == "refused" {
					return ctx.Err()
				}
				return next(context.WithoutCancel(ctx))
			},
		})
		b := bounded(t, below, timeout.Silence(5*second))
		if _, err := b.Stat(t.Context(), "none", nil); files.KindOf(err) != files.ErrNotExist {
			t.Errorf("Stat: %v, want ErrNotExist", err)
		}
		if err := b.Delete(t.Context(), "none", nil); err != nil {
			t.Errorf("Delete: %v", err)
		}
		unread := struct{ io.Reader }{strings.NewReader("text")}
		if _, err := b.Put(t.Context(), "refused", unread, nil); files.KindOf(err) !=
			files.ErrUnavailable { // because nobody has read the content
			t.Errorf("Put: %v", err)
		}
	})
}

// TestPutContent: a content whose end was never sent can't have been stored, and the
// content's own failure remains the error.
func TestPutContent(t *testing.T) {
	own := errors.New("the scanner broke")
	const many = 1 << 20
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			content io.Reader
			reads   int // number of Reads before the other side blocks
			kind    error
			limit   string
		}{
			"unread": {strings.NewReader(strings.Repeat("x",
				1<<21)), 1, files.ErrUnavailable, "Idle"},
			"whole": {strings.NewReader(strings.Repeat("x",
				1<<21)), many, files.ErrUncertain, "FirstByte"},
			"stream": {
				struct{ io.Reader }{strings.NewReader("text")}, 1, files.ErrUnavailable, "Idle",
			},
			"broken": {io.MultiReader(strings.NewReader("x"), broken{own}), many, nil, ""},
		} {
			below := files.Wrap(mem.New(nil), files.Hooks{Observes: true,
				Content: func(ctx context.Context, _ *files.Call, from io.Reader) io.Reader {
					n := 0
					return reader(func(p []byte) (int, error) {
						if n++; n > c.reads {
							<-ctx.Done()
							return 0, ctx.Err()
						}
						return from.Read(p)
					})
				},
				Around: func(ctx context.Context, _ *files.Call,
					next func(context.Context) error) error {
					if err := next(ctx); err != nil || c.reads < many {
						return err
					}
					<-ctx.Done() // it is stored, but the response is lost
					return ctx.Err()
				}})
			b := bounded(t, below, &timeout.Options{FirstByte: 5 * second, Idle: 3 * second})
			_, err := b.Put(t.Context(), "n.txt", c.content, nil)
			if c.kind == nil {
				if !errors.Is(err, own) {
					t.Errorf("%s: Put = %v, want the content's own error", name, err)
				}
				continue
			}
			var late *timeout.Error
			if files.KindOf(err) != c.kind || !errors.As(err, &late) || late.Limit != c.limit {
				t.Errorf("%s: %v, want %v by %s", name, err, c.kind, c.limit)
			}
		}
	})
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
