package memdir

import (
	"fmt"
	"os"
)

// Spread runs the tests of a package with a temporary folder of their own, in which the
// folder of each test is in another part of the disk. Tests on the disk make and delete
// thousands of files, and an ext4 without a journal reads past every inode that was freed
// in the last minute in the same part. Call it from TestMain in place of m.Run.
//
// That needs Linux, and a file system that can mark a folder as the top of folders that
// have nothing to do with each other, as chattr +T does. Otherwise Spread only runs the
// tests. A process that a test starts uses its parent's folder. Spread returns what run
// returns.
func Spread(run func() int) int {
	if spreads(os.TempDir()) {
		return run()
	}
	dir, err := os.MkdirTemp("", "cloudfiles-spread-")
	if err != nil {
		return run()
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, "memdir:", err)
		}
	}()
	// Tests make files there as other users, as in the system's temporary folder.
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil || !spread(dir) {
		return run()
	}
	before, had := os.LookupEnv("TMPDIR")
	defer func() {
		os.Unsetenv("TMPDIR")
		if had {
			os.Setenv("TMPDIR", before)
		}
	}()
	os.Setenv("TMPDIR", dir)
	return run()
}
