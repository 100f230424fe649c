package mount_test

import (
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/unread"
)

// TestUnreadFolderBesideHiddenEntries: a folder that can't be read ends no listing with a
// limit before the limit is reached, also if the first entries of its bucket are hidden
// (L9).
func TestUnreadFolderBesideHiddenEntries(t *testing.T) {
	root := mem.New(nil)
	for _, name := range []string{"a/x", "b/x", "f", "g", "h"} {
		put(t, root, name)
	}
	closed := unread.At(root, "closed", files.ErrPermission)
	b := join(t, table{"": closed, "a": mem.New(nil), "b": mem.New(nil)})
	unread.WantLimits(t, b, "f", "g", "h")
}
