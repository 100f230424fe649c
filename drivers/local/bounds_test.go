//go:build unix

package local

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/files"
)

// renames has the kinds of operations that move what is staged.
var renames = map[crashfs.Kind]bool{crashfs.Rename: true, crashfs.Exchange: true}

// If a rename is always refused, Put soon returns an error with a kind and the cause,
// and doesn't sync for each attempt (X2).
func TestRefusedRenames(t *testing.T) {
	for _, errno := range []syscall.Errno{
		syscall.ENOENT, syscall.EISDIR, syscall.EEXIST, syscall.ENOTEMPTY, syscall.ENOTDIR,
		syscall.ELOOP,
		syscall.EXDEV, syscall.EACCES, syscall.EPERM, syscall.ESTALE, syscall.EROFS,
	} {
		// whether renames of sidecars are refused too
		for _, sidecars := range []bool{true, false} {
			for _, attrs := range []int{0, 2} {
				t.Run(fmt.Sprint(errno, sidecars, attrs), func(t *testing.T) {
					t.Parallel()
					refusedRenames(t, errno, sidecars, attrs)
				})
			}
		}
	}
}

func refusedRenames(t *testing.T, errno syscall.Errno, sidecars bool, attrs int) {
	var syncs, refused atomic.Int32
	var refuse atomic.Bool
	sys := crashfs.Wrap(crashfs.Unsynced(), func(op *crashfs.Op, do func() error) error {
		switch {
		case op.Kind == crashfs.SyncFile:
			syncs.Add(1)
		case renames[op.Kind] && refuse.Load() && (sidecars || op.NewName == "f"):
			refused.Add(1)
			return errno
		}
		return do()
	})
	dir := t.TempDir()
	b := started(t, dir, sys, true)
	refuse.Store(true)
	syncs.Store(0)
	begin := time.Now()
	err := stepPut("f", 9, attrs).do(t.Context(), b)
	took := time.Since(begin)
	if !errors.Is(err, errno) && errno != syscall.EXDEV || files.KindOf(err) == nil {
		t.Errorf("Put with renames refused by %v = %v, want that error and a kind", errno, err)
	}
	// The waits between the attempts take seconds; a minute allows for a loaded machine.
	if took > time.Minute || syncs.Load() > 20 || refused.Load() > maxTurns+1 {
		t.Errorf("Put = %v after %v, %d renames and %d syncs, want fewer", err, took,
			refused.Load(), syncs.Load())
	}
	refuse.Store(false)
	if err := stepPut("f", 10, attrs).do(t.Context(), b); err != nil {
		t.Errorf("Put after the refusals: %v, want nil", err)
	}
	if left := stagedFiles(t, dir); len(left) > 0 {
		t.Errorf("staged files are left: %q", left)
	}
}

// A call that is refused something returns within 100 ms after its context ends (X2).
func TestContextEndsRetries(t *testing.T) {
	for kind, errno := range map[crashfs.Kind]syscall.Errno{
		crashfs.Rename:     syscall.ENOENT,
		crashfs.Mkdir:      syscall.ENOENT,
		crashfs.Create:     syscall.ENOENT,
		crashfs.TryLockDir: syscall.EACCES,
		crashfs.OpenFile:   syscall.EAGAIN,
	} {
		for _, name := range []string{
			"Put", "Put if absent", "Copy", "Move", "Delete", "Get", "Stat",
		} {
			t.Run(fmt.Sprint(kind, " ", name), func(t *testing.T) {
				t.Parallel()
				var late time.Duration
				for range patientTries {
					if late = endsLate(t, name, kind, errno); late < 100*time.Millisecond {
						break
					}
				}
				if late >= 100*time.Millisecond {
					t.Errorf("with %v failing with %v, %s returned %v after its context ended, "+
						"want less than %v", kind, errno, name, late, 100*time.Millisecond)
				}
			})
		}
	}
}

// patientTries is how many times a call may be late: most calls may be late on a loaded
// machine, but a driver that doesn't wait for the context is always late.
const patientTries = 30

// endsLate returns how long after the end of its context the method returns while the
// system call is refused.
func endsLate(
	t *testing.T, name string, kind crashfs.Kind, errno syscall.Errno,
) time.Duration {
	var faulter crashfs.Faulter
	b := started(t, t.TempDir(), crashfs.Wrap(crashfs.Unsynced(), faulter.Hook), true)
	defer b.Close()
	faulter.Fail(errno, kind)
	defer faulter.Set(nil)
	const limit = 150 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	begin := time.Now()
	err := methods[name](ctx, b)
	took := time.Since(begin)
	if err != nil && files.KindOf(err) == nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with %v failing with %v, %s = %v, which has no kind", kind, errno, name, err)
	}
	return took - limit
}

// The wait for a lock that is refused, or that another program holds, is bounded, and
// the error has the cause.
func TestRefusedLocks(t *testing.T) {
	t.Parallel()
	var faulter crashfs.Faulter
	b := started(t, t.TempDir(), crashfs.Wrap(crashfs.Unsynced(), faulter.Hook), true)
	faulter.Fail(syscall.EACCES, crashfs.TryLockDir)
	err := b.Delete(t.Context(), "f", nil)
	// On a loaded machine the pauses are longer, so the attempts are counted.
	const most = int(2 * refusedPatience / maxLockPause)
	if n, _ := faulter.Count(); !errors.Is(err,
		files.ErrPermission) || !errors.Is(err, syscall.EACCES) || n < 2 || n > most {
		t.Errorf("Delete with a refused lock = %v after %d attempts, want EACCES as "+
			"ErrPermission after 2 to %d", err, n, most)
	}
	faulter.Set(nil)
	check(t, b.Delete(t.Context(), "f", nil))
}

// A rename that is refused because readers have the target open, as on CIFS, is tried
// again until they close it, without staging the file again.
func TestHeldTarget(t *testing.T) {
	var refused atomic.Int32
	sys := crashfs.Wrap(crashfs.Unsynced(), func(op *crashfs.Op, do func() error) error {
		if renames[op.Kind] && op.NewName == "f" && refused.Add(1) <= 30 {
			return syscall.EAGAIN
		}
		return do()
	})
	b := started(t, t.TempDir(), sys, true)
	_, err := b.Put(t.Context(), "f", strings.NewReader("new"), nil)
	check(t, err)
	if s, _ := fetch(t, b, "f"); s != "new" || refused.Load() != 31 {
		t.Errorf("f = %q after %d attempts, want \"new\" after 31", s, refused.Load())
	}
}
