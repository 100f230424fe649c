package azure

import (
	"context"
	"slices"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// TestModelWithoutUncommittedBlocks runs the cases that Azurite's bug breaks, with the
// bug fixed: the blocks of a failed put or copy are dropped. In a service that doesn't
// regard "uncommitted blocks" as a blob
// (https://learn.microsoft.com/rest/api/storageservices/put-block) that makes no
// difference.
func TestModelWithoutUncommittedBlocks(t *testing.T) {
	t.Parallel()
	h := bareHarness(t)
	h.ServerRaces = nil
	inner := h.New
	h.New = func(t conformance.T) files.Bucket {
		b := inner(t)
		return files.Wrap(b, files.Hooks{
			CloseInner: true,
			Around: func(ctx context.Context, call *files.Call,
				next func(context.Context) error) error {
				err := next(ctx)
				if err == nil || call.Op != files.OpPut && call.Op != files.OpCopy {
					return err
				}
				if derr := dropBlocks(context.WithoutCancel(ctx), b, call.Name); derr != nil {
					t.Errorf("dropping the blocks of %q: %v", call.Name, derr)
				}
				return err
			},
		})
	}
	cases := conformance.Cases()
	i := slices.IndexFunc(cases, func(c conformance.Case) bool { return c.ID() == "X1/model" })
	if r := conformance.RunCase(t.Context(), h, cases[i]); r.Outcome != conformance.Passed {
		t.Errorf("%s: %s, want %q", r.Outcome, r.Text(), conformance.Passed)
	}
}

// dropBlocks commits an empty list of blocks, and deletes the resulting blob.
func dropBlocks(ctx context.Context, b files.Bucket, name string) error {
	if files.CheckName(name) != nil {
		return nil
	}
	n, err := blocks(ctx, b, name)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		return nil // neither blob nor blocks
	}
	if n == 0 {
		return err
	}
	c, _ := files.As[*container.Client](b)
	blob := c.NewBlockBlobClient(name)
	if _, err := blob.CommitBlockList(ctx, nil, nil); err != nil {
		return err
	}
	_, err = blob.Delete(ctx, nil)
	return err
}
