package local

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// waitLock waits for a lock that is refused at first, as on a share that just lost a
// client, and returns any other error at once.
func TestLockRefusedAtFirst(t *testing.T) {
	other := errors.New("other")
	for _, c := range []struct{ last, want error }{{nil, nil}, {other, other}} {
		tries := 0
		err := waitLock(t.Context(), func() error {
			if tries++; tries <= 5 {
				return fs.ErrPermission
			}
			return c.last
		})
		if err != c.want || tries != 6 {
			t.Errorf("waitLock = %v after %d tries, want %v after 6", err, tries, c.want)
		}
	}
}

// The error of a lock on a folder that is gone is retried, any other is the caller's.
func TestMapLockError(t *testing.T) {
	for err, retried := range map[error]bool{
		syscall.ENOENT: true,
		syscall.ESTALE: true,
		syscall.EIO:    false,
		syscall.ENOLCK: false,
	} {
		got := mapLockError(err)
		if errors.Is(got, errRetry) != retried || !retried && !errors.Is(got, err) {
			t.Errorf("mapLockError(%v) = %v, which is retried: %v, want %v", err, got,
				errors.Is(got, errRetry), retried)
		}
	}
}

// A file whose lock can't be taken is neither stored nor deleted, whichever lock it is.
func TestNoLockNoChange(t *testing.T) {
	for _, byFile := range []bool{false, true} {
		dir := memdir.New(t)
		failing := false
		b := openOdd(t, crashfs.Wrap(&hookFS{
			FS:         fsys.OS(),
			noDirLocks: byFile,
		}, func(op *crashfs.Op, do func() error) error {
			if failing && (op.Kind == crashfs.TryLock || op.Kind == crashfs.TryLockDir) {
				return syscall.EIO
			}
			return do()
		}), dir)
		putIn(t, b, "d/a", "old", nil)
		failing = true
		_, err := files.PutString(t.Context(), b, "d/a", "new", nil)
		err2 := b.Delete(t.Context(), "d/a", nil)
		failing = false
		if !errors.Is(err, syscall.EIO) || !errors.Is(err2, syscall.EIO) {
			t.Errorf("by a lock file: %v: Put = %v, Delete = %v, want EIO", byFile, err, err2)
		}
		if s, _ := fetch(t, b, "d/a"); s != "old" {
			t.Errorf("by a lock file: %v: the file is %q, want \"old\"", byFile, s)
		}
	}
}
