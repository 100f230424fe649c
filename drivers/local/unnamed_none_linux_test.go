//go:build !osroot

package local

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/files"
)

// If no file can be made without a name, what replaces a private file is private from the
// beginning: other users can't read it by its staged name. A system that has no such
// files is asked once.
func TestNoFilesWithoutName(t *testing.T) {
	for cause, most := range map[error]int{syscall.EOPNOTSUPP: 1, syscall.EIO: 100} {
		dir, tries, written := memdir.New(t), 0, 0
		mode := fs.FileMode(0o666)
		hooks := &hookFS{before: func(op, name string) error {
			switch {
			case op == "create" && name == "":
				tries++
				return cause
			case op == "write" && mode == 0o600:
				written++
				for _, staged := range stagedNames(t, dir) {
					fi, err := os.Stat(staged)
					ok(t, err)
					if fi.Mode().Perm() != mode {
						t.Errorf("%v: a staged file has mode %v, want %v", cause, fi.Mode(), mode)
					}
				}
			}
			return nil
		}}
		b := openHooked(t, dir, &Options{NoSync: true}, hooks)
		for _, name := range []string{"first", "later"} {
			path := filepath.Join(dir, name)
			ok(t, os.WriteFile(path, []byte("old"), 0o600))
			mode = 0o600
			_, err := files.PutString(t.Context(), b, name, "secret", nil)
			ok(t, err)
			if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != mode {
				t.Errorf("%v: Stat of %s = %v, %v, want mode %v", cause, name, fi, err, mode)
			}
			mode = 0o666
			putIn(t, b, "new", "x", nil) // which replaces no file
			del(t, b, "new")
		}
		if tries == 0 {
			longtest.Lacks(t, "no file is staged without a name here")
		}
		if written < 2 || tries > most {
			t.Errorf("%v: %d files were written, after %d tries, want at least 2 after at most %d",
				cause, written, tries, most)
		}
	}
}
