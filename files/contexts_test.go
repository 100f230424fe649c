package files_test

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestContextsEnd: the context that a function makes for its requests has ended when the
// function has returned or what it opened is closed, so that the caller's context holds
// nothing of it.
func TestContextsEnd(t *testing.T) {
	for what, do := range map[string]func(ctx context.Context, b files.Bucket) error{
		"DownloadAt": func(ctx context.Context, b files.Bucket) error {
			_, err := files.DownloadAt(ctx, b, "a", discardAt{}, nil)
			return err
		},
		"OpenAt and Close": func(ctx context.Context, b files.Bucket) error {
			f, err := files.OpenAt(ctx, b, "a", nil)
			if err != nil {
				return err
			}
			return f.Close()
		},
		"OpenAt of no file": func(ctx context.Context, b files.Bucket) error {
			_, err := files.OpenAt(ctx, b, "missing", nil)
			return absent(err)
		},
		"ReadRanges": func(ctx context.Context, b files.Bucket) error {
			far := []files.Range{files.Bytes(0, 1), files.Bytes(2<<20, 1), files.Last(1)}
			_, err := files.ReadRanges(ctx, b, "a", far, nil)
			return err
		},
		"Open and Close of a view": func(ctx context.Context, b files.Bucket) error {
			f, err := files.FS(ctx, b, nil).Open("a")
			if err != nil {
				return err
			}
			return f.Close()
		},
		"Open of no file of a view": func(ctx context.Context, b files.Bucket) error {
			_, err := files.FS(ctx, b, nil).Open("missing")
			return absent(err)
		},
		"a Writer": func(ctx context.Context, b files.Bucket) error {
			w := files.NewWriter(ctx, b, "b", nil)
			if _, err := w.Write([]byte("x")); err != nil {
				return err
			}
			_, err := w.Commit()
			return err
		},
		"a Writer without Commit": func(ctx context.Context, b files.Bucket) error {
			w := files.NewWriter(ctx, b, "b", nil)
			if _, err := w.Write([]byte("x")); err != nil {
				return err
			}
			return w.Close()
		},
	} {
		t.Run(what, func(t *testing.T) {
			parent, cancel := context.WithCancel(t.Context())
			defer cancel()
			store := mem.New(nil)
			put(t, store, "a", strings.Repeat("text", 1<<20))
			var mu sync.Mutex
			var begun []context.Context
			b := files.Wrap(store, files.Hooks{
				Begin: func(ctx context.Context, c *files.Call) (context.Context, error) {
					if ctx != parent && (c.Op == files.OpGet || c.Op == files.OpPut) {
						mu.Lock()
						defer mu.Unlock()
						begun = append(begun, ctx)
					}
					return ctx, nil
				},
				Body: same, // so that it isn't read like memory
			})
			if err := do(parent, b); err != nil {
				t.Fatal(err)
			}
			if len(begun) == 0 {
				t.Fatal("all requests had the caller's context")
			}
			for i, ctx := range begun {
				if ctx.Err() == nil {
					t.Errorf("the context of request %d of %d has not ended", i+1, len(begun))
				}
			}
		})
	}
}

type discardAt struct{}

func (discardAt) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }

// absent returns nil if the error is that there is no file.
func absent(err error) error {
	if errors.Is(err, files.ErrNotExist) {
		return nil
	}
	return cmp.Or(err, errors.New("there is a file"))
}
