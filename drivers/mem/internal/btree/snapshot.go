package btree

// Snapshot is a state of a Map that no longer changes. Its methods are safe for
// concurrent use.
type Snapshot[V any] struct{ root *node[V] }

// Get returns the value of the key.
func (s Snapshot[V]) Get(key string) (val V, ok bool) {
	n := s.root
	if n == nil {
		return val, false
	}
	for n.kids != nil {
		n = n.kids[n.child(key)].node
	}
	if i := n.search(key); i < len(n.items) && n.items[i].key == key {
		return n.items[i].val, true
	}
	return val, false
}

// Cursor returns a cursor before the first key.
func (s Snapshot[V]) Cursor() *Cursor[V] {
	c := &Cursor[V]{root: s.root}
	c.Seek("")
	return c
}

// Cursor iterates over a snapshot in ascending order of the keys. It is for one
// goroutine at a time.
type Cursor[V any] struct {
	root  *node[V]
	items []item[V] // the rest of the leaf
	// path is the rest of each branch above. Its length is enough for more nodes of
	// minLen entries than memory holds.
	path  [16][]kid[V]
	depth int
}

// Seek moves the cursor before the first key at or above key.
func (c *Cursor[V]) Seek(key string) {
	c.depth, c.items = 0, nil
	n := c.root
	if n == nil {
		return
	}
	for n.kids != nil {
		i := n.child(key)
		c.push(n.kids[i+1:])
		n = n.kids[i].node
	}
	c.items = n.items[n.search(key):]
}

func (c *Cursor[V]) push(rest []kid[V]) {
	c.path[c.depth] = rest
	c.depth++
}

// Next moves the cursor over the next key and returns it with its value, or false at
// the end.
func (c *Cursor[V]) Next() (key string, val V, ok bool) {
	if len(c.items) == 0 && !c.nextLeaf() {
		return "", val, false
	}
	it := &c.items[0]
	c.items = c.items[1:]
	return it.key, it.val, true
}

func (c *Cursor[V]) nextLeaf() bool {
	for c.depth > 0 && len(c.path[c.depth-1]) == 0 {
		c.depth--
	}
	if c.depth == 0 {
		return false
	}
	rest := &c.path[c.depth-1]
	n := (*rest)[0].node
	*rest = (*rest)[1:]
	for n.kids != nil {
		c.push(n.kids[1:])
		n = n.kids[0].node
	}
	c.items = n.items
	return true
}
