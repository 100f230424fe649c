package check

import (
	"context"
	"errors"
	"hash/crc32"
	"slices"
	"sync"

	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Upload is an upload in parts that outlives a process, made step by step as package
// files/resume makes it. Its methods return [driver.ErrUploadGone] itself.
type Upload struct {
	B       files.Bucket
	Name    string
	Content []byte
	Up      *driver.Upload
	Done    bool // Complete has succeeded

	mu   sync.Mutex
	Sent map[int]driver.UploadedPart // what PutPart returned
}

// ErrOnePut means that the backend makes one Put of the upload.
var ErrOnePut = errors.New("the upload is one Put")

// ErrNoUploads means that the bucket has no uploads in parts that outlive a process.
var ErrNoUploads = errors.New("the bucket has no uploads in parts that outlive a process")

// below returns the bucket itself: a case's H would hide its uploads.
func below(b files.Bucket) files.Bucket {
	if h, ok := b.(*suite.H); ok {
		return h.Bucket
	}
	return b
}

// UploadLimits returns how uploads to the bucket must be divided.
func UploadLimits(ctx context.Context, b files.Bucket) (limits driver.UploadLimits, err error) {
	asked := false
	err = driver.WithUploader(ctx, below(b), "f",
		func(_ context.Context, to *driver.Uploader) error {
			asked, limits = true, to.UploadLimits()
			return nil
		})
	if !asked && errors.Is(err, files.ErrUnsupported) {
		err = ErrNoUploads
	}
	return limits, err
}

// NewUpload returns the upload of a content with an ID, which is "" before the upload
// has begun. It makes no request.
func NewUpload(ctx context.Context, b files.Bucket, name, id string, content []byte,
	partSize int64, opts *files.PutOptions) (*Upload, error) {
	u := &Upload{
		B:       below(b),
		Name:    name,
		Content: content,
		Sent:    map[int]driver.UploadedPart{},
	}
	err := u.step(ctx, func(_ context.Context, to *driver.Uploader) (err error) {
		head := content[:min(len(content), driver.SniffLen)]
		u.Up, err = to.Prepare(opts, int64(len(content)), head)
		return err
	})
	if err != nil {
		return nil, err
	}
	u.Up.ID, u.Up.PartSize = id, partSize
	h := driver.NewHasher(files.Digest{})
	h.Write(content)
	u.Up.Digest = h.Sum()
	return u, nil
}

func (u *Upload) step(ctx context.Context,
	f func(ctx context.Context, to *driver.Uploader) error) error {
	gone := false
	err := driver.WithUploader(ctx, u.B, u.Name,
		func(ctx context.Context, to *driver.Uploader) error {
			err := f(ctx, to)
			if gone = errors.Is(err, driver.ErrUploadGone); gone {
				return nil // a layer need not retry
			}
			return err
		})
	if err == nil && gone {
		err = driver.ErrUploadGone
	}
	return err
}

// Store returns the text that identifies the store and the file in every process.
func (u *Upload) Store(ctx context.Context) (store string, err error) {
	err = u.step(ctx, func(_ context.Context, to *driver.Uploader) error {
		store = to.Store()
		return nil
	})
	return store, err
}

// Begin begins the upload. The error is ErrOnePut if the backend makes a Put of it.
func (u *Upload) Begin(ctx context.Context) error {
	one := false
	err := u.step(ctx, func(ctx context.Context, to *driver.Uploader) (err error) {
		u.Up.ID, err = to.BeginUpload(ctx, u.Up)
		if one = err == files.ErrUnsupported; one {
			return nil
		}
		return err
	})
	if err == nil && one {
		err = ErrOnePut
	}
	return err
}

// PutParts sends parts, one after the other.
func (u *Upload) PutParts(ctx context.Context, numbers ...int) error {
	for _, n := range numbers {
		off, size := u.Up.Part(n)
		p := u.Content[off : off+size]
		sum := crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli))
		tag := ""
		err := u.step(ctx, func(ctx context.Context, to *driver.Uploader) (err error) {
			part := driver.NewPart(n, off, p, sum, n == u.Up.Parts())
			defer part.Release()
			tag, err = to.PutPart(ctx, u.Up, part)
			return err
		})
		if err != nil {
			return err
		}
		u.mu.Lock()
		u.Sent[n] = driver.UploadedPart{
			Number: n,
			Size:   size,
			CRC32C: sum,
			Tag:    tag,
		}
		u.mu.Unlock()
	}
	return nil
}

// List returns the parts that the backend has.
func (u *Upload) List(ctx context.Context) (parts []driver.UploadedPart, err error) {
	err = u.step(ctx, func(ctx context.Context, to *driver.Uploader) (err error) {
		parts, err = to.ListParts(ctx, u.Up)
		return err
	})
	return parts, err
}

// Complete makes the file of the parts in Sent.
func (u *Upload) Complete(ctx context.Context) (info files.Info, err error) {
	parts := make([]driver.UploadedPart, u.Up.Parts())
	for i := range parts {
		parts[i] = u.Sent[i+1]
	}
	err = u.step(ctx, func(ctx context.Context, to *driver.Uploader) error {
		got, err := to.CompleteUpload(ctx, u.Up, slices.Clone(parts))
		if err == nil {
			info = to.Info(u.Up, got)
		}
		return err
	})
	u.Done = u.Done || err == nil
	info.Name = u.Name
	return info, err
}

// Find reports whether the upload made the file that the name has now.
func (u *Upload) Find(ctx context.Context) (found bool, err error) {
	err = u.step(ctx, func(ctx context.Context, to *driver.Uploader) (err error) {
		_, found, err = to.FindUpload(ctx, u.Up)
		return err
	})
	return found, err
}

// UnfinishedUploads returns the unfinished uploads below a directory.
func UnfinishedUploads(ctx context.Context, b files.Bucket,
	dir, prefix string) (all []driver.UnfinishedUpload, err error) {
	for u, err := range driver.UnfinishedUploads(ctx, below(b), dir, prefix) {
		if err != nil {
			return all, err
		}
		all = append(all, u)
	}
	return all, nil
}

// AbortUpload removes the parts of the upload with that ID to the name.
func AbortUpload(ctx context.Context, b files.Bucket, name, id string) error {
	return driver.WithUploader(ctx, below(b), name,
		func(ctx context.Context, to *driver.Uploader) error {
			return to.AbortUpload(ctx, to.Name, id)
		})
}

// GoOn sends the parts that the backend doesn't have, and completes the upload, as
// another process does that has only its ID.
func (u *Upload) GoOn(ctx context.Context) error {
	there, err := u.List(ctx)
	if err != nil {
		return err
	}
	for _, p := range there {
		if p.CRC32C == 0 {
			off, size := u.Up.Part(p.Number)
			p.CRC32C = crc32.Checksum(u.Content[off:off+size],
				crc32.MakeTable(crc32.Castagnoli))
		}
		u.Sent[p.Number] = p
	}
	for n := range u.Up.Parts() {
		if _, ok := u.Sent[n+1]; !ok {
			if err := u.PutParts(ctx, n+1); err != nil {
				return err
			}
		}
	}
	_, err = u.Complete(ctx)
	return err
}
