package conformance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// op is one operation on one name, in a history that several clients made.
type op struct {
	kind      opKind
	call, ret int64 // on a clock that all share
	value     int   // written, or read
	expect    int   // of a swap: the value whose version it names
	ok        bool  // a get that found the file; a write that took place
}

type opKind string

const (
	opPut    opKind = "put"
	opCreate opKind = "create" // IfAbsent
	opSwap   opKind = "swap"   // IfVersion
	opDelete opKind = "delete"
	opGet    opKind = "get"
)

// apply says whether the operation can have had its outcome where the file holds the state (0 is no file), and what it then holds.
func (o op) apply(state int) (after int, possible bool) {
	switch o.kind {
	case opPut:
		return o.value, o.ok
	case opDelete:
		return 0, o.ok
	case opCreate:
		if state == 0 {
			return o.value, o.ok
		}
		return state, !o.ok
	case opSwap:
		if state == o.expect && state != 0 {
			return o.value, o.ok
		}
		return state, !o.ok
	}
	if state == 0 {
		return state, !o.ok
	}
	return state, o.ok && o.value == state
}

type verdict int

const (
	legal verdict = iota
	illegal
	unknown // given up
)

// checkHistory looks for an order of the operations that respects their times and explains every outcome,
// beginning with no file (Wing and Gong's search, with a memory of the dead ends).
func checkHistory(history []op) verdict {
	ops := slices.Clone(history)
	slices.SortFunc(ops, func(a, b op) int { return cmp.Compare(a.call, b.call) })
	s := &search{ops: ops, done: make([]bool, len(ops)), dead: map[string]bool{}, budget: 2_000_000}
	switch found := s.from(0, 0, 0); {
	case found:
		return legal
	case s.budget <= 0:
		return unknown
	}
	return illegal
}

type search struct {
	ops    []op
	done   []bool
	dead   map[string]bool
	budget int
}

// from goes on where n operations are done, all those before first among them.
func (s *search) from(n, first, state int) bool {
	if n == len(s.ops) {
		return true
	}
	if s.budget--; s.budget <= 0 {
		return false
	}
	for s.done[first] {
		first++
	}
	key := s.key(first, state)
	if s.dead[key] {
		return false
	}
	// An operation may be next if none that is left ended before it began.
	ends := s.ops[first].ret
	for i := first; i < len(s.ops) && s.ops[i].call < ends; i++ {
		if s.done[i] {
			continue
		}
		ends = min(ends, s.ops[i].ret)
		after, possible := s.ops[i].apply(state)
		if !possible {
			continue
		}
		s.done[i] = true
		if s.from(n+1, first, after) {
			return true
		}
		s.done[i] = false
	}
	s.dead[key] = true
	return false
}

// key is what decides how the search goes on: what is done beyond first, and the state.
func (s *search) key(first, state int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %d ", first, state)
	for i := first; i < len(s.ops); i++ {
		if s.done[i] {
			fmt.Fprintf(&b, "%d,", i)
		}
	}
	return b.String()
}

// historyText shows a history, in the order of the calls.
func historyText(history []op) string {
	ops := slices.Clone(history)
	slices.SortFunc(ops, func(a, b op) int { return cmp.Compare(a.call, b.call) })
	var b strings.Builder
	for _, o := range ops {
		fmt.Fprintf(&b, "    %3d–%3d %-6s", o.call, o.ret, o.kind)
		if o.kind == opSwap {
			fmt.Fprintf(&b, " %d →", o.expect)
		}
		if o.value != 0 {
			fmt.Fprintf(&b, " %d", o.value)
		}
		fmt.Fprintf(&b, " %v\n", o.ok)
	}
	return strings.TrimRight(b.String(), "\n")
}
