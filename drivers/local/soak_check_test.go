//go:build unix

package local

import "testing"

// checkSoak accepts linearizable histories, and nothing else.
func TestCheckSoak(t *testing.T) {
	at := func(o soakOp, call, ret int64) soakOp {
		o.Name, o.Call, o.Ret = "a", call, ret
		return o
	}
	put := func(write int, call, ret int64) soakOp {
		return at(soakOp{
			Kind:  "put",
			Write: write,
		}, call, ret)
	}
	get := func(seen int, call, ret int64) soakOp {
		o := at(soakOp{Kind: "get", Seen: seen, Of: seen}, call, ret)
		if seen == 0 {
			o.Result = "missing"
		}
		return o
	}
	as := func(o soakOp, result string) soakOp { o.Result = result; return o }
	mixed := get(2, 5, 6)
	mixed.Of = 1
	fromB := func(kind string, write int, call, ret int64) soakOp {
		o := at(soakOp{Kind: kind, Src: "b.json", Write: write}, call, ret)
		return o
	}
	onB := func(o soakOp) soakOp { o.Name = "b.json"; return o }
	copied := get(9, 7, 8)
	copied.Of = 1

	tests := []struct {
		name    string
		history []soakOp
		ok      bool
	}{
		{"put and get", []soakOp{put(1, 1, 2), get(1, 3, 4)}, true},
		{"acknowledged, and lost", []soakOp{put(1, 1, 2), get(0, 3, 4)}, false},
		{"acknowledged, and old", []soakOp{put(1, 1, 2), put(2, 3, 4), get(1, 5, 6)}, false},
		{"at the same time", []soakOp{put(1, 1, 4), put(2, 2, 3), get(1, 5, 6)}, true},
		{"killed, and done", []soakOp{put(1, 1, 2), put(2, 3, 0), get(2, 5, 6)}, true},
		{"killed, and not done", []soakOp{put(1, 1, 2), put(2, 3, 0), get(1, 5, 6)}, true},
		{"uncertain", []soakOp{put(1, 1, 2), as(put(2, 3, 4), "uncertain"), get(1, 5, 6)}, true},
		{
			"failed, and done",
			[]soakOp{put(1, 1, 2), as(put(2, 3, 4), "failed"), get(2, 5, 6)},
			false,
		},
		{"content of another", []soakOp{put(1, 1, 2), put(2, 3, 4), mixed}, false},
		{"created twice", []soakOp{
			at(soakOp{Kind: "create", Write: 1}, 1, 4),
			at(soakOp{Kind: "create", Write: 2}, 2, 5),
		}, false},
		{"created once", []soakOp{
			at(soakOp{Kind: "create", Write: 1}, 1, 4),
			as(at(soakOp{Kind: "create", Write: 2}, 2, 5), "exist"),
		}, true},
		{"swapped twice", []soakOp{
			put(1, 1, 2),
			at(soakOp{Kind: "swap", Write: 2, Expect: 1}, 3, 5),
			at(soakOp{Kind: "swap", Write: 3, Expect: 1}, 4, 6),
		}, false},
		{"refused for nothing", []soakOp{
			put(1, 1, 2),
			as(at(soakOp{Kind: "swap", Write: 2, Expect: 1}, 3, 5), "precondition"),
		}, false},
		{"not listed", []soakOp{put(1, 1, 2), at(soakOp{Kind: "list"}, 3, 4)}, false},
		{"listed", []soakOp{put(1, 1, 2), at(soakOp{
			Kind:   "list",
			Listed: []string{"a"},
		}, 3, 4)}, true},
		{"copied", []soakOp{onB(put(1, 1, 2)), fromB("copy", 9, 3, 4), copied}, true},
		{"copied of what was over", []soakOp{
			onB(put(1, 1, 2)), onB(put(2, 3, 4)), fromB("copy", 9, 5, 6), copied,
		}, false},
		{
			"moved",
			[]soakOp{onB(put(1, 1, 2)), fromB("move", 9, 3, 4), copied, onB(get(0, 5, 6))},
			true,
		},
		{"moved, and still there", []soakOp{
			onB(put(1, 1, 2)), fromB("move", 9, 3, 4), copied, onB(get(1, 5, 6)),
		}, false},
	}
	for _, tt := range tests {
		if undecided, err := checkSoak(tt.history); (err == nil) != tt.ok || undecided > 0 {
			t.Errorf("%s: %v, %d undecided", tt.name, err, undecided)
		}
	}
}
