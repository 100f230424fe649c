package s3

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// An upload that outlives its process is an upload in parts of the service. Its ID
// contains the service's: <mark>-<sums>-<service's ID>. The mark is in the metadata of
// the file that the upload becomes, as after a conditional Put. sums is "c" if the
// upload has a checksum of the whole, and otherwise "n".

var _ driver.PartUploader = (*backend)(nil)

// UploadLimits implements driver.PartUploader.
func (b *backend) UploadLimits() driver.UploadLimits {
	return driver.UploadLimits{
		MinPart:  minPart,
		MaxPart:  b.plan.MaxPartSize,
		MaxParts: b.plan.MaxParts,
	}
}

// UploadStore implements driver.PartUploader.
func (b *backend) UploadStore() string {
	return "s3 " + b.store.endpoint + " " + b.store.region + " " + b.store.bucket
}

const markLen = 32

func uploadID(mark string, sums bool, id string) string {
	flag := "n"
	if sums {
		flag = "c"
	}
	return mark + "-" + flag + "-" + id
}

// parseUpload splits an ID. An ID from a listing is only the service's.
func parseUpload(id string) (mark string, sums bool, own string) {
	f := strings.SplitN(id, "-", 3)
	if len(f) == 3 && len(f[0]) == markLen && strings.Trim(f[0], "0123456789abcdef") == "" &&
		(f[1] == "c" || f[1] == "n") {
		return f[0], f[1] == "c", f[2]
	}
	return "", false, id
}

// uploadOf returns the upload of an ID.
func (b *backend) uploadOf(name, id string) (u *upload, mark string) {
	mark, sums, own := parseUpload(id)
	return &upload{
		b:    b,
		key:  name,
		id:   &own,
		sums: sums && !b.noSums.Load(),
	}, mark
}

// BeginUpload implements driver.PartUploader.
func (b *backend) BeginUpload(ctx context.Context, u *driver.Upload) (string, error) {
	if err := b.checkUpload(ctx, u); err != nil {
		return "", err
	}
	var random [markLen / 2]byte
	rand.Read(random[:]) // never fails
	mark := hex.EncodeToString(random[:])
	// A part that others send has no checksum, which an upload with checksums requires.
	up, err := b.begin(ctx, b.createInput(u.Name, u.Attributes, mark, b.native(u.Native)),
		!u.Signed)
	if err != nil {
		return "", err
	}
	return uploadID(mark, up.sums, *up.id), nil
}

// checkUpload checks what a Put in parts checks before it begins.
func (b *backend) checkUpload(ctx context.Context, u *driver.Upload) error {
	if v, ok := u.If.Version(); ok {
		if err := b.checkVersion(v); err != nil {
			return err
		}
	}
	if err := b.beginPut(ctx, u.Name, u.If); err != nil {
		return err
	}
	if u.If.IsZero() {
		return nil
	}
	return b.relyOn(ctx, CompleteIf, u.Name)
}

// PutPart implements driver.PartUploader.
func (b *backend) PutPart(ctx context.Context, u *driver.Upload,
	part *driver.Part) (string, error) {
	up, _ := b.uploadOf(u.Name, u.ID)
	if err := up.send(ctx, part); err != nil {
		return "", goneOr(err)
	}
	return partTag(up.done[0].ETag), nil
}

func partTag(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

// goneOr returns ErrUploadGone if err says that the service no longer has the upload or
// a part, and otherwise err.
func goneOr(err error) error {
	if uploadGone(err) || responseOf(err).code == "InvalidPart" {
		return driver.ErrUploadGone
	}
	return err
}

// ListParts implements driver.PartUploader.
func (b *backend) ListParts(ctx context.Context, u *driver.Upload) ([]driver.UploadedPart, error) {
	up, _ := b.uploadOf(u.Name, u.ID)
	in := &s3.ListPartsInput{Bucket: &b.bucket, Key: &up.key, UploadId: up.id}
	var parts []driver.UploadedPart
	for {
		var out *s3.ListPartsOutput
		err := b.withRetry(ctx, opGet, func(ctx context.Context) (err error) {
			out, err = b.client.ListParts(ctx, in)
			return err
		})
		if responseOf(err).code == "NoSuchKey" { // Ceph means the upload
			return nil, driver.ErrUploadGone
		}
		if files.KindOf(err) == files.ErrNotExist && !uploadGone(err) {
			err = driver.WithCause(files.ErrUnavailable, err, detail(err))
		}
		if err != nil {
			return nil, goneOr(err)
		}
		last := 0
		for _, p := range out.Parts {
			n := int(aws.ToInt32(p.PartNumber))
			if n <= last || len(parts) > 0 && n <= parts[len(parts)-1].Number {
				return nil, driver.Errorf(files.ErrUnavailable,
					"the service lists parts out of order")
			}
			last = n
			parts = append(parts, driver.UploadedPart{
				Number: n,
				Size:   aws.ToInt64(p.Size),
				Tag:    partTag(p.ETag),
			})
		}
		if !aws.ToBool(out.IsTruncated) {
			return parts, nil
		}
		if last == 0 {
			return nil, driver.Errorf(files.ErrUnavailable,
				"the service lists parts without an end")
		}
		in.PartNumberMarker = out.NextPartNumberMarker
	}
}

// CompleteUpload implements driver.PartUploader.
func (b *backend) CompleteUpload(ctx context.Context, u *driver.Upload,
	parts []driver.UploadedPart) (files.Info, error) {
	if err := b.checkUpload(ctx, u); err != nil {
		return files.Info{}, err
	}
	up, mark := b.uploadOf(u.Name, u.ID)
	for _, p := range parts {
		done := types.CompletedPart{
			PartNumber: aws.Int32(int32(p.Number)),
			ETag:       aws.String(`"` + p.Tag + `"`),
		}
		if up.sums {
			done.ChecksumCRC32C = base64OfBytes(binary.BigEndian.AppendUint32(nil, p.CRC32C))
		}
		up.add(done)
	}
	c := b.newCommit(u.Name, u.If)
	c.writeID = mark
	digest := ""
	if up.sums {
		digest = u.Digest.CRC32C
	}
	info, err := up.complete(ctx, c, digest)
	if files.KindOf(err) == files.ErrUncertain {
		return files.Info{}, err
	}
	if err == nil && b.known.profile.EndsGoneUploads {
		switch _, found, err := b.FindUpload(ctx, u); {
		case err != nil:
			return files.Info{}, uncertain(err)
		case !found:
			return files.Info{}, driver.ErrUploadGone
		}
	}
	return info, goneOr(err)
}

// FindUpload implements driver.PartUploader.
func (b *backend) FindUpload(ctx context.Context, u *driver.Upload) (files.Info, bool, error) {
	mark, _, _ := parseUpload(u.ID)
	out, err := b.head(ctx, &s3.HeadObjectInput{Bucket: &b.bucket, Key: &u.Name})
	switch {
	case errors.Is(err, files.ErrNotExist):
		return files.Info{}, false, nil
	case err != nil:
		return files.Info{}, false, err
	}
	return infoOfHead(out), mark != "" && out.Metadata[markKey] == mark, nil
}

// AbortUpload implements driver.PartUploader. Another process may still be sending a
// part, so it checks twice that nothing is left.
func (b *backend) AbortUpload(ctx context.Context, name, id string) error {
	up, _ := b.uploadOf(name, id)
	up.cut.Store(true)
	return up.abortNow(ctx, nil)
}
