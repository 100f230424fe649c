package local

import (
	"path/filepath"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// TestTransfersWhereCaseFolds: on a disk that takes names of different case for the same
// one, a sync stores each of them, and after a rename in case only the target has the
// new name with its content. The second plan is empty.
func TestTransfersWhereCaseFolds(t *testing.T) {
	dst := openBucket(t, filepath.Join(mounts.New(t, mounts.ExfatFuse), "bucket"),
		&Options{NoSync: true, CreateDir: true})
	for _, step := range [][]string{
		{"Readme", "dir/A"},
		{"README", "dir/a"},
		{"README", "ReadMe", "readme", "dir/A", "dir/a", "DIR/a"},
		{"readme", "DIR/A"},
		{"readme/x", "dir/a"},
	} {
		src := mem.New(nil)
		for _, name := range step {
			putIn(t, src, name, "of "+name, nil)
		}
		plan, err := transfer.Sync(transfer.Tree{Bucket: dst}, transfer.Tree{Bucket: src},
			&transfer.Options{Compare: transfer.ByDigestOrContent})
		check(t, err)
		if res, err := plan.Apply(t.Context()); err != nil {
			t.Errorf("%q: %+v, %v, want nil", step, res, err)
		}
		got := names(t, dst)
		slices.Sort(got)
		slices.Sort(step)
		if !slices.Equal(got, step) {
			t.Errorf("%q: the target has %q, want %q", step, got, step)
		}
		for _, name := range step {
			if text, err := files.ReadString(t.Context(), dst, name, nil); err != nil ||
				text != "of "+name {
				t.Errorf("%q: %s is %q, %v, want %q and nil", step, name, text, err, "of "+name)
			}
		}
		for c, err := range plan.Changes(t.Context()) {
			t.Errorf("%q: the second plan has %v, %v", step, c, err)
		}
	}
}
