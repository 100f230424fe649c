package main

import (
	"context"
	"io"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"gocloud.dev/blob/azureblob"
)

var azurePeers = []peer{
	{
		name:    "cloudfiles",
		service: "azure",
		open:    openUs,
	},
	{
		name:    "Go CDK",
		service: "azure",
		module:  "gocloud.dev",
		open: func(ctx context.Context, t target) (client, error) {
			c, err := azureContainer(t)
			if err != nil {
				return nil, err
			}
			b, err := azureblob.OpenBucket(ctx, c, nil)
			return cdk{b}, err
		},
	},
	{
		name:    "Azure SDK",
		service: "azure",
		module:  "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob",
		open: func(_ context.Context, t target) (client, error) {
			c, err := azureContainer(t)
			return azureClient{c}, err
		},
	},
}

func azureContainer(t target) (*container.Client, error) {
	key, err := container.NewSharedKeyCredential(t.AccessKey, t.SecretKey)
	if err != nil {
		return nil, err
	}
	url := t.Endpoint + "/" + t.AccessKey + "/" + t.Bucket
	return container.NewClientWithSharedKeyCredential(url, key, nil)
}

// azureClient is a client of Microsoft's SDK.
type azureClient struct{ c *container.Client }

func (c azureClient) put(ctx context.Context, name string, content io.ReadSeeker, _ int64) error {
	_, err := c.c.NewBlockBlobClient(name).UploadStream(ctx, content, nil)
	return err
}

func (c azureClient) get(ctx context.Context, name string, w io.Writer) error {
	r, err := c.c.NewBlobClient(name).DownloadStream(ctx, nil)
	if err != nil {
		return err
	}
	body := r.NewRetryReader(ctx, nil)
	defer body.Close()
	_, err = io.Copy(w, body)
	return err
}

// getAt downloads into memory, because the SDK's parallel download only writes to a
// buffer or to a file on disk.
func (c azureClient) getAt(ctx context.Context, name string, w io.WriterAt, size int64) error {
	p := make([]byte, size)
	if _, err := c.c.NewBlobClient(name).DownloadBuffer(ctx, p, nil); err != nil {
		return err
	}
	_, err := w.WriteAt(p, 0)
	return err
}

func (c azureClient) stat(ctx context.Context, name string) error {
	_, err := c.c.NewBlobClient(name).GetProperties(ctx, nil)
	return err
}

func (c azureClient) del(ctx context.Context, name string) error {
	_, err := c.c.NewBlobClient(name).Delete(ctx, nil)
	return err
}

func (c azureClient) list(ctx context.Context, dir string, _ int) (n int, err error) {
	prefix := dir + "/"
	pages := c.c.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix})
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return n, err
		}
		n += len(page.Segment.BlobItems)
	}
	return n, nil
}
