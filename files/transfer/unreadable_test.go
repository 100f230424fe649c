package transfer_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// lockedFS is a file system one of whose folders can't be read.
type lockedFS struct {
	fs.FS
	locked string
}

func (l lockedFS) Open(name string) (fs.File, error) {
	if name == l.locked {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return l.FS.Open(name)
}

// TestUnreadableFolder: a folder that can't be read isn't taken for an empty one. What
// is before it is copied, nothing is deleted on any side of it, and the error names it
// and the number of deletions that were withheld. The next run does the rest.
func TestUnreadableFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/1", "locked/2", "z/3"} {
		write(t, dir, name, "content of "+name, time.Now().Add(-time.Hour))
	}
	dst := fine()
	put(t, dst, "a/old", "locked/2", "locked/old", "z/old")
	src := fromFS(t, lockedFS{os.DirFS(dir), "locked"}, nil)
	res, err := must(transfer.Sync(whole(dst), whole(src), nil)).Apply(t.Context())
	is(t, err, files.ErrPermission)
	if !strings.Contains(err.Error(), "locked") ||
		!strings.Contains(err.Error(), "3 deletions were withheld") ||
		res.Deleted != 0 || res.Withheld != 3 {
		t.Errorf("Apply = %+v, %v, want 3 deletions withheld", res, err)
	}
	holds(t, whole(dst), "a/1", "a/old", "locked/2", "locked/old", "z/3", "z/old")
	apply(t, must(transfer.Sync(whole(dst), whole(fromFS(t, os.DirFS(dir), nil)), nil)))
	holds(t, whole(dst), "a/1", "locked/2", "z/3")

	// the local driver, too, unless this user may read everything
	disk, path := folder(t)
	put(t, disk, "a/1", "locked/2", "z/3")
	if err := os.Chmod(filepath.Join(path, "locked"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(path, "locked"), 0o700)
	if _, err := os.ReadDir(filepath.Join(path, "locked")); err == nil {
		return
	}
	put(t, dst, "a/old", "locked/old")
	res, err = must(transfer.Sync(whole(dst), whole(disk), nil)).Apply(t.Context())
	if !errors.Is(err, files.ErrPermission) || res.Deleted != 0 {
		t.Errorf("Apply = %+v, %v, want ErrPermission and nothing deleted", res, err)
	}
}
