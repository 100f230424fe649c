package gocloud

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// failing is a bucket whose Put and List fail.
type failing struct {
	files.Bucket
	err error
}

func (f failing) Put(context.Context, string, io.Reader, *files.PutOptions) (files.Info, error) {
	return files.Info{}, f.err
}

func (f failing) List(context.Context, string, *files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) { yield(files.Entry{}, f.err) }
}

// TestUploadThatFails: a failed Upload stores nothing, although Go CDK's own drivers
// commit (P2).
func TestUploadThatFails(t *testing.T) {
	b := mem.New(nil)
	defer b.Close()
	raw := ToBlob(b, nil)
	put(t, b, "f", "old", nil)
	broken := errors.New("broken")
	for _, n := range []int{0, 10, 3 * smallWrite} {
		err := raw.Upload(t.Context(), "f",
			io.MultiReader(strings.NewReader(strings.Repeat("n", n)), iotest.ErrReader(broken)),
			&blob.WriterOptions{ContentType: "text/plain"})
		if !errors.Is(err, broken) {
			t.Errorf("%d bytes: %v, want %v", n, err, broken)
		}
		if got := get(t, b, "f", nil); got != "old" {
			t.Errorf("%d bytes: the file has %d bytes, want the same %d", n, len(got), len("old"))
		}
	}
}

// TestBridgeWriter: writers of small and large contents, in pieces, committed and
// cancelled, leave no goroutine.
func TestBridgeWriter(t *testing.T) {
	for _, size := range []int{0, 1, smallWrite, smallWrite + 1, 3*smallWrite + 7} {
		for _, piece := range []int{1 << 10, smallWrite, 1 << 20} {
			synctest.Test(t, func(t *testing.T) {
				b := mem.New(nil)
				defer b.Close()
				raw := ToBlob(b, nil)
				content := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
				write := func(ctx context.Context) (*blob.Writer, error) {
					w, err := raw.NewWriter(ctx, "f",
						&blob.WriterOptions{ContentType: "text/plain"})
					if err != nil {
						t.Fatal(err)
					}
					for rest := content; len(rest) > 0; {
						n := min(piece, len(rest))
						if _, err := w.Write(rest[:n]); err != nil {
							return w, err
						}
						rest = rest[n:]
					}
					return w, nil
				}
				ctx, cancel := context.WithCancel(t.Context())
				w, err := write(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := b.Stat(t.Context(), "f", nil); !errors.Is(err, files.ErrNotExist) {
					t.Errorf("%d bytes by %d: Stat before Close: %v, want ErrNotExist", size,
						piece, err)
				}
				cancel()
				if err := w.Close(); !errors.Is(err, context.Canceled) {
					t.Errorf("%d bytes by %d: Close of the cancelled writer = %v, want "+
						"context.Canceled", size, piece, err)
				}
				if _, err := b.Stat(t.Context(), "f", nil); !errors.Is(err, files.ErrNotExist) {
					t.Errorf("%d bytes by %d: Stat after a cancelled Close: %v, want ErrNotExist",
						size, piece, err)
				}
				w, err = write(t.Context())
				if err := errors.Join(err, w.Close()); err != nil {
					t.Fatal(err)
				}
				if got := get(t, b, "f", nil); got != string(content) {
					t.Errorf("%d bytes by %d: read %d bytes, want the same %d", size, piece,
						len(got), len(content))
				}
			})
		}
	}
}

// TestPutThatFails: Write or Close returns the bucket's error, and the writer's
// goroutine ends.
func TestPutThatFails(t *testing.T) {
	for _, size := range []int{1, 4 * smallWrite} {
		synctest.Test(t, func(t *testing.T) {
			raw := ToBlob(failing{mem.New(nil), driver.Errorf(files.ErrTooLarge, "full")}, nil)
			w, err := raw.NewWriter(t.Context(), "f", nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.Write(make([]byte, size))
			if cerr := w.Close(); err == nil {
				err = cerr
			}
			if !errors.Is(err,
				files.ErrTooLarge) || gcerrors.Code(err) != gcerrors.InvalidArgument {
				t.Errorf("%d bytes: %v", size, err)
			}
		})
	}
}

// TestStoredMD5: WriteAll passes the MD5, which is then the file's.
func TestStoredMD5(t *testing.T) {
	raw := ToBlob(mem.New(&mem.Options{GivenDigests: true}), nil)
	if err := raw.WriteAll(t.Context(), "f", []byte("hello"), nil); err != nil {
		t.Fatal(err)
	}
	a, err := raw.Attributes(t.Context(), "f")
	if err != nil || len(a.MD5) != 16 {
		t.Errorf("MD5 %x, %v, want 16 bytes and nil", a.MD5, err)
	}
}

// TestSniffedAsGoCDK: the content type is found by the content only, whatever the
// extension, and not at all if the caller disables detection.
func TestSniffedAsGoCDK(t *testing.T) {
	raw := ToBlob(mem.New(nil), nil)
	for _, c := range []struct {
		opts *blob.WriterOptions
		want string
	}{
		{nil, "text/html; charset=utf-8"},
		{&blob.WriterOptions{DisableContentTypeDetection: true}, "application/octet-stream"},
		{&blob.WriterOptions{ContentType: "text/csv"}, "text/csv"},
	} {
		if err := raw.WriteAll(t.Context(), "f.png", []byte("<!DOCTYPE html>"),
			c.opts); err != nil {
			t.Fatal(err)
		}
		if a, err := raw.Attributes(t.Context(), "f.png"); err != nil || a.ContentType != c.want {
			t.Errorf("%+v: %q, %v, want %q and nil", c.opts, a.ContentType, err, c.want)
		}
	}
}

func TestErrorCodes(t *testing.T) {
	for err, want := range map[error]gcerrors.ErrorCode{
		files.ErrNotExist:    gcerrors.NotFound,
		files.ErrNoBucket:    gcerrors.NotFound,
		files.ErrExist:       gcerrors.FailedPrecondition,
		files.ErrPermission:  gcerrors.PermissionDenied,
		files.ErrUnsupported: gcerrors.Unimplemented,
		files.ErrInvalidName: gcerrors.InvalidArgument,
		files.ErrUnavailable: gcerrors.ResourceExhausted,
		context.Canceled:     gcerrors.Canceled,
		errors.New("other"):  gcerrors.Unknown,
	} {
		raw := ToBlob(failing{mem.New(nil), driver.NewError(files.OpList, "", err)}, nil)
		_, got := raw.List(nil).Next(t.Context())
		if gcerrors.Code(got) != want || !errors.Is(got, err) {
			t.Errorf("List with the error %v has the error %v, want the code %v", err, got, want)
		}
	}
	if ok, err := ToBlob(failing{mem.New(nil), files.ErrNoBucket},
		nil).IsAccessible(t.Context()); ok || err != nil {
		t.Errorf("IsAccessible of a missing bucket: %v, %v", ok, err)
	}
}

// TestToBlobClose: Close leaves the caller's bucket open, unless ToBlobOptions.Own is
// set (X3).
func TestToBlobClose(t *testing.T) {
	b := mem.New(nil)
	if err := ToBlob(b, nil).Close(); err != nil {
		t.Fatal(err)
	}
	put(t, b, "f", "x", nil)
	if err := ToBlob(b, &ToBlobOptions{Own: true}).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Stat(t.Context(), "f", nil); !errors.Is(err, files.ErrClosed) {
		t.Errorf("Get from the owned bucket after Close = %v, want ErrClosed", err)
	}
}

// TestBridgeHooks: the hooks set conditions for which Go CDK has no option.
func TestBridgeHooks(t *testing.T) {
	b := mem.New(nil)
	raw := ToBlob(b, nil)
	v := put(t, b, "f", "old", nil).Version
	err := raw.WriteAll(t.Context(), "f", []byte("new"), &blob.WriterOptions{
		BeforeWrite: func(as func(any) bool) error {
			var o *files.PutOptions
			if !as(&o) {
				t.Error("no *files.PutOptions")
			}
			o.If = files.IfVersion("other")
			return nil
		},
	})
	if gcerrors.Code(err) != gcerrors.FailedPrecondition || !errors.Is(err, files.ErrPrecondition) {
		t.Errorf("Put if version = %v", err)
	}
	err = raw.DeleteWithOptions(t.Context(), "f", &blob.DeleteOptions{
		BeforeDelete: func(as func(any) bool) error {
			var o *files.DeleteOptions
			as(&o)
			o.IfVersion = v
			return nil
		},
	})
	if err != nil {
		t.Errorf("Delete if version = %v, want nil", err)
	}
}
