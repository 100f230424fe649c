package s3

import (
	"context"
	"iter"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// ListUploads implements driver.PartUploader. A store that lists by the key (UploadsOfKey)
// is asked twice: for the uploads of the key, and for all.
func (b *backend) ListUploads(ctx context.Context,
	prefix string) iter.Seq2[driver.UnfinishedUpload, error] {
	return func(yield func(driver.UnfinishedUpload, error) bool) {
		sent, exists := b.known.prefix(prefix)
		if !exists {
			return
		}
		if b.isDirectory() { // which takes only prefixes that end in a slash
			sent = sent[:strings.LastIndexByte(sent, '/')+1]
		}
		type upload struct{ name, id string }
		seen := map[upload]bool{}
		for u, err := range b.listUploads(ctx, sent, prefix) {
			seen[upload{u.Name, u.ID}] = true
			if !yield(u, err) || err != nil {
				return
			}
		}
		if sent == "" || !b.known.byKey.Load() { // the first response may have shown it
			return
		}
		for u, err := range b.listUploads(ctx, "", prefix) {
			if (err != nil || !seen[upload{u.Name, u.ID}]) && !yield(u, err) {
				return
			}
		}
	}
}

// listUploads yields the uploads of a listing whose keys begin with prefix.
func (b *backend) listUploads(ctx context.Context,
	sent, prefix string) iter.Seq2[driver.UnfinishedUpload, error] {
	return func(yield func(driver.UnfinishedUpload, error) bool) {
		in := &s3.ListMultipartUploadsInput{
			Bucket:       &b.bucket,
			Prefix:       strPtr(sent),
			EncodingType: types.EncodingTypeUrl,
		}
		for {
			var out *s3.ListMultipartUploadsOutput
			err := b.withRetry(ctx, opList, func(ctx context.Context) (err error) {
				out, err = b.client.ListMultipartUploads(ctx, in)
				return err
			})
			if err != nil {
				yield(driver.UnfinishedUpload{}, err)
				return
			}
			encoded := out.EncodingType == types.EncodingTypeUrl
			for _, u := range out.Uploads {
				key, odd := decode(u.Key, encoded)
				if odd || !strings.HasPrefix(key, prefix) {
					continue
				}
				if !yield(driver.UnfinishedUpload{
					Name: key,
					ID:   aws.ToString(u.UploadId),
					Time: aws.ToTime(u.Initiated).UTC(),
					Size: -1,
				}, nil) {
					return
				}
			}
			if !aws.ToBool(out.IsTruncated) {
				return
			}
			key, odd := decode(out.NextKeyMarker, encoded)
			id := aws.ToString(out.NextUploadIdMarker)
			if odd || key == aws.ToString(in.KeyMarker) && id == aws.ToString(in.UploadIdMarker) {
				yield(driver.UnfinishedUpload{}, driver.Errorf(files.ErrUnavailable,
					"the service lists uploads without an end"))
				return
			}
			in.KeyMarker, in.UploadIdMarker = &key, strPtr(id)
		}
	}
}
