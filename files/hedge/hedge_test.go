package hedge_test

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/hedge"
)

const ms = time.Millisecond

// script is a bucket in memory. Each line of the script has the duration and the error
// of a call; the last line is for all further calls.
type script struct {
	files.Bucket
	lines []line

	mu sync.Mutex
	counts
}

type counts struct {
	calls, ended   int // ended: by their context
	running        int
	opened, closed int // bodies
}

// seen returns what was counted.
func (s *script) seen() counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// next begins the script anew, with the given lines if there are any.
func (s *script) next(lines ...line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = 0
	if len(lines) > 0 {
		s.lines = lines
	}
}

type line struct {
	takes time.Duration
	err   error
	deaf  bool // it ignores its context
}

func newScript(t *testing.T, lines ...line) *script {
	t.Helper()
	b := mem.New(nil)
	if _, err := files.PutString(t.Context(), b, "a", "the text", nil); err != nil {
		t.Fatal(err)
	}
	s := &script{lines: lines}
	s.Bucket = files.Wrap(b, files.Hooks{
		Observes: true,
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			s.mu.Lock()
			l := s.lines[min(s.calls, len(s.lines)-1)]
			s.calls++
			s.running++
			s.mu.Unlock()
			defer func() {
				s.mu.Lock()
				s.running--
				s.mu.Unlock()
			}()
			over := ctx.Done()
			if l.deaf {
				over, ctx = nil, context.WithoutCancel(ctx)
			}
			select {
			case <-time.After(l.takes):
			case <-over:
				s.mu.Lock()
				s.ended++
				s.mu.Unlock()
				return ctx.Err()
			}
			if l.err != nil {
				return l.err
			}
			return next(ctx)
		},
		Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
			s.mu.Lock()
			s.opened++
			s.mu.Unlock()
			return &body{s, r}
		},
	})
	return s
}

type body struct {
	s *script
	io.Reader
}

func (b *body) Close() error {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.s.closed++
	return nil
}

func hedged(t *testing.T, b files.Bucket, o *hedge.Options) files.Bucket {
	t.Helper()
	b, err := hedge.New(b, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var busy = driver.Errorf(files.ErrUnavailable, "503 Service Unavailable")

// TestHedge: the first result counts, but not an ErrUnavailable while the other call is
// running.
func TestHedge(t *testing.T) {
	const hour = time.Hour
	for name, c := range map[string]struct {
		lines []line
		kind  error
		calls int
		took  time.Duration
	}{
		"quick":               {[]line{{takes: 40 * ms}}, nil, 1, 40 * ms},
		"the second":          {[]line{{takes: hour}, {takes: 10 * ms}}, nil, 2, 60 * ms},
		"the second, deaf":    {[]line{{takes: hour, deaf: true}, {}}, nil, 2, 50 * ms},
		"the first after all": {[]line{{takes: 70 * ms}, {takes: hour}}, nil, 2, 70 * ms},
		"the second fails":    {[]line{{takes: 90 * ms}, {err: busy}}, nil, 2, 90 * ms},
		"the first fails late": {
			[]line{{60 * ms, busy, false}, {takes: 40 * ms}},
			nil,
			2,
			90 * ms,
		},
		"the first fails at once": {[]line{{err: busy}}, files.ErrUnavailable, 1, 0},
		"both fail": {
			[]line{{60 * ms, busy, false}, {30 * ms, busy, false}},
			files.ErrUnavailable,
			2,
			80 * ms,
		},
		"the second finds nothing": {
			[]line{{takes: hour}, {err: files.ErrNotExist}},
			files.ErrNotExist,
			2,
			50 * ms,
		},
		"the first finds nothing": {
			[]line{
				{60 * ms, files.ErrNotExist, false},
				{takes: hour},
			}, files.ErrNotExist, 2, 60 * ms,
		},
		"not modified": {
			[]line{{takes: hour}, {err: files.ErrNotModified}},
			files.ErrNotModified,
			2,
			50 * ms,
		},
		"at the same moment": {
			[]line{{takes: 60 * ms}, {takes: 10 * ms}}, nil, 2, 60 * ms,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, op := range []files.Op{files.OpGet, files.OpStat} {
					s := newScript(t, c.lines...)
					b := hedged(t, s, &hedge.Options{Delay: 50 * ms})
					start := time.Now()
					var err error
					if op == files.OpStat {
						_, err = b.Stat(t.Context(), "a", nil)
					} else {
						var text string
						text, err = files.ReadString(t.Context(), b, "a", nil)
						if err == nil && text != "the text" {
							t.Errorf("got %q", text)
						}
					}
					if files.KindOf(err) != c.kind || (err == nil) != (c.kind == nil) {
						t.Errorf("%s: %v, want %v", op, err, c.kind)
					}
					if took := time.Since(start); took != c.took || s.seen().calls != c.calls {
						t.Errorf("%s: %d calls in %v, want %d in %v", op, s.seen().calls, took,
							c.calls, c.took)
					}
					synctest.Wait() // for the cancelled call
					if n := s.seen().running; n > 0 && !c.lines[0].deaf {
						t.Errorf("%s: %d calls still run", op, n)
					}
					if !c.lines[0].deaf && s.seen().opened != s.seen().closed {
						t.Errorf("%s: %d bodies opened, %d closed", op, s.seen().opened,
							s.seen().closed)
					}
				}
				time.Sleep(2 * hour) // a deaf call ends; the bubble fails if a goroutine stays
			})
		})
	}
}

// TestLoserIsClosed: the body of the cancelled call is closed, even if that call ends
// after the other body has been read.
func TestLoserIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, line{takes: time.Hour, deaf: true}, line{})
		b := hedged(t, s, &hedge.Options{Delay: 50 * ms})
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		if s.seen().opened != 2 || s.seen().closed != 1 {
			t.Errorf("%d bodies opened, %d closed; want 2 and the loser's", s.seen().opened,
				s.seen().closed)
		}
		if text, err := r.ReadString(); text != "the text" || err != nil {
			t.Errorf("the winner's body = %q, %v", text, err)
		}
		r.Close()
		if s.seen().closed != 2 {
			t.Errorf("%d bodies closed", s.seen().closed)
		}
	})
}

// TestContext: the end of the caller's context ends both calls at once, and the body
// later.
func TestContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, line{takes: time.Hour})
		b := hedged(t, s, &hedge.Options{Delay: 50 * ms})
		why := errors.New("the user went home")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(70*ms, func() { cancel(why) })
		start := time.Now()
		_, err := b.Get(ctx, "a", nil)
		synctest.Wait()
		if !errors.Is(err, context.Canceled) || !errors.Is(err, why) ||
			time.Since(start) != 70*ms || s.seen().ended != 2 {
			t.Errorf("after %v: %v, %d calls ended", time.Since(start), err, s.seen().ended)
		}
		s.next(line{})
		ctx, stop := context.WithCancel(t.Context())
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		stop()
		synctest.Wait()
		if _, err := r.ReadAll(); !errors.Is(err, context.Canceled) {
			t.Errorf("reading after the end: %v", err)
		}
	})
}

// TestWritesOnce: nothing but Get and Stat is made twice.
func TestWritesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, line{takes: time.Minute})
		b := hedged(t, s.Bucket, &hedge.Options{Delay: ms, Share: 1, Burst: 100})
		ctx := t.Context()
		for name, call := range map[string]func(b files.Bucket) error{
			"Put": func(b files.Bucket) error {
				_, err := files.PutString(ctx, b, "n", "x", nil)
				return err
			},
			"Copy": func(b files.Bucket) error {
				_, err := files.Copy(ctx, b, "n", b, "a", nil)
				return err
			},
			"Delete": func(b files.Bucket) error { return b.Delete(ctx, "n", nil) },
			"Check":  func(b files.Bucket) error { return files.Check(ctx, b) },
			"List": func(b files.Bucket) error {
				for _, err := range b.List(ctx, "", nil) {
					return err
				}
				return nil
			},
		} {
			s.next()
			if err := call(s.Bucket); err != nil {
				t.Errorf("the hedged %s: %v", name, err)
			}
			want := s.seen().calls
			s.next()
			if err := call(b); err != nil || s.seen().calls != want {
				t.Errorf("%s: %d calls, want %d; %v", name, s.seen().calls, want, err)
			}
		}
	})
}

// TestPanic: a panic below reaches the caller, in the caller's goroutine.
func TestPanic(t *testing.T) {
	below := files.Wrap(mem.New(nil), files.Hooks{
		Around: func(context.Context, *files.Call, func(context.Context) error) error {
			panic("in a hook")
		},
	})
	b := hedged(t, below, &hedge.Options{Delay: time.Hour})
	defer func() {
		if got := recover(); got != "in a hook" {
			t.Errorf("recovered %v", got)
		}
	}()
	b.Stat(t.Context(), "a", nil)
	t.Error("the call returned")
}

// TestPinned: both calls have the caller's options, so both results are of the
// requested version.
func TestPinned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, line{takes: time.Hour}, line{})
		b := hedged(t, s, &hedge.Options{Delay: 50 * ms})
		info, err := b.Stat(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		s.next(line{takes: time.Hour}, line{})
		if _, err := files.PutString(t.Context(), s.Bucket, "b", "", nil); err == nil {
			s.next() // the first line was the Put's
		}
		_, err = b.Get(t.Context(), "a", &files.GetOptions{IfVersion: info.Version})
		if err != nil {
			t.Errorf("the version that is there: %v", err)
		}
		s.next()
		_, err = b.Get(t.Context(), "a", &files.GetOptions{IfVersion: "another"})
		if k := files.KindOf(err); k != files.ErrPrecondition && k != files.ErrChanged {
			t.Errorf("another version: %v", err)
		}
		s.next()
		opts := &files.GetOptions{IfNotVersion: info.Version}
		if _, err = b.Get(t.Context(), "a", opts); !errors.Is(err, files.ErrNotModified) {
			t.Errorf("the copy is current: %v, want ErrNotModified", err)
		}
	})
}

// TestBadOptions: options that make no sense are ErrInvalid.
func TestBadOptions(t *testing.T) {
	for name, o := range map[string]*hedge.Options{
		"delay":          {Delay: -1},
		"share":          {Share: -0.1},
		"share above 1":  {Share: 1.5},
		"share of NaN":   {Share: math.NaN()},
		"negative burst": {Burst: -1},
	} {
		if b, err := hedge.New(mem.New(nil), o); b != nil || !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: New = %v, %v, want nil and ErrInvalid", name, b, err)
		}
	}
	if b, err := hedge.New(nil, nil); b != nil || !errors.Is(err, files.ErrInvalid) {
		t.Errorf("no bucket: %v, %v", b, err)
	}
}

func TestLayer(t *testing.T) {
	b := hedged(t, hedged(t, mem.New(nil), nil), &hedge.Options{Delay: 50 * ms})
	if got := strings.Join(files.Layers(b)[:2], ", "); got != "hedge 50ms, hedge p95" {
		t.Errorf(`the layers are %q, want "hedge 50ms, hedge p95"`, got)
	}
}
