// Package btree is an ordered map from strings whose readers never wait: they read a
// snapshot, a tree that no longer changes, while one writer at a time makes the next.
package btree

import (
	"slices"
	"sync/atomic"
)

// A node holds between minLen and maxLen entries, the root fewer. A change copies one
// node of each level, so that smaller ones make writing cheaper and larger ones make
// reading cheaper.
const (
	maxLen = 32
	minLen = maxLen / 4
	// joinLen is the most entries of two neighbours that are joined when one of them is
	// short: below maxLen, so that the next insertion doesn't split them again.
	joinLen = maxLen - minLen
)

// Map is an ordered map. The zero value is empty. Set, Delete and Publish are for one
// goroutine at a time; Snapshot is for any, at any time.
type Map[V any] struct {
	root      *node[V]
	gen       uint64 // of nodes that no snapshot has
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

// kid is a subtree whose keys are at least low and below the low of the next. A
// branch's first kid has the low of the branch itself, which in the root is "".
type kid[V any] struct {
	low string
	*node[V]
}

// Publish makes the changes since the last Publish visible to further Snapshots, all at
// once.
func (m *Map[V]) Publish() {
	m.published.Store(m.root)
	m.gen++
}

// Snapshot returns what was published last.
func (m *Map[V]) Snapshot() Snapshot[V] { return Snapshot[V]{m.published.Load()} }

// Get returns the value of the key as the writer sees it, with what isn't published yet.
func (m *Map[V]) Get(key string) (V, bool) { return Snapshot[V]{m.root}.Get(key) }

// Set sets the value of the key. The key's string stays in the map after the key was
// deleted, now and then.
func (m *Map[V]) Set(key string, val V) {
	if m.root == nil {
		m.root = &node[V]{gen: m.gen}
	}
	m.own(&m.root)
	if right := m.set(m.root, key, val); right.node != nil {
		m.root = &node[V]{gen: m.gen, kids: []kid[V]{{node: m.root}, right}}
	}
}

// Delete removes the key and reports whether it was there.
func (m *Map[V]) Delete(key string) bool {
	if _, ok := m.Get(key); !ok {
		return false // without having copied anything
	}
	m.own(&m.root)
	m.remove(m.root, key)
	for len(m.root.kids) == 1 {
		m.root = m.root.kids[0].node
	}
	if m.root.len() == 0 {
		m.root = nil
	}
	return true
}

// own replaces *p by a copy if a snapshot may have it.
func (m *Map[V]) own(p **node[V]) {
	n := *p
	if n.gen == m.gen {
		return
	}
	c := &node[V]{gen: m.gen}
	// One more than there are: nearly always enough for the change that follows.
	if n.kids != nil {
		c.kids = append(make([]kid[V], 0, len(n.kids)+1), n.kids...)
	} else {
		c.items = append(make([]item[V], 0, len(n.items)+1), n.items...)
	}
	*p = c
}

// set sets the key below n, which is owned. If n grew too long, its upper part is
// returned.
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
		m.own(&n.kids[i].node)
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
		cut = n.len() - minLen // names that come in order leave full nodes behind
	}
	return m.split(n, cut)
}

// split cuts n, which is owned, and returns what follows the first cut entries.
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

// remove removes the key, which is there, below n, which is owned.
func (m *Map[V]) remove(n *node[V], key string) {
	if n.kids == nil {
		i := n.search(key)
		n.items = slices.Delete(n.items, i, i+1)
		return
	}
	i := n.child(key)
	m.own(&n.kids[i].node)
	m.remove(n.kids[i].node, key)
	if n.kids[i].len() < minLen {
		m.mend(n, i)
	}
}

// fix joins the short i-th kid of n with a neighbour, or shares their entries evenly.
// n is owned.
func (m *Map[V]) mend(n *node[V], i int) {
	i = max(i-1, 0)
	a, b := &n.kids[i], &n.kids[i+1]
	m.own(&a.node)
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

// search returns the index of the first item whose key is not below key.
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

// child returns the index of the kid that has the key, if any has.
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
