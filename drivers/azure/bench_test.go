package azure

import (
	"bytes"
	"context"
	"testing"
	"time"

	"cloudfiles.dev/drivers/internal/baseline"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"gocloud.dev/blob/azureblob"
)

// BenchmarkBaselines measures calls through the driver against the same calls on the bare
// SDK and the bare Go CDK.
func BenchmarkBaselines(b *testing.B) { baseline.Bench(b, baselines(b)...) }

// TestAllocations: a call allocates at most 1.1 times as much as on the bare SDK, and
// no more than on the bare Go CDK.
func TestAllocations(t *testing.T) {
	baseline.Allocations(t,
		map[string]string{
			"op=copy/size=1KiB": "Copy Blob, one request, whose target can be seen while it is " +
				"pending (P1)",
		}, baselines(t)...)
}

// baselines are the driver, the bare SDK and the bare Go CDK, on one client.
func baselines(t testing.TB) []baseline.Client {
	t.Helper()
	server := testserver.Start(t, testserver.Azurite)
	bucket, err := files.Open(t.Context(), server.Store(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bucket.Close() })
	client, _ := files.As[*container.Client](bucket)
	raw, err := azureblob.OpenBucket(t.Context(), client, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return []baseline.Client{baseline.Driver(bucket), bareSDK(client), baseline.GoCDK(raw)}
}

// bareSDK is the SDK as a program would use it. Its puts have a content type, but not
// what the driver adds, such as a digest in the metadata. Its copy makes the same
// requests as the driver's, since the emulator lacks Put Blob From URL.
func bareSDK(client *container.Client) baseline.Client {
	read := func(ctx context.Context, name string, opts *blob.DownloadStreamOptions) error {
		r, err := client.NewBlobClient(name).DownloadStream(ctx, opts)
		if err != nil {
			return err
		}
		return baseline.Discard(r.Body)
	}
	return baseline.Client{
		Name: "sdk",
		Put: func(ctx context.Context, name string, content []byte) error {
			_, err := client.NewBlockBlobClient(name).Upload(ctx,
				streaming.NopCloser(bytes.NewReader(content)),
				&blockblob.UploadOptions{
					HTTPHeaders: &blob.HTTPHeaders{BlobContentType: new(baseline.ContentType)},
				})
			return err
		},
		Get: func(ctx context.Context, name string) error { return read(ctx, name, nil) },
		Range: func(ctx context.Context, name string, off, n int64) error {
			return read(ctx, name, &blob.DownloadStreamOptions{Range: blob.HTTPRange{
				Offset: off,
				Count:  n,
			}})
		},
		Stat: func(ctx context.Context, name string) error {
			_, err := client.NewBlobClient(name).GetProperties(ctx, nil)
			return err
		},
		Delete: func(ctx context.Context, name string) error {
			_, err := client.NewBlobClient(name).Delete(ctx,
				&blob.DeleteOptions{DeleteSnapshots: new(blob.DeleteSnapshotsOptionTypeInclude)})
			return err
		},
		Copy: func(ctx context.Context, dst, src string) error {
			return sdkCopy(ctx, client, dst, src)
		},
		List: func(ctx context.Context, dir string) (n int, err error) {
			for p := client.NewListBlobsFlatPager(
				&container.ListBlobsFlatOptions{Prefix: &dir}); p.More(); {
				page, err := p.NextPage(ctx)
				if err != nil {
					return n, err
				}
				n += len(page.Segment.BlobItems)
			}
			return n, nil
		},
	}
}

// sdkCopy copies the version of the source that it finds, by its signed URL, in one
// block.
func sdkCopy(ctx context.Context, client *container.Client, dst, src string) error {
	from := client.NewBlobClient(src)
	props, err := from.GetProperties(ctx, nil)
	if err != nil {
		return err
	}
	signed, err := from.GetSASURL(permissions["GET"], time.Now().Add(time.Hour), nil)
	if err != nil {
		return err
	}
	to, id := client.NewBlockBlobClient(dst), newBlockIDs().id(0)
	if _, err := to.StageBlockFromURL(ctx, id, signed, &blockblob.StageBlockFromURLOptions{
		Range: blob.HTTPRange{Count: *props.ContentLength},
		SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{
			SourceIfMatch: props.ETag,
		},
	}); err != nil {
		return err
	}
	_, err = to.CommitBlockList(ctx, []string{id}, &blockblob.CommitBlockListOptions{
		HTTPHeaders: &blob.HTTPHeaders{BlobContentType: props.ContentType},
		Metadata:    props.Metadata,
	})
	return err
}
