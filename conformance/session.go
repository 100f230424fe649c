package conformance

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

// session is one run of cases on a harness.
type session struct {
	h Harness
	// The shared store, where the harness has one; nil otherwise.
	store  files.Bucket
	prefix string // of everything that the run puts into it
	subs   atomic.Int64
	stored remembered // of what was put into it
	t      *recorder  // the store's, for the whole run
	hung   atomic.Int64
	short  bool // random cases try less

	mu       sync.Mutex
	features *files.Features // of the buckets, once there was one
}

// begin checks the harness and opens its shared store. The caller ends the session.
func begin(ctx context.Context, h Harness) (*session, error) {
	if err := checkHarness(&h); err != nil {
		return nil, err
	}
	// a TestMain may check before it parses
	s := &session{h: h, short: testing.Testing() && flag.Parsed() && testing.Short()}
	if err := s.seed(); err != nil {
		return nil, err
	}
	if h.Store == nil {
		return s, nil
	}
	return s, s.openStore(ctx)
}

// endGrace is how long a case may take to see that the run's context has ended.
const endGrace = 5 * time.Second

// seedVariable is the environment variable with the seed of a run that is to be repeated.
const seedVariable = "CLOUDFILES_SEED"

// seed chooses one where the harness has none.
func (s *session) seed() (err error) {
	if s.h.Seed != 0 {
		return nil
	}
	if v := os.Getenv(seedVariable); v != "" {
		if s.h.Seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			return fmt.Errorf("%s is %q, want a number", seedVariable, v)
		}
		return nil
	}
	s.h.Seed = rand.Uint64()
	return nil
}

// checkHarness finds what is wrong with a harness before anything is opened.
func checkHarness(h *Harness) error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("the harness is wrong: "+format, args...)
	}
	switch {
	case h.New == nil && h.Store == nil:
		return wrong("New is nil, and so is Store: give one of them")
	case h.New != nil && h.Store != nil:
		return wrong("it has both New, a store for each bucket, and Store, one for all: give " +
			"one of them")
	case h.Apart != nil && h.Store == nil:
		return wrong("Apart is for a harness with Store: New makes every store apart")
	}
	if len(h.Known)+len(h.ServerFaults)+len(h.ServerRaces)+len(h.Unclaimed) == 0 {
		return nil
	}
	ids, features := map[string]bool{}, map[string]bool{}
	cases := Cases()
	if h.under != nil {
		cases = append(cases, wrapperCases()...)
	}
	for _, c := range cases {
		ids[c.ID()] = true
	}
	for name := range abilities() {
		features[name] = true
	}
	var errs []error
	for _, l := range []struct {
		field, what string
		is          map[string]bool
		named       map[string]string
	}{
		{"Known", "case", ids, h.Known},
		{"ServerFaults", "case", ids, h.ServerFaults},
		{"ServerRaces", "case", ids, h.ServerRaces},
		{"Unclaimed", "feature with cases", features, h.Unclaimed},
	} {
		for name, why := range l.named {
			switch {
			case !l.is[name]:
				errs = append(errs,
					wrong("there is no %s %s, which %s names", l.what, name, l.field))
			case strings.TrimSpace(why) == "":
				errs = append(errs, wrong("%s gives no reason for %s", l.field, name))
			}
		}
	}
	for id := range h.ServerRaces {
		if _, twice := h.ServerFaults[id]; twice {
			errs = append(errs, wrong("%s is in both ServerFaults and ServerRaces", id))
		}
	}
	for id := range h.ServerFaults {
		if _, twice := h.Known[id]; twice {
			errs = append(errs, wrong("%s is in both Known and ServerFaults", id))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// abilities returns those that cases need, by name.
func abilities() map[string]*Ability {
	all := map[string]*Ability{}
	for _, c := range Cases() {
		for _, a := range c.Needs {
			all[a.Name] = a
		}
	}
	return all
}

// end cleans up what the run left in the shared store.
func (s *session) end(ctx context.Context) error {
	var errs []error
	if f := s.claimed(); f != nil && len(s.h.Unclaimed) > 0 {
		for name, a := range abilities() {
			if why, named := s.h.Unclaimed[name]; named && a.Claimed(*f) {
				errs = append(errs,
					fmt.Errorf("the harness is wrong: Unclaimed says why there is no %s (%s), "+
						"but the bucket claims it", name, why))
			}
		}
	}
	if s.store != nil {
		errs = append(errs, s.closeStore(ctx))
	}
	return errors.Join(errs...)
}

// claimed returns the features that the run's buckets told, or nil.
func (s *session) claimed() *files.Features {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.features
}

// maxHung is how many cases may reach their limit before the rest of the run is given
// up: a bucket that hangs must not take hours to say so.
const maxHung = 8

// run runs one case.
func (s *session) run(ctx context.Context, c Case) Result {
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
	t := &recorder{ctx: ctx}
	s.guard(t, c.ID(), func(t *recorder) { s.runCase(t, &c) })
	r := t.result()
	r.Case, r.Took = c, time.Since(start)
	return r
}

// guard runs f, and then what it gave to Cleanup, as a case of that name. It returns
// within the harness's limit, also where the bucket panics or hangs, and soon after the
// run's context has ended.
func (s *session) guard(t *recorder, name string, f func(t *recorder)) {
	limit := s.h.Limit
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
			defer t.runCleanups()
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

// runCase runs the case, or, where an ability isn't claimed, its refusal.
func (s *session) runCase(t *recorder, c *Case) {
	if reason := s.h.tooLarge(c.Largest); reason != "" {
		t.Skipf("%s", reason)
	}
	hh := s.newH(t, c.apart || slices.Contains(c.Needs, foreignKeys))
	if most := hh.F.MaxSize; most > 0 && c.Largest > most {
		t.Skipf("it puts up to %d bytes, and the bucket takes %d", c.Largest, most)
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
			hh = s.newH(t, false)
			t.turn(a.Name)
		}
	}
	var names []string
	for _, a := range missing {
		names = append(names, a.Name)
	}
	reason := "the bucket does not claim " + missing[0].Name
	if why := s.h.Unclaimed[missing[0].Name]; why != "" {
		reason += ": " + why
	}
	t.mu.Lock()
	t.reason, t.missing = reason, names
	t.mu.Unlock()
}

// newH makes a bucket of the harness, which must be empty; apart asks for one in a
// store of its own.
func (s *session) newH(t T, apart bool) *H {
	b := s.bucket(t, apart)
	for e, err := range b.List(t.Context(), "", &files.ListOptions{Limit: 1, NamesOnly: true}) {
		if err != nil {
			t.Fatalf("the harness is wrong: the new bucket can't be listed: %v", err)
		}
		t.Fatalf("the harness is wrong: the new bucket isn't empty, it has %q", e.Name)
	}
	h := &H{
		Bucket:  b,
		F:       b.Features(),
		Seed:    s.h.Seed,
		harness: &s.h,
		session: s,
	}
	if _, prefix := Base(b); prefix != "" || s.store == nil {
		s.mu.Lock()
		if s.features == nil {
			s.features = &h.F
		}
		s.mu.Unlock()
	}
	return h
}

// bucket makes a bucket, which is closed with the case.
func (s *session) bucket(t T, apart bool) files.Bucket {
	t.Helper()
	var b files.Bucket
	switch {
	case s.store == nil:
		if b = s.h.New(t); b == nil {
			t.Fatalf("the harness is wrong: New returned nil")
		}
	case apart && s.h.Apart != nil:
		if b = s.h.Apart(t); b == nil {
			t.Fatalf("the harness is wrong: Apart returned nil")
		}
	default:
		b = s.sub(t, s.dir(t), s.h.Second != nil)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// judge gives the result the outcome that the harness's lists make of it.
func (s *session) judge(r Result) Result {
	id := r.Case.ID()
	if why, races := s.h.ServerRaces[id]; races {
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
		{s.h.Known, KnownFailure, "is known to fail"},
		{s.h.ServerFaults, ServerFault, "is known to fail by the server's fault"},
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
