package files_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want error
	}{
		{nil, nil},
		{errBroken, nil},
		{context.Canceled, nil},
		{os.ErrDeadlineExceeded, nil},
		{fs.ErrNotExist, files.ErrNotExist},
		{&fs.PathError{Err: syscall.ENOENT}, files.ErrNotExist},
		{syscall.EEXIST, files.ErrExist},
		{syscall.EACCES, files.ErrPermission},
		{syscall.EROFS, files.ErrPermission},
		{fs.ErrClosed, files.ErrClosed},
		{errors.ErrUnsupported, files.ErrUnsupported},
		{fmt.Errorf("x: %w", files.ErrCorrupt), files.ErrCorrupt},
		{errors.Join(files.ErrNotExist, files.ErrClosed), files.ErrClosed}, // by precedence (E2)
		{driver.Errorf(files.ErrTooLarge, "x"), files.ErrTooLarge},
		// The sentinel that was set counts, whatever the cause is.
		{driver.WithCause(files.ErrChanged, files.ErrPrecondition, "x"), files.ErrChanged},
		{driver.WithCause(files.ErrChanged, fs.ErrNotExist, "x"), files.ErrChanged},
		{fmt.Errorf("x: %w",
			driver.WithCause(files.ErrPermission, files.ErrClosed, "x")), files.ErrPermission},
		{&files.Error{Kind: files.ErrUnavailable, Err: files.ErrInvalid}, files.ErrUnavailable},
	} {
		if got := files.KindOf(c.err); got != c.want {
			t.Errorf("%v is %v, want %v", c.err, got, c.want)
		}
		if c.err == nil {
			continue
		}
		e := driver.NewError(files.OpGet, "n", c.err).(*files.Error)
		if e.Kind != c.want {
			t.Errorf("NewError of %v is %v, want %v", c.err, e.Kind, c.want)
		}
		if c.want != nil && !errors.Is(e, c.want) {
			t.Errorf("%v is not %v", e, c.want)
		}
	}
}

// TestSentinels: each sentinel is itself and the standard library's error of the same
// name, if there is one, and no other.
func TestSentinels(t *testing.T) {
	std := map[error]error{
		files.ErrNotExist:    fs.ErrNotExist,
		files.ErrExist:       fs.ErrExist,
		files.ErrPermission:  fs.ErrPermission,
		files.ErrClosed:      fs.ErrClosed,
		files.ErrInvalidName: fs.ErrInvalid,
		files.ErrInvalid:     fs.ErrInvalid,
		files.ErrUnsupported: errors.ErrUnsupported,
	}
	for _, s := range sentinels {
		e := driver.NewError(files.OpPut, "n", s)
		for _, other := range sentinels {
			if errors.Is(e, other) != (s == other) {
				t.Errorf("%v is %v: %v", s, other, errors.Is(e, other))
			}
		}
		for _, name := range []error{
			fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, fs.ErrClosed, fs.ErrInvalid,
			errors.ErrUnsupported,
		} {
			if errors.Is(e, name) != (std[s] == name) {
				t.Errorf("%v is %v: %v", s, name, errors.Is(e, name))
			}
		}
		if want := "files: put n: " + s.Error(); e.Error() != want {
			t.Errorf("%q, want %q", e, want)
		}
	}
}

// TestErrorTexts: the text of an error has no path, URL or text of a system's error,
// and errors.Is and errors.As still find these errors (E1).
// TestTimeout: an Error whose cause is a deadline, however deep, is a timeout, and no
// other is.
func TestTimeout(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{context.DeadlineExceeded, true},
		{os.ErrDeadlineExceeded, true},
		{fmt.Errorf("reading: %w", context.DeadlineExceeded), true},
		{fmt.Errorf("reading: %w", os.ErrDeadlineExceeded), true},
		{&fs.PathError{Op: "read", Path: "p", Err: os.ErrDeadlineExceeded}, true},
		{context.Canceled, false},
		{errors.New("deadline exceeded"), false},
		{nil, false},
	} {
		err := &files.Error{Op: files.OpGet, Name: "n", Kind: files.ErrUnavailable, Err: c.err}
		if got := err.Timeout(); got != c.want {
			t.Errorf("Timeout of %v = %v, want %v", c.err, got, c.want)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	secret := "/srv/hidden/tenant"
	for _, c := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{
			Op:   "open",
			Path: secret,
			Err:  syscall.ENOENT,
		}, "files: get n: file does not exist: open: no such file or directory"},
		{fmt.Errorf("hidden %w", &os.LinkError{
			Op:  "rename",
			Old: secret,
			New: secret,
			Err: syscall.EXDEV,
		}), "files: get n: rename: invalid cross-device link"},
		{os.NewSyscallError("fsync", syscall.EIO), "files: get n: fsync: input/output error"},
		{&url.Error{
			Op:  "Get",
			URL: "https://host/?sig=hidden",
			Err: errors.New("connection refused"),
		}, "files: get n: Get: connection refused"},
		{&url.Error{
			Op:  "Get",
			URL: "https://host/?sig=hidden",
			Err: &fs.PathError{Op: "dial", Path: secret, Err: syscall.ECONNREFUSED},
		}, "files: get n: Get: dial: connection refused"},
		{driver.WithCause(files.ErrUnavailable, errors.New(secret),
			"status 503"), "files: get n: temporarily unavailable: status 503"},
		{driver.Errorf(files.ErrInvalid, "range %d", 7), "files: get n: invalid argument: range 7"},
		{errors.New("line\nbreak\x00"), `files: get n: line\nbreak\x00`},
		{context.DeadlineExceeded, "files: get n: context deadline exceeded"},
		{&files.Error{
			Op:   files.OpPut,
			Name: "inner",
			Kind: files.ErrExist,
		}, "files: get n: file already exists"},
		{fmt.Errorf("x: %w", &files.Error{
			Op:   files.OpPut,
			Name: "other",
			Kind: files.ErrExist,
		}), "files: get n: file already exists: put other: file already exists"},
	} {
		e := driver.NewError(files.OpGet, "n", c.err)
		if e.Error() != c.want {
			t.Errorf("got  %s\nwant %s", e, c.want)
		}
		if strings.Contains(e.Error(), "hidden") {
			t.Errorf("%s shows what it should not", e)
		}
	}
	cause := &fs.PathError{Op: "open", Path: secret, Err: syscall.EIO}
	err := driver.NewError(files.OpGet, "n", driver.WithCause(files.ErrUnavailable, cause, "disk"))
	if pe, ok := errors.AsType[*fs.PathError](err); !ok || pe != cause || !errors.Is(err,
		syscall.EIO) || !errors.Is(err, files.ErrUnavailable) {
		t.Error("the cause is out of reach:", err)
	}
	if driver.NewError(files.OpGet, "n", nil) != nil {
		t.Error("an error of nothing")
	}
}

func TestErrorTimeout(t *testing.T) {
	for err, want := range map[error]bool{
		context.DeadlineExceeded: true,
		os.ErrDeadlineExceeded:   true,
		context.Canceled:         false,
		files.ErrUnavailable:     false,
	} {
		e := driver.NewError(files.OpGet, "n", err)
		if got := os.IsTimeout(e); got != want {
			t.Errorf("%v: timeout %v, want %v", err, got, want)
		}
	}
}

func TestContextEndedWithCause(t *testing.T) {
	if err := driver.ContextError(ctx); err != nil {
		t.Error(err)
	}
	plain, cancel := context.WithCancel(ctx)
	cancel()
	if err := driver.ContextError(plain); err != context.Canceled {
		t.Errorf("ContextError = %v, want context.Canceled", err)
	}
	caused, cancelCause := context.WithCancelCause(ctx)
	cancelCause(errBroken)
	err := driver.ContextError(caused)
	if !errors.Is(err,
		context.Canceled) || !errors.Is(err, errBroken) || err.Error() != "it broke" {
		t.Errorf("ContextError = %v", err)
	}
	_, gerr := tree(t).Get(caused, "d", nil)
	is(t, gerr, context.Canceled)
	is(t, gerr, errBroken)
	late, cancelLate := context.WithTimeoutCause(ctx, 0, errBroken)
	defer cancelLate()
	if err := driver.NewError(files.OpGet, "n",
		driver.ContextError(late)); !os.IsTimeout(err) || !errors.Is(err,
		context.DeadlineExceeded) {
		t.Errorf("NewError = %v", err)
	}
}
