package driver

import (
	"context"
	"iter"
	"sync"

	"cloudfiles.dev/files"
)

// BucketUploader is a wrapper whose uploads in parts reach the bucket below it. fn is
// called with the bucket below and its name for the file, while the wrapper does
// whatever it does around a step of an upload. A wrapper that can't pass uploads
// returns errors.ErrUnsupported.
type BucketUploader interface {
	// WithUpload calls fn with the bucket below and its name for the file.
	WithUpload(ctx context.Context, name string,
		fn func(ctx context.Context, b files.Bucket, name string) error) error
	// WithUploads calls fn with the bucket below, and with the directory and prefix in
	// that bucket. A wrapper of several buckets calls fn with each of them. out returns
	// the wrapper's name for a file of the bucket below; ok is false if the wrapper
	// doesn't have the file.
	WithUploads(ctx context.Context, dir, prefix string,
		fn func(ctx context.Context, b files.Bucket, dir, prefix string) error,
	) (out func(inner string) (name string, ok bool), err error)
}

// Uploader is a backend during one step of an upload.
type Uploader struct {
	PartUploader
	Name   string // the backend's, for the file
	bucket *bucket
}

var errNoUploads = Errorf(files.ErrUnsupported, "the bucket has no uploads in parts")

// WithUploader calls f, which makes one step of an upload to the name, with the backend
// of a bucket, through all wrappers. f may be called again if it has failed, but never
// twice at once, and not after WithUploader has returned. If the bucket, or a wrapper, has
// no uploads in parts that outlive a process, the error is errors.ErrUnsupported, and f is
// not called.
func WithUploader(ctx context.Context, b files.Bucket, name string,
	f func(ctx context.Context, u *Uploader) error) error {
	g := stepGuard[*Uploader]{f: f}
	defer g.end() // even if f panics
	err := withUploader(ctx, b, name, g.call)
	return NewError(files.OpUpload, name, g.result(err))
}

func withUploader(ctx context.Context, b files.Bucket, name string,
	f func(ctx context.Context, u *Uploader) error) error {
	switch b := b.(type) {
	case *bucket:
		parts, ok := b.backend.(PartUploader)
		err := b.enter(ctx, Key{Name: name}, nil)
		if err == nil {
			defer b.release()
			if err = errNoUploads; ok {
				err = parts.UploadLimits().check()
			}
			if err == nil {
				err = f(ctx, &Uploader{PartUploader: parts, Name: name, bucket: b})
			}
		}
		return NewError(files.OpUpload, name, err)
	case BucketUploader:
		return b.WithUpload(ctx, name,
			func(ctx context.Context, below files.Bucket, name string) error {
				return withUploader(ctx, below, name, f)
			})
	}
	return NewError(files.OpUpload, name, errNoUploads)
}

// UnfinishedUploads yields the unfinished uploads below the directory dir, through all
// wrappers. "" is the whole bucket. It yields only those in whose name the directory is
// followed by prefix. The error is errors.ErrUnsupported if the bucket, or a wrapper,
// has no such uploads.
func UnfinishedUploads(ctx context.Context, b files.Bucket, dir, prefix string,
) iter.Seq2[UnfinishedUpload, error] {
	return func(yield func(UnfinishedUpload, error) bool) {
		all, err := unfinished(ctx, b, dir, prefix)
		for _, u := range all {
			if !yield(u, nil) {
				return
			}
		}
		if err != nil {
			yield(UnfinishedUpload{}, NewError(files.OpUpload, dir, err))
		}
	}
}

// unfinished collects the uploads, because a wrapper's call ends before the caller gets
// them.
func unfinished(ctx context.Context, b files.Bucket, dir, prefix string,
) (all []UnfinishedUpload, err error) {
	switch b := b.(type) {
	case *bucket:
		if dir, err = CheckDir(dir); err != nil {
			return nil, err
		}
		if dir != "" {
			dir += "/"
		}
		if err := b.acquire(); err != nil {
			return nil, err
		}
		defer b.release()
		parts, ok := b.backend.(PartUploader)
		switch {
		case ctx == nil:
			return nil, errNilContext
		case !ok:
			return nil, errNoUploads
		case ctx.Err() != nil:
			return nil, ContextError(ctx)
		}
		for u, err := range parts.ListUploads(ctx, dir+prefix) {
			if err != nil {
				return all, err
			}
			if files.CheckName(u.Name) == nil {
				all = append(all, u)
			}
		}
		return all, nil
	case BucketUploader:
		var mu sync.Mutex // a hook may call twice at once
		var below []UnfinishedUpload
		out, err := b.WithUploads(ctx, dir, prefix,
			func(ctx context.Context, inner files.Bucket, dir, prefix string) error {
				more, err := unfinished(ctx, inner, dir, prefix)
				mu.Lock()
				defer mu.Unlock()
				below = append(below, more...)
				return err
			})
		mu.Lock()
		defer mu.Unlock()
		type id struct{ name, id string }
		seen := map[id]bool{} // a hook may have repeated the call
		for _, u := range below {
			name, ok := out(u.Name)
			if u.Name = name; ok && !seen[id{name, u.ID}] {
				seen[id{name, u.ID}] = true
				all = append(all, u)
			}
		}
		return all, err
	}
	return nil, errNoUploads
}

// Store returns a text that identifies the store, and the file in it, in every process.
func (u *Uploader) Store() string { return u.UploadStore() + "\x00" + u.Name }

// Prepare makes the checks that Put makes, and returns the upload of a content of size
// bytes. head is the beginning of the content: at least SniffLen bytes of it, or all.
// The upload's PartSize is not set yet.
//
// Errors: those of a Put with these options, before it sends anything.
func (u *Uploader) Prepare(opts *files.PutOptions, size int64, head []byte) (*Upload, error) {
	if opts == nil {
		opts = &files.PutOptions{}
	}
	b := u.bucket
	up := &Content{size: size}
	attrs, err := opts.Attributes.Normalize()
	if err == nil {
		err = b.checkNative(files.OpPut, opts.Native)
	}
	if err == nil {
		err = b.checkCondition(opts.If)
	}
	if err == nil {
		err = b.checkSize(up)
	}
	if err == nil {
		err = checkAttributes(b.feat(), attrs)
	}
	if err != nil {
		return nil, err
	}
	found := attrs.ContentType == ""
	if found {
		attrs.ContentType = ContentType(u.Name, head)
	}
	return &Upload{
		Name:       u.Name,
		Attributes: attrs,
		TypeFound:  found,
		If:         opts.If,
		Native:     opts.Native,
		Size:       size,
	}, nil
}

// Info completes the Info that a backend returned for an upload, so that it is the one
// that Put would return.
func (u *Uploader) Info(up *Upload, info files.Info) files.Info {
	info.Name, info.IsDir, info.Key = u.Name, false, ""
	info.Size = up.Size
	info.Attributes = u.bucket.infoAttributes(up.Attributes)
	if u.bucket.feat().Digests {
		info.Digest = merge(info.Digest, up.Digest)
	}
	return info
}
