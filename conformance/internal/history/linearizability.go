package history

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Op is an operation on one name, in the history of several clients.
type Op struct {
	Kind         OpKind
	Call, Return int64 // on a shared clock; Return is Forever if the outcome is unknown
	Value        int   // the value that was written or read
	Expect       int   // of a swap or drop: the value whose version is the condition
	OK           bool  // a get found the file, or a write took place
}

// OpKind says what an operation does.
type OpKind string

// The kinds of operations.
const (
	OpPut    OpKind = "put"
	OpCreate OpKind = "create" // IfAbsent
	OpSwap   OpKind = "swap"   // IfVersion
	OpDelete OpKind = "delete"
	OpDrop   OpKind = "drop" // a delete with IfVersion
	OpGet    OpKind = "get"
	OpSeen   OpKind = "seen" // a listing, or a Stat without metadata: whether the file exists
)

// Forever is the Return of an operation of unknown outcome. It may take effect at any
// time after its call, or never, which is the same as after everything else.
const Forever = math.MaxInt64

// Unknown reports whether the outcome is unknown. OK has no meaning then.
func (o Op) Unknown() bool { return o.Return == Forever }

// Apply reports whether the operation can have its outcome in the state, which is the
// file's value, or 0 if there is no file. after is the state that follows.
func (o Op) Apply(state int) (after int, possible bool) {
	held := true
	after = state
	switch o.Kind {
	case OpPut:
		after = o.Value
	case OpDelete:
		after = 0
	case OpCreate:
		if held = state == 0; held {
			after = o.Value
		}
	case OpSwap:
		if held = state == o.Expect && state != 0; held {
			after = o.Value
		}
	case OpDrop:
		if held = state == o.Expect && state != 0; held {
			after = 0
		}
	case OpSeen:
		held = state != 0
	default:
		if held = state != 0; held && o.OK && o.Value != state {
			return state, false
		}
	}
	return after, o.Unknown() || held == o.OK
}

// reads reports whether the operation can't have changed anything. If a history is legal,
// it is legal without the operation, too.
func (o Op) reads() bool {
	return o.Kind == OpGet || o.Kind == OpSeen || !o.OK && !o.Unknown()
}

// Verdict is the result of checking a history.
type Verdict int

// The verdicts.
const (
	Legal Verdict = iota
	Illegal
	Inconclusive // the check was given up
)

// checkBudget is how many states a check visits before it gives up.
const checkBudget = 500_000

// Check searches for an order of the operations that respects their times and explains
// every outcome. At first there is no file. The search is Wing and Gong's, with Lowe's
// memory of dead ends.
func Check(history []Op) Verdict {
	ops := slices.Clone(history)
	slices.SortFunc(ops, func(a, b Op) int { return cmp.Compare(a.Call, b.Call) })
	s := &search{
		ops:    ops,
		done:   make([]uint64, len(ops)/64+1),
		dead:   map[string]struct{}{},
		budget: checkBudget,
	}
	for _, o := range ops {
		if !o.Unknown() {
			s.left++
		}
	}
	switch found := s.from(0, 0); {
	case found:
		return Legal
	case s.budget <= 0:
		return Inconclusive
	}
	return Illegal
}

type search struct {
	ops    []Op
	done   []uint64 // a bit for each operation
	left   int      // how many operations of known outcome are not done
	dead   map[string]struct{}
	key    []byte
	budget int
}

func (s *search) is(i int) bool { return s.done[i/64]&(1<<(i%64)) != 0 }

func (s *search) flip(i int) { s.done[i/64] ^= 1 << (i % 64) }

// from continues the search if all operations before first are done. Operations of
// unknown outcome may remain undone.
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
	// An operation may be next if no remaining one ended before it began.
	ends := s.ops[first].Return
	for i := first; i < len(s.ops) && s.ops[i].Call <= ends; i++ {
		if s.is(i) {
			continue
		}
		o := s.ops[i]
		ends = min(ends, o.Return)
		after, possible := o.Apply(state)
		if !possible || o.Unknown() && after == state {
			continue
		}
		count := 1
		if o.Unknown() {
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

// known reports whether this state is a dead end. The operations that are done and the
// file's state decide how the search continues.
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

// Reduce returns an illegal history without the operations that aren't needed to show
// that it is illegal. It tries each operation that changed nothing, one at a time.
// Writes remain, because a legal read would look wrong without them. Reduce stops when
// more returns false.
func Reduce(history []Op, more func() bool) []Op {
	ops := slices.Clone(history)
	slices.SortFunc(ops, func(a, b Op) int { return cmp.Compare(a.Call, b.Call) })
	for i := len(ops) - 1; i >= 0 && more(); i-- {
		if !ops[i].reads() {
			continue
		}
		if less := slices.Delete(slices.Clone(ops), i, i+1); Check(less) == Illegal {
			ops = less
		}
	}
	// Operations that began after the rest had ended aren't needed either.
	last := int64(0)
	for again := true; again; {
		again = false
		for _, o := range ops {
			if (o.reads() ||
				o.Kind != OpPut && o.Kind != OpDelete) && !o.Unknown() && o.Return > last &&
				(o.reads() || o.Call <= last) {
				last, again = o.Return, true
			}
		}
	}
	if less := slices.DeleteFunc(slices.Clone(ops), func(o Op) bool {
		return o.Call > last
	}); Check(less) == Illegal {
		return less
	}
	return ops
}

// Text returns a history as text, in the order of the calls.
func Text(history []Op) string {
	ops := slices.Clone(history)
	slices.SortFunc(ops, func(a, b Op) int { return cmp.Compare(a.Call, b.Call) })
	var b strings.Builder
	for _, o := range ops {
		ret := fmt.Sprint(o.Return)
		if o.Unknown() {
			ret = "?"
		}
		fmt.Fprintf(&b, "    %3d–%-3s %-6s", o.Call, ret, o.Kind)
		if o.Kind == OpSwap || o.Kind == OpDrop {
			fmt.Fprintf(&b, " %d →", o.Expect)
		}
		if o.Value != 0 {
			fmt.Fprintf(&b, " %d", o.Value)
		}
		if o.Unknown() {
			b.WriteString(" unknown\n")
		} else {
			fmt.Fprintf(&b, " %v\n", o.OK)
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
