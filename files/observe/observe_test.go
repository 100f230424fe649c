package observe_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/observe"
	"cloudfiles.dev/files/retry"
)

// spy records its calls.
type spy struct {
	begun, ended int
	passed       []int64
	last         ended
}

// ended has the fields of an Operation at its end.
type ended struct {
	Bytes, Items, Retries int64
	FirstByte, Duration   time.Duration
	Outcome               string
	Failed                bool
	Err                   error
}

func (s *spy) Begin(ctx context.Context, o *observe.Operation) context.Context {
	s.begun++
	return ctx
}

func (s *spy) Passed(_ context.Context, o *observe.Operation, n int64) {
	s.passed = append(s.passed, n)
}

func (s *spy) End(_ context.Context, o *observe.Operation) {
	s.ended++
	s.last = ended{
		Bytes:     o.Bytes,
		Items:     o.Items,
		Retries:   o.Retries,
		FirstByte: o.FirstByte,
		Duration:  o.Duration,
		Outcome:   o.Outcome,
		Failed:    o.Failed,
		Err:       o.Err,
	}
}

func observed(t testing.TB, b files.Bucket, by ...observe.Observer) files.Bucket {
	t.Helper()
	b, err := observe.New(b, &observe.Options{Observers: by})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestObserve holds the layer to the contract.
func TestObserve(t *testing.T) {
	conformance.RunWrapper(t, func(b files.Bucket) files.Bucket {
		return observed(t, b, observe.Log(slog.New(slog.NewTextHandler(io.Discard, nil))))
	}, &conformance.WrapperOptions{Observes: true})
}

// slow waits before it opens a body and before the first byte.
type slow struct{ driver.Backend }

func (s slow) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	time.Sleep(3 * time.Second)
	o, err := s.Backend.Open(ctx, req)
	o.Body = &slowBody{o.Body, false}
	return o, err
}

type slowBody struct {
	io.ReadCloser
	begun bool
}

func (s *slowBody) Read(p []byte) (int, error) {
	if !s.begun {
		s.begun = true
		time.Sleep(2 * time.Second)
	}
	return s.ReadCloser.Read(p[:min(len(p), 10)])
}

// TestTimes: a Get's duration ends at Close; the time to the first byte is separate,
// and has none of the caller's time; bytes count up while the body is read; Close ends
// the operation once.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		by := &spy{}
		b := observed(t, driver.New(slow{driver.Unwrap(mem.New(nil))}), by)
		if _, err := files.PutString(t.Context(), b, "a", strings.Repeat("x", 100),
			nil); err != nil {
			t.Fatal(err)
		}
		*by = spy{}
		r, err := b.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // the caller's time
		for i := range 5 {
			if _, err := r.ReadN(10); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			if by.ended != 0 || len(by.passed) != i+1 {
				t.Errorf("after %d reads: %d ended, %v passed", i+1, by.ended, by.passed)
			}
		}
		r.Close()
		r.Close()
		o := by.last
		if by.begun != 1 || by.ended != 1 || o.Duration != 6*time.Minute+5*time.Second ||
			o.FirstByte != 5*time.Second || o.Bytes != 50 || o.Outcome != "OK" || o.Failed {
			t.Errorf("%d begun, %d ended, %+v; want one of 6m5s, with 50 bytes, the first after 5s",
				by.begun, by.ended, o)
		}
	})
}

// TestOutcomes: results that programs expect, and cancellations, are not failures, also
// from Read; exceeded deadlines are.
func TestOutcomes(t *testing.T) {
	by := &spy{}
	b := observed(t, mem.New(nil), by)
	ctx := t.Context()
	info, err := files.PutString(ctx, b, "a", "text", nil)
	if err != nil {
		t.Fatal(err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	late, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
	defer cancel()
	absent := &files.PutOptions{If: files.IfAbsent()}
	other := &files.PutOptions{If: files.IfVersion("other")}
	for _, c := range []struct {
		outcome string
		failed  bool
		call    func() error
	}{
		{"OK", false, func() error { _, err := b.Stat(ctx, "a", nil); return err }},
		{"NotExist", false, func() error { _, err := b.Stat(ctx, "none", nil); return err }},
		{"NotExist", false, func() error { _, err := b.Get(ctx, "none", nil); return err }},
		{"Exist", false, func() error {
			_, err := files.PutString(ctx, b, "a", "", absent)
			return err
		}},
		{"Precondition", false, func() error {
			_, err := files.PutString(ctx, b, "a", "", other)
			return err
		}},
		{"NotModified", false, func() error {
			_, err := b.Get(ctx, "a", &files.GetOptions{IfNotVersion: info.Version})
			return err
		}},
		{"Canceled", false, func() error { _, err := b.Stat(canceled, "a", nil); return err }},
		{"DeadlineExceeded", true, func() error { _, err := b.Stat(late, "a", nil); return err }},
		{"Other", true, func() error {
			_, err := b.Put(ctx, "b", io.MultiReader(strings.NewReader("x"), broken{}), nil)
			return err
		}},
		{"Canceled", false, func() error { return readUntil(b, context.Canceled) }},
		{"DeadlineExceeded", true, func() error { return readUntil(b, context.DeadlineExceeded) }},
	} {
		*by = spy{}
		err := c.call()
		if o := by.last; by.ended != 1 || o.Outcome != c.outcome || o.Failed != c.failed ||
			(err == nil) != (o.Err == nil) {
			t.Errorf("%v: %d ended, outcome %s, failed %v; want %s, %v", err, by.ended, o.Outcome,
				o.Failed, c.outcome, c.failed)
		}
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

// readUntil reads a body whose context ends after Get has returned.
func readUntil(b files.Bucket, why error) error {
	ctx, end := context.WithCancelCause(context.Background())
	defer end(nil)
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		return err
	}
	defer r.Close()
	end(why)
	_, err = r.ReadAll()
	return err
}

// TestDeleteMany: a name that can't be deleted is a failure, although the call
// succeeded.
func TestDeleteMany(t *testing.T) {
	by := &spy{}
	b := observed(t, mem.New(nil), by)
	errs := b.(driver.BucketManyDeleter).DeleteMany(t.Context(), []string{"a", "../b"})
	if o := by.last; !o.Failed || o.Outcome != "InvalidName" || o.Items != 2 || errs[1] == nil {
		t.Errorf("the operation is %+v, the errors are %v, want one failure, InvalidName", o, errs)
	}
}

// TestRetries: a repeated request is counted by each observer above the policy, whether
// it succeeded or not, and not by an observer below.
func TestRetries(t *testing.T) {
	above, between, below := &spy{}, &spy{}, &spy{}
	fails := 0
	store := mem.New(nil)
	if _, err := files.PutString(t.Context(), store, "a", "x", nil); err != nil {
		t.Fatal(err)
	}
	b := observed(t, files.Wrap(store, files.Hooks{Around: func(ctx context.Context, c *files.Call,
		next func(context.Context) error) error {
		if fails--; fails >= 0 {
			return files.ErrUnavailable
		}
		return next(ctx)
	}}), below)
	b = observed(t, retry.Wrap(b, &retry.Policy{Attempts: 3, Delay: 1}), between)
	b = observed(t, b, above)
	for _, c := range []struct {
		fails, retries int
		ok             bool
	}{{0, 0, true}, {2, 2, true}, {9, 2, false}} {
		fails = c.fails
		_, err := b.Stat(t.Context(), "a", nil)
		for what, n := range map[string]int64{
			"above":   above.last.Retries,
			"between": between.last.Retries,
		} {
			if n != int64(c.retries) || (err == nil) != c.ok {
				t.Errorf("%d failures: %d retries %s, %v; want %d", c.fails, n, what, err,
					c.retries)
			}
		}
		if below.last.Retries != 0 {
			t.Errorf("%d retries below the policy", below.last.Retries)
		}
	}
}

// TestRetriesDontMultiply: a policy above another repeats nothing that the other has
// repeated, and Layers shows both.
func TestRetriesDontMultiply(t *testing.T) {
	requests := 0
	b := files.Wrap(mem.New(nil), files.Hooks{Around: func(context.Context, *files.Call,
		func(context.Context) error) error {
		requests++
		return files.ErrUnavailable
	}})
	for range 2 {
		b = retry.Wrap(observed(t, b, &spy{}), &retry.Policy{Attempts: 5, Delay: 1})
	}
	if _, err := b.Stat(t.Context(), "a", nil); requests != 5 || retry.Attempts(err) != 5 {
		t.Errorf("%d requests, %v", requests, err)
	}
	if l := strings.Join(files.Layers(b), ", "); strings.Count(l, "retry 5 attempts") != 2 {
		t.Errorf("the layers are %s", l)
	}
}

// TestLog: failures are warnings; names and texts of errors are logged only with
// Options.Names.
func TestLog(t *testing.T) {
	for _, names := range []bool{false, true} {
		var text bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
		b, err := observe.New(mem.New(nil), &observe.Options{
			Observers: []observe.Observer{observe.Log(logger)},
			Backend:   "letters",
			Names:     names,
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		files.PutString(ctx, b, "to/anna\u202e", "dear", nil)
		files.ReadString(ctx, b, "to/anna\u202e", nil)
		b.Delete(ctx, "/to/bob", nil)
		b.Stat(ctx, "to/bob", nil)
		for range b.List(ctx, "to", nil) {
		}
		late, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
		b.Stat(late, "to/bob", nil)
		cancel()
		got := text.String()
		for _, want := range []string{
			"level=DEBUG msg=files op=put backend=letters outcome=OK duration=",
			"op=get backend=letters outcome=OK", " bytes=4",
			"op=stat backend=letters outcome=NotExist",
			"op=list backend=letters outcome=OK", " items=1", "first_byte=",
			"level=WARN msg=files op=stat backend=letters outcome=DeadlineExceeded",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("with Names %v, the log has no %s:\n%s", names, want, got)
			}
		}
		if strings.Contains(got, "bob") != names || strings.Contains(got, "anna") != names ||
			strings.Contains(got, "\u202e") {
			t.Errorf("names %v:\n%s", names, got)
		}
	}
	// Log(nil) works without a logger that is enabled.
	b := observed(t, mem.New(nil), observe.Log(nil))
	b.Stat(t.Context(), "a", nil)
}

func TestNew(t *testing.T) {
	good := []observe.Observer{observe.Log(nil)}
	for what, c := range map[string]struct {
		b files.Bucket
		o *observe.Options
	}{
		"no bucket":      {nil, &observe.Options{Observers: good}},
		"no options":     {mem.New(nil), nil},
		"no observers":   {mem.New(nil), &observe.Options{}},
		"a nil observer": {mem.New(nil), &observe.Options{Observers: append(good, nil)}},
		"a long backend": {mem.New(nil), &observe.Options{
			Observers: good,
			Backend:   strings.Repeat("x", 65),
		}},
		"a control character": {mem.New(nil), &observe.Options{Observers: good, Backend: "a\n"}},
	} {
		if b, err := observe.New(c.b, c.o); !errors.Is(err, files.ErrInvalid) || b != nil {
			t.Errorf("New with %s = %v, %v, want ErrInvalid", what, b, err)
		}
	}
	b := observed(t, files.ReadOnly(mem.New(nil)), observe.Log(nil), &spy{})
	if got := strings.Join(files.Layers(b), ", "); got != "observe log, readonly, mem" {
		t.Errorf(`the layers are %q, want "observe log, readonly, mem"`, got)
	}
}

// TestAllocations: a Get costs at most two allocations if the observer does nothing.
func TestAllocations(t *testing.T) {
	store := mem.New(nil)
	if _, err := files.PutBytes(t.Context(), store, "a", make([]byte, 1024), nil); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	count := func(b files.Bucket) float64 {
		buf := make([]byte, 1024)
		return testing.AllocsPerRun(100, func() {
			r, err := b.Get(ctx, "a", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Read(buf)
			r.Close()
		})
	}
	quiet := observe.Log(slog.New(slog.DiscardHandler))
	if bare, more := count(store), count(observed(t, store, quiet)); more > bare+2 {
		t.Errorf("a Get made %v allocations, want at most 2 more than the bare bucket's %v", more,
			bare)
	}
}
