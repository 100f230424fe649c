package watch

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

const every = time.Minute

// seer records the calls of a watch: the content, "-" for no file, and "!" in front if
// it returns an error.
type seer struct {
	t *testing.T
	b files.Bucket

	mu    sync.Mutex
	seen  []string
	fails int // number of calls that will fail
}

func (s *seer) handle(_ context.Context, r *files.Reader) error {
	text := "-"
	if r != nil {
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		text = string(content)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails > 0 {
		s.fails--
		s.seen = append(s.seen, "!"+text)
		return errors.New("the function's own")
	}
	s.seen = append(s.seen, text)
	return nil
}

// start watches until the test ends; wait returns File's error.
func (s *seer) start(opts *Options) (wait func() error) {
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() { done <- File(ctx, s.b, "d/a", every, s.handle, opts) }()
	return func() error { cancel(); return <-done }
}

func (s *seer) put(text string) {
	s.t.Helper()
	if _, err := files.PutString(s.t.Context(), s.b, "d/a", text, nil); err != nil {
		s.t.Fatal(err)
	}
}

func (s *seer) del() {
	s.t.Helper()
	if err := s.b.Delete(s.t.Context(), "d/a", nil); err != nil {
		s.t.Fatal(err)
	}
}

func (s *seer) looks(n int) {
	for range n {
		time.Sleep(every + every/10)
	}
}

// failing makes the next n calls fail.
func (s *seer) failing(calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = calls
}

// left returns how many calls will fail.
func (s *seer) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fails
}

func (s *seer) want(seen ...string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.seen, seen) {
		s.t.Errorf("the calls are %q, want %q", s.seen, seen)
	}
	s.seen = nil
}

// TestChanges: the first content, changes, a deletion and a return are reported once
// each.
func TestChanges(t *testing.T) {
	for name, p := range map[string]filestest.Personality{
		"clouds": filestest.Clouds,
		"disk":   filestest.Disk,
		"gcs":    filestest.GCS,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &seer{t: t, b: filestest.New(t, filestest.As(p))}
				wait := s.start(nil)
				s.looks(3)
				s.want("-")
				s.put("one")
				s.looks(3)
				s.want("one")
				s.put("")
				s.looks(3)
				s.want("")
				s.del()
				s.looks(3)
				s.want("-")
				s.put("") // perhaps with the old version
				s.looks(3)
				s.want("")
				if err := wait(); !errors.Is(err, context.Canceled) {
					t.Errorf("File: %v", err)
				}
			})
		})
	}
}

// TestFailedComesAgain: after the function has failed, it is called again, with the
// content of that time.
func TestFailedComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		s := &seer{t: t, b: b}
		s.put("one")
		s.failing(2)
		var rows []int
		wait := s.start(&Options{OnError: func(_ error, n int) { rows = append(rows, n) }})
		s.looks(4)
		s.want("!one", "!one", "one")
		s.failing(1)
		s.del()
		s.looks(4)
		s.want("!-", "-")
		s.failing(1000)
		s.put("two")
		s.looks(3)
		s.put("three") // replaces the content on which the function fails
		s.failing(0)
		s.looks(3)
		wait()
		if seen := slices.Compact(s.seen); !slices.Equal(seen, []string{"!two", "three"}) {
			t.Errorf("the calls are %q", seen)
		}
		if len(rows) < 5 || !slices.Equal(rows[:5], []int{1, 2, 1, 1, 2}) {
			t.Errorf("OnError got %v", rows)
		}
	})
}

// TestBrokenBody: a version whose body breaks doesn't count as seen.
func TestBrokenBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		s := &seer{t: t, b: b}
		s.put("0123456789")
		b.On(files.OpGet, "d/a").Times(2).BreakAfter(3)
		wait := s.start(nil)
		s.looks(5)
		s.want("0123456789")
		wait()
	})
}

// TestOutage: polls that fail with a transient error don't end the watch, and other
// errors do.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		s := &seer{t: t, b: b}
		s.put("one")
		wait := s.start(nil)
		s.looks(1)
		outage := b.On(files.OpGet, "d/a").Times(5).Fail(files.ErrUnavailable)
		s.del()
		s.looks(8)
		s.want("one", "-")
		if outage.Applied() != 5 {
			t.Errorf("%d polls failed", outage.Applied())
		}
		b.On(files.OpGet, "d/a").Fail(files.ErrPermission)
		s.looks(2)
		if err := wait(); !errors.Is(err, files.ErrPermission) {
			t.Errorf("File: %v, want ErrPermission", err)
		}
	})
}

// TestOneRequest: each poll is one Get, whatever it finds, and the time between polls
// is every with a jitter.
func TestOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		s := &seer{t: t, b: b}
		var at []time.Time
		b.On(files.OpGet, "d/a").Rate(1, 1).Do(func(ctx context.Context, _ *files.Call,
			next func(context.Context) error) error {
			at = append(at, time.Now())
			return next(ctx)
		})
		s.put("one")
		before := len(b.Calls())
		wait := s.start(nil)
		time.Sleep(59*every + every/2)
		wait()
		if n := len(b.Calls()) - before; n != len(at) || n < 50 || n > 66 {
			t.Errorf("%d calls for %d polls in %v", n, len(at), 60*every)
		}
		distances := map[time.Duration]bool{}
		for i := range len(at) - 1 {
			d := at[i+1].Sub(at[i])
			distances[d] = true
			if d < every*9/10 || d > every*11/10 {
				t.Errorf("two polls are %v apart", d)
			}
		}
		if len(distances) < 10 {
			t.Errorf("the times between polls are %v, want a jitter", distances)
		}
	})
}

// TestBackAgain: a file that changes and changes back between two polls is reported if
// each Put makes a version, and otherwise isn't, as the documentation says.
func TestBackAgain(t *testing.T) {
	for perPut, want := range map[bool][]string{true: {"a", "a"}, false: {"a"}} {
		synctest.Test(t, func(t *testing.T) {
			s := &seer{t: t, b: mem.New(&mem.Options{VersionPerPut: perPut})}
			s.put("a")
			wait := s.start(nil)
			s.looks(2)
			s.put("b")
			s.put("a")
			s.looks(2)
			s.want(want...)
			wait()
		})
	}
}

// TestFailedThenBack: after the function has failed, it is called again even if the file
// is by then as it was when the function last succeeded, with the same version. The failed
// call may have left things half done.
func TestFailedThenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &seer{t: t, b: mem.New(&mem.Options{VersionPerPut: false})}
		s.put("a")
		wait := s.start(nil)
		s.looks(2)
		s.want("a")
		for _, change := range []func(){func() { s.put("b") }, s.del} {
			s.failing(1)
			change()
			for s.left() > 0 {
				time.Sleep(time.Second)
			}
			s.put("a")
			s.looks(3)
		}
		s.want("!b", "a", "!-", "a")
		wait()
	})
}

// TestBackAgainOnDisk: in a local folder a file that is deleted and written again has a
// new version.
func TestBackAgainOnDisk(t *testing.T) {
	b, err := local.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s := &seer{t: t, b: b}
	s.put("a")
	looks := 0
	err = File(t.Context(), b, "d/a", 1, func(ctx context.Context, r *files.Reader) error {
		if err := s.handle(ctx, r); err != nil {
			return err
		}
		if looks++; looks == 20 {
			return Stop
		}
		if looks%2 == 0 {
			s.del()
		}
		s.put("b")
		s.put("a")
		return nil
	}, nil)
	if err != nil || looks != 20 {
		t.Errorf("after %d polls: %v", looks, err)
	}
}

// TestFileRefuses: arguments that make no sense are refused before a request.
func TestFileRefuses(t *testing.T) {
	b := filestest.New(t)
	ok := func(context.Context, *files.Reader) error { return Stop }
	poor := files.Wrap(b, files.Hooks{Features: func(f files.Features) files.Features {
		f.ReadConditions = false
		return f
	}})
	for what, err := range map[string]error{
		"every":   File(t.Context(), b, "a", 0, ok, nil),
		"minus":   File(t.Context(), b, "a", -1, ok, nil),
		"name":    File(t.Context(), b, "a/", time.Hour, ok, nil),
		"handle":  File(t.Context(), b, "a", time.Hour, nil, nil),
		"bucket":  File(t.Context(), nil, "a", time.Hour, ok, nil),
		"context": File(nil, b, "a", time.Hour, ok, nil), //lint:ignore SA1012 it is the case
		"poor":    File(t.Context(), poor, "a", time.Hour, ok, nil),
	} {
		want := files.ErrInvalid
		if what == "name" {
			want = files.ErrInvalidName
		}
		if what == "poor" {
			want = files.ErrUnsupported
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	b.Within(t, filestest.Budget{}, func() {})
}

// TestPanicCloses: a panic of the function reaches the caller, and the body is closed,
// which the fake checks.
func TestPanicCloses(t *testing.T) {
	b := filestest.New(t)
	(&seer{t: t, b: b}).put("one")
	defer func() {
		if got := recover(); got != "on purpose" {
			t.Errorf("File panicked with %v", got)
		}
	}()
	File(t.Context(), b, "d/a", time.Hour, func(context.Context, *files.Reader) error {
		panic("on purpose")
	}, nil)
}
