package files_test

import (
	"context"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestCopyOntoItselfWithoutAVersion: a copy onto itself that changes nothing needs no
// version, and one that another writer always comes before ends after as many attempts
// as Update.
func TestCopyOntoItselfWithoutAVersion(t *testing.T) {
	store := &blank{Backend: driver.Unwrap(mem.New(nil))}
	b := &claiming{driver.New(store)}
	put(t, b, "a", "text")
	writes := store.writes
	info, err := files.Copy(ctx, b, "a", b, "a", nil)
	if err != nil || info.Size != 4 || store.writes != writes {
		t.Errorf("Copy = %+v, %v after %d writes, want the Info and none", info, err,
			store.writes-writes)
	}
	_, err = files.Copy(ctx, b, "a", b, "a",
		&files.CopyOptions{Attributes: &files.Attributes{CacheControl: "x"}})
	if is(t, err, files.ErrUnsupported); store.writes != writes {
		t.Error("a copy with new attributes writes a file without a version")
	}
	inner := mem.New(nil)
	put(t, inner, "a", "text")
	puts := 0
	busy := withoutServerCopy(inner,
		func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op == files.OpPut {
				puts++
				return files.ErrPrecondition
			}
			return next(ctx)
		})
	changed := &files.CopyOptions{Attributes: &files.Attributes{CacheControl: "x"}}
	_, err = files.Copy(ctx, busy, "a", busy, "a", changed)
	if is(t, err, files.ErrPrecondition); puts != files.DefaultUpdateAttempts {
		t.Errorf("%d attempts, want %d", puts, files.DefaultUpdateAttempts)
	}
	stat, _ := inner.Stat(ctx, "a", nil)
	for what, o := range map[string]files.CopyOptions{
		"a condition":           {If: files.IfVersion(stat.Version)},
		"a source of a version": {IfSource: stat.Version},
	} {
		puts, o.Attributes = 0, changed.Attributes
		_, err = files.Copy(ctx, busy, "a", busy, "a", &o)
		if is(t, err, files.ErrPrecondition); puts != 1 {
			t.Errorf("%d attempts with %s, want 1", puts, what)
		}
	}
}
