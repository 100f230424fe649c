package resume

import (
	"context"
	"errors"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// prepare is step 1. plain reports that the upload is to be one Put.
func (u *upload) prepare(ctx context.Context) (plain bool, err error) {
	head, err := u.head()
	if err != nil {
		return false, err
	}
	asked := false
	var limits driver.UploadLimits
	var target string
	refused, _ := u.step(ctx, func(_ context.Context, to *driver.Uploader) error {
		asked = true
		limits, target = to.UploadLimits(), targetOf(to)
		u.up, err = to.Prepare(&u.put, u.size, head)
		return err
	})
	switch {
	case !asked && files.KindOf(refused) == errors.ErrUnsupported:
		return true, nil // if a Put isn't possible either, it returns the error
	case refused != nil:
		return false, refused
	}
	options, err := optionsOf(u.up, &u.put)
	if err != nil {
		return false, err
	}
	if u.tok != nil {
		return false, u.fits(target, options, limits)
	}
	most := min(maxParts, limits.MaxParts)
	size := u.opts.PartSize
	if size == 0 {
		size = partSize(u.size, u.opts.Concurrency)
	}
	if least := (u.size-1)/int64(most) + 1; size < least {
		const unit = 1 << 20
		size = (least + unit - 1) / unit * unit
	}
	if size = max(size, limits.MinPart); size > limits.MaxPart {
		return false, driver.Errorf(files.ErrTooLarge, "a part would have %d bytes, more than %d",
			size,
			limits.MaxPart)
	}
	if u.size <= size {
		return true, nil
	}
	u.up.PartSize = size
	u.tok = nil
	u.begin(target, options)
	return false, nil
}

// begin makes the token of a new upload.
func (u *upload) begin(target, options string) {
	u.tok = &token{
		Kind:     tokenKind,
		Version:  tokenVersion,
		Target:   target,
		Options:  options,
		Name:     u.name,
		Type:     u.up.Attributes.ContentType,
		Size:     u.size,
		PartSize: u.up.PartSize,
		Source:   sourceOf(u.opts.SourceVersion),
	}
	u.sent = map[int]sent{}
}

// head returns the first bytes of the source, for the content type.
func (u *upload) head() ([]byte, error) {
	if u.put.ContentType != "" {
		return nil, nil // isn't looked for
	}
	head := make([]byte, min(driver.SniffLen, u.size))
	n, err := u.source.ReadAt(head, 0)
	if n < len(head) && err != io.EOF {
		return nil, err
	}
	return head[:n], nil
}

// fits checks that the token is for this upload.
func (u *upload) fits(target, options string, limits driver.UploadLimits) error {
	t := u.tok
	u.up.ID, u.up.PartSize = t.ID, t.PartSize
	u.unfit = true
	other := ""
	switch {
	case t.Target != target:
		other, u.foreign = "another bucket or name", true
	case t.Options != options:
		other = "a file with other options"
	case t.Size != u.size, u.up.TypeFound && t.Type != u.up.Attributes.ContentType:
		u.unfit = false
		return nil // the source has changed, which rounds reports
	case t.PartSize < limits.MinPart || t.PartSize > limits.MaxPart ||
		(t.Size-1)/t.PartSize+1 > int64(min(maxParts, limits.MaxParts)):
		other = "parts that the bucket doesn't take"
	}
	if other != "" {
		return driver.Errorf(files.ErrInvalid, "the token is for %s", other)
	}
	for n := range u.sent {
		if n < 1 || n > u.up.Parts() {
			return driver.Errorf(files.ErrInvalid, "the token is damaged")
		}
	}
	u.unfit = false
	return nil
}
