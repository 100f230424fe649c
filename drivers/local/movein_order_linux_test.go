//go:build !osroot

package local

import (
	"slices"
	"testing"

	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// What a Put replaced is removed before the folder is synced. After the sync, on a disk
// with a journal, the removal would wait for the next write of the journal.
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
		t.Errorf("operations are %q, want a rename, an unlink and a sync of the folder in "+
			"that order", ops)
	}
	if names := stagedNames(t, dir); len(names) != 0 {
		t.Errorf("staged files are left: %q", names)
	}
}
