package driver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloudfiles.dev/files"
)

// SignedUploadOptions are the options of BeginSignedUpload. Size is required.
type SignedUploadOptions struct {
	// Size is the size of the whole file in bytes, at least 1.
	Size int64
	// PartSize is the size of each part but the last. 0 is 8 MiB, or more so that there
	// are at most 10,000 parts. A service's limits, such as 5 MiB on S3, may make it
	// larger.
	PartSize int64
	// Attributes are stored with the file. Without a content type, the name's extension
	// decides it; the content isn't known when the upload begins.
	Attributes files.Attributes
	// If is the condition of CompleteSignedUpload, decided when the file is stored.
	If files.Condition
	// Native are options of one service, as in files.PutOptions.
	Native []files.NativeOption
}

// SignedUpload is an upload whose parts others send. It is encoded as JSON for another
// process, or a later request, to go on with, and has no credentials and no signature.
// Its fields are what BeginSignedUpload has decided; the other functions trust them.
type SignedUpload struct {
	Name     string `json:"name"`
	Size     int64  `json:"size"`     // of the whole file, in bytes
	PartSize int64  `json:"partSize"` // of each part but the last, in bytes
	ID       string `json:"id"`
	Target   string `json:"target"` // a hash of the store and the name in it

	Attributes files.Attributes `json:"attributes"`
	TypeFound  bool             `json:"typeFound,omitempty"` // by the name
	IfAbsent   bool             `json:"ifAbsent,omitempty"`
	IfVersion  files.Version    `json:"ifVersion,omitempty"`
}

// SignedPart is a part of an upload that the store has.
type SignedPart struct {
	Number int   `json:"number"` // from 1
	Size   int64 `json:"size"`   // in bytes
}

// maxSignedParts is how many parts every service takes.
const maxSignedParts = 10_000

// Parts returns how many parts the upload has.
func (u *SignedUpload) Parts() int { return u.upload("").Parts() }

// Part returns the offset and the size in bytes of part number n, from 1.
func (u *SignedUpload) Part(n int) (offset, size int64) { return u.upload("").Part(n) }

// Missing returns the numbers of the parts that must still be sent, ascending: those
// that aren't in the list, or have another size there.
func (u *SignedUpload) Missing(there []SignedPart) []int {
	sizes := make(map[int]int64, len(there))
	for _, p := range there {
		sizes[p.Number] = p.Size
	}
	var missing []int
	for n := 1; n <= u.Parts(); n++ {
		if _, size := u.Part(n); sizes[n] != size {
			missing = append(missing, n)
		}
	}
	return missing
}

// upload returns the backend's form of the upload.
func (u *SignedUpload) upload(name string) *Upload {
	up := &Upload{
		Name:       name,
		Attributes: u.Attributes.Clone(),
		TypeFound:  u.TypeFound,
		Size:       u.Size,
		PartSize:   u.PartSize,
		ID:         u.ID,
		Signed:     true,
	}
	switch {
	case u.IfAbsent:
		up.If = files.IfAbsent()
	case u.IfVersion != "":
		up.If = files.IfVersion(u.IfVersion)
	}
	return up
}

// check refuses what BeginSignedUpload never returns.
func (u *SignedUpload) check() error {
	switch {
	case u == nil:
		return Errorf(files.ErrInvalid, "the upload is nil")
	case u.ID == "" || u.Size < 1 || u.PartSize < 1 || u.IfAbsent && u.IfVersion != "" ||
		(u.Size-1)/u.PartSize >= maxSignedParts:
		return Errorf(files.ErrInvalid, "the upload is damaged")
	}
	return files.CheckName(u.Name)
}

// of returns the backend's form of the upload, if it is one of the bucket's.
func (u *SignedUpload) of(to *Uploader) (*Upload, error) {
	if u.Target != signedTarget(to) {
		return nil, Errorf(files.ErrInvalid, "the upload is one of another bucket or name")
	}
	return u.upload(to.Name), nil
}

func signedTarget(to *Uploader) string {
	sum := sha256.Sum256([]byte("signed\x00" + to.Store()))
	return hex.EncodeToString(sum[:16])
}

func isGone(err error) bool { return errors.Is(err, ErrUploadGone) }

// BeginSignedUpload implements BeginUpload of package signing, which documents it.
func BeginSignedUpload(ctx context.Context, b files.Bucket, name string,
	o SignedUploadOptions) (*SignedUpload, error) {
	u, err := beginSigned(ctx, b, name, o)
	if err != nil {
		return nil, NewError(files.OpUpload, name, err)
	}
	return u, nil
}

func beginSigned(ctx context.Context, b files.Bucket, name string,
	o SignedUploadOptions) (*SignedUpload, error) {
	switch {
	case o.Size < 1:
		return nil, Errorf(files.ErrInvalid,
			"an upload of %d bytes: the size is required, and an empty file needs no upload",
			o.Size)
	case o.PartSize < 0:
		return nil, Errorf(files.ErrInvalid, "negative part size %d", o.PartSize)
	}
	if err := files.CheckName(name); err != nil {
		return nil, err
	}
	u := &SignedUpload{Name: name, Size: o.Size}
	prepare := func(to *Uploader) (*Upload, error) {
		put := &files.PutOptions{
			Attributes: o.Attributes,
			If:         o.If,
			Native:     o.Native,
		}
		if _, ok := TypeByName(to.Name); !ok && put.ContentType == "" {
			put.ContentType = "application/octet-stream"
		}
		up, err := to.Prepare(put, o.Size, nil)
		if err == nil {
			up.Signed = true
			up.PartSize, err = signedPartSize(o, to.UploadLimits())
		}
		return up, err
	}
	// Everything is refused before the service keeps anything.
	err := withPartSigner(ctx, b, name, func(_ context.Context, to partSigner) error {
		up, err := prepare(to.Uploader)
		if err == nil {
			err = to.signer.CanSignParts(up)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = uploadStep(ctx, b, name, func(ctx context.Context, to *Uploader) error {
		up, err := prepare(to)
		if err != nil {
			return err
		}
		if up.ID, err = to.BeginUpload(ctx, up); err != nil {
			if err == files.ErrUnsupported {
				err = Errorf(files.ErrUnsupported,
					"the service has no upload in parts with these attributes or this condition")
			}
			return err
		}
		u.ID, u.PartSize, u.Target = up.ID, up.PartSize, signedTarget(to)
		u.Attributes, u.TypeFound = up.Attributes, up.TypeFound
		u.IfAbsent = up.If.Absent()
		u.IfVersion, _ = up.If.Version()
		return nil
	})
	if err == nil && u.ID == "" { // a backend began nothing, and says nothing
		err = errNoParts
	}
	if err != nil {
		return nil, err
	}
	return u, nil
}

// signedPartSize returns the size of the parts.
func signedPartSize(o SignedUploadOptions, limits UploadLimits) (int64, error) {
	const unit = 1 << 20
	size := o.PartSize
	if size == 0 {
		size = 8 * unit
	}
	most := int64(min(maxSignedParts, limits.MaxParts))
	if least := (o.Size-1)/most + 1; size < least {
		size = (least + unit - 1) / unit * unit
	}
	if size = max(size, limits.MinPart); size > limits.MaxPart {
		return 0, Errorf(files.ErrTooLarge, "a part would have %d bytes, more than %d", size,
			limits.MaxPart)
	}
	return size, nil
}

// SignPart implements SignPart of package signing, which documents it.
func SignPart(ctx context.Context, b files.Bucket, u *SignedUpload, number int,
	expiry time.Duration) (files.SignedURL, error) {
	name := ""
	err := u.check()
	if err == nil {
		name = u.Name
		switch {
		case number < 1 || number > u.Parts():
			err = Errorf(files.ErrInvalid, "part %d of an upload of %d parts", number,
				u.Parts())
		case expiry < 0:
			err = Errorf(files.ErrInvalid, "negative expiry %v", expiry)
		}
	}
	if expiry == 0 {
		expiry = DefaultExpiry
	}
	var signed files.SignedURL
	if err == nil {
		err = withPartSigner(ctx, b, name,
			func(ctx context.Context, to partSigner) error {
				up, err := u.of(to.Uploader)
				if err == nil {
					err = to.signer.CanSignParts(up)
				}
				if err == nil {
					signed, err = to.signer.SignPart(ctx, up, number, expiry)
				}
				return err
			})
	}
	if err == nil && signed.URL == "" { // a backend signed nothing, and says nothing
		err = errNoParts
	}
	if err != nil {
		return files.SignedURL{}, NewError(files.OpSignPut, name, err)
	}
	return signed, nil
}

// SignedParts implements ListParts of package signing, which documents it.
func SignedParts(ctx context.Context, b files.Bucket, u *SignedUpload) ([]SignedPart, error) {
	if err := u.check(); err != nil {
		return nil, NewError(files.OpUpload, "", err)
	}
	parts, err := u.list(ctx, b)
	if err != nil {
		return nil, NewError(files.OpUpload, u.Name, err)
	}
	signed := []SignedPart{}
	for _, p := range parts {
		signed = append(signed, SignedPart{p.Number, p.Size})
	}
	return signed, nil
}

// list returns the parts that the store has. Of two with one number it returns the
// last, which came later.
func (u *SignedUpload) list(ctx context.Context, b files.Bucket) (parts []UploadedPart, err error) {
	err = uploadStep(ctx, b, u.Name, func(ctx context.Context, to *Uploader) error {
		up, err := u.of(to)
		if err == nil {
			parts, err = to.ListParts(ctx, up)
		}
		return err
	})
	var last []UploadedPart
	for _, p := range parts {
		if n := len(last); n > 0 && last[n-1].Number == p.Number {
			last = last[:n-1]
		}
		last = append(last, p)
	}
	return last, err
}

// maxSignedRounds is how often the parts are listed again because one was replaced while
// the upload was completed.
const maxSignedRounds = 3

// CompleteSignedUpload implements CompleteUpload of package signing, which documents it.
func CompleteSignedUpload(ctx context.Context, b files.Bucket,
	u *SignedUpload) (files.Info, error) {
	if err := u.check(); err != nil {
		return files.Info{}, NewError(files.OpUpload, "", err)
	}
	info, err := u.complete(ctx, b)
	if err != nil {
		return files.Info{}, NewError(files.OpUpload, u.Name, err)
	}
	info.Name = u.Name
	return info, nil
}

func (u *SignedUpload) complete(ctx context.Context, b files.Bucket) (files.Info, error) {
	for round := 1; ; round++ {
		parts, err := u.list(ctx, b)
		switch {
		case err == errSignedGone: // an earlier call may have completed it
			return u.find(ctx, b, err)
		case err != nil:
			return files.Info{}, err
		}
		if err := u.fits(parts); err != nil {
			return files.Info{}, err
		}
		info, err := u.store(ctx, b, parts)
		kind := files.KindOf(err)
		switch {
		case err == nil:
			return info, nil
		case err == errSignedGone: // or a part was replaced meanwhile
			found, ferr := u.find(ctx, b, err)
			if ferr != errSignedGone || round == maxSignedRounds {
				return found, ferr
			}
		case kind == files.ErrExist || kind == files.ErrPrecondition:
			return u.find(ctx, b, err)
		default:
			return files.Info{}, err
		}
	}
}

// fits compares the parts of the store with what was declared.
func (u *SignedUpload) fits(parts []UploadedPart) error {
	there := make([]SignedPart, len(parts))
	for i, p := range parts {
		there[i] = SignedPart{p.Number, p.Size}
		if p.Number < 1 || p.Number > u.Parts() {
			return Errorf(files.ErrCorrupt, "there is a part %d, of an upload of %d parts",
				p.Number, u.Parts())
		}
	}
	missing := u.Missing(there)
	if len(missing) == 0 {
		return nil
	}
	const shown = 8
	var text []string
	for _, n := range missing[:min(len(missing), shown)] {
		_, size := u.Part(n)
		i := slices.IndexFunc(there, func(p SignedPart) bool { return p.Number == n })
		if i < 0 {
			text = append(text, fmt.Sprintf("part %d is missing", n))
		} else {
			text = append(text, fmt.Sprintf("part %d has %d bytes, not %d", n, there[i].Size, size))
		}
	}
	if more := len(missing) - shown; more > 0 {
		text = append(text, fmt.Sprintf("and %d more", more))
	}
	return Errorf(files.ErrCorrupt, "the upload isn't complete: %s", strings.Join(text, ", "))
}

// store makes a file of the parts.
func (u *SignedUpload) store(ctx context.Context, b files.Bucket,
	parts []UploadedPart) (info files.Info, err error) {
	err = uploadStep(ctx, b, u.Name, func(ctx context.Context, to *Uploader) error {
		up, err := u.of(to)
		if err != nil {
			return err
		}
		got, err := to.CompleteUpload(ctx, up, slices.Clone(parts))
		if err == nil {
			info = to.Info(up, got)
		}
		return err
	})
	return info, err
}

// find returns the Info of the file that the upload has become, or why if there is none.
func (u *SignedUpload) find(ctx context.Context, b files.Bucket,
	why error) (info files.Info, err error) {
	found := false
	err = uploadStep(ctx, b, u.Name, func(ctx context.Context, to *Uploader) error {
		up, err := u.of(to)
		if err != nil {
			return err
		}
		got, ok, err := to.FindUpload(ctx, up)
		found = ok && got.Size == u.Size
		info = to.Info(up, got)
		return err
	})
	switch {
	case err != nil:
		return files.Info{}, err
	case !found:
		return files.Info{}, why
	}
	return info, nil
}

// AbortSignedUpload implements AbortUpload of package signing, which documents it.
func AbortSignedUpload(ctx context.Context, b files.Bucket, u *SignedUpload) error {
	if err := u.check(); err != nil {
		return NewError(files.OpUpload, "", err)
	}
	err := uploadStep(ctx, b, u.Name, func(ctx context.Context, to *Uploader) error {
		up, err := u.of(to)
		if err == nil {
			err = to.AbortUpload(ctx, up.Name, up.ID)
		}
		return err
	})
	if err == errSignedGone { // that is what was asked for
		return nil
	}
	return NewError(files.OpUpload, u.Name, err)
}
