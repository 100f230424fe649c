package filestest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"path"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
)

// Rule says what happens to the calls that it matches. Its methods return it, so that
// they can be chained. A rule without an action changes nothing.
type Rule struct {
	of      *instruments
	op      files.Op
	pattern string
	line    string

	mu      sync.Mutex
	nth     int // the first one, from 1; 0: any
	times   int // only so many from there; 0: all, or one if nth is set
	chance  bool
	rate    float64
	seed    uint64
	delay   time.Duration
	bare    bool
	action  action
	method  string         // that gave the rule its action, or ""
	seen    int            // calls that matched
	ofName  map[string]int // by name, for a rule of chance
	hidden  int            // calls that matched and that a rule before this one took
	hider   string         // the line of such a rule
	applied int
	stopped bool
}

// action is what a rule does to a call.
type action func(ctx context.Context, b *instruments, call *files.Call,
	next func(context.Context) error) error

// rules are in the order in which they were made.
type rules struct {
	mu    sync.Mutex
	all   []*Rule
	calls []string // that no rule was for, the first few
	// every, if not nil, is asked about each call before the rules.
	every func(ctx context.Context, call *files.Call) error
}

// On begins a rule for the calls of an operation on names that match the pattern. The
// pattern is that of path.Match; one that ends in "/" matches everything below the
// directory, and "" matches every name. Names are those in this bucket: if the program
// uses a Sub of it, they begin with the Sub's directory. A DeleteMany matches if any of
// its names does, and a listing if its directory does, as the program writes it.
//
// A malformed pattern, an unknown operation and impossible arguments of the rule's
// methods fail the test. Such a rule is applied to no call.
func (b *instruments) On(op files.Op, pattern string) *Rule {
	b.t.Helper()
	r := &Rule{
		of:      b,
		op:      op,
		pattern: pattern,
		line:    callerLine(),
	}
	if why := wrong(op, pattern); why != "" {
		r.refuse("%s", why)
	}
	b.rules.mu.Lock()
	defer b.rules.mu.Unlock()
	b.rules.all = append(b.rules.all, r)
	return r
}

// Nth applies the rule only to the n-th call that matches; the first is 1. With Times
// the rule is applied to that many calls, beginning with the n-th.
func (r *Rule) Nth(n int) *Rule {
	r.of.t.Helper()
	if n < 1 {
		return r.refuse("Nth(%d): the first call is 1", n)
	}
	return r.set(func() { r.nth = n })
}

// Times applies the rule only to the first n calls that match, like a service that
// fails n times and recovers.
func (r *Rule) Times(n int) *Rule {
	r.of.t.Helper()
	if n < 1 {
		return r.refuse("Times(%d): a rule is applied once or more often", n)
	}
	return r.set(func() { r.times = n })
}

// Rate applies the rule to a random part of the calls that match, from 0 (none) to 1
// (all). The choice depends only on the seed, the operation, the name and the number of
// earlier matching calls on that name, so it stays the same if the program works on
// several names at once. Nth and Times limit the calls that may be chosen. It is not an
// error if such a rule is never applied. A test that fails logs the seed.
func (r *Rule) Rate(part float64, seed uint64) *Rule {
	r.of.t.Helper()
	if !(part >= 0 && part <= 1) { // NaN neither
		return r.refuse("Rate(%v, %d): the part is from 0 to 1", part, seed)
	}
	return r.set(func() { r.chance, r.rate, r.seed = true, part, seed })
}

// Delay makes the calls wait for d before anything else happens. If the context ends
// first, the call fails with the context's error. Other calls aren't delayed.
func (r *Rule) Delay(d time.Duration) *Rule {
	r.of.t.Helper()
	if d < 0 {
		return r.refuse("Delay(%v): the wait is negative", d)
	}
	return r.set(func() { r.delay = d })
}

// Fail makes the calls return an error of this kind and change nothing. The error has
// the type of the driver's errors. An ErrUnavailable of a service is marked as final,
// like that of a driver that has retried already (retry.Attempts), so that no layer
// above repeats the call, as in production. Each of the driver's attempts counts as a
// request.
//
// A kind of error that no driver returns from the operation, such as ErrNotExist from a
// Put, fails the test, unless [AnyError] allows it.
func (r *Rule) Fail(kind error) *Rule {
	r.of.t.Helper()
	if kind == nil {
		return r.refuse("Fail(nil): the error is nil")
	}
	if why := r.of.foreign(r.op, kind); why != "" {
		return r.refuse("Fail: %s", why)
	}
	return r.does("Fail", func(ctx context.Context, b *instruments, call *files.Call,
		_ func(context.Context) error) error {
		return b.fails(ctx, call, b.failure(kind, "", r.isBare()))
	})
}

// Bare makes Fail and BreakAfter return the errors of a bucket that doesn't retry by
// itself, so that a layer such as files/retry may repeat the call. Without Bare these
// errors are marked as final, like those of a driver that has retried already.
func (r *Rule) Bare() *Rule { return r.set(func() { r.bare = true }) }

func (r *Rule) isBare() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bare
}

// failure is an injected error as the driver would return it.
func (b *instruments) failure(kind error, detail string, bare bool) error {
	err := kind
	if files.KindOf(kind) == kind && detail != "" {
		err = driver.Errorf(kind, "%s", detail)
	}
	if bare || !b.repeats || files.KindOf(err) != files.ErrUnavailable || retry.Attempts(err) > 0 {
		return err
	}
	policy := &retry.Policy{Delay: 1, MaxDelay: 1}
	return policy.Do(context.Background(), func(context.Context, int) error { return err })
}

// fails gives the call an error, and charges what the driver asked for in vain.
func (b *instruments) fails(ctx context.Context, call *files.Call, err error) error {
	if b.record.costs != nil {
		for range max(retry.Attempts(err), 1) {
			one(b.record.costs, call, b.record.charging(ctx))
		}
	}
	if call.Op == files.OpDeleteMany {
		call.Errors = make([]error, len(call.Names))
		for i := range call.Errors {
			call.Errors[i] = err
		}
	}
	return err
}

// BreakAfter makes a body fail with ErrUnavailable after n bytes, and a listing after n
// entries. A body fails there even if it is resumed.
func (r *Rule) BreakAfter(n int64) *Rule {
	r.of.t.Helper()
	if n < 0 {
		return r.refuse("BreakAfter(%d): the number is negative", n)
	}
	return r.cut(n, "BreakAfter", func(b *instruments, at *breakAt) {
		at.err = b.failure(files.ErrUnavailable, "the connection broke (filestest)", r.isBare())
	})
}

// StallAfter makes a body wait for d after n bytes, and a listing after n entries. The
// wait also ends with the context, or if the body is closed.
func (r *Rule) StallAfter(n int64, d time.Duration) *Rule {
	r.of.t.Helper()
	if n < 0 || d < 0 {
		return r.refuse("StallAfter(%d, %v): one of them is negative", n, d)
	}
	return r.cut(n, "StallAfter", func(_ *instruments, at *breakAt) { at.stall = d })
}

// cut makes an action of what happens to a body or a listing after n bytes or entries.
func (r *Rule) cut(n int64, method string, what func(b *instruments, at *breakAt)) *Rule {
	r.of.t.Helper()
	if r.op != files.OpGet && r.op != files.OpList {
		return r.refuse("%s: only the body of a get and a list have something that comes after "+
			"%d bytes or entries", method, n)
	}
	return r.does(method, func(ctx context.Context, b *instruments, _ *files.Call,
		next func(context.Context) error) error {
		at := &breakAt{after: n}
		what(b, at)
		return next(context.WithValue(ctx, breakKey{}, at))
	})
}

// Outcome says whether a write whose response was lost was carried out.
type Outcome int

const (
	NotStored Outcome = iota // the write never reached the service
	Stored                   // the write was done
)

// LoseAnswer makes a write return ErrUncertain. The write is carried out only if o is
// Stored.
func (r *Rule) LoseAnswer(o Outcome) *Rule {
	r.of.t.Helper()
	switch {
	case o != Stored && o != NotStored:
		return r.refuse("LoseAnswer(%d): the outcome is Stored or NotStored", o)
	case !r.op.Writes():
		return r.refuse("LoseAnswer: it is for writes, whose outcome is unknown then")
	}
	return r.does("LoseAnswer", func(ctx context.Context, b *instruments, call *files.Call,
		next func(context.Context) error) error {
		if o == Stored {
			if err := next(ctx); err != nil {
				return err
			}
			call.Info = files.Info{}
		}
		lost := driver.Errorf(files.ErrUncertain, "the response was lost (filestest)")
		if o == NotStored {
			return b.fails(ctx, call, lost)
		}
		if call.Op == files.OpDeleteMany {
			for i := range call.Errors {
				call.Errors[i] = lost
			}
		}
		return lost
	})
}

// Do calls f instead of the operation. f may call next, which carries the operation out,
// and may use the bucket.
func (r *Rule) Do(f func(ctx context.Context, call *files.Call,
	next func(context.Context) error) error) *Rule {
	r.of.t.Helper()
	if f == nil {
		return r.refuse("Do(nil): the function is nil")
	}
	return r.does("Do", func(ctx context.Context, _ *instruments, call *files.Call,
		next func(context.Context) error) error {
		return f(ctx, call, next)
	})
}

// Stop ends the rule: it doesn't match later calls.
func (r *Rule) Stop() { r.set(func() { r.stopped = true }) }

// Applied is how often the rule was applied.
func (r *Rule) Applied() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.applied
}

// set changes the rule.
func (r *Rule) set(change func()) *Rule {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
	return r
}

// refused is the method of a rule that is wrong.
const refused = "a mistake"

// does gives the rule its action, of which it has one.
func (r *Rule) does(method string, a action) *Rule {
	r.of.t.Helper()
	r.mu.Lock()
	before := r.method
	if before == "" {
		r.method, r.action = method, a
	}
	r.mu.Unlock()
	if before == "" || before == refused {
		return r
	}
	return r.refuse("%s: the rule has %s already, and a rule does one thing", method, before)
}

// refuse fails the test, because the rule is wrong in the test's source, and ends the
// rule, so that it isn't reported as unspent too.
func (r *Rule) refuse(format string, args ...any) *Rule {
	r.of.t.Helper()
	r.of.errorf("filestest: the rule for %s %q at %s: %s", r.op, r.pattern, r.line,
		fmt.Sprintf(format, args...))
	return r.set(func() { r.stopped, r.method = true, refused })
}

// where is the line that made the rule; r may be nil.
func (r *Rule) where() string {
	if r == nil {
		return ""
	}
	return r.line
}

// wrong says why there are no calls of the operation on names that match the pattern, or
// returns "".
func wrong(op files.Op, pattern string) string {
	if !isOp(op) {
		return "there is no such operation; files.Op has them"
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Sprintf("the pattern %q: %v", pattern, err)
	}
	return ""
}

// isOp reports whether op is one of the operations of package files, whose Writes panics
// on any other.
func isOp(op files.Op) (is bool) {
	defer func() { is = recover() == nil }()
	op.Writes()
	return true
}

// counted is a number of things, such as "1 call" and "2 calls".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// match returns the rule that is applied to the call, or nil.
func (s *rules) match(call *files.Call) *Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.all {
		if r.takes(call) {
			for _, later := range s.all[i+1:] {
				later.hiddenBy(r, call)
			}
			return r
		}
	}
	if len(s.calls) < maxShown {
		s.calls = append(s.calls, fmt.Sprintf("%s %q", call.Op, call.Name))
	}
	return nil
}

// takes counts the call, if the rule is for it, and reports whether it is applied.
func (r *Rule) takes(call *files.Call) bool {
	if call.Op != r.op || !r.matches(call) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return false
	}
	r.seen++
	if r.chance && !r.drawn(call) || !r.within() {
		return false
	}
	r.applied++
	return true
}

// within reports whether Nth and Times allow the call that was seen last.
func (r *Rule) within() bool {
	from := max(r.nth, 1)
	switch {
	case r.times > 0:
		return r.seen >= from && r.seen-from < r.times
	case r.nth > 0 && !r.chance:
		return r.seen == r.nth
	}
	return r.seen >= from
}

// hiddenBy notes that a rule before this one took a call that this one is for, too.
func (r *Rule) hiddenBy(first *Rule, call *files.Call) {
	if call.Op != r.op || !r.matches(call) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hidden, r.hider = r.hidden+1, first.line
}

func (r *Rule) matches(call *files.Call) bool {
	if call.Op != files.OpDeleteMany {
		return matchName(r.pattern, call.Name)
	}
	for _, name := range call.Names {
		if matchName(r.pattern, name) {
			return true
		}
	}
	return false
}

func matchName(pattern, name string) bool {
	if pattern == "" || strings.HasSuffix(pattern, "/") {
		return strings.HasPrefix(name, pattern)
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// drawn reports whether this call is one of those that Rate chooses.
func (r *Rule) drawn(call *files.Call) bool {
	name := call.Name
	if call.Op == files.OpDeleteMany {
		name = fmt.Sprintf("%q", call.Names)
	}
	if r.ofName == nil {
		r.ofName = map[string]int{}
	}
	r.ofName[name]++
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%s/%s/%d", r.seed, call.Op, name, r.ofName[name])
	x := h.Sum64()
	x ^= x >> 33 // FNV's upper bits change little with the last byte
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11)/(1<<53) < r.rate
}

// apply carries the rule out.
func (r *Rule) apply(ctx context.Context, b *instruments, call *files.Call,
	next func(context.Context) error) error {
	r.mu.Lock()
	delay, action := r.delay, r.action
	r.mu.Unlock()
	if err := wait(ctx, delay, nil); err != nil {
		return err
	}
	if action == nil {
		return next(ctx)
	}
	return action(ctx, b, call, next)
}

// wait waits, unless the context ends or stop is closed, which are errors.
func wait(ctx context.Context, d time.Duration, stop <-chan struct{}) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-stop:
		return files.ErrClosed
	case <-ctx.Done():
		return cause(ctx)
	}
	return nil
}

// cause is the error of a context that has ended, in the contract's terms.
func cause(ctx context.Context) error {
	if err := context.Cause(ctx); errors.Is(err, files.ErrClosed) {
		return err
	}
	return ctx.Err()
}

// unspent returns a line for each rule that wasn't applied as often as it says.
func (s *rules) unspent() (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		r.mu.Lock()
		want := max(r.times, 1)
		if r.applied < want && !r.chance && !r.stopped {
			lines = append(lines, r.missed(want, s.calls))
		}
		r.mu.Unlock()
	}
	return lines
}

// missed says that the rule was applied too rarely, and which calls no rule was for.
func (r *Rule) missed(want int, others []string) string {
	text := fmt.Sprintf("the rule for %s %q at %s was applied %d of %d times (%s matched)",
		r.op, r.pattern, r.line, r.applied, want, counted(r.seen, "call"))
	if r.hidden > 0 {
		text += fmt.Sprintf("; %d calls that it is for were taken by a rule that was made before "+
			"it, such as the one at %s", r.hidden, r.hider)
		if r.seen == 0 {
			text += ", which always hides it"
		}
	}
	if len(others) == 0 {
		return text + "; nothing else was called"
	}
	return text + "; calls without a rule:\n\t" + strings.Join(others, "\n\t")
}

// byChance returns a line for each rule with a Rate, from which its choices can be had
// again.
func (s *rules) byChance() (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		r.mu.Lock()
		if r.chance && r.seen > 0 {
			lines = append(lines,
				fmt.Sprintf("the rule for %s %q at %s, Rate(%g, %d), was applied "+
					"to %d of %d calls", r.op, r.pattern, r.line, r.rate, r.seed, r.applied,
					r.seen))
		}
		r.mu.Unlock()
	}
	return lines
}
