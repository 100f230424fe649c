package files_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestDownloadFileUncertain: if the folder can't be synced, because this user may not
// read it, the new file is in its place and DownloadFile returns ErrUncertain.
func TestDownloadFileUncertain(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "content")
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	if err := os.Chmod(dir, 0o300); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	err := unprivileged(t, dir, func() error {
		_, err := files.DownloadFile(ctx, b, "a", path, nil)
		return err
	})
	if files.KindOf(err) != files.ErrUncertain || !errors.Is(err, syscall.EACCES) {
		t.Errorf("DownloadFile = %v, want ErrUncertain because of EACCES", err)
	}
	if got, err := os.ReadFile(path); string(got) != "content" || err != nil {
		t.Errorf("the file holds %q, %v, want the content", got, err)
	}
}

// unprivileged calls f without root's permissions. The folder belongs to the user that
// calls it.
func unprivileged(t *testing.T, dir string, f func() error) error {
	t.Helper()
	const nobody = 65534
	if os.Geteuid() != 0 {
		return f()
	}
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755),
		os.Chown(dir, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the thread ends with the goroutine
		if err := syscall.Setfsuid(nobody); err != nil {
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}
