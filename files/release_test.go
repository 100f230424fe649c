package files_test

import (
	"context"
	"io"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestContextsAreReleased: whatever has ended or was closed leaves nothing at the
// caller's context, which may be that of the whole program (X2).
func TestContextsAreReleased(t *testing.T) {
	type hooks = files.Hooks
	around := func(ctx context.Context, _ *files.Call, next func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		return next(ctx)
	}
	observe := func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
		return readerFunc(r.Read)
	}
	for layer, h := range map[string]hooks{
		"none":      {},
		"Around":    {Around: around},
		"Body":      {Body: observe},
		"both":      {Around: around, Body: observe},
		"Content":   {Content: observe},
		"Transform": {Transform: stamped(nil)},
	} {
		r := newRemote(t)
		b := files.Wrap(files.Wrap(r, h), hooks{Observes: true, Body: observe})
		for _, name := range []string{"a", "d/b", "d/c"} {
			put(t, b, name, "text")
		}
		for what, do := range map[string]func(ctx context.Context) error{
			"Get": func(ctx context.Context) error {
				r, err := b.Get(ctx, "a", &files.GetOptions{ReadTimeout: time.Hour})
				if err != nil {
					return err
				}
				r.Read(make([]byte, 1))
				return r.Close()
			},
			"Get to the end": func(ctx context.Context) error {
				_, err := files.ReadAll(ctx, b, "a", nil)
				return err
			},
			"Get of nothing": func(ctx context.Context) error {
				b.Get(ctx, "none", nil)
				return nil
			},
			"Put": func(ctx context.Context) error {
				_, err := files.PutString(ctx, b, "a", "more", nil)
				return err
			},
			"List that is left": func(ctx context.Context) error {
				for _, err := range b.List(ctx, "", nil) {
					return err
				}
				return nil
			},
			"OpenAt": func(ctx context.Context) error {
				f, err := files.OpenAt(ctx, b, "a", nil)
				if err != nil {
					return err
				}
				f.ReadAt(make([]byte, 1), 0)
				return f.Close()
			},
			"OpenAt of nothing": func(ctx context.Context) error {
				files.OpenAt(ctx, b, "none", nil)
				return nil
			},
			"ReadRanges": func(ctx context.Context) error {
				_, err := files.ReadRanges(ctx, b, "a", []files.Range{files.Bytes(0, 1)}, nil)
				return err
			},
			"an open file of the view": func(ctx context.Context) error {
				f, err := files.FS(ctx, b, nil).Open("a")
				if err != nil {
					return err
				}
				f.Read(make([]byte, 1))
				return f.Close()
			},
			"nothing in the view": func(ctx context.Context) error {
				files.FS(ctx, b, nil).Open("none")
				return nil
			},
			"Commit": func(ctx context.Context) error {
				w := files.NewWriter(ctx, b, "w", nil)
				w.Write([]byte("text"))
				_, err := w.Commit()
				return err
			},
			"Close of a Writer": func(ctx context.Context) error {
				return files.NewWriter(ctx, b, "w", nil).Close()
			},
			"DownloadAt": func(ctx context.Context) error {
				_, err := files.DownloadAt(ctx, b, "a", &sink{}, nil)
				return err
			},
			"PutFS": func(ctx context.Context) error {
				_, err := files.PutFS(ctx, b, "", manyFiles(3), nil)
				return err
			},
			"Copy": func(ctx context.Context) error {
				_, err := files.Copy(ctx, b, "x", mem.New(nil), "none", nil)
				if err == nil {
					return io.ErrUnexpectedEOF
				}
				_, err = files.Copy(ctx, b, "x", b, "a", nil)
				return err
			},
		} {
			ctx := &followed{Context: t.Context()}
			if err := do(ctx); err != nil {
				t.Errorf("%s, %s: %v, want no error", layer, what, err)
			}
			if n := ctx.waiting.Load(); n != 0 {
				t.Errorf("%s, %s: %d functions wait for the end of the context", layer, what, n)
			}
		}
	}
}
