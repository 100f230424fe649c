package conformance_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/internal/history"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// register is one name as Porcupine's model, written independently of the suite's
// Op.Apply.
var register = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, input, _ any) (bool, any) {
		o, now := input.(history.Op), state.(int)
		would := func(does bool, after int) (bool, any) {
			if !does {
				after = now
			}
			return o.Unknown() || does == o.OK, after
		}
		switch o.Kind {
		case history.OpPut:
			return would(true, o.Value)
		case history.OpDelete:
			return would(true, 0)
		case history.OpCreate:
			return would(now == 0, o.Value)
		case history.OpSwap:
			return would(now != 0 && now == o.Expect, o.Value)
		case history.OpDrop:
			return would(now != 0 && now == o.Expect, 0)
		case history.OpSeen:
			return would(now != 0, now)
		case history.OpGet:
			if o.OK {
				return now == o.Value, now
			}
			return now == 0, now
		}
		panic("no such operation: " + o.Kind)
	},
}

// peerVerdict is Porcupine's verdict.
func peerVerdict(ops []history.Op) history.Verdict {
	var all []porcupine.Operation
	for _, o := range ops {
		all = append(all, porcupine.Operation{Input: o, Call: o.Call, Return: o.Return})
	}
	switch porcupine.CheckOperationsTimeout(register, all, time.Minute) {
	case porcupine.Ok:
		return history.Legal
	case porcupine.Illegal:
		return history.Illegal
	}
	return history.Inconclusive
}

// randomHistory returns a history of n operations, each of which takes effect at a
// moment within its time, with so many wrong results in it.
func randomHistory(r *rand.Rand, n, lies int) []history.Op {
	state := 0
	kinds := []history.OpKind{
		history.OpPut, history.OpCreate, history.OpSwap, history.OpDelete, history.OpDrop,
		history.OpGet, history.OpGet, history.OpSeen,
	}
	all := make([]history.Op, n)
	for i := range all {
		o := history.Op{Kind: kinds[r.IntN(len(kinds))], Value: i + 1, Expect: state}
		if r.IntN(3) == 0 {
			o.Expect = 1 + r.IntN(i+1)
		}
		switch o.Kind {
		case history.OpGet:
			o.Value, o.OK = state, state != 0
		case history.OpDelete, history.OpDrop, history.OpSeen:
			o.Value = 0
		}
		if o.Kind != history.OpGet {
			o.OK = true // if that is possible
			_, o.OK = o.Apply(state)
		}
		// Moments are 100 apart; an operation lasts over those of some others.
		at := int64(i+1) * 100
		o.Call, o.Return = at-r.Int64N(400), at+r.Int64N(400)
		if r.IntN(12) == 0 && o.Kind != history.OpGet && o.Kind != history.OpSeen {
			o.Return = history.Forever
			if r.IntN(2) == 0 { // it never took effect
				all[i] = o
				continue
			}
		}
		state, _ = o.Apply(state)
		all[i] = o
	}
	for range lies {
		switch o := &all[r.IntN(n)]; {
		case o.Unknown():
		case o.Kind == history.OpGet && o.OK && r.IntN(2) == 0:
			o.Value = 1 + r.IntN(n)
		case o.Kind == history.OpCreate || o.Kind == history.OpSwap || o.Kind == history.OpDrop ||
			o.Kind == history.OpSeen:
			o.OK = !o.OK
		}
	}
	return all
}

// TestCheckersAgree: the suite's checker and Porcupine agree on random
// histories, legal and illegal.
func TestCheckersAgree(t *testing.T) {
	n := 6000
	if testing.Short() {
		n = 1000
	}
	count := map[history.Verdict]int{}
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 2))
		lies := r.IntN(3)
		ops := randomHistory(r, 3+r.IntN(40), lies)
		own, peer := history.Check(ops), peerVerdict(ops)
		if own != peer || lies == 0 && own != history.Legal {
			t.Fatalf("seed %d, %d lies: verdict %d, Porcupine's %d:\n%s", seed, lies, own, peer,
				history.Text(ops))
		}
		if count[own]++; own == history.Illegal {
			if less := history.Reduce(ops, func() bool {
				return true
			}); peerVerdict(less) != history.Illegal || len(less) > len(ops) {
				t.Fatalf("seed %d: the reduced history is no longer illegal:\n%s\nof\n%s",
					seed, history.Text(less), history.Text(ops))
			}
		}
	}
	t.Logf("%d legal histories, %d illegal ones", count[history.Legal], count[history.Illegal])
	if count[history.Legal] < n/5 || count[history.Illegal] < n/5 {
		t.Errorf("of %d histories %d are legal and %d illegal: too few of one kind", n,
			count[history.Legal],
			count[history.Illegal])
	}
}

// bothVerdicts records rounds on the harness's buckets. It returns how many histories
// the suite's checker finds legal and illegal, and those on which Porcupine differs.
func bothVerdicts(ctx context.Context, h conformance.Harness,
	rounds int) (legals, illegals int, differ []string, r conformance.Result) {
	r = conformance.RunCase(ctx, h, conformance.Case{
		Rule: "X1",
		Name: "linearizable",
		Run: func(t conformance.T, hh *conformance.H) {
			for round := range rounds {
				for _, ops := range history.Record(t, hh, round, hh.Seed) {
					own, peer := history.Check(ops), peerVerdict(ops)
					switch {
					case own != peer && own != history.Inconclusive && peer != history.Inconclusive:
						differ = append(differ,
							fmt.Sprintf("own verdict %d, Porcupine's %d:\n%s", own, peer,
								history.Text(ops)))
					case own == history.Legal:
						legals++
					case own == history.Illegal:
						illegals++
					}
				}
			}
		},
	})
	return legals, illegals, differ, r
}

// TestHistoriesByPorcupine: the histories of concurrent clients on memory and
// on a local folder are linearizable for Porcupine too.
func TestHistoriesByPorcupine(t *testing.T) {
	for what, h := range map[string]conformance.Harness{
		"memory": {New: func(conformance.T) files.Bucket { return mem.New(nil) }},
		"local disk": {New: func(t conformance.T) files.Bucket {
			b, err := local.Open(memdir.New(t), &local.Options{NoSync: true})
			if err != nil {
				t.Fatalf("local.Open: %v", err)
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
			legals, illegals, differ, r := bothVerdicts(t.Context(), h, rounds)
			if r.Outcome != conformance.Passed || legals != 3*rounds || illegals > 0 ||
				len(differ) > 0 {
				t.Errorf("%s: %d of %d histories are linearizable, %d are not, the checkers "+
					"differ on %v", r.Text(), legals, 3*rounds, illegals, differ)
			}
		})
	}
}
