//go:build unix

package local

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// The folders of a new file are durable if the entries of all of them are. If that can't
// be found out or done, it is uncertain whether the file stays, and the next call tries
// again. Folders that are gone again need not be durable (P3).
func TestParentsAreMadeDurable(t *testing.T) {
	for _, c := range []struct {
		at        crashfs.Kind
		n         int // which operation of the kind fails
		fault     error
		uncertain bool
	}{
		{crashfs.StatDir, 1, syscall.EIO, true},
		{crashfs.StatDir, 1, syscall.ENOENT, false},
		{crashfs.OpenDir, 1, syscall.EIO, true},
		{crashfs.OpenDir, 1, syscall.ENOENT, false},
		{crashfs.SyncDir, 1, syscall.EIO, true},
		{crashfs.SyncDir, 2, syscall.EIO, true},
	} {
		dir := memdir.New(t)
		var faulter crashfs.Faulter
		sys := crashfs.Wrap(fsys.OS(), faulter.Hook)
		bucket, err := openOver(dir, nil, sys)
		ok(t, err, os.MkdirAll(filepath.Join(dir, "d", "e"), 0o777))
		b := driver.Unwrap(bucket).(*backend)
		p := b.pathsOfName("d/e/f")
		d, err := b.openDir(&p)
		ok(t, err)
		open := sys.Open()
		faulter.FailAt(c.n, c.fault, c.at)
		err = b.syncParents(&p, d)
		if n, _ := faulter.Count(); n != c.n {
			t.Errorf("%v %d fails with %v: %d are called, and no more is tried", c.at, c.n, c.fault,
				n)
		}
		if c.uncertain && (!errors.Is(err, c.fault) || files.KindOf(err) != files.ErrUncertain) ||
			!c.uncertain && err != nil {
			t.Errorf("%v %d fails with %v: syncParents = %v, want ErrUncertain: %v", c.at, c.n,
				c.fault, err, c.uncertain)
		}
		for _, want := range []int{2, 0} { // both folders that contain one, then none
			faulter.FailAt(0, nil, crashfs.SyncDir)
			ok(t, b.syncParents(&p, d))
			if n, _ := faulter.Count(); n != want {
				t.Errorf("after %v %d failed, %d folders are synced, want %d", c.at, c.n, n, want)
			}
		}
		if n := sys.Open(); n != open {
			t.Errorf("%v %d fails with %v: %d folders are open, want %d", c.at, c.n, c.fault, n,
				open)
		}
		b.closeDir(d)
		ok(t, bucket.Close())
	}
}

// If a folder can't be made for a file, the call returns the error; what is gone or there
// at that moment is looked up again. A link or another special file in the folder's place
// stays (N3).
func TestParentIsNotMade(t *testing.T) {
	for _, c := range []struct {
		what  string
		file  bool // a file has the folder's name
		at    crashfs.Kind
		n     int
		fault error
		again bool // the lookup
		want  error
	}{
		{"an unopened folder", false, crashfs.OpenDir, 1, syscall.EIO, false, syscall.EIO},
		{"a folder that is gone", false, crashfs.OpenDir, 1, syscall.ENOENT, true, nil},
		{"an entry that can't be read", false, crashfs.Lstat, 1, syscall.EIO, false, syscall.EIO},
		{"no room", false, crashfs.Mkdir, 1, syscall.ENOSPC, false, files.ErrTooLarge},
		{"a folder without its folder", false, crashfs.Mkdir, 1, syscall.ENOENT, true, nil},
		{"another's folder", false, crashfs.Mkdir, 1, syscall.EEXIST, false, nil},
		{"a sync that fails", false, crashfs.SyncDir, 1, syscall.EIO, false, syscall.EIO},
		{"a file that can't be read", true, crashfs.Lstat, 2, syscall.EIO, false, syscall.EIO},
		{"a file that is gone", true, crashfs.Lstat, 2, syscall.ENOENT, false, nil},
		{"a file that stays", true, crashfs.Rename, 1, syscall.EIO, false, syscall.EIO},
		{"a file that was removed", true, crashfs.Rename, 1, syscall.ENOENT, true, nil},
		{"a file that is a folder now", true, crashfs.Rename, 1, syscall.EISDIR, true, nil},
		{"no folder beside the file", true, crashfs.Mkdir, 1, syscall.ENOENT, true, nil},
	} {
		dir := memdir.New(t)
		var faulter crashfs.Faulter
		sys := crashfs.Wrap(fsys.OS(), faulter.Hook)
		bucket, err := openOver(dir, nil, sys)
		ok(t, err)
		b := driver.Unwrap(bucket).(*backend)
		putIn(t, bucket, "d/other", "makes the folder", nil)
		if c.file {
			putIn(t, bucket, "d/a", "file", nil)
		}
		f := parent{dir: "d", base: "a", name: "d/a"}
		open := sys.Open()
		faulter.FailAt(c.n, c.fault, c.at)
		err = b.makeParent(t.Context(), f)
		hits, _ := faulter.Count()
		faulter.Set(nil)
		switch {
		case hits < c.n:
			t.Errorf("%s: %v isn't called %d times", c.what, c.at, c.n)
		case c.again != errors.Is(err, errRetry):
			t.Errorf("%s: makeParent = %v, want that it looks again: %v", c.what, err, c.again)
		case !c.again && (!errors.Is(err, c.want) || c.want == nil && err != nil):
			t.Errorf("%s: makeParent = %v, want %v", c.what, err, c.want)
		case c.want != nil && files.KindOf(err) == nil:
			t.Errorf("%s: makeParent = %v, of no kind", c.what, err)
		}
		if n := sys.Open(); n != open {
			t.Errorf("%s: %d folders are open, want %d", c.what, n, open)
		}
		ok(t, bucket.Close())
	}
	dir := memdir.New(t)
	bucket := openBucket(t, dir, nil)
	ok(t, os.Symlink("nowhere", filepath.Join(dir, "a")))
	_, err := files.PutString(t.Context(), bucket, "a/b", "text", nil)
	if !errors.Is(err, files.ErrInvalid) {
		t.Errorf("Put below a link = %v, want ErrInvalid", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "a")); err != nil {
		t.Errorf("after Put below it, Lstat of the link = %v, want nil", err)
	}
}
