//go:build unix

package local

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// broken lists errors that operations may return, in turn, and the sentinel that they
// must match, if any.
var broken = []struct {
	errs     []syscall.Errno
	sentinel error
	of       []crashfs.Kind // nil: any
}{
	{[]syscall.Errno{syscall.EIO}, nil, nil},
	{[]syscall.Errno{syscall.ENOSPC, syscall.EDQUOT}, nil, allocating},
	{[]syscall.Errno{syscall.EROFS, syscall.EACCES}, files.ErrPermission, changing},
	{
		[]syscall.Errno{syscall.EACCES},
		files.ErrPermission,
		[]crashfs.Kind{crashfs.OpenDir, crashfs.OpenFile, crashfs.ReadDir, crashfs.Lstat},
	},
}

// allocating are the operations that need room on the disk.
var allocating = []crashfs.Kind{
	crashfs.Create,
	crashfs.OpenLock,
	crashfs.Mkdir,
	crashfs.Write,
	crashfs.Setxattr,
	crashfs.Rename,
	crashfs.RenameNoReplace,
	crashfs.CopyRange,
	crashfs.Clone,
	crashfs.SyncFile,
}

// changing are the operations that a read-only folder refuses.
var changing = []crashfs.Kind{
	crashfs.Create, crashfs.OpenLock, crashfs.Mkdir, crashfs.Rename, crashfs.RenameNoReplace,
	crashfs.Unlink, crashfs.Rmdir,
}

// If any one operation fails once, the step returns the cause and its sentinel and
// changes nothing, or it succeeds. Nothing is left open or on disk, and the same handle
// then does the step (P2).
func TestFaultAtEveryOperation(t *testing.T) {
	for i, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			failed, every := 0, longtest.EachOf(t, 6, 3)
			for _, fault := range broken {
				for n := 1; ; n++ {
					if n%every != i%every {
						continue
					}
					cause := fault.errs[(n+i)%len(fault.errs)]
					hit, refused, err := failedAt(t, sc, nil, n, cause, fault.sentinel,
						fault.of)
					if err != nil {
						t.Errorf("%v at operation %d: %v, want nil", cause, n, err)
					}
					if refused {
						failed++
					}
					if !hit {
						break
					}
				}
			}
			if failed == 0 {
				t.Error("no fault made the step fail")
			}
		})
	}
}

// The same holds on disks that lack something, where files are written in other ways.
func TestFaultOnOtherDisks(t *testing.T) {
	steps := []string{
		"new file with metadata",
		"metadata over metadata",
		"below a file",
		"over the file beside a folder",
		"copy over a file",
		"delete below the file beside",
	}
	hooked := func(h hookFS) func() fsys.FS {
		h.FS = fsys.OS()
		return func() fsys.FS { return &h }
	}
	for disk, sys := range map[string]func() fsys.FS{
		"another mount":  hooked(hookFS{mount: true}),
		"no attributes":  hooked(hookFS{mount: true, noXattr: true}),
		"the lock file":  hooked(hookFS{noDirLocks: true}),
		"no exchange":    hooked(hookFS{fuse: true, noXattr: true}),
		"coarse times":   hooked(hookFS{times: coarse}),
		"folds":          oddDisks()["folds"],
		"refuses, folds": oddDisks()["FAT"],
	} {
		for i, sc := range scenarios {
			if !slices.Contains(steps, sc.name) {
				continue
			}
			t.Run(disk+"/"+sc.name, func(t *testing.T) {
				t.Parallel()
				failed, every := 0, longtest.EachOf(t, 6, 2)
				for n, hit := 1+i%every, true; hit; n += every {
					var refused bool
					var err error
					hit, refused, err = failedAt(t, sc, sys(), n, syscall.EIO, nil, nil)
					if err != nil {
						t.Errorf("EIO at operation %d: %v, want nil", n, err)
					}
					if refused {
						failed++
					}
				}
				if failed == 0 {
					t.Error("no fault made the step fail")
				}
			})
		}
	}
}

// failedAt runs a scenario, on a disk or, if that is nil, on an ordinary one, whose n-th
// operation of the kinds fails. It reports whether there was such an operation, and
// whether the step failed.
func failedAt(t *testing.T, sc scenario, disk fsys.FS, n int, fault, sentinel error,
	of []crashfs.Kind) (hit, refused bool, err error) {
	ctx := t.Context()
	dir := injectedFolder(t)
	odd := disk != nil
	if !odd {
		disk = fsys.OS()
	}
	before := prepareOn(t, disk, dir, sc)
	var faulter crashfs.Faulter
	sys := crashfs.Wrap(crashfs.UnsyncedOn(disk), faulter.Hook)
	b, err := openOver(dir, nil, sys)
	if err != nil {
		return false, false, err
	}
	defer b.Close()
	if a, ok := disk.(armedFS); ok {
		a.arm()
	}
	faulter.FailAt(n, fault, of...)
	failure := sc.run.do(ctx, b)
	count, kind := faulter.Count()
	hit = count >= n
	faulter.Set(nil)
	if a, ok := disk.(armedFS); ok {
		a.disarm()
	}

	allowed := sc.run.states(before)
	switch {
	case failure == nil:
		allowed = allowed[len(allowed)-1:]
	case !hit:
		return hit, true, fmt.Errorf("failed without a fault: %w", failure)
	case !errors.Is(failure, fault):
		return hit, true, fmt.Errorf("%v: the cause is lost: %v", kind, failure)
	case errors.Is(failure, files.ErrUncertain) && files.KindOf(failure) != files.ErrUncertain:
		return hit, true, fmt.Errorf("%v: the error's kind is %v, want ErrUncertain", kind,
			files.KindOf(failure))
	case errors.Is(failure, files.ErrUncertain) || sc.run.op == "move":
		// The file is the old or the new one. A move may have made the copy.
	default:
		if sentinel != nil && !errors.Is(failure, sentinel) {
			return hit, true, fmt.Errorf("%v: the error is %v, want %v", kind, failure, sentinel)
		}
		allowed = allowed[:1]
	}
	check := func(when string, allowed []state) error {
		seen, err := seeAll(ctx, b)
		if err == nil {
			_, err = anyOf(seen, allowed)
		}
		if err != nil {
			return fmt.Errorf("%v, %s (%v): %w", kind, when, failure, err)
		}
		return nil
	}
	if err := check("after the fault", allowed); err != nil {
		return hit, failure != nil, err
	}
	if left := stagedFiles(t, dir); len(left) > 0 && kind != crashfs.Unlink {
		return hit, failure != nil, fmt.Errorf("%v (%v): staged files are left: %q", kind, failure,
			left)
	}
	if failure != nil && sc.run.op != "move" && sc.run.cond == "" {
		if err := sc.run.do(ctx, b); err != nil {
			return hit, true, fmt.Errorf("%v: the handle no longer works: %w", kind, err)
		}
		before = sc.run.after(before)
		if err := check("after doing the step again", []state{before}); err != nil {
			return hit, true, err
		}
		if !odd {
			if err := closeAndCheck(b, dir, before); err != nil {
				return hit, true, fmt.Errorf("%v: %w", kind, err)
			}
		}
	}
	if err := b.Close(); err != nil {
		return hit, true, err
	}
	if n := sys.Open(); n != 0 {
		return hit, true, fmt.Errorf("%v (%v): %d descriptors are open after Close", kind, failure,
			n)
	}
	return hit, failure != nil, nil
}
