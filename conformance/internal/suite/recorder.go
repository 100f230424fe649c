package suite

import (
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"

	"cloudfiles.dev/conformance/internal/term"
)

// Recorder is the T of cases that run outside go test.
type Recorder struct {
	ctx context.Context

	mu       sync.Mutex
	failures []string
	log      []string
	skipped  bool
	reason   string
	refused  []string
	missing  []string
	cleanups []func()
}

// NewRecorder returns a T for code that runs outside a case. Its context ends with ctx.
// The caller calls RunCleanups.
func NewRecorder(ctx context.Context) *Recorder { return &Recorder{ctx: ctx} }

func (t *Recorder) Helper() {}

func (t *Recorder) Context() context.Context { return t.ctx }

func (t *Recorder) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

func (t *Recorder) RunCleanups() {
	for {
		t.mu.Lock()
		n := len(t.cleanups)
		if n == 0 {
			t.mu.Unlock()
			return
		}
		f := t.cleanups[n-1]
		t.cleanups = t.cleanups[:n-1]
		t.mu.Unlock()
		t.cleanup(f)
	}
}

// cleanup runs one cleanup. If it panics or ends its goroutine, the others still run.
func (t *Recorder) cleanup(f func()) {
	whole := false
	defer func() {
		if !whole {
			t.RunCleanups()
		}
	}()
	defer t.recoverPanic()
	f()
	whole = true
}

func (t *Recorder) TempDir() string { return TempDir(t) }

// TempDir makes a folder that t's Cleanup removes.
func TempDir(t T) string {
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		t.Fatalf("no temporary folder: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("temporary folder: %v", err)
		}
	})
	return dir
}

func (t *Recorder) Logf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = append(t.log, term.Sprintf(format, args...))
}

func (t *Recorder) Errorf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, term.Sprintf(format, args...))
}

func (t *Recorder) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

func (t *Recorder) Skipf(format string, args ...any) {
	t.mu.Lock()
	t.skipped, t.reason = true, term.Sprintf(format, args...)
	t.mu.Unlock()
	runtime.Goexit()
}

// noteRefused records that the check that the ability is refused ran instead of the case.
func (t *Recorder) noteRefused(ability string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused = append(t.refused, ability)
}

// Err returns the failures, joined.
func (t *Recorder) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, f := range t.failures {
		errs = append(errs, errors.New(f))
	}
	return errors.Join(errs...)
}

func (t *Recorder) recoverPanic() {
	if p := recover(); p != nil {
		t.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}

func (t *Recorder) result() Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := Result{
		Outcome:  Passed,
		Reason:   t.reason,
		Failures: slices.Clone(t.failures),
		Log:      slices.Clone(t.log),
		Refused:  slices.Clone(t.refused),
		Missing:  t.missing,
	}
	switch {
	case len(r.Failures) > 0:
		r.Outcome = Failed
	case r.Reason != "" && len(r.Refused) == 0:
		r.Outcome = NotApplicable
	}
	return r
}
