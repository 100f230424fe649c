package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// register is one name as Porcupine is told of it, written apart from the suite's own
// op.apply.
var register = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, input, _ any) (bool, any) {
		o, now := input.(op), state.(int)
		would := func(does bool, after int) (bool, any) {
			if !does {
				after = now
			}
			return o.unknown() || does == o.ok, after
		}
		switch o.kind {
		case opPut:
			return would(true, o.value)
		case opDelete:
			return would(true, 0)
		case opCreate:
			return would(now == 0, o.value)
		case opSwap:
			return would(now != 0 && now == o.expect, o.value)
		case opDrop:
			return would(now != 0 && now == o.expect, 0)
		case opSeen:
			return would(now != 0, now)
		case opGet:
			if o.ok {
				return now == o.value, now
			}
			return now == 0, now
		}
		panic("no such operation: " + o.kind)
	},
}

// peerVerdict is Porcupine's.
func peerVerdict(history []op) verdict {
	var all []porcupine.Operation
	for _, o := range history {
		all = append(all, porcupine.Operation{Input: o, Call: o.call, Return: o.ret})
	}
	switch porcupine.CheckOperationsTimeout(register, all, time.Minute) {
	case porcupine.Ok:
		return legal
	case porcupine.Illegal:
		return illegal
	}
	return inconclusive
}

// randomHistory makes a legal history of n operations, each of which takes effect at a
// moment of its own within its time, and then lies in some of the answers.
func randomHistory(r *rand.Rand, n, lies int) []op {
	state := 0
	kinds := []opKind{opPut, opCreate, opSwap, opDelete, opDrop, opGet, opGet, opSeen}
	all := make([]op, n)
	for i := range all {
		o := op{kind: kinds[r.IntN(len(kinds))], value: i + 1, expect: state}
		if r.IntN(3) == 0 {
			o.expect = 1 + r.IntN(i+1)
		}
		switch o.kind {
		case opGet:
			o.value, o.ok = state, state != 0
		case opDelete, opDrop, opSeen:
			o.value = 0
		}
		if o.kind != opGet {
			o.ok = true // where that is possible
			_, o.ok = o.apply(state)
		}
		// Moments are 100 apart; an operation reaches over those of some others.
		at := int64(i+1) * 100
		o.call, o.ret = at-r.Int64N(400), at+r.Int64N(400)
		if r.IntN(12) == 0 && o.kind != opGet && o.kind != opSeen {
			o.ret = forever
			if r.IntN(2) == 0 { // it never took effect
				all[i] = o
				continue
			}
		}
		state, _ = o.apply(state)
		all[i] = o
	}
	for range lies {
		switch o := &all[r.IntN(n)]; {
		case o.unknown():
		case o.kind == opGet && o.ok && r.IntN(2) == 0:
			o.value = 1 + r.IntN(n)
		case o.kind == opCreate || o.kind == opSwap || o.kind == opDrop || o.kind == opSeen:
			o.ok = !o.ok
		}
	}
	return all
}

// TestCheckersAgree: the suite's own checker and Porcupine say the same of random
// histories, legal and not.
func TestCheckersAgree(t *testing.T) {
	n := 6000
	if testing.Short() {
		n = 1000
	}
	count := map[verdict]int{}
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 2))
		lies := r.IntN(3)
		history := randomHistory(r, 3+r.IntN(40), lies)
		own, peer := checkHistory(history), peerVerdict(history)
		if own != peer || lies == 0 && own != legal {
			t.Fatalf("seed %d, %d lies: own verdict %d, Porcupine's %d:\n%s", seed, lies, own, peer,
				historyText(history))
		}
		if count[own]++; own == illegal {
			if less := reduce(history, func() bool {
				return true
			}); peerVerdict(less) != illegal || len(less) > len(history) {
				t.Fatalf("seed %d: what is left of the history isn't illegal any more:\n%s\nof\n%s",
					seed, historyText(less), historyText(history))
			}
		}
	}
	t.Logf("%d legal histories, %d illegal ones", count[legal], count[illegal])
	if count[legal] < n/5 || count[illegal] < n/5 {
		t.Errorf("of %d histories %d are legal and %d not: too few of one kind", n, count[legal],
			count[illegal])
	}
}

// BothVerdicts records rounds on the harness's buckets and returns how many histories
// are legal and how many not, by the suite's own checker, and those of which Porcupine
// says something else.
func BothVerdicts(ctx context.Context, h Harness,
	rounds int) (legals, illegals int, differ []string, r Result) {
	r = RunCase(ctx, h, Case{Rule: "X1", Name: "linearizable", Run: func(t T, hh *H) {
		for round := range rounds {
			for _, history := range record(t, hh, round, hh.Seed) {
				own, peer := checkHistory(history), peerVerdict(history)
				switch {
				case own != peer && own != inconclusive && peer != inconclusive:
					differ = append(differ,
						fmt.Sprintf("own verdict %d, Porcupine's %d:\n%s", own, peer,
							historyText(history)))
				case own == legal:
					legals++
				case own == illegal:
					illegals++
				}
			}
		}
	}})
	return legals, illegals, differ, r
}

// TestHistoriesByPorcupine: what concurrent clients see of memory and of a local folder
// is linearizable for Porcupine too.
func TestHistoriesByPorcupine(t *testing.T) {
	for what, h := range map[string]Harness{
		"memory": {New: func(T) files.Bucket { return mem.New(nil) }},
		"local disk": {New: func(t T) files.Bucket {
			b, err := local.Open(t.TempDir(), &local.Options{NoSync: true})
			if err != nil {
				t.Fatalf("%v", err)
			}
			return b
		}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			rounds := 4
			if testing.Short() {
				rounds = 1
			}
			legals, illegals, differ, r := BothVerdicts(t.Context(), h, rounds)
			if r.Outcome != Passed || legals != 3*rounds || illegals > 0 || len(differ) > 0 {
				t.Errorf("%s: %d of %d histories are linearizable, %d are not, the checkers "+
					"differ on %v", r.Text(), legals, 3*rounds, illegals, differ)
			}
		})
	}
}
