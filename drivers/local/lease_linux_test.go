package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"golang.org/x/sys/unix"
)

// If another process has a lease, Get waits until the context ends, without using the
// processor, and no longer. Put and Delete don't open the file (X2).
func TestLeaseOnStagedFile(t *testing.T) {
	b, dir := newBucket(t, nil)
	putIn(t, b, "f", "content", nil)
	f, err := os.OpenFile(filepath.Join(dir, "f"), os.O_RDWR, 0)
	check(t, err)
	defer f.Close()
	set := func(kind int) error {
		_, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, kind)
		return err
	}
	if err := set(unix.F_WRLCK); err != nil {
		longtest.Lacks(t, "the file system has no leases: %v", err)
	}
	for name, call := range map[string]func(ctx context.Context) error{
		"Get":  func(ctx context.Context) error { _, err := b.Get(ctx, "f", nil); return err },
		"Stat": func(ctx context.Context) error { _, err := b.Stat(ctx, "f", nil); return err },
		"Copy": func(ctx context.Context) error {
			_, err := files.Copy(ctx, b, "g", b, "f", nil)
			return err
		},
	} {
		const limit, most = 300 * time.Millisecond, 100 * time.Millisecond
		var late, work time.Duration
		for range patientTries {
			// Linux ends a lease 45 seconds after the first open that it keeps waiting.
			check(t, set(unix.F_UNLCK), set(unix.F_WRLCK))
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			before, begin := usage(t), time.Now()
			err := call(ctx)
			late, work = time.Since(begin)-limit, usage(t)-before
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s = %v, want DeadlineExceeded", name, err)
			}
			if late < most && work < most {
				break
			}
		}
		if late >= most || work >= most {
			t.Errorf("%s returned %v after its context ended, and used the processor for %v, "+
				"want less than %v", name, late, work, most)
		}
	}
	putIn(t, b, "f", "new", nil)
	if s, _ := fetch(t, b, "f"); s != "new" {
		t.Errorf("f = %q, want \"new\"", s)
	}
}

// usage returns the processor time of this process.
func usage(t *testing.T) time.Duration {
	var u syscall.Rusage
	check(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
