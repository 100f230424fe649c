package files_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// inside calls f in a goroutine that sees dir as the root, in which there is no /proc. A
// file without a name couldn't get one there, so downloads have temporary names, as on
// other systems. f must not end the test.
func inside(t *testing.T, dir string, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		defer close(done)
		runtime.LockOSThread() // the thread ends with the goroutine
		err := syscall.Unshare(syscall.CLONE_FS)
		if err == nil {
			err = syscall.Chroot(dir)
		}
		if err != nil {
			done <- err
			return
		}
		f()
	}()
	if err := <-done; errors.Is(err, syscall.EPERM) && os.Getenv("CI") == "" {
		t.Skip("changing the root needs root's rights")
	} else if err != nil {
		t.Fatal(err)
	}
}

// TestDownloadNamed: also where files without a name can't be had, a download is all or
// nothing, and leaves nothing else.
func TestDownloadNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	b := mem.New(nil)
	put(t, b, "a", "content")
	var during []string // is in the folder while the content comes
	seen := files.Wrap(b, files.Hooks{
		Passed: func(context.Context, *files.Call, int64) { during = folder(t, "/") },
	})
	inside(t, dir, func() {
		for _, old := range []bool{false, true} {
			if _, err := files.DownloadFile(ctx, seen, "a", "/target", nil); err != nil {
				t.Errorf("over a file: %v: %v", old, err)
			}
			if got, err := os.ReadFile("/target"); string(got) != "content" || err != nil {
				t.Errorf("the file is %q, %v", got, err)
			}
		}
		_, err := files.DownloadFile(ctx, damaged(b), "a", "/target", nil)
		is(t, err, files.ErrCorrupt)
		_, err = files.DownloadFile(ctx, b, "a", "/folder", nil)
		is(t, err, files.ErrInvalid)
		_, err = files.DownloadFile(ctx, b, "a", "/missing/target", nil)
		is(t, err, files.ErrInvalid)
	})
	if len(during) != 3 || !strings.HasPrefix(during[0], ".download-") {
		t.Errorf("during the download there were %q, want a temporary file too", during)
	}
	if got := folder(t, dir); strings.Join(got, " ") != "folder target" {
		t.Errorf("the folder has %q, want folder and target alone", got)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "target")); string(got) != "content" {
		t.Errorf("the old file now is %q", got)
	}
}
