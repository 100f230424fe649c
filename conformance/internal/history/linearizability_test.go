package history

import (
	"testing"
)

// at returns an operation between two moments.
func at(call, ret int64, o Op) Op {
	o.Call, o.Return = call, ret
	return o
}

// TestCheckHistory checks the verdicts on small histories.
func TestCheckHistory(t *testing.T) {
	put := func(v int) Op { return Op{Kind: OpPut, Value: v, OK: true} }
	got := func(v int) Op { return Op{Kind: OpGet, Value: v, OK: v != 0} }
	create := func(v int, ok bool) Op { return Op{Kind: OpCreate, Value: v, OK: ok} }
	swap := func(old, v int, ok bool) Op {
		return Op{
			Kind:   OpSwap,
			Expect: old,
			Value:  v,
			OK:     ok,
		}
	}
	del := Op{Kind: OpDelete, OK: true}
	for _, c := range []struct {
		what    string
		history []Op
		want    Verdict
	}{
		{"nothing", nil, Legal},
		{
			"one after the other",
			[]Op{at(1, 2, put(1)), at(3, 4, got(1)), at(5, 6, del), at(7, 8, got(0))},
			Legal,
		},
		{"a stale read", []Op{at(1, 2, put(1)), at(3, 4, put(2)), at(5, 6, got(1))}, Illegal},
		{
			"a read during a write returns the old or the new value",
			[]Op{at(1, 2, put(1)), at(3, 10, put(2)), at(4, 5, got(1)), at(6, 7, got(2))},
			Legal,
		},
		{
			"a read of the old value after one of the new value",
			[]Op{at(1, 2, put(1)), at(3, 10, put(2)), at(4, 5, got(2)), at(6, 7, got(1))},
			Illegal,
		},
		{
			"two readers that disagree on the order",
			[]Op{at(1, 20,
				put(1)), at(2, 19, put(2)), at(3, 4, got(1)), at(5, 6, got(2)), at(7, 8, got(1))},
			Illegal,
		},
		{
			"two creates that both win",
			[]Op{at(1, 4, create(1, true)), at(2, 3, create(2, true))},
			Illegal,
		},
		{
			"two creates of which one wins",
			[]Op{at(1, 4, create(1, true)), at(2, 3, create(2, false))},
			Legal,
		},
		{"no create wins", []Op{at(1, 4, create(1, false)), at(2, 3, create(2, false))}, Illegal},
		{
			"a create after a delete",
			[]Op{at(1, 2, put(1)), at(3, 8, del), at(4, 7, create(2, true)), at(9, 10, got(2))},
			Legal,
		},
		{
			"a lost update",
			[]Op{at(1, 2, put(1)), at(3, 6, swap(1, 2, true)), at(4, 5, swap(1, 3, true))},
			Illegal,
		},
		{
			"a conditional update",
			[]Op{at(1, 2,
				put(1)), at(3, 6, swap(1, 2, true)), at(4, 5, swap(1, 3, false)), at(7, 8, got(2))},
			Legal,
		},
		{
			"an update refused for no reason",
			[]Op{at(1, 2, put(1)), at(3, 4, swap(1, 2, false))},
			Illegal,
		},
		{
			"an update of a deleted file",
			[]Op{at(1, 2, put(1)), at(3, 4, del), at(5, 6, swap(1, 2, true))},
			Illegal,
		},
		{
			"a deleted file comes back",
			[]Op{at(1, 2, put(1)), at(3, 4, del), at(5, 6, got(1))},
			Illegal,
		},
	} {
		if v := Check(c.history); v != c.want {
			t.Errorf("%s: verdict %d, want %d:\n%s", c.what, v, c.want, Text(c.history))
		}
	}
}
