package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// If directories can't be locked, handles exclude each other by the lock file.
func TestLockFile(t *testing.T) {
	dir := t.TempDir()
	var handles []files.Bucket
	for range 4 {
		handles = append(handles, openHooked(t, dir, noSync, &hookFS{noDirLocks: true}))
	}
	putIn(t, handles[0], "counter", "0",
		&files.PutOptions{Attributes: files.Attributes{Metadata: map[string]string{"v": "0"}}})
	var won atomic.Int32
	ok(t, inParallel(8, func(w int) error {
		b := handles[w%4]
		for i := range 25 {
			if err := increment(b, "counter"); err != nil {
				return err
			}
			_, err := b.Put(t.Context(), fmt.Sprint("d/", i), strings.NewReader("x"),
				&files.PutOptions{If: files.IfAbsent()})
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, files.ErrExist) {
				return err
			}
		}
		return nil
	}))
	if s, _ := fetch(t, handles[0], "counter"); s != "200" || won.Load() != 25 {
		t.Errorf("the counter is %s, want 200; %d Puts if absent succeeded, want 25", s, won.Load())
	}
	if _, err := os.Lstat(filepath.Join(dir, controlDir, lockName)); err != nil {
		t.Errorf("os.Lstat = %v, want nil", err)
	}
}

// A handle whose open lock file was removed notices that others lock a new one, and
// locks the new one too.
func TestLockFileReplaced(t *testing.T) {
	dir := t.TempDir()
	handle := func() *backend {
		b, err := open(dir, noSync, &hookFS{FS: fsys.OS(), noDirLocks: true})
		ok(t, err)
		t.Cleanup(func() { b.Close() })
		return b
	}
	first, second := handle(), handle()
	bucket := driver.New(first)
	putIn(t, bucket, "f", "x", nil) // so that the file is open
	ok(t, os.Remove(filepath.Join(dir, controlDir, lockName)))
	lock, err := second.lockDir(t.Context(), second.root, "")
	ok(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := bucket.Put(ctx, "f", strings.NewReader("y"),
		nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Put while another handle holds the lock = %v, want DeadlineExceeded", err)
	}
	if err := first.Delete(ctx, driver.Key{Name: "f"},
		""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Delete while another handle holds the lock = %v, want DeadlineExceeded", err)
	}
	if lock.lost() {
		t.Error("lost() = true, want false")
	}
	ok(t, os.RemoveAll(filepath.Join(dir, controlDir)))
	if !lock.lost() {
		t.Error("lost() = false after the lock file was removed, want true")
	}
	lock.unlock()
	putIn(t, bucket, "f", "z", nil)
}
