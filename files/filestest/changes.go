package filestest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// changes are what was committed since the mark; nil counts nothing. They are counted
// when a commit returns: of two that race for one name the order is that of their
// returns.
type changes struct {
	mu      sync.Mutex
	present map[string]bool
	before  map[string]bool // whether the name was there at the mark, if it was changed since
}

func (c *changes) reset() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.present == nil {
		c.present = map[string]bool{}
	}
	c.before = map[string]bool{}
}

func (c *changes) stored(name string, do func() error) error {
	err := do()
	if err == nil && c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.note(name)
		c.present[name] = true
	}
	return err
}

func (c *changes) deleted(names []string, do func() []error) []error {
	errs := do()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, name := range names {
		if errs[i] == nil && c.present[name] {
			c.note(name)
			delete(c.present, name)
		}
	}
	return errs
}

// note remembers whether the name was there at the mark. The caller holds mu.
func (c *changes) note(name string) {
	if _, ok := c.before[name]; !ok {
		c.before[name] = c.present[name]
	}
}

// since returns the names that were created, replaced and deleted since the mark, sorted.
// A file that was created and deleted is in none of them.
func (c *changes) since() (created, replaced, deleted []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(c.before)) {
		switch was, is := c.before[name], c.present[name]; {
		case !was && is:
			created = append(created, name)
		case was && is:
			replaced = append(replaced, name)
		case was && !is:
			deleted = append(deleted, name)
		}
	}
	return created, replaced, deleted
}

// Mark lets WantCreated, WantReplaced and WantDeleted look at what happens from now on.
func (b *Bucket) Mark() { b.changes.reset() }

// WantCreated checks that exactly these files were created since New, the last Fill or
// the last Mark, and that no other was created, replaced or deleted.
func (b *Bucket) WantCreated(t testing.TB, names ...string) {
	t.Helper()
	b.wantChanges(t, names, nil, nil)
}

// WantReplaced checks that exactly these files were replaced, if only by the same bytes,
// and that nothing else was changed.
func (b *Bucket) WantReplaced(t testing.TB, names ...string) {
	t.Helper()
	b.wantChanges(t, nil, names, nil)
}

// WantDeleted checks that exactly these files were deleted, and that nothing else was
// changed.
func (b *Bucket) WantDeleted(t testing.TB, names ...string) {
	t.Helper()
	b.wantChanges(t, nil, nil, names)
}

// WantChanges checks all three kinds of changes together.
func (b *Bucket) WantChanges(t testing.TB, want Changes) {
	t.Helper()
	b.wantChanges(t, want.Created, want.Replaced, want.Deleted)
}

// WantUnchanged checks that nothing was changed.
func (b *Bucket) WantUnchanged(t testing.TB) {
	t.Helper()
	b.wantChanges(t, nil, nil, nil)
}

// Changes are names of files by what happened to them. Their order doesn't matter.
type Changes struct {
	Created, Replaced, Deleted []string
}

func (b *Bucket) wantChanges(t testing.TB, created, replaced, deleted []string) {
	t.Helper()
	gotCreated, gotReplaced, gotDeleted := b.changes.since()
	var lines []string
	for _, k := range []struct {
		what      string
		got, want []string
	}{
		{"created", gotCreated, created},
		{"replaced", gotReplaced, replaced},
		{"deleted", gotDeleted, deleted},
	} {
		for _, name := range k.got {
			if !slices.Contains(k.want, name) {
				lines = append(lines, fmt.Sprintf("\t%q was %s", name, k.what))
			}
		}
		for _, name := range k.want {
			if !slices.Contains(k.got, name) {
				lines = append(lines, fmt.Sprintf("\t%q was not %s", name, k.what))
			}
		}
	}
	if len(lines) > 0 {
		t.Errorf("filestest: the files changed otherwise:\n%s\nthe calls were:\n%s",
			strings.Join(cut(lines), "\n"), table(b.Calls()))
	}
}

// cut leaves as many lines as a failure shows.
func cut(lines []string) []string {
	if len(lines) <= maxShown {
		return lines
	}
	return append(lines[:maxShown:maxShown], fmt.Sprintf("\t… and %d more", len(lines)-maxShown))
}
