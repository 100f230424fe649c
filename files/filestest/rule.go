package filestest

import (
	"context"
	"fmt"
	"path"
	"sync"
	"time"

	"cloudfiles.dev/files"
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

// refuse fails the test, because the rule is wrong in the test's source, and ends the
// rule, so that it isn't reported as unspent too.
func (r *Rule) refuse(format string, args ...any) *Rule {
	r.of.t.Helper()
	r.of.errorf("filestest: the rule for %s %q at %s: %s", r.op, r.pattern, r.line,
		fmt.Sprintf(format, args...))
	return r.set(func() { r.stopped, r.method = true, refused })
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
