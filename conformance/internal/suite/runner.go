package suite

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/conformance/internal/stacks"
	"cloudfiles.dev/files"
)

// caseLabel is the pprof label of a case's goroutines and of those that they start.
const caseLabel = "conformance"

var caseCount atomic.Int64

// LabelOf returns the label of the case's goroutines.
func LabelOf(ctx context.Context) (string, bool) { return pprof.Label(ctx, caseLabel) }

// Runner is one run of cases on a harness.
type Runner struct {
	Harness Harness
	// cases are the cases that the harness may name.
	cases []Case
	// Store is the shared store; nil if the harness has none.
	Store  files.Bucket
	Prefix string // of all names that the run puts into the shared store
	subs   atomic.Int64
	Stored Remembered // the files that were put into the shared store
	t      *Recorder  // the T of Store, for the whole run
	hung   atomic.Int64
	Short  bool // random cases make fewer attempts

	mu       sync.Mutex
	features *files.Features // of the buckets; nil before the first bucket
}

// Begin checks the harness and opens its shared store. The caller calls End.
func Begin(ctx context.Context, h Harness, cases []Case) (*Runner, error) {
	if err := checkHarness(&h, cases); err != nil {
		return nil, err
	}
	// A TestMain may run cases before it parses the flags.
	s := &Runner{
		Harness: h,
		cases:   cases,
		Short:   testing.Testing() && flag.Parsed() && testing.Short(),
	}
	if err := s.seed(); err != nil {
		return nil, err
	}
	if h.Store == nil {
		return s, nil
	}
	return s, s.openStore(ctx)
}

// endGrace is how long a case may run on after the run's context has ended.
const endGrace = 5 * time.Second

// SeedVariable is the environment variable that holds the seed of a run, by which the run
// can be repeated.
const SeedVariable = "CLOUDFILES_SEED"

// seed chooses a seed if the harness has none.
func (s *Runner) seed() (err error) {
	if s.Harness.Seed != 0 {
		return nil
	}
	if v := os.Getenv(SeedVariable); v != "" {
		if s.Harness.Seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			return fmt.Errorf("%s is %q, want a number", SeedVariable, v)
		}
		return nil
	}
	s.Harness.Seed = rand.Uint64()
	return nil
}

// End deletes the files that the run left in the shared store, and closes the store.
func (s *Runner) End(ctx context.Context) error {
	var errs []error
	if f := s.Claimed(); f != nil && len(s.Harness.Unclaimed) > 0 {
		for name, a := range abilities(s.cases) {
			if why, named := s.Harness.Unclaimed[name]; named && a.Claimed(*f) {
				errs = append(errs,
					fmt.Errorf("the harness is wrong: Unclaimed has a reason for %s (%s), "+
						"but the bucket claims it", name, why))
			}
		}
	}
	if s.Store != nil {
		errs = append(errs, s.closeStore(ctx))
	}
	return errors.Join(errs...)
}

// Claimed returns the features of the run's buckets, or nil if there was no bucket.
func (s *Runner) Claimed() *files.Features {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.features
}

// maxHung is how many cases may reach their limit before the run gives up the others, so
// that a bucket that hangs is reported soon.
const maxHung = 8

// Run runs one case.
func (s *Runner) Run(ctx context.Context, c Case) Result {
	start := time.Now()
	if n := s.hung.Load(); n >= maxHung {
		return Result{
			Case:    c,
			Outcome: Failed,
			Failures: []string{
				fmt.Sprintf("it was not run: %d cases before it did not end within their limit, "+
					"so the bucket or the harness hangs, or the limit is too short for it", n),
			},
		}
	}
	t := &Recorder{ctx: ctx}
	s.guard(t, c.ID(), func(t *Recorder) { s.runCase(t, &c) })
	r := t.result()
	r.Case, r.Took = c, time.Since(start)
	return r
}

// guard runs f as a case of that name, and then its cleanups. It returns within the
// harness's limit, even if the bucket panics or hangs, and soon after the run's context
// has ended.
func (s *Runner) guard(t *Recorder, name string, f func(t *Recorder)) {
	limit := s.Harness.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	outer := t.ctx
	ctx, cancel := context.WithCancel(outer)
	defer cancel()
	id := fmt.Sprintf("%s #%d", name, caseCount.Add(1))
	done := make(chan struct{})
	go func() {
		defer close(done)
		pprof.Do(ctx, pprof.Labels(caseLabel, id), func(ctx context.Context) {
			defer t.RunCleanups()
			defer cancel()
			defer t.recoverPanic()
			t.ctx = ctx
			f(t)
		})
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	ended := outer.Done()
wait:
	select {
	case <-done:
	case <-ended:
		ended = nil
		timer.Reset(min(limit, endGrace))
		goto wait
	case <-timer.C:
		if outer.Err() == nil {
			s.hung.Add(1)
		}
		left, _ := stacks.Labelled(id)
		t.Errorf("the case did not end within %v; its goroutines:\n%s", limit,
			strings.TrimSpace(left))
	}
}

// runCase runs the case. If the bucket does not claim an ability that the case needs, it
// runs the check that the ability is refused instead.
func (s *Runner) runCase(t *Recorder, c *Case) {
	if reason := s.Harness.TooLarge(c.Largest); reason != "" {
		t.Skipf("%s", reason)
	}
	hh := s.NewH(t, c.Apart || slices.ContainsFunc(c.Needs, func(a *Ability) bool {
		return a.Apart
	}))
	if most := hh.F.MaxSize; most > 0 && c.Largest > most {
		t.Skipf("it puts up to %d bytes, and the bucket takes %d", c.Largest, most)
	}
	if most := hh.F.MaxUnknownSize; most > 0 && c.Largest > most {
		t.Skipf("it puts streams of up to %d bytes, and the bucket takes %d", c.Largest, most)
	}
	var missing []*Ability
	for _, a := range c.Needs {
		if !a.Claimed(hh.F) {
			missing = append(missing, a)
		}
	}
	if len(missing) == 0 {
		c.Run(t, hh)
		return
	}
	for _, a := range missing {
		if a.Refused != nil {
			a.Refused(t, hh)
			hh = s.NewH(t, false)
			t.noteRefused(a.Name)
		}
	}
	var names []string
	for _, a := range missing {
		names = append(names, a.Name)
	}
	reason := "the bucket does not claim " + missing[0].Name
	if why := s.Harness.Unclaimed[missing[0].Name]; why != "" {
		reason += ": " + why
	}
	t.mu.Lock()
	t.reason, t.missing = reason, names
	t.mu.Unlock()
}

// NewH returns a new bucket of the harness, which must be empty. If apart is true, the
// bucket has a store of its own.
func (s *Runner) NewH(t T, apart bool) *H {
	b := s.bucket(t, apart)
	for e, err := range b.List(t.Context(), "", &files.ListOptions{Limit: 1, NamesOnly: true}) {
		if err != nil {
			t.Fatalf("the harness is wrong: the new bucket can't be listed: %v", err)
		}
		t.Fatalf("the harness is wrong: the new bucket isn't empty, it has %q", e.Name)
	}
	features := b.Features()
	if features.MaxName == 0 {
		features.MaxName = files.MaxName // 0 means the same
	}
	h := &H{
		Bucket:  b,
		F:       features,
		Seed:    s.Harness.Seed,
		Harness: &s.Harness,
		Runner:  s,
	}
	if _, prefix := Base(b); prefix != "" || s.Store == nil {
		s.mu.Lock()
		if s.features == nil {
			s.features = &h.F
		}
		s.mu.Unlock()
	}
	return h
}

// bucket returns a new bucket, which is closed when the case ends.
func (s *Runner) bucket(t T, apart bool) files.Bucket {
	t.Helper()
	var b files.Bucket
	switch {
	case s.Store == nil:
		if b = s.Harness.New(t); b == nil {
			t.Fatalf("the harness is wrong: New returned nil")
		}
	case apart && s.Harness.Apart != nil:
		if b = s.Harness.Apart(t); b == nil {
			t.Fatalf("the harness is wrong: Apart returned nil")
		}
	default:
		b = s.sub(t, s.dir(t), s.Harness.Second != nil)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// Judge returns the result with the outcome that the harness's lists of failures require.
func (s *Runner) Judge(r Result) Result {
	id := r.Case.ID()
	if why, races := s.Harness.ServerRaces[id]; races {
		r.Racing = true
		if r.Outcome == Failed {
			r.Outcome = ServerFault
		}
		r.Reason = why
		return r
	}
	for _, l := range []struct {
		named   map[string]string
		outcome Outcome
		text    string
	}{
		{s.Harness.Known, KnownFailure, "is known to fail"},
		{s.Harness.ServerFaults, ServerFault, "is known to fail by the server's fault"},
	} {
		why, named := l.named[id]
		switch {
		case !named:
		case r.Outcome == Failed:
			r.Outcome, r.Reason = l.outcome, why
		default:
			r.Failures = append(r.Failures,
				fmt.Sprintf("the case %s (%s), but it %s", l.text, why, r.Outcome))
			r.Outcome = Failed
		}
	}
	return r
}
