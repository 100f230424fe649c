package local

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The note about the disk may go like all that is in the control folder: a handle that only reads
// still finds what is escaped, and Delete deletes it.
func TestNoteRemoved(t *testing.T) {
	for name, sys := range oddDisks() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			note := filepath.Join(dir, controlDir, diskFile)
			open := func() files.Bucket { return driver.New(openOdd(t, sys(), dir)) }
			b := open()
			for _, n := range hardNames {
				putIn(t, b, n, n, nil)
			}
			ok(t, b.Close())
			for _, gone := range []string{note, filepath.Dir(note)} {
				for _, n := range hardNames {
					ok(t, os.RemoveAll(gone))
					fresh := open()
					if s, _ := fetch(t, fresh, n); s != n {
						t.Errorf("without %s, %q is %q", filepath.Base(gone), n, s)
					}
					ok(t, fresh.Close())
				}
			}
			ok(t, os.RemoveAll(note))
			if got := listed(t, open()); !slices.Equal(got, slices.Sorted(slices.Values(hardNames))) {
				t.Errorf("listed %q", got)
			}
			for _, n := range hardNames {
				ok(t, os.RemoveAll(note))
				fresh := open()
				ok(t, fresh.Delete(t.Context(), n, nil))
				if _, err := fresh.Stat(t.Context(), n, nil); !errors.Is(err, files.ErrNotExist) {
					t.Errorf("%q is deleted: %v", n, err)
				}
				ok(t, fresh.Close())
			}
		})
	}
}
