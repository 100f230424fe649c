package filestest_test

import (
	"errors"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestSweep meets every point of failure once, and ends with a run without one.
func TestSweep(t *testing.T) {
	before, after := filestest.Tree{"a": "x"}, filestest.Tree{"z": "x"}
	runs, failed := 0, 0
	filestest.Sweep(t, files.ErrUnavailable, func(t *testing.T, b *filestest.Bucket) {
		runs++
		b.FillTree(t, before)
		if _, err := files.Move(t.Context(), b, "z", b, "a", nil); err != nil {
			failed++
			b.WantOneOf(t, before, after, filestest.Tree{"a": "x", "z": "x"})
		} else {
			b.Want(t, after)
		}
	})
	if runs < 2 || failed == 0 || failed >= runs {
		t.Errorf("%d runs, of which %d failed", runs, failed)
	}
}

// TestSweepDeletesMany: a call for many names fails for each of them.
func TestSweepDeletesMany(t *testing.T) {
	failed := 0
	filestest.Sweep(t, files.ErrUnavailable, func(t *testing.T, b *filestest.Bucket) {
		b.FillTree(t, filestest.Tree{"d/1": "x", "d/2": "y"})
		_, err := files.DeleteDir(t.Context(), b, "d")
		if err == nil {
			b.Want(t, filestest.Tree{})
			return
		}
		failed++
		if !errors.Is(err, files.ErrUnavailable) {
			t.Errorf("DeleteDir: %v, want ErrUnavailable", err)
		}
		b.Want(t, filestest.Tree{"d/1": "x", "d/2": "y"})
	})
	if failed != 2 { // the listing, and the call for both
		t.Errorf("%d runs failed, want 2", failed)
	}
}
