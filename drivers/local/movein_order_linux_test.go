//go:build !osroot

package local

import (
	"slices"
	"testing"

	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// What a Put has replaced is removed before the folder is synced: behind that, on a
// journaled disk, the removal waits for the next write of the journal.
func TestReplacedGoesBeforeSync(t *testing.T) {
	dir := inMount(t, mounts.Ext4)
	var ops []string
	b := openHooked(t, dir, nil, &hookFS{before: func(op, _ string) error {
		ops = append(ops, op)
		return nil
	}})
	putIn(t, b, "a", "old", nil)
	ops = nil
	_, err := files.PutString(t.Context(), b, "a", "new", nil)
	check(t, err)
	moved, removed := slices.Index(ops, "rename"), slices.Index(ops, "unlink")
	if synced := slices.Index(ops, "syncdir"); moved < 0 || moved > removed || removed > synced {
		t.Errorf("a move, a removal and a sync of the folder, in another order: %q", ops)
	}
	if names := stagedNames(t, dir); len(names) != 0 {
		t.Errorf("left: %q", names)
	}
}
