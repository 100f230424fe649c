//go:build unix

package local

import (
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/memdir"
)

// injectedFolder returns a new folder for a trial whose error, kill or loss of power
// comes from above the file system. It is in memory, because a disk takes most of the
// time of so many small files. With the long tests, it is on the disk.
func injectedFolder(t *testing.T) string {
	t.Helper()
	if longtest.On() {
		return t.TempDir()
	}
	return memdir.New(t)
}
