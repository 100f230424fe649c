package files_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestKindOfWrapped: KindOf finds the sentinel below other errors, those of the standard
// library too, and that of an *Error which has only a cause.
func TestKindOfWrapped(t *testing.T) {
	for err, want := range map[error]error{
		fs.ErrNotExist:       files.ErrNotExist,
		fs.ErrExist:          files.ErrExist,
		fs.ErrPermission:     files.ErrPermission,
		fs.ErrClosed:         files.ErrClosed,
		syscall.EROFS:        files.ErrPermission,
		files.ErrUncertain:   files.ErrUncertain,
		files.ErrUnavailable: files.ErrUnavailable,
		io.EOF:               nil,
	} {
		for _, err := range []error{
			err,
			fmt.Errorf("wrapped: %w", err),
			&fs.PathError{Op: "open", Path: "x", Err: err},
			&files.Error{Op: files.OpGet, Err: err},
			fmt.Errorf("wrapped: %w", &files.Error{Op: files.OpGet, Err: err}),
		} {
			if got := files.KindOf(err); got != want {
				t.Errorf("KindOf(%#v) = %v, want %v", err, got, want)
			}
		}
	}
}

// TestErrorsWithACause: an error that the library makes of another one has the library's
// sentinel, and errors.Is and errors.As find the cause.
func TestErrorsWithACause(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "j", "{")
	missing := filepath.Join(t.TempDir(), "missing")
	for what, c := range map[string]struct {
		do          func() error
		op          files.Op
		name        string
		kind, cause error
		text        string
	}{
		"PutFile": {func() error {
			_, err := files.PutFile(ctx, b, "a", missing, nil)
			return err
		}, files.OpPut, "a", files.ErrNotExist, syscall.ENOENT,
			"files: put a: file does not exist: on disk: open: no such file or directory"},
		"PutJSON": {func() error {
			_, err := files.PutJSON(ctx, b, "a", func() {}, nil)
			return err
		}, files.OpPut, "a", files.ErrInvalid, nil,
			"files: put a: invalid argument: the value can't be encoded: " +
				"json: unsupported type: func()"},
		"UpdateJSON": {func() error {
			_, err := files.UpdateJSON(ctx, b, "n", func(*int) error { return errBroken }, nil)
			return err
		}, files.OpUpdate, "n", nil, errBroken, "files: update n: " + errBroken.Error()},
		"Copy": {func() error {
			_, err := files.Copy(ctx, b, "to", b, "none", nil)
			return err
		}, files.OpCopy, "none to to", files.ErrNotExist, nil, ""},
		"Move": {func() error {
			_, err := files.Move(ctx, b, "to", b, "none", nil)
			return err
		}, files.OpMove, "none to to", files.ErrNotExist, nil, ""},
		"Download": {func() error {
			_, err := files.Download(ctx, b, "j", writerFunc(func([]byte) (int, error) {
				return 0, errBroken
			}), nil)
			return err
		}, files.OpGet, "j", nil, errBroken, "files: get j: the target: " + errBroken.Error()},
		"SignURL of a nil bucket": {func() error {
			_, err := files.SignURL(ctx, nil, "a", &files.SignOptions{Method: "PUT"})
			return err
		}, files.OpSignPut, "a", files.ErrInvalid, nil, ""},
		"SignURL of a nil bucket, without options": {func() error {
			_, err := files.SignURL(ctx, nil, "a", nil)
			return err
		}, files.OpSignGet, "a", files.ErrInvalid, nil, ""},
		"DeleteMany of a closed bucket": {func() error {
			closed := mem.New(nil)
			closed.Close()
			res, err := files.DeleteMany(ctx, files.Wrap(closed, files.Hooks{}),
				slices.Values([]string{"a"}))
			if len(res.Failed) != 0 {
				t.Errorf("DeleteMany of a closed bucket has %v", res.Failed)
			}
			return err
		}, files.OpDeleteMany, "", files.ErrClosed, nil, ""},
		"ListPage": {func() error {
			_, _, err := files.ListPage(ctx, &unlistable{b, "d/x"}, "d", "", 1, nil)
			return err
		}, files.OpList, "d/x", files.ErrPermission, nil, ""},
		"ListPage, of elsewhere": {func() error {
			_, _, err := files.ListPage(ctx, &unlistable{b, "e/x"}, "d", "", 1, nil)
			return err
		}, files.OpList, "d", files.ErrPermission, nil, ""},
	} {
		err := c.do()
		e, ok := err.(*files.Error)
		if !ok || e.Op != c.op || e.Name != c.name || e.Kind != c.kind {
			t.Errorf("%s: %#v, want an *Error of %s, %q and %v", what, err, c.op, c.name, c.kind)
			continue
		}
		if c.cause != nil && !errors.Is(err, c.cause) {
			t.Errorf("%s: %v doesn't wrap %v", what, err, c.cause)
		}
		if got := fmt.Sprint(err); c.text != "" && got != c.text {
			t.Errorf("%s prints as %q, want %q", what, got, c.text)
		}
	}
}

// unlistable is a bucket that can't list what is below a name.
type unlistable struct {
	files.Bucket
	name string
}

func (u *unlistable) List(context.Context, string,
	*files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		yield(files.Entry{}, &files.Error{
			Op:   files.OpList,
			Name: u.name,
			Kind: files.ErrPermission,
		})
	}
}

// TestTextsExactly: these errors print as they should, with Detail and escaped paths.
func TestTextsExactly(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	view := files.FS(ctx, b, nil)
	_, odd := view.Open("x\u202ey")
	_, corrupt := files.ReadAll(ctx, damaged(b), "a", nil)
	_, parts := files.DownloadAt(ctx, damaged(b), "a", &sink{},
		&files.DownloadAtOptions{PartSize: 2})
	for _, c := range []struct{ got, want string }{
		{odd.Error(), `open x\u202ey: files: get x\u202ey: file does not exist`},
		{fmt.Sprintf("%+v", corrupt), "files: get a: content does not match its size or " +
			"digest: digest is dd389ae2, stored was 2f5319e1"},
		{fmt.Sprintf("%+v", parts), "files: get a: content does not match its size or " +
			"digest: digest is *, stored was 2f5319e1"},
	} {
		before, after, wild := strings.Cut(c.want, "*")
		if !wild && c.got != c.want || !strings.HasPrefix(c.got, before) ||
			!strings.HasSuffix(c.got, after) {
			t.Errorf("an error prints as\n%q, want\n%q", c.got, c.want)
		}
	}
}
