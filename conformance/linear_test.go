package conformance

import (
	"bytes"
	"strings"
	"testing"
)

// at makes an operation between two moments.
func at(call, ret int64, o op) op {
	o.call, o.ret = call, ret
	return o
}

func TestCheckHistory(t *testing.T) {
	put := func(v int) op { return op{kind: opPut, value: v, ok: true} }
	got := func(v int) op { return op{kind: opGet, value: v, ok: v != 0} }
	create := func(v int, ok bool) op { return op{kind: opCreate, value: v, ok: ok} }
	swap := func(old, v int, ok bool) op {
		return op{
			kind:   opSwap,
			expect: old,
			value:  v,
			ok:     ok,
		}
	}
	del := op{kind: opDelete, ok: true}
	for _, c := range []struct {
		what    string
		history []op
		want    verdict
	}{
		{"nothing", nil, legal},
		{
			"one after the other",
			[]op{at(1, 2, put(1)), at(3, 4, got(1)), at(5, 6, del), at(7, 8, got(0))},
			legal,
		},
		{"a stale read", []op{at(1, 2, put(1)), at(3, 4, put(2)), at(5, 6, got(1))}, illegal},
		{
			"a read beside a write sees either",
			[]op{at(1, 2, put(1)), at(3, 10, put(2)), at(4, 5, got(1)), at(6, 7, got(2))},
			legal,
		},
		{
			"and not the old one after the new one",
			[]op{at(1, 2, put(1)), at(3, 10, put(2)), at(4, 5, got(2)), at(6, 7, got(1))},
			illegal,
		},
		{
			"two readers that disagree on the order",
			[]op{at(1, 20,
				put(1)), at(2, 19, put(2)), at(3, 4, got(1)), at(5, 6, got(2)), at(7, 8, got(1))},
			illegal,
		},
		{
			"two creates that both win",
			[]op{at(1, 4, create(1, true)), at(2, 3, create(2, true))},
			illegal,
		},
		{
			"two creates of which one wins",
			[]op{at(1, 4, create(1, true)), at(2, 3, create(2, false))},
			legal,
		},
		{"no create wins", []op{at(1, 4, create(1, false)), at(2, 3, create(2, false))}, illegal},
		{
			"a create after a delete",
			[]op{at(1, 2, put(1)), at(3, 8, del), at(4, 7, create(2, true)), at(9, 10, got(2))},
			legal,
		},
		{
			"a lost update",
			[]op{at(1, 2, put(1)), at(3, 6, swap(1, 2, true)), at(4, 5, swap(1, 3, true))},
			illegal,
		},
		{
			"an update that was told",
			[]op{at(1, 2,
				put(1)), at(3, 6, swap(1, 2, true)), at(4, 5, swap(1, 3, false)), at(7, 8, got(2))},
			legal,
		},
		{
			"an update refused for no reason",
			[]op{at(1, 2, put(1)), at(3, 4, swap(1, 2, false))},
			illegal,
		},
		{
			"an update of what was deleted",
			[]op{at(1, 2, put(1)), at(3, 4, del), at(5, 6, swap(1, 2, true))},
			illegal,
		},
		{
			"a deleted file comes back",
			[]op{at(1, 2, put(1)), at(3, 4, del), at(5, 6, got(1))},
			illegal,
		},
	} {
		if v := checkHistory(c.history); v != c.want {
			t.Errorf("%s: verdict %d, want %d:\n%s", c.what, v, c.want, historyText(c.history))
		}
	}
}

func TestContentShowsItsPlace(t *testing.T) {
	c := content(1, 5000)
	if d := diff(c, content(1, 5000)); d != "" {
		t.Errorf("the same content %s", d)
	}
	if bytes.Equal(content(1, 5000),
		content(2, 5000)) || !bytes.Equal(content(1, 100), content(1, 5000)[:100]) {
		t.Error("content must depend on the seed, and not on the length")
	}
	seen := map[string]int{}
	for i := 0; i+16 <= len(c); i++ {
		if before, ok := seen[string(c[i:i+16])]; ok {
			t.Fatalf("the 16 bytes at %d are those at %d", i, before)
		}
		seen[string(c[i:i+16])] = i
	}
	for _, d := range []struct {
		got  []byte
		says string
	}{
		{c[:10], "ends after 10 bytes"},
		{append(c[:5000:5000], 1), "goes on to 5001 bytes"},
		{append(bytes.Clone(c[:7]), bytes.Repeat([]byte{c[7] ^ 1}, 4993)...), "offset 7"},
	} {
		if text := diff(d.got, c); !strings.Contains(text, d.says) {
			t.Errorf("diff says %q, want %q", text, d.says)
		}
	}
}
