package filestest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/files"
)

// changes are what was committed since the mark. They are counted when a commit returns:
// of two that race for one name the order is that of their returns.
type changes struct {
	mu      sync.Mutex
	marked  bool
	present map[string]bool
	before  map[string]bool // whether the name was there at the mark, if it was changed since
	unsure  map[string]bool // names that were perhaps changed
}

// reset marks.
func (c *changes) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begin(c.present)
}

// begin marks, with what is there. The caller holds mu.
func (c *changes) begin(present map[string]bool) {
	if present == nil {
		present = map[string]bool{}
	}
	c.marked, c.present = true, present
	c.before, c.unsure = map[string]bool{}, map[string]bool{}
}

// seen notes what a call changed in a bucket that isn't the fake's own.
func (c *changes) seen(call *files.Call, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.marked {
		return
	}
	one := func(name string, there bool, err error) {
		switch {
		case files.KindOf(err) == files.ErrUncertain:
			c.unsure[name] = true
		case err == nil && (there || c.present[name]):
			c.note(name)
			c.present[name] = there
		}
	}
	switch call.Op {
	case files.OpPut, files.OpCopy:
		one(call.Name, true, err)
	case files.OpDelete:
		one(call.Name, false, err)
	case files.OpDeleteMany:
		for i, name := range call.Names {
			if i < len(call.Errors) && err == nil {
				one(name, false, call.Errors[i])
			} else {
				one(name, false, err)
			}
		}
	case files.OpUpload:
		c.unsure[call.Name] = true // its last step stores the file
	}
}

func (c *changes) stored(name string, do func() error) error {
	err := do()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && c.marked {
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
// A file that was created and deleted is in none of them. there reports whether a file is
// there, for those that were perhaps changed; what it can't decide is in unsure.
func (c *changes) since(there func(name string) bool) (ch Changes, unsure []string) {
	c.mu.Lock()
	perhaps := slices.Sorted(maps.Keys(c.unsure))
	c.mu.Unlock()
	now := map[string]bool{}
	for _, name := range perhaps {
		now[name] = there(name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range perhaps {
		switch was, is := c.present[name], now[name]; {
		case was && is:
			unsure = append(unsure, name)
		case was != is:
			c.note(name)
			c.present[name] = is
			delete(c.unsure, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.before)) {
		switch was, is := c.before[name], c.present[name]; {
		case !was && is:
			ch.Created = append(ch.Created, name)
		case was && is:
			ch.Replaced = append(ch.Replaced, name)
		case was && !is:
			ch.Deleted = append(ch.Deleted, name)
		}
	}
	return ch, unsure
}

// Mark makes WantCreated, WantReplaced and WantDeleted check only what happens from now
// on.
func (b *Bucket) Mark() { b.changes.reset() }

// Mark lists the bucket, and makes WantCreated, WantReplaced and WantDeleted check only
// what happens from now on. Fill and FillTree call it too. Before the first Mark these
// checks fail the test. They notice only changes that are made through this Wrapped,
// and neither those of other programs nor uploads to a signed URL.
func (b *Wrapped) Mark(t testing.TB) {
	t.Helper()
	b.mark(t)
}

// mark marks, and if the bucket isn't the fake's own, finds out what is there.
func (b *instruments) mark(t testing.TB) {
	t.Helper()
	if !b.looks {
		b.changes.reset()
		return
	}
	present := map[string]bool{}
	names := &files.ListOptions{NamesOnly: true}
	for e, err := range b.store.List(context.Background(), "", names) {
		if err != nil {
			t.Fatalf("filestest: the files can't be listed: %v", err)
		}
		present[e.Name] = true
	}
	b.changes.mu.Lock()
	defer b.changes.mu.Unlock()
	b.changes.begin(present)
}

// WantCreated checks that exactly these files were created since New, the last Fill or
// the last Mark, and that no other was created, replaced or deleted. Their order
// doesn't matter, and they are names, not patterns. A file that was created and deleted
// again doesn't count.
func (b *instruments) WantCreated(t testing.TB, names ...string) {
	t.Helper()
	b.WantChanges(t, Changes{Created: names})
}

// WantReplaced checks that exactly these files were replaced, and that nothing else was
// changed. A Put of the same bytes, and a change of attributes alone, count too.
func (b *instruments) WantReplaced(t testing.TB, names ...string) {
	t.Helper()
	b.WantChanges(t, Changes{Replaced: names})
}

// WantDeleted checks that exactly these files were deleted, and that nothing else was
// changed.
func (b *instruments) WantDeleted(t testing.TB, names ...string) {
	t.Helper()
	b.WantChanges(t, Changes{Deleted: names})
}

// WantUnchanged checks that nothing was changed.
func (b *instruments) WantUnchanged(t testing.TB) {
	t.Helper()
	b.WantChanges(t, Changes{})
}

// Changes are names of files by what happened to them. Their order doesn't matter.
type Changes struct {
	Created, Replaced, Deleted []string
}

// String counts the changes.
func (c Changes) String() string {
	return fmt.Sprintf("%d created, %d replaced, %d deleted", len(c.Created), len(c.Replaced),
		len(c.Deleted))
}

// WantChanges checks all three kinds of changes together.
func (b *instruments) WantChanges(t testing.TB, want Changes) {
	t.Helper()
	if !b.changes.isMarked() {
		t.Errorf("filestest: nothing is known of what was there before: call Mark or Fill first")
		return
	}
	got, unsure := b.changes.since(func(name string) bool {
		ok, err := files.Exists(context.Background(), b.store, name)
		if err != nil {
			t.Errorf("filestest: %q: %v", name, err)
		}
		return ok
	})
	var lines []string
	for _, k := range []struct {
		what      string
		got, want []string
	}{
		{"created", got.Created, want.Created},
		{"replaced", got.Replaced, want.Replaced},
		{"deleted", got.Deleted, want.Deleted},
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
	for _, name := range unsure {
		lines = append(lines, fmt.Sprintf("\t%q was perhaps replaced: a call was uncertain", name))
	}
	if len(lines) > 0 {
		t.Errorf("filestest: want %s; got %s:\n%s\nthe calls were:\n%s", want, got,
			strings.Join(cut(lines, maxShown/2), "\n"), table(b.Calls(), maxShown/2))
	}
}

func (c *changes) isMarked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.marked
}

// cut leaves as many lines as a failure shows.
func cut(lines []string, most int) []string {
	if len(lines) <= most {
		return lines
	}
	return append(lines[:most:most], fmt.Sprintf("\t… and %d more", len(lines)-most))
}
