//go:build unix

package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/files"
)

// TestOpenInRemovedFolder: a relative path leads nowhere if the current folder was removed.
func TestOpenInRemovedFolder(t *testing.T) {
	dir := filepath.Join(memdir.New(t), "gone")
	ok(t, os.Mkdir(dir, 0o777))
	t.Chdir(dir)
	ok(t, os.Remove(dir))
	_, err := Open("x", nil)
	if files.KindOf(err) != files.ErrInvalid || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open = %v of kind %v, want ErrInvalid and the cause", err, files.KindOf(err))
	}
}
