package azure

import (
	"bytes"
	"context"
	"io"
	"testing"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"
)

// BenchmarkCalls has each call through the driver beside the same on the bare SDK and on the bare Go CDK, on one server: compare user CPU
// time and allocations, since the server is on the same machine.
func BenchmarkCalls(b *testing.B) {
	server := testserver.Start(b, testserver.Azurite)
	bucket, err := files.Open(b.Context(), server.Store(b))
	if err != nil {
		b.Fatal(err)
	}
	defer bucket.Close()
	client, _ := files.As[*container.Client](bucket)
	theirs, err := azureblob.OpenBucket(b.Context(), client, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer theirs.Close()
	kib := make([]byte, 1024)
	discard := func(r io.ReadCloser, err error) error {
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = io.Copy(io.Discard, r)
		return err
	}
	for _, c := range []struct {
		call             string
		ours, sdk, gocdk func(ctx context.Context) error
	}{
		{"Put1KiB",
			func(ctx context.Context) error { _, err := files.PutBytes(ctx, bucket, "a.txt", kib, nil); return err },
			func(ctx context.Context) error {
				_, err := client.NewBlockBlobClient("a.txt").Upload(ctx, streaming.NopCloser(bytes.NewReader(kib)), nil)
				return err
			},
			func(ctx context.Context) error {
				return theirs.WriteAll(ctx, "a.txt", kib, &blob.WriterOptions{ContentType: "text/plain"})
			}},
		{"Get1KiB",
			func(ctx context.Context) error {
				r, err := bucket.Get(ctx, "a.txt", nil)
				if err != nil {
					return err
				}
				return discard(r, nil)
			},
			func(ctx context.Context) error {
				r, err := client.NewBlobClient("a.txt").DownloadStream(ctx, nil)
				if err != nil {
					return err
				}
				return discard(r.Body, nil)
			},
			func(ctx context.Context) error {
				r, err := theirs.NewReader(ctx, "a.txt", nil)
				if err != nil {
					return err
				}
				return discard(r, nil)
			}},
		{"Stat",
			func(ctx context.Context) error { _, err := bucket.Stat(ctx, "a.txt", nil); return err },
			func(ctx context.Context) error {
				_, err := client.NewBlobClient("a.txt").GetProperties(ctx, nil)
				return err
			},
			func(ctx context.Context) error { _, err := theirs.Attributes(ctx, "a.txt"); return err }},
	} {
		for _, by := range []struct {
			name string
			f    func(ctx context.Context) error
		}{{"cloudfiles", c.ours}, {"sdk", c.sdk}, {"gocdk", c.gocdk}} {
			b.Run(c.call+"/"+by.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := by.f(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
