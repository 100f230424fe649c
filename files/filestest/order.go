package filestest

import (
	"fmt"
	"strings"
	"testing"

	"cloudfiles.dev/files"
)

// Step is the calls of an operation on names that match a pattern, for WantOrder.
type Step struct {
	op      files.Op
	pattern string
}

// CallsOf returns the Step of an operation and a pattern, which is that of On.
func CallsOf(op files.Op, pattern string) Step {
	return Step{op: op, pattern: pattern}
}

// String returns the operation and the pattern.
func (s Step) String() string { return fmt.Sprintf("%s %q", s.op, s.pattern) }

// has reports whether a call is one of the step.
func (s Step) has(c Call) bool {
	if c.Op != s.op {
		return false
	}
	if c.Op != files.OpDeleteMany || s.pattern == "" {
		return matchName(s.pattern, c.Name)
	}
	for _, name := range c.names {
		if matchName(s.pattern, name) {
			return true
		}
	}
	return false
}

// WantCalls checks that the program called an operation n times since New, or since
// Around, on names that match the pattern, which is that of On. Calls that failed count
// too, and the order doesn't matter.
func (b *instruments) WantCalls(t testing.TB, op files.Op, pattern string, n int) {
	t.Helper()
	step := CallsOf(op, pattern)
	calls, ok := b.remembered(t, step)
	if !ok {
		return
	}
	got := 0
	for _, c := range calls {
		if step.has(c) {
			got++
		}
	}
	if got != n {
		t.Errorf("filestest: want %s of %s; got %d; the calls were:\n%s", counted(n, "call"), step,
			got, calls)
	}
}

// WantOrder checks that every call of a step ended before any call of the next step
// began. Each step must have at least one call. Other calls may come anywhere between.
//
//	b.WantOrder(t, filestest.CallsOf(files.OpPut, "data/"),
//		filestest.CallsOf(files.OpPut, "index"))
func (b *instruments) WantOrder(t testing.TB, steps ...Step) {
	t.Helper()
	if len(steps) < 2 {
		t.Errorf("filestest: WantOrder: an order needs two steps")
	}
	calls, ok := b.remembered(t, steps...)
	if !ok {
		return
	}
	var wrong []string
	for i, step := range steps {
		first, _, there := step.between(calls)
		if !there {
			wrong = append(wrong, fmt.Sprintf("%s was not called", step))
			continue
		}
		if i == 0 {
			continue
		}
		if _, last, there := steps[i-1].between(calls); there && last > first {
			wrong = append(wrong, fmt.Sprintf("a call of %s had not ended before %s began",
				steps[i-1], step))
		}
	}
	if len(wrong) > 0 {
		t.Errorf("filestest: %s; the calls were:\n%s", strings.Join(wrong, "; "), calls)
	}
}

// between returns when the first call of the step began and the last one ended.
func (s Step) between(calls Calls) (first, last int, there bool) {
	for _, c := range calls {
		if !s.has(c) {
			continue
		}
		if !there {
			first, there = c.began, true
		}
		ended := c.ended
		if !c.Done {
			ended = int(^uint(0) >> 1) // not yet
		}
		last = max(last, ended)
	}
	return first, last, there
}

// remembered returns all calls. It fails the test if not all are remembered, a pattern
// is malformed, or there is no such operation.
func (b *instruments) remembered(t testing.TB, steps ...Step) (Calls, bool) {
	t.Helper()
	for _, s := range steps {
		if why := wrong(s.op, s.pattern); why != "" {
			t.Errorf("filestest: the calls of %s: %s", s, why)
			return nil, false
		}
	}
	b.record.mu.Lock()
	all := b.record.usage.Calls <= maxCalls && b.record.names <= maxNames
	b.record.mu.Unlock()
	if !all {
		t.Errorf("filestest: there were more calls than the fake records: %d, of %d names",
			maxCalls, maxNames)
		return nil, false
	}
	return b.Calls(), true
}
