// Package btree is an ordered map from strings whose readers never wait. They read a
// snapshot, a tree that no longer changes, while one writer at a time makes the next
// tree.
package btree

import (
	"slices"
	"sync/atomic"
)

// A node holds between minLen and maxLen entries; the root may hold fewer. A change
// copies one node of each level, so smaller nodes make writing cheaper and larger nodes
// make reading cheaper.
const (
	maxLen = 32
	minLen = maxLen / 4
	// joinLen is the most entries of two neighbours that are joined when one of them is
	// short. It is below maxLen, so that the next insertion doesn't split them again.
	joinLen = maxLen - minLen
)

// Map is an ordered map. The zero value is empty. Only one goroutine at a time may call
// Get, Set, Delete and Publish; any may call Snapshot at any time.
type Map[V any] struct {
	root      *node[V]
	gen       uint64 // the gen of the nodes that no snapshot has
	published atomic.Pointer[node[V]]
}

// node is a leaf, which has items, or a branch, which has kids.
type node[V any] struct {
	gen   uint64
	items []item[V]
	kids  []kid[V]
}

type item[V any] struct {
	key string
	val V
}

// kid is a subtree whose keys are at least low and below the low of the next kid. A
// branch's first kid has the low of the branch, which in the root is "".
type kid[V any] struct {
	low string
	*node[V]
}

// Publish makes the changes since the last Publish visible to later Snapshots, all at
// once.
func (m *Map[V]) Publish() {
	m.published.Store(m.root)
	m.gen++
}

// Snapshot returns the state that was published last.
func (m *Map[V]) Snapshot() Snapshot[V] { return Snapshot[V]{m.published.Load()} }

// Get returns the value of the key for the writer: it includes changes that aren't
// published yet.
func (m *Map[V]) Get(key string) (V, bool) { return Snapshot[V]{m.root}.Get(key) }

// Set sets the value of the key. The map may keep the key's string after the key is
// deleted.
func (m *Map[V]) Set(key string, val V) {
	if m.root == nil {
		m.root = &node[V]{gen: m.gen}
	}
	m.copyShared(&m.root)
	if right := m.set(m.root, key, val); right.node != nil {
		m.root = &node[V]{gen: m.gen, kids: []kid[V]{{node: m.root}, right}}
	}
}

// Delete removes the key and reports whether it was there.
func (m *Map[V]) Delete(key string) bool {
	if _, ok := m.Get(key); !ok {
		return false // nothing was copied
	}
	m.copyShared(&m.root)
	m.remove(m.root, key)
	for len(m.root.kids) == 1 {
		m.root = m.root.kids[0].node
	}
	if m.root.len() == 0 {
		m.root = nil
	}
	return true
}

// copyShared replaces *p by a copy if a snapshot may have it.
func (m *Map[V]) copyShared(p **node[V]) {
	n := *p
	if n.gen == m.gen {
		return
	}
	c := &node[V]{gen: m.gen}
	// Room for one more is nearly always enough for the change that follows.
	if n.kids != nil {
		c.kids = append(make([]kid[V], 0, len(n.kids)+1), n.kids...)
	} else {
		c.items = append(make([]item[V], 0, len(n.items)+1), n.items...)
	}
	*p = c
}

// set sets the key below n, which no snapshot has. If n grew too long, set splits off
// and returns its upper part.
func (m *Map[V]) set(n *node[V], key string, val V) (right kid[V]) {
	var at int
	if n.kids == nil {
		at = n.search(key)
		if at < len(n.items) && n.items[at].key == key {
			n.items[at].val = val
			return right
		}
		n.items = slices.Insert(n.items, at, item[V]{key, val})
	} else {
		i := n.child(key)
		m.copyShared(&n.kids[i].node)
		if right = m.set(n.kids[i].node, key, val); right.node == nil {
			return right
		}
		at = i + 1
		n.kids = slices.Insert(n.kids, at, right)
	}
	if n.len() <= maxLen {
		return kid[V]{}
	}
	cut := n.len() / 2
	if at == n.len()-1 {
		cut = n.len() - minLen // keys that are set in order leave full nodes
	}
	return m.split(n, cut)
}

// split cuts n, which no snapshot has, after its first cut entries, and returns the rest.
func (m *Map[V]) split(n *node[V], cut int) kid[V] {
	r := &node[V]{gen: m.gen}
	if n.kids == nil {
		r.items = slices.Clone(n.items[cut:])
		n.items = slices.Delete(n.items, cut, len(n.items))
		return kid[V]{r.items[0].key, r}
	}
	r.kids = slices.Clone(n.kids[cut:])
	n.kids = slices.Delete(n.kids, cut, len(n.kids))
	return kid[V]{r.kids[0].low, r}
}

// remove removes an existing key below n, which no snapshot has.
func (m *Map[V]) remove(n *node[V], key string) {
	if n.kids == nil {
		i := n.search(key)
		n.items = slices.Delete(n.items, i, i+1)
		return
	}
	i := n.child(key)
	m.copyShared(&n.kids[i].node)
	m.remove(n.kids[i].node, key)
	if n.kids[i].len() < minLen {
		m.rebalance(n, i)
	}
}

// rebalance joins the short i-th kid of n with a neighbour, or divides their entries
// evenly. No snapshot has n.
func (m *Map[V]) rebalance(n *node[V], i int) {
	i = max(i-1, 0)
	a, b := &n.kids[i], &n.kids[i+1]
	m.copyShared(&a.node)
	if a.kids == nil {
		a.items = append(a.items, b.items...)
	} else {
		a.kids = append(a.kids, b.kids...)
	}
	if a.len() <= joinLen {
		n.kids = slices.Delete(n.kids, i+1, i+2)
		return
	}
	*b = m.split(a.node, a.len()/2)
}

func (n *node[V]) len() int { return len(n.items) + len(n.kids) }

// search returns the index of the first item whose key is at or above key.
func (n *node[V]) search(key string) int {
	lo, hi := 0, len(n.items)
	for lo < hi {
		if mid := int(uint(lo+hi) / 2); n.items[mid].key < key {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// child returns the index of the kid that has the key, if any kid has it.
func (n *node[V]) child(key string) int {
	lo, hi := 1, len(n.kids)
	for lo < hi {
		if mid := int(uint(lo+hi) / 2); n.kids[mid].low <= key {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}
