package crashfs

import "cloudfiles.dev/drivers/local/internal/fsys"

// Unsynced returns the operating system's file systems with Syncs that do nothing. It
// is for slow tests that only look at what the page cache holds.
func Unsynced() *FS { return UnsyncedOn(fsys.OS()) }

// UnsyncedOn is Unsynced on another file system.
func UnsyncedOn(sys fsys.FS) *FS {
	return Wrap(sys, func(op *Op, do func() error) error {
		if op.Kind == SyncFile || op.Kind == SyncDir {
			return nil
		}
		return do()
	})
}
