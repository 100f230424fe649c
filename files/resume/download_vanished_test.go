package resume_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
)

// TestDownloadBucketVanishes: what was downloaded is kept if the bucket is missing, also if
// its Stat can't distinguish that from a missing file, as on S3 (E3).
func TestDownloadBucketVanishes(t *testing.T) {
	var gone atomic.Bool
	counted := newCounted(mem.New(&mem.Options{VersionPerPut: true}))
	want := content(7, 40*part)
	put(t, counted, "f", want)
	path := filepath.Join(t.TempDir(), "f")
	b := files.Wrap(counted, files.Hooks{
		Features: func(f files.Features) files.Features {
			f.StatNoBucket = false
			return f
		},
		Around: func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			switch {
			case !gone.Load():
				return next(ctx)
			case c.Op == files.OpStat:
				return files.ErrNotExist
			}
			return files.ErrNoBucket
		},
	})
	broken(t, counted, path)
	gone.Store(true)
	if _, err := resume.Download(t.Context(), b, "f", path, small); !errors.Is(err,
		files.ErrNoBucket) {
		t.Errorf("Download = %v, want ErrNoBucket", err)
	}
	gone.Store(false)
	before := counted.sent.Load()
	if _, err := resume.Download(t.Context(), b, "f", path, small); err != nil {
		t.Errorf("Download = %v, want nil", err)
	}
	if n := counted.sent.Load() - before; n > 30*part {
		t.Errorf("%d bytes were fetched again of %d", n, len(want))
	}
	wantFile(t, path, want)
}
