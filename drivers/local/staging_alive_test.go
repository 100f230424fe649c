package local

import (
	"os"
	"path/filepath"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files/driver"
)

// If another program removes or replaces alive.attrs, by whose lock other machines know
// that the process is alive, the next Put makes a staging folder with a new one. It keeps
// the folder if the file is the same, or if only this machine's processes use the bucket,
// which know it by the lock of the folder.
func TestAliveFileReplaced(t *testing.T) {
	for what, c := range map[string]struct {
		change func(path string) error
		byDir  bool // folders can be locked
		again  bool
	}{
		"as it was": {func(string) error { return nil }, false, false},
		"touched":   {func(path string) error { return os.Chmod(path, 0o666) }, false, false},
		"removed":   {os.Remove, false, true},
		"unused":    {os.Remove, true, false},
		"replaced": {func(path string) error {
			other := path + "-other"
			if err := os.WriteFile(other, nil, 0o666); err != nil {
				return err
			}
			return os.Rename(other, path)
		}, false, true},
	} {
		dir := memdir.New(t)
		be, err := open(dir, noSync, &hookFS{FS: fsys.OS(), noDirLocks: !c.byDir})
		ok(t, err)
		b := driver.New(be)
		if c.byDir && be.byFile { // no folder can be locked here
			ok(t, b.Close())
			continue
		}
		putIn(t, b, "a", "x", nil)
		before := be.staging.id
		path := filepath.Join(dir, controlDir, stagingMark+before+sidecarExt, aliveFile)
		ok(t, c.change(path))
		putIn(t, b, "b", "x", nil)
		if again := be.staging.id != before; again != c.again {
			t.Errorf("%s: there is a new staging folder: %v, want %v", what, again, c.again)
		}
		if now, err := be.staging.dir.Lstat(aliveFile); !c.byDir && (err != nil ||
			!now.SameFile(be.staging.life)) {
			t.Errorf("%s: Lstat of alive.attrs = %+v, %v, want the file that is locked", what, now,
				err)
		}
		ok(t, b.Close())
	}
}
