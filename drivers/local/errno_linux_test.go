//go:build amd64 || arm64

package local

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/sysfault"
	"cloudfiles.dev/files"
	"golang.org/x/sys/unix"
)

// Every error of the system has a sentinel (E2), which is never that of the caller's
// file.
func TestEveryErrnoHasAKind(t *testing.T) {
	want := map[syscall.Errno]error{
		syscall.ENOSPC:    files.ErrTooLarge,
		syscall.EDQUOT:    files.ErrTooLarge,
		syscall.EFBIG:     files.ErrTooLarge,
		syscall.EACCES:    files.ErrPermission,
		syscall.EPERM:     files.ErrPermission,
		syscall.EROFS:     files.ErrPermission,
		syscall.ENOTCONN:  files.ErrNoBucket,
		syscall.ENOENT:    files.ErrUnavailable,
		syscall.EEXIST:    files.ErrUnavailable,
		syscall.ENOTEMPTY: files.ErrUnavailable,
		syscall.EIO:       files.ErrUnavailable,
		syscall.ESTALE:    files.ErrUnavailable,
		syscall.EMFILE:    files.ErrUnavailable,
		syscall.ENOLCK:    files.ErrUnavailable,
		syscall.EINVAL:    files.ErrUnavailable,
		syscall.ENOSYS:    files.ErrUnsupported,
	}
	for errno := syscall.Errno(1); errno < 134; errno++ {
		err := mapError(errno)
		kind := files.KindOf(err)
		if kind == nil || kind == files.ErrNotExist || kind == files.ErrExist || !errors.Is(err,
			errno) {
			t.Errorf("mapError(%d), %v, has the kind %v", errno, errno, kind)
		}
		if w := want[errno]; w != nil && kind != w {
			t.Errorf("mapError(%v) has the kind %v, want %v", errno, kind, w)
		}
	}
}

func init() { childJobs["errnos"] = errnos }

// errnos puts files while a system call fails that a Put can do without.
func errnos(task childTask) error {
	ctx := context.Background()
	b, err := Open(task.Dir, nil)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := sysfault.Install(); err != nil {
		return err
	}
	attrs := files.Attributes{
		ContentType:  "x/own",
		CacheControl: "no-cache",
		Metadata:     map[string]string{"k": "v"},
	}
	for _, call := range []struct {
		nr     int
		errnos []unix.Errno
	}{
		{
			unix.SYS_FSETXATTR,
			[]unix.Errno{unix.EACCES, unix.EPERM, unix.E2BIG, unix.ENOSPC, unix.EDQUOT,
				unix.EFBIG, unix.ERANGE, unix.EINVAL, unix.EIO},
		},
		{
			unix.SYS_COPY_FILE_RANGE,
			[]unix.Errno{unix.EINVAL, unix.EXDEV, unix.EOPNOTSUPP, unix.EIO, unix.EBADF},
		},
	} {
		for i, errno := range call.errnos {
			for _, a := range []files.Attributes{{}, attrs} {
				name := fmt.Sprintf("%d-%d.txt", call.nr, i)
				what := fmt.Sprintf("call %d, %v", call.nr, errno)
				sysfault.Arm(call.nr, 1, errno, true)
				put, err := files.PutString(ctx, b, name, "content",
					&files.PutOptions{Attributes: a})
				if err == nil {
					_, err = files.Copy(ctx, b, "copy-"+name, b, name, nil)
				}
				hits := sysfault.Disarm()
				if err != nil || hits == 0 {
					return fmt.Errorf("%s: %d hits, %w", what, hits, err)
				}
				for _, n := range []string{name, "copy-" + name} {
					info, err := b.Stat(ctx, n, nil)
					if err != nil || n == name && info.Version != put.Version {
						return fmt.Errorf("%s: Stat returns %+v, Put returned %+v, %w", what, info,
							put, err)
					}
					if info.Digest.CRC32C == "" ||
						a.CacheControl != "" && !reflect.DeepEqual(info.Attributes, a) {
						return fmt.Errorf("%s: %s has %+v, want a digest and all attributes", what,
							n, info)
					}
					for e, err := range b.List(ctx, "", &files.ListOptions{Prefix: n}) {
						if err != nil || e != info.Entry {
							return fmt.Errorf("%s: List returns %+v, Stat returns %+v, %w", what, e,
								info.Entry, err)
						}
					}
					if s, err := files.ReadString(ctx, b, n, nil); s != "content" || err != nil {
						return fmt.Errorf("%s: the content is %q, %w", what, s, err)
					}
				}
			}
		}
	}
	return nil
}

// A record that can't be set is stored in the sidecar, and content that the system
// can't copy is copied through memory.
func TestUnusualErrnos(t *testing.T) {
	dir := t.TempDir()
	needAttributes(t, dir)
	c := child(t.Context(), childTask{Job: "errnos", Dir: dir})
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	if err := sysfault.Supervise(c); err != nil {
		t.Fatalf("the child process failed: %v\n%s", err, out.String())
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*.attrs")); err != nil || len(names) == 0 {
		t.Errorf("sidecars are %q, %v, want at least one", names, err)
	}
}
