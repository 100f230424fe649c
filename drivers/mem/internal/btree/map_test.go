package btree

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// check fails the test if the tree below n breaks an invariant, and returns its height.
func check(t *testing.T, n *node[int], root bool, low, high string) int {
	t.Helper()
	if n == nil {
		return 0
	}
	if n.len() > maxLen || !root && n.len() < minLen || root && n.len() == 0 ||
		root && len(n.kids) == 1 {
		t.Fatalf("node of %d entries, root %v", n.len(), root)
	}
	if len(n.items) > 0 && len(n.kids) > 0 {
		t.Fatal("a node is leaf and branch")
	}
	last := low
	for i, it := range n.items {
		if it.key < low || high != "" && it.key >= high || i > 0 && it.key <= last {
			t.Fatalf("key %q after %q in [%q, %q)", it.key, last, low, high)
		}
		last = it.key
	}
	height := -1
	for i, k := range n.kids {
		from, to := k.low, high
		if i == 0 && from != low {
			t.Fatalf("the first kid's low is %q, the branch's %q", from, low)
		}
		if i+1 < len(n.kids) {
			to = n.kids[i+1].low
		}
		if k.gen > n.gen {
			t.Fatal("a kid is newer than its branch")
		}
		h := check(t, k.node, false, from, to)
		if height >= 0 && h != height {
			t.Fatalf("leaves at heights %d and %d", height, h)
		}
		height = h
	}
	return height + 1
}

func same(t *testing.T, s Snapshot[int], want map[string]int) {
	t.Helper()
	c := s.Cursor()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if k, v, ok := c.Next(); !ok || k != key || v != want[key] {
			t.Fatalf("Next = %q, %d, %v, want %q, %d", k, v, ok, key, want[key])
		}
	}
	if k, _, ok := c.Next(); ok {
		t.Fatalf("%q is too much", k)
	}
	if _, _, ok := c.Next(); ok {
		t.Fatal("Next after the end")
	}
}

func TestEmpty(t *testing.T) {
	var m Map[int]
	same(t, m.Snapshot(), nil)
	if _, ok := m.Snapshot().Get(""); ok || m.Delete("a") {
		t.Fatal("an empty map has a key")
	}
	m.Set("", 1)
	if _, ok := m.Snapshot().Get(""); ok {
		t.Fatal("the key is visible before Publish")
	}
	m.Publish()
	same(t, m.Snapshot(), map[string]int{"": 1})
	m.Delete("")
	m.Publish()
	same(t, m.Snapshot(), nil)
	if m.root != nil {
		t.Fatal("an empty map keeps a node")
	}
}

// TestModel: a Map and a map have the same entries after random changes, and old
// snapshots stay what they were.
func TestModel(t *testing.T) {
	for _, c := range []struct{ names, steps, publish int }{
		{20, 2_000, 1},
		{300, 20_000, 3},
		{5_000, 60_000, 50},
	} {
		t.Run(fmt.Sprint(c.names), func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, uint64(c.names)))
			var m Map[int]
			model := map[string]int{}
			type old struct {
				s    Snapshot[int]
				want map[string]int
			}
			var olds []old
			for i := range c.steps {
				key := fmt.Sprint("k", r.IntN(c.names))
				// Phases of growing and of shrinking, so that every kind of joining
				// happens.
				if grow := i / (c.steps / 6) % 2; r.IntN(10) < 3+4*grow {
					m.Set(key, i)
					model[key] = i
				} else {
					_, had := model[key]
					if m.Delete(key) != had {
						t.Fatalf("Delete(%q) = %v, want %v", key, !had, had)
					}
					delete(model, key)
				}
				want, had := model[key]
				if v, ok := m.Get(key); v != want || ok != had {
					t.Fatalf("Get(%q) = %d, %v, want %d, %v", key, v, ok, want, had)
				}
				if r.IntN(c.publish) == 0 {
					m.Publish()
				}
				if r.IntN(c.steps/20) == 0 {
					check(t, m.root, true, "", "")
					m.Publish()
					olds = append(olds, old{m.Snapshot(), maps.Clone(model)})
				}
			}
			check(t, m.root, true, "", "")
			for _, o := range olds {
				same(t, o.s, o.want)
			}
			for key := range model {
				m.Delete(key)
			}
			if m.root != nil {
				t.Fatal("not empty at the end")
			}
		})
	}
}

// TestLarge: 100,000 keys are set and deleted, in ascending, descending and random order.
func TestLarge(t *testing.T) {
	const n = 100_000
	ascending := make([]string, n)
	for i := range ascending {
		ascending[i] = fmt.Sprintf("%06d", i)
	}
	descending := slices.Clone(ascending)
	slices.Reverse(descending)
	random := slices.Clone(ascending)
	rand.New(rand.NewPCG(1, 1)).Shuffle(n, func(i, j int) {
		random[i], random[j] = random[j], random[i]
	})
	orders := [][]string{ascending, descending, random}
	for i, in := range orders {
		var m Map[int]
		for j, key := range in {
			m.Set(key, j)
			if j%3 == 0 {
				m.Publish()
			}
		}
		m.Publish()
		full := m.Snapshot()
		if h := check(t, m.root, true, "", ""); h > 6 {
			t.Errorf("height %d for %d keys", h, n)
		}
		for j, key := range orders[(i+1)%3] {
			if !m.Delete(key) {
				t.Fatalf("Delete(%q) = false, want true", key)
			}
			if j%10 == 0 {
				m.Publish()
			}
			if j%20_000 == 0 {
				check(t, m.root, true, "", "")
			}
		}
		if m.root != nil {
			t.Error("not empty at the end")
		}
		c := full.Cursor()
		for _, key := range ascending {
			if k, _, ok := c.Next(); !ok || k != key {
				t.Fatalf("the snapshot has %q, want %q", k, key)
			}
		}
	}
}

// TestAscendingFill: keys that are set in order fill the nodes better than halving would.
func TestAscendingFill(t *testing.T) {
	var m Map[int]
	for i := range 10_000 {
		m.Set(fmt.Sprintf("%06d", i), i)
	}
	leaves := 0
	var count func(n *node[int])
	count = func(n *node[int]) {
		if n.kids == nil {
			leaves++
		}
		for _, k := range n.kids {
			count(k.node)
		}
	}
	count(m.root)
	if fill := 10_000 / leaves; fill < joinLen {
		t.Errorf("a leaf has %d entries on average, want at least %d", fill, joinLen)
	}
}
