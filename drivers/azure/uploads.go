package azure

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"cloudfiles.dev/drivers/internal/oddtext"
	"cloudfiles.dev/drivers/internal/paging"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// An upload that outlives its process consists only of its blocks: no request begins
// it, and attributes and conditions are sent with the commit. Its ID is random. It is
// the beginning of the blocks' IDs, and the mark of the file that the upload becomes. A
// block's ID also has its number and its CRC-32C, so a block with other content has
// another ID. It is as long as the block IDs of a Put (blockIDs), because the service
// requires one length.

var _ driver.PartUploader = (*backend)(nil)

// uploadIDLen makes a block's ID as long as a Put's: 32, "-" and 7 digits.
const uploadIDLen = 40 - len("-0000000-00000000")

// UploadLimits implements driver.PartUploader.
func (b *backend) UploadLimits() driver.UploadLimits {
	return driver.UploadLimits{MinPart: minBlock, MaxPart: maxBlock, MaxParts: maxBlocks}
}

// UploadStore implements driver.PartUploader.
func (b *backend) UploadStore() string { return "azure " + b.store }

// BeginUpload implements driver.PartUploader. It makes no request.
func (b *backend) BeginUpload(_ context.Context, u *driver.Upload) (string, error) {
	if err := checkUpload(u); err != nil {
		return "", err
	}
	var r [uploadIDLen/2 + 1]byte
	rand.Read(r[:]) // never fails
	return hex.EncodeToString(r[:])[:uploadIDLen], nil
}

func checkUpload(u *driver.Upload) error {
	if err := checkName(u.Name); err != nil {
		return err
	}
	if v, ok := u.If.Version(); ok {
		return usable(v)
	}
	return nil
}

func uploadBlock(id string, number int, crc32c uint32) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s-%07d-%08x", id, number, crc32c))
}

// parseBlock reads the ID of a block of the upload.
func parseBlock(id, block string) (number int, crc32c uint32, ok bool) {
	text, err := base64.StdEncoding.DecodeString(block)
	f := strings.Split(string(text), "-")
	if err != nil || len(f) != 3 || f[0] != id {
		return 0, 0, false
	}
	number, err1 := strconv.Atoi(f[1])
	crc, err2 := strconv.ParseUint(f[2], 16, 32)
	return number, uint32(crc), errors.Join(err1, err2) == nil &&
		uploadBlock(id, number, uint32(crc)) == block
}

// PutPart implements driver.PartUploader.
func (b *backend) PutPart(ctx context.Context, u *driver.Upload,
	part *driver.Part) (string, error) {
	id := uploadBlock(u.ID, part.Number, part.CRC32C)
	return id, b.stageBlock(ctx, &write{name: u.Name}, id, part)
}

// blocks lists a name's uncommitted blocks, if any.
func (b *backend) blocks(ctx context.Context, name string) (blocks []*blockblob.Block, err error) {
	err = b.withRetry(ctx, opBlocks, func(ctx context.Context) error {
		r, err := b.blockBlob(name).GetBlockList(ctx, blockblob.BlockListTypeUncommitted, nil)
		blocks = r.UncommittedBlocks
		return err
	})
	if files.KindOf(err) == files.ErrNotExist {
		return nil, nil
	}
	return blocks, err
}

// ListParts implements driver.PartUploader. An upload without blocks is gone: the service
// drops them when another write of the name is committed, or after a week.
func (b *backend) ListParts(ctx context.Context, u *driver.Upload) ([]driver.UploadedPart, error) {
	blocks, err := b.blocks(ctx, u.Name)
	if err != nil {
		return nil, err
	}
	var parts []driver.UploadedPart
	for _, block := range blocks {
		if block == nil || block.Size == nil {
			continue
		}
		if n, crc, ok := parseBlock(u.ID, value(block.Name)); ok {
			parts = append(parts, driver.UploadedPart{
				Number: n,
				Size:   *block.Size,
				CRC32C: crc,
				Tag:    *block.Name,
			})
		}
	}
	if len(parts) == 0 {
		return nil, driver.ErrUploadGone
	}
	// The service lists uncommitted blocks by name, Azurite as they came.
	slices.SortStableFunc(parts, func(a, b driver.UploadedPart) int {
		return cmp.Compare(a.Number, b.Number)
	})
	return parts, nil
}

// CompleteUpload implements driver.PartUploader.
func (b *backend) CompleteUpload(ctx context.Context, u *driver.Upload,
	parts []driver.UploadedPart) (files.Info, error) {
	if err := checkUpload(u); err != nil {
		return files.Info{}, err
	}
	ids := make([]string, len(parts))
	for i, p := range parts {
		ids[i] = p.Tag
	}
	w := &write{
		name:    u.Name,
		attrs:   &u.Attributes,
		digest:  u.Digest,
		size:    u.Size,
		cond:    u.If,
		native:  native(u.Native),
		writeID: u.ID,
	}
	info, err := b.commitBlocks(ctx, w, ids)
	if dropped(err) && files.KindOf(err) != files.ErrUncertain {
		return files.Info{}, driver.ErrUploadGone
	}
	return info, err
}

// FindUpload implements driver.PartUploader.
func (b *backend) FindUpload(ctx context.Context, u *driver.Upload) (files.Info, bool, error) {
	var r blob.GetPropertiesResponse
	err := b.withRetry(ctx, opStat, func(ctx context.Context) (err error) {
		r, err = b.blob(u.Name).GetProperties(ctx, nil)
		return err
	})
	switch {
	case files.KindOf(err) == files.ErrNotExist:
		return files.Info{}, false, nil
	case err != nil:
		return files.Info{}, false, err
	}
	return properties(r), reservedValue(r.Metadata, markKey) == u.ID, nil
}

// AbortUpload implements driver.PartUploader. The service has no request to abort an
// upload.
func (b *backend) AbortUpload(context.Context, string, string) error {
	return driver.Errorf(files.ErrUnsupported,
		"Azure has no request that removes blocks; it removes them a week after the last one, "+
			"or when the file is written")
}

// ListUploads implements driver.PartUploader: it yields the names that have only
// blocks. A listing of uncommitted blobs has them among the others, as if they were
// empty.
func (b *backend) ListUploads(ctx context.Context,
	prefix string) iter.Seq2[driver.UnfinishedUpload, error] {
	return func(yield func(driver.UnfinishedUpload, error) bool) {
		var marker *string
		for {
			var page container.ListBlobsFlatResponse
			err := b.withRetry(ctx, opList, func(ctx context.Context) (err error) {
				page, err = b.client().NewListBlobsFlatPager(&container.ListBlobsFlatOptions{
					Prefix:  &prefix,
					Marker:  marker,
					Include: container.ListBlobsInclude{UncommittedBlobs: true},
				}).NextPage(ctx)
				if err == nil && page.Segment == nil {
					err = paging.Bad("no list of blobs")
				}
				return err
			})
			if err != nil {
				yield(driver.UnfinishedUpload{}, err)
				return
			}
			for _, item := range page.Segment.BlobItems {
				u, ok, err := b.unfinished(ctx, item)
				if err != nil {
					yield(driver.UnfinishedUpload{}, err)
					return
				}
				if ok && strings.HasPrefix(u.Name, prefix) && !yield(u, nil) {
					return
				}
			}
			next := strings.TrimSpace(value(page.NextMarker))
			if next == "" {
				return
			}
			if next == value(marker) {
				yield(driver.UnfinishedUpload{}, driver.Errorf(files.ErrUnavailable,
					"the service lists blobs without an end"))
				return
			}
			marker = &next
		}
	}
}

// unfinished checks whether a listed blob has only blocks.
func (b *backend) unfinished(ctx context.Context,
	item *container.BlobItem) (u driver.UnfinishedUpload, ok bool, err error) {
	if item == nil || item.Name == nil || item.Properties == nil ||
		item.Properties.ContentLength != nil && *item.Properties.ContentLength > 0 {
		return u, false, nil
	}
	u.Name = oddtext.Restore(*item.Name)
	if item.Properties.LastModified != nil {
		u.Time = item.Properties.LastModified.UTC()
	}
	err = b.withRetry(ctx, opStat, func(ctx context.Context) error {
		_, err := b.blob(u.Name).GetProperties(ctx, nil)
		return err
	})
	if err == nil || files.KindOf(err) != files.ErrNotExist {
		return u, false, err // an empty file
	}
	blocks, err := b.blocks(ctx, u.Name)
	for _, block := range blocks {
		if block != nil && block.Size != nil {
			u.Size += *block.Size
		}
	}
	return u, len(blocks) > 0, err
}
