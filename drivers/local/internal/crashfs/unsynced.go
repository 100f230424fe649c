package crashfs

import "cloudfiles.dev/drivers/local/internal/fsys"

// Unsynced is the operating system whose Syncs do nothing, for proofs that look at what
// the page cache has: they are slow.
func Unsynced() *FS {
	return Wrap(fsys.OS(), func(op *Op, do func() error) error {
		if op.Kind == SyncFile || op.Kind == SyncDir {
			return nil
		}
		return do()
	})
}
