package files_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
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
	if err := <-done; errors.Is(err, syscall.EPERM) {
		longtest.Lacks(t, "only root can change the root of a process")
	} else if err != nil {
		t.Fatal(err)
	}
}

// TestDownloadNamed: on a system without files without a name, too, a download is all or
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

// openIn counts the descriptors of this process that are of the folder, or of files that
// are or were in it.
func openIn(t *testing.T, dir string) (n int) {
	t.Helper()
	for _, fd := range folder(t, "/proc/self/fd") {
		path, err := os.Readlink("/proc/self/fd/" + fd)
		if err == nil && (path == dir || strings.HasPrefix(path, dir+"/")) {
			n++
		}
	}
	return n
}

// TestDownloadClosesFiles: a download that has ended, well or not, has closed every file,
// also those of leftovers that it has removed or not (X2).
func TestDownloadClosesFiles(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the collector closes files as well
	dir := t.TempDir()
	held, err := os.Open(leaveDownload(t, dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	b := mem.New(nil)
	put(t, b, "a", "content")
	target := filepath.Join(dir, "target")
	for _, named := range []bool{false, true} {
		for what, download := range map[string]func(dir string) error{
			"download": func(dir string) error {
				_, err := files.DownloadFile(ctx, b, "a", filepath.Join(dir, "target"), nil)
				return err
			},
			"failing": func(dir string) error {
				_, err := files.DownloadFile(ctx, damaged(b), "a", filepath.Join(dir, "x"), nil)
				if !errors.Is(err, files.ErrCorrupt) {
					return err
				}
				return nil
			},
		} {
			left := leaveDownload(t, dir, 2)
			var err error
			if named {
				inside(t, dir, func() { err = download("/") })
			} else {
				err = download(dir)
			}
			if n := openIn(t, dir); err != nil || n != 1 {
				t.Errorf("%s, named: %v: %v, and %d files are open, want the held one alone",
					what, named, err, n)
			}
			os.Remove(left)
		}
	}
	if got, err := os.ReadFile(target); string(got) != "content" || err != nil {
		t.Errorf("the file is %q, %v", got, err)
	}
}
