package gcs

import (
	"context"
	"errors"
	"testing"

	"cloud.google.com/go/storage"
	"cloudfiles.dev/drivers/internal/baseline"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
	"google.golang.org/api/iterator"
)

// BenchmarkBaselines measures calls through the driver against the same calls on the bare
// SDK and the bare Go CDK.
func BenchmarkBaselines(b *testing.B) { baseline.Bench(b, baselines(b)...) }

// TestAllocations: a call allocates at most 1.1 times as much as on the bare SDK, and
// no more than on the bare Go CDK.
func TestAllocations(t *testing.T) { baseline.Allocations(t, nil, baselines(t)...) }

// baselines are the driver, the bare SDK and the bare Go CDK, on one client.
func baselines(t testing.TB) []baseline.Client {
	t.Helper()
	s := testserver.Start(t, testserver.FakeGCS)
	b, err := files.Open(t.Context(), s.Store(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	client, _ := files.As[*storage.Client](b)
	raw, _ := files.As[*blob.Bucket](b)
	return []baseline.Client{
		baseline.Driver(b), bareSDK(client.Bucket(driver.Unwrap(b).(*backend).bucket)),
		baseline.GoCDK(raw),
	}
}

// bareSDK is the SDK as a program would use it: with a chunk size of 0 it sends in one
// request without a buffer, and its listing requests the same fields as the driver's.
func bareSDK(bucket *storage.BucketHandle) baseline.Client {
	read := func(r *storage.Reader, err error) error {
		if err != nil {
			return err
		}
		return baseline.Discard(r)
	}
	return baseline.Client{
		Name: "sdk",
		Put: func(ctx context.Context, name string, content []byte) error {
			w := bucket.Object(name).NewWriter(ctx)
			w.ChunkSize, w.ContentType = 0, baseline.ContentType
			if _, err := w.Write(content); err != nil {
				return err
			}
			return w.Close()
		},
		Get: func(ctx context.Context, name string) error {
			return read(bucket.Object(name).NewReader(ctx))
		},
		Range: func(ctx context.Context, name string, off, n int64) error {
			return read(bucket.Object(name).NewRangeReader(ctx, off, n))
		},
		Stat: func(ctx context.Context, name string) error {
			_, err := bucket.Object(name).Attrs(ctx)
			return err
		},
		Delete: func(ctx context.Context, name string) error {
			return bucket.Object(name).Delete(ctx)
		},
		Copy: func(ctx context.Context, dst, src string) error {
			_, err := bucket.Object(dst).CopierFrom(bucket.Object(src)).Run(ctx)
			return err
		},
		List: func(ctx context.Context, dir string) (n int, err error) {
			q := &storage.Query{Prefix: dir, Projection: storage.ProjectionNoACL}
			if err := q.SetAttrSelection([]string{
				"Name", "Size", "Updated", "Generation",
			}); err != nil {
				return 0, err
			}
			for i := bucket.Objects(ctx, q); ; n++ {
				if _, err := i.Next(); errors.Is(err, iterator.Done) {
					return n, nil
				} else if err != nil {
					return n, err
				}
			}
		},
	}
}
