package filestest

import (
	"context"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// Snapshot is the content of a fake at one moment. It never changes.
type Snapshot struct{ store files.Bucket }

// Snapshot returns the files that are stored now, with their attributes. Their content
// is not copied.
func (b *Bucket) Snapshot() *Snapshot {
	s := &Snapshot{store: mem.New(nil)}
	if err := copyAll(s.store, b.store); err != nil {
		panic("filestest: memory can't be copied: " + err.Error())
	}
	return s
}

// Restore replaces the content of the fake with that of a snapshot, of this fake or
// another one, and then calls Mark. The files get a new time, and a new version if the
// personality makes one with every Put. Restore fails the test if a call is in
// progress, including an open Reader or Writer, because the result would depend on
// chance.
func (b *Bucket) Restore(t testing.TB, s *Snapshot) {
	t.Helper()
	if s == nil {
		t.Fatalf("filestest: Restore: the snapshot is nil")
	}
	b.lives(t, "Restore")
	if running := b.pending.running(); running != "" {
		t.Fatalf("filestest: Restore during a call: %s", running)
	}
	ctx := context.Background()
	keep := map[string]bool{}
	for e, err := range s.store.List(ctx, "", nil) {
		if err != nil {
			t.Fatalf("filestest: Restore: %v", err)
		}
		keep[e.Name] = true
	}
	for e, err := range b.store.List(ctx, "", nil) {
		if err == nil && !keep[e.Name] {
			err = b.changes.deleted([]string{e.Name}, func() []error {
				return []error{b.store.Delete(ctx, e.Name, nil)}
			})[0]
		}
		if err != nil {
			t.Fatalf("filestest: Restore: %v", err)
		}
	}
	for name := range keep {
		if err := b.refuses(name); err != nil {
			t.Fatalf("filestest: Restore: %q: %v", name, err)
		}
		err := b.changes.stored(name, func() error {
			_, err := files.Copy(ctx, b.store, name, s.store, name, nil)
			return err
		})
		if err != nil {
			t.Fatalf("filestest: Restore: %v", err)
		}
	}
	b.changes.reset()
}

// copyAll copies every file of src to dst.
func copyAll(dst, src files.Bucket) error {
	ctx := context.Background()
	for e, err := range src.List(ctx, "", nil) {
		if err != nil {
			return err
		}
		if _, err := files.Copy(ctx, dst, e.Name, src, e.Name, nil); err != nil {
			return err
		}
	}
	return nil
}

// running returns a line of a call that has not ended, or "".
func (p *pending) running() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		return c.String()
	}
	return ""
}
