package files_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestBodiesAreClosed: whatever a function opens, it has closed when it returns, or when
// what it returned is closed, also if it fails (X2).
func TestBodiesAreClosed(t *testing.T) {
	r, direct := newRemote(t), mem.New(nil)
	for _, b := range []files.Bucket{r, direct} {
		if _, err := files.PutBytes(ctx, b, "a", randomBytes(1<<20), nil); err != nil {
			t.Fatal(err)
		}
	}
	var open atomic.Int64
	count := files.Hooks{
		Begin: func(ctx context.Context, c *files.Call) (context.Context, error) {
			if c.Op == files.OpGet {
				open.Add(1)
			}
			return ctx, nil
		},
		Done: func(_ context.Context, c *files.Call, _ int64, _ error) {
			if c.Op == files.OpGet {
				open.Add(-1)
			}
		},
	}
	path := filepath.Join(t.TempDir(), "f")
	fails := writerFunc(func([]byte) (int, error) { return 0, errBroken })
	change := func(a *files.Attributes) error { a.CacheControl += "x"; return nil }
	for layer, b := range map[string]files.Bucket{
		"streams": files.Wrap(r, count),
		"direct":  files.Wrap(direct, count),
		"copied":  files.Wrap(bare{b: r}, count),
	} {
		for what, do := range map[string]func() error{
			"Download": func() error {
				_, err := files.Download(ctx, b, "a", io.Discard, nil)
				return err
			},
			"Download that fails": func() error {
				if _, err := files.Download(ctx, b, "a", fails, nil); !errors.Is(err, errBroken) {
					return err
				}
				return nil
			},
			"DownloadFile": func() error {
				_, err := files.DownloadFile(ctx, b, "a", path, nil)
				return err
			},
			"DownloadAt": func() error {
				_, err := files.DownloadAt(ctx, b, "a", &sink{},
					&files.DownloadAtOptions{PartSize: 100_000})
				return err
			},
			"ReadAll": func() error { _, err := files.ReadAll(ctx, b, "a", nil); return err },
			"ReadFile": func() error {
				_, err := fs.ReadFile(files.FS(ctx, b, nil), "a")
				return err
			},
			"ReadRanges": func() error {
				_, err := files.ReadRanges(ctx, b, "a",
					[]files.Range{files.Bytes(0, 9), files.Last(9)}, nil)
				return err
			},
			"OpenAt": func() error {
				f, err := files.OpenAt(ctx, b, "a", nil)
				if err != nil {
					return err
				}
				f.ReadAt(make([]byte, 300<<10), 500_000)
				for off := int64(200 << 10); off < 400<<10; off += 16 << 10 {
					f.ReadAt(make([]byte, 16<<10), off)
				}
				return f.Close()
			},
			"UpdateAttributes": func() error {
				_, err := files.UpdateAttributes(ctx, b, "a", change, nil)
				return err
			},
			"Update": func() error {
				_, err := files.Update(ctx, b, "a", appendX, nil)
				return err
			},
			"Copy": func() error { _, err := files.Copy(ctx, b, "c", b, "a", nil); return err },
		} {
			if err := do(); err != nil {
				t.Errorf("%s, %s: %v, want no error", layer, what, err)
			}
			if n := open.Swap(0); n != 0 {
				t.Errorf("%s, %s: %d bodies are open", layer, what, n)
			}
		}
	}
}
