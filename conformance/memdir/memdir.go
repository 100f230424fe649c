// Package memdir gives tests folders in memory. A disk takes most of the time of a test
// that makes thousands of small files: ext4, for example, searches for an inode longer
// and longer, because it doesn't use those that were freed a moment ago.
//
// A folder of New is for tests of what is above a file system: layers, applications, and
// the local driver's logic over file systems that tests wrap. Tests of what a file system
// does (whether content survives a crash, the order of a listing, mounts, errors of a
// disk) use t.TempDir. If the tests of a package make thousands of files on the disk, its
// TestMain runs them by [Spread].
//
// The package is for tests only, and imports only the standard library and longtest.
package memdir

import "cloudfiles.dev/conformance/longtest"

// T is the part of a test that this package uses; *testing.T and conformance.T implement
// it.
type T interface {
	Helper()
	Cleanup(func())
	TempDir() string
	Errorf(format string, args ...any)
}

const (
	// room is how many bytes must be free for a folder in memory, both in its file
	// system and in the machine's memory.
	room = 2 << 30
	// longRoom is room with the long tests, which store gigabytes.
	longRoom = 8 << 30
)

// New returns a new folder, which is removed when the test has ended. It is in memory on
// Linux, if /dev/shm is a tmpfs that has extended attributes and at least 2 GiB of room
// (8 GiB with the long tests). Otherwise it is t.TempDir.
//
// Folders that a killed process left in memory are removed by the next process.
func New(t T) string {
	t.Helper()
	free := int64(room)
	if longtest.On() {
		free = longRoom
	}
	if dir, ok := inMemory(t, shm, free); ok {
		return dir
	}
	return t.TempDir()
}

// shm is where Linux has a file system in memory that every user may write to.
const shm = "/dev/shm"
