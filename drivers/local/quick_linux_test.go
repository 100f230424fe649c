package local

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// quickFolder returns a folder for the test, on a file system in memory if there is one
// with extended attributes.
func quickFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "cloudfiles")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if unix.Setxattr(dir, recordAttr, []byte("x"), 0) != nil {
		return t.TempDir()
	}
	return dir
}
