package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cloudfiles.dev/conformance/internal/term"
)

// Outcome is how a case ended.
type Outcome string

// The outcomes.
const (
	Passed        Outcome = "passed"
	Failed        Outcome = "failed"
	NotApplicable Outcome = "not applicable"
	// KnownFailure is a failure that Harness.Known names, and ServerFault one that
	// Harness.ServerFaults names.
	KnownFailure Outcome = "known"
	ServerFault  Outcome = "server"
)

// Result is what came of one case.
type Result struct {
	Case    Case
	Outcome Outcome
	// Missing names the abilities that the case needs and that the bucket does not
	// claim, and Turned those of them that were found refused instead.
	Missing, Turned []string
	// Racing: Harness.ServerRaces has the case, so the server's fault breaks it in some
	// runs only. Reason is then that one's, also of a case that passed.
	Racing bool
	// Failures are what was wrong, in order.
	Failures []string
	// Reason says why the case is not applicable, why it is known to fail, or what
	// proves that it is the server's fault.
	Reason string
	Log    []string
	Took   time.Duration
}

// Text is the failure for people: rule and case, what was wrong, and why it matters.
func (r Result) Text() string {
	const most = 10
	shown := r.Failures
	if len(shown) > most {
		shown = append(slices.Clone(shown[:most]), fmt.Sprintf("and %d more", len(r.Failures)-most))
	}
	return fmt.Sprintf("%s breaks rule %s:\n  %s\n  why it matters: %s", r.Case.ID(), r.Case.Rule,
		strings.Join(shown, "\n  "), r.Case.Why)
}

// DefaultLimit is how long a case may take where the harness doesn't say.
const DefaultLimit = time.Minute

// caseLabel marks a case's goroutines, and those that they start, in the goroutine
// profile.
const caseLabel = "conformance"

var caseCount atomic.Int64

// RunCase runs one case on a new bucket of the harness. It returns within the harness's
// limit, also when the bucket panics or hangs. The outcome is what the case itself
// says: Known and ServerFaults don't change it.
func RunCase(ctx context.Context, h Harness, c Case) Result {
	s, err := begin(ctx, h)
	if err != nil {
		return Result{Case: c, Outcome: Failed, Failures: []string{err.Error()}}
	}
	r := s.run(ctx, c)
	if err := s.end(ctx); err != nil {
		r.Outcome, r.Failures = Failed, append(r.Failures, err.Error())
	}
	return r
}

// recorder is the T of RunCase.
type recorder struct {
	ctx context.Context

	mu       sync.Mutex
	failures []string
	log      []string
	skipped  bool
	reason   string
	turned   []string
	missing  []string
	cleanups []func()
}

func (t *recorder) Helper()                  {}
func (t *recorder) Context() context.Context { return t.ctx }

func (t *recorder) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

func (t *recorder) runCleanups() {
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

// cleanup runs one of them: also where it panics, or ends its goroutine, the others
// follow.
func (t *recorder) cleanup(f func()) {
	whole := false
	defer func() {
		if !whole {
			t.runCleanups()
		}
	}()
	defer t.recoverPanic()
	f()
	whole = true
}

func (t *recorder) TempDir() string { return tempDir(t) }

// tempDir makes a folder that t's Cleanup removes.
func tempDir(t T) string {
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

func (t *recorder) Logf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = append(t.log, term.Sprintf(format, args...))
}

func (t *recorder) Errorf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, term.Sprintf(format, args...))
}

func (t *recorder) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

func (t *recorder) Skipf(format string, args ...any) {
	t.mu.Lock()
	t.skipped, t.reason = true, term.Sprintf(format, args...)
	t.mu.Unlock()
	runtime.Goexit()
}

// turn notes that the case was turned round.
func (t *recorder) turn(ability string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turned = append(t.turned, ability)
}

// err joins the failures.
func (t *recorder) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, f := range t.failures {
		errs = append(errs, errors.New(f))
	}
	return errors.Join(errs...)
}

func (t *recorder) recoverPanic() {
	if p := recover(); p != nil {
		t.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}

func (t *recorder) result() Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := Result{
		Outcome:  Passed,
		Reason:   t.reason,
		Failures: slices.Clone(t.failures),
		Log:      slices.Clone(t.log),
		Turned:   slices.Clone(t.turned),
		Missing:  t.missing,
	}
	switch {
	case len(r.Failures) > 0:
		r.Outcome = Failed
	case r.Reason != "" && len(r.Turned) == 0:
		r.Outcome = NotApplicable
	}
	return r
}

// labelOf returns the label of the case's goroutines.
func labelOf(ctx context.Context) (string, bool) { return pprof.Label(ctx, caseLabel) }
