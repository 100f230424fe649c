package local

import (
	"errors"
	"syscall"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestCommitWithoutResponse: if the server behind the file system reports EIO for a change,
// it is uncertain whether it was made (P2).
func TestCommitWithoutResponse(t *testing.T) {
	remote := &backend{resources: &resources{}}
	err := remote.mapCommitError(syscall.EIO)
	if files.KindOf(err) != files.ErrUncertain || !errors.Is(err, syscall.EIO) {
		t.Errorf("EIO is mapped to %v of kind %v, want ErrUncertain and the cause", err,
			files.KindOf(err))
	}
}

// TestLockPatienceEnds: a lock that another process keeps is waited for, and then it is
// ErrUnavailable.
func TestLockPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := waitLock(t.Context(), func() error { return fsys.ErrLocked })
		if files.KindOf(err) != files.ErrUnavailable || !errors.Is(err, fsys.ErrLocked) {
			t.Errorf("waitLock = %v of kind %v, want ErrUnavailable and the cause", err,
				files.KindOf(err))
		}
	})
}

// TestFolderOfSidecarName: attributes can't be stored where a folder has the sidecar's name.
func TestFolderOfSidecarName(t *testing.T) {
	dir := memdir.New(t)
	b := openBucket(t, dir, &Options{NoSync: true, AlwaysSidecar: true})
	write(t, dir, "a.attrs/x", "")
	_, err := files.PutString(t.Context(), b, "a", "text",
		&files.PutOptions{Attributes: someAttributes})
	if files.KindOf(err) != errors.ErrUnsupported {
		t.Errorf("Put = %v of kind %v, want ErrUnsupported", err, files.KindOf(err))
	}
}

// TestWrittenWithoutVersion: a Put whose file is stored, and only its version can't be
// found, is uncertain, and has the cause.
func TestWrittenWithoutVersion(t *testing.T) {
	uncertain := 0
	for n := 1; ; n++ {
		var faulter crashfs.Faulter
		b, err := open(memdir.New(t), &Options{NoSync: true, SkipMetadata: true},
			crashfs.Wrap(&hookFS{FS: fsys.OS(), noXattr: true}, faulter.Hook))
		ok(t, err)
		bucket := driver.New(b)
		faulter.FailAt(n, syscall.EIO, crashfs.StatFile)
		_, err = files.PutString(t.Context(), bucket, "a", "text", nil)
		count, _ := faulter.Count()
		faulter.Set(nil)
		_, missing := bucket.Stat(t.Context(), "a", nil)
		ok(t, bucket.Close())
		if err != nil && missing == nil {
			uncertain++
			if files.KindOf(err) != files.ErrUncertain || !errors.Is(err, syscall.EIO) {
				t.Errorf("Put = %v of kind %v, want ErrUncertain and EIO", err, files.KindOf(err))
			}
		}
		if count < n {
			break
		}
	}
	if uncertain == 0 {
		t.Error("no Put stored its file and failed")
	}
}
