package conformance

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// op is one operation on one name, in a history that several clients made.
type op struct {
	kind      opKind
	call, ret int64 // on a clock that all share; ret is forever where the outcome is unknown
	value     int   // written, or read
	expect    int   // of a swap or drop: the value whose version it names
	ok        bool  // a get that found the file; a write that took place
}

type opKind string

const (
	opPut    opKind = "put"
	opCreate opKind = "create" // IfAbsent
	opSwap   opKind = "swap"   // IfVersion
	opDelete opKind = "delete"
	opDrop   opKind = "drop" // a delete with IfVersion
	opGet    opKind = "get"
	opSeen   opKind = "seen" // a listing, or a Stat that tells no content: there or not
)

// forever is when an operation of unknown outcome ends: it may take effect at any time
// after its call, or never, which is the same as after everything else.
const forever = math.MaxInt64

// unknown tells whether the outcome isn't known; ok says nothing then.
func (o op) unknown() bool { return o.ret == forever }

// apply says whether the operation can have had its outcome where the file holds the
// state (0 is no file), and what it then holds.
func (o op) apply(state int) (after int, possible bool) {
	held := true
	after = state
	switch o.kind {
	case opPut:
		after = o.value
	case opDelete:
		after = 0
	case opCreate:
		if held = state == 0; held {
			after = o.value
		}
	case opSwap:
		if held = state == o.expect && state != 0; held {
			after = o.value
		}
	case opDrop:
		if held = state == o.expect && state != 0; held {
			after = 0
		}
	case opSeen:
		held = state != 0
	default:
		if held = state != 0; held && o.ok && o.value != state {
			return state, false
		}
	}
	return after, o.unknown() || held == o.ok
}

// reads tells whether the operation can't have changed anything: a history without it
// is as legal.
func (o op) reads() bool {
	return o.kind == opGet || o.kind == opSeen || !o.ok && !o.unknown()
}

type verdict int

const (
	legal verdict = iota
	illegal
	inconclusive // given up
)

// checkBudget is how many states a check looks at before it gives up.
const checkBudget = 500_000

// checkHistory looks for an order of the operations that respects their times and
// explains every outcome, beginning with no file (Wing and Gong's search, with Lowe's
// memory of the dead ends).
func checkHistory(history []op) verdict {
	ops := slices.Clone(history)
	slices.SortFunc(ops, func(a, b op) int { return cmp.Compare(a.call, b.call) })
	s := &search{
		ops:    ops,
		done:   make([]uint64, len(ops)/64+1),
		dead:   map[string]struct{}{},
		budget: checkBudget,
	}
	for _, o := range ops {
		if !o.unknown() {
			s.left++
		}
	}
	switch found := s.from(0, 0); {
	case found:
		return legal
	case s.budget <= 0:
		return inconclusive
	}
	return illegal
}

type search struct {
	ops    []op
	done   []uint64 // a bit for each
	left   int      // how many of known outcome are not done
	dead   map[string]struct{}
	key    []byte
	budget int
}

func (s *search) is(i int) bool { return s.done[i/64]&(1<<(i%64)) != 0 }
func (s *search) flip(i int)    { s.done[i/64] ^= 1 << (i % 64) }

// from goes on where all those before first are done. What is of unknown outcome may
// stay undone.
func (s *search) from(first, state int) bool {
	if s.left == 0 {
		return true
	}
	if s.budget--; s.budget <= 0 {
		return false
	}
	for s.is(first) {
		first++
	}
	if s.known(first, state) {
		return false
	}
	// An operation may be next if none that is left ended before it began.
	ends := s.ops[first].ret
	for i := first; i < len(s.ops) && s.ops[i].call <= ends; i++ {
		if s.is(i) {
			continue
		}
		o := s.ops[i]
		ends = min(ends, o.ret)
		after, possible := o.apply(state)
		if !possible || o.unknown() && after == state {
			continue
		}
		count := 1
		if o.unknown() {
			count = 0
		}
		s.flip(i)
		s.left -= count
		if s.from(first, after) {
			return true
		}
		s.flip(i)
		s.left += count
	}
	s.remember(first, state)
	return false
}

// known tells whether this is a dead end: what is done and the state decide how the
// search goes on.
func (s *search) known(first, state int) bool {
	_, dead := s.dead[string(s.makeKey(first, state))]
	return dead
}

func (s *search) remember(first, state int) { s.dead[string(s.makeKey(first, state))] = struct{}{} }

func (s *search) makeKey(first, state int) []byte {
	s.key = binary.AppendUvarint(s.key[:0], uint64(state))
	for i := first / 64; i < len(s.done); i++ {
		if s.done[i] != 0 {
			s.key = binary.AppendUvarint(s.key, uint64(i))
			s.key = binary.LittleEndian.AppendUint64(s.key, s.done[i])
		}
	}
	return binary.AppendUvarint(s.key, uint64(first))
}

// reduce leaves out of an illegal history what isn't needed to see that it is:
// operations that changed nothing, one at a time. What was written stays, for without
// it a read would look wrong that isn't. It gives up when there is no more time.
func reduce(history []op, more func() bool) []op {
	ops := slices.Clone(history)
	slices.SortFunc(ops, func(a, b op) int { return cmp.Compare(a.call, b.call) })
	for i := len(ops) - 1; i >= 0 && more(); i-- {
		if !ops[i].reads() {
			continue
		}
		if less := slices.Delete(slices.Clone(ops), i, i+1); checkHistory(less) == illegal {
			ops = less
		}
	}
	// Nor is what began after all the rest had ended that depends on others.
	last := int64(0)
	for again := true; again; {
		again = false
		for _, o := range ops {
			if (o.reads() ||
				o.kind != opPut && o.kind != opDelete) && !o.unknown() && o.ret > last &&
				(o.reads() || o.call <= last) {
				last, again = o.ret, true
			}
		}
	}
	if less := slices.DeleteFunc(slices.Clone(ops), func(o op) bool {
		return o.call > last
	}); checkHistory(less) == illegal {
		return less
	}
	return ops
}

// historyText shows a history, in the order of the calls.
func historyText(history []op) string {
	ops := slices.Clone(history)
	slices.SortFunc(ops, func(a, b op) int { return cmp.Compare(a.call, b.call) })
	var b strings.Builder
	for _, o := range ops {
		ret := fmt.Sprint(o.ret)
		if o.unknown() {
			ret = "?"
		}
		fmt.Fprintf(&b, "    %3d–%-3s %-6s", o.call, ret, o.kind)
		if o.kind == opSwap || o.kind == opDrop {
			fmt.Fprintf(&b, " %d →", o.expect)
		}
		if o.value != 0 {
			fmt.Fprintf(&b, " %d", o.value)
		}
		if o.unknown() {
			b.WriteString(" unknown\n")
		} else {
			fmt.Fprintf(&b, " %v\n", o.ok)
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
