package filestest

import (
	"context"
	"hash/crc32"
	"io"
	"iter"
	"net/http"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/fileshttp"
)

// The fake has uploads in parts that others send (package files/signing). An upload that
// another process continues (package files/resume) is one Put, as before.

var _ driver.PartReceiver = (*instrumented)(nil)

func (b *instrumented) uploads() driver.PartUploader { return b.Backend.(driver.PartUploader) }

// step charges a step of an upload.
func (b *instrumented) step(ctx context.Context, step string) {
	if sent := b.charging(ctx); sent != nil {
		b.personality.costs.upload(step, sent)
	}
}

// The steps of an upload.
const (
	stepBegin    = "begin"
	stepPart     = "part"
	stepParts    = "parts"
	stepComplete = "complete"
	stepFind     = "find"
	stepAbort    = "abort"
	stepList     = "list"
)

// UploadLimits implements driver.PartUploader.
func (b *instrumented) UploadLimits() driver.UploadLimits {
	limits := b.uploads().UploadLimits()
	if b.personality.costs != nil { // S3, GCS and what speaks their protocols
		limits.MinPart, limits.MaxPart = 5*mib, 5*gib
	}
	return limits
}

// UploadStore implements driver.PartUploader.
func (b *instrumented) UploadStore() string { return b.uploads().UploadStore() }

// CanSignParts implements driver.PartSigner.
func (b *instrumented) CanSignParts(u *driver.Upload) error {
	if !b.Features().SignContentType { // Azure, which signs no parts either
		return driver.Errorf(files.ErrUnsupported, "not every cloud can sign parts of uploads; "+
			"the fake signs them as GCS, MinIO or another does (filestest.As)")
	}
	if _, ok := b.personality.costs.(gcsCosts); ok &&
		(!u.If.IsZero() || len(u.Native) > 0 || !inHeaders(u.Attributes)) {
		return driver.Errorf(files.ErrUnsupported, "GCS has no upload in parts with a condition, "+
			"native options or attributes that no header can carry")
	}
	return b.fake.refuses(u.Name)
}

// BeginUpload implements driver.PartUploader.
func (b *instrumented) BeginUpload(ctx context.Context, u *driver.Upload) (string, error) {
	if !u.Signed {
		return "", files.ErrUnsupported
	}
	b.step(ctx, stepBegin)
	return b.uploads().BeginUpload(ctx, u)
}

// SignPart implements driver.PartSigner. The URL works with Client and Handler.
func (b *instrumented) SignPart(_ context.Context, u *driver.Upload, n int,
	expiry time.Duration) (files.SignedURL, error) {
	if most := b.personality.maxExpiry; most > 0 && expiry > most {
		return files.SignedURL{}, driver.Errorf(files.ErrInvalid,
			"an expiry of %v is more than 7 days", expiry)
	}
	return b.fake.signedParts().SignPart(u, n, expiry)
}

// signedParts signs and takes the fake's parts of uploads.
func (b *Bucket) signedParts() *fileshttp.Parts {
	return &fileshttp.Parts{
		Bucket: b.seen,
		Secret: b.secret[:],
		URL:    b.base() + "/",
		Now:    b.Clock.Now,
	}
}

// PutPart implements driver.PartUploader. No upload gets so far without a signed part.
func (b *instrumented) PutPart(context.Context, *driver.Upload, *driver.Part) (string, error) {
	return "", driver.ErrUploadGone
}

// ReceivePart implements driver.PartReceiver.
func (b *instrumented) ReceivePart(ctx context.Context, u *driver.Upload, number int, size int64,
	content io.Reader) (tag string, err error) {
	b.step(ctx, stepPart)
	data, err := io.ReadAll(io.LimitReader(content, size+1))
	if err != nil {
		return "", err
	}
	if int64(len(data)) != size {
		return "", driver.Errorf(files.ErrCorrupt,
			"the part doesn't have the %d bytes that it should have", size)
	}
	sum := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	part := driver.NewPart(number, 0, data, sum, false)
	defer part.Release()
	return b.uploads().PutPart(ctx, u, part)
}

// ListParts implements driver.PartUploader.
func (b *instrumented) ListParts(ctx context.Context,
	u *driver.Upload) ([]driver.UploadedPart, error) {
	b.step(ctx, stepParts)
	return b.uploads().ListParts(ctx, u)
}

// CompleteUpload implements driver.PartUploader.
func (b *instrumented) CompleteUpload(ctx context.Context, u *driver.Upload,
	parts []driver.UploadedPart) (info files.Info, err error) {
	b.step(ctx, stepComplete)
	err = b.fake.changes.stored(u.Name, func() error {
		info, err = b.uploads().CompleteUpload(ctx, u, parts)
		return err
	})
	return info, err
}

// FindUpload implements driver.PartUploader.
func (b *instrumented) FindUpload(ctx context.Context,
	u *driver.Upload) (info files.Info, found bool, err error) {
	b.step(ctx, stepFind)
	return b.uploads().FindUpload(ctx, u)
}

// AbortUpload implements driver.PartUploader.
func (b *instrumented) AbortUpload(ctx context.Context, name, id string) error {
	b.step(ctx, stepAbort)
	return b.uploads().AbortUpload(ctx, name, id)
}

// ListUploads implements driver.PartUploader.
func (b *instrumented) ListUploads(ctx context.Context,
	prefix string) iter.Seq2[driver.UnfinishedUpload, error] {
	b.step(ctx, stepList)
	return b.uploads().ListUploads(ctx, prefix)
}

// uploadRequests are the requests of each step, by a service's own names.
type uploadRequests map[string][]string

func (u uploadRequests) send(step string, sent charge) {
	for _, request := range u[step] {
		sent(request, 1)
	}
}

func (s3Costs) upload(step string, sent charge) {
	uploadRequests{
		stepBegin:    {"CreateMultipartUpload"},
		stepPart:     {"UploadPart"},
		stepParts:    {"ListParts"},
		stepComplete: {"CompleteMultipartUpload"},
		stepFind:     {"HeadObject"},
		// A part may still be on its way: nothing is left if two listings say so.
		stepAbort: {
			"AbortMultipartUpload", "ListParts", "AbortMultipartUpload", "ListParts",
		},
		stepList: {"ListMultipartUploads"},
	}.send(step, sent)
}

func (gcsCosts) upload(step string, sent charge) {
	uploadRequests{
		stepBegin:    {"XMLPost"},
		stepPart:     {"XMLPut"},
		stepParts:    {"XMLGet"},
		stepComplete: {"XMLPost"},
		stepFind:     {"GetObject"},
		stepAbort:    {"XMLDelete"},
		stepList:     {"XMLList"},
	}.send(step, sent)
}

func (azureCosts) upload(step string, sent charge) {
	uploadRequests{
		stepFind: {"GetBlobProperties"},
		stepList: {"ListBlobs"},
	}.send(step, sent)
}

// isPart reports whether a request to the fake's handler sends a part of an upload.
func isPart(r *http.Request) bool {
	return r.Method == http.MethodPut && fileshttp.IsPart(r)
}
