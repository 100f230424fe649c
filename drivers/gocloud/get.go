package gocloud

import (
	"context"
	"encoding/hex"
	"os"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob"
)

// Stat requests the attributes.
func (b *backend) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	s, err := b.stat(ctx, key.Name)
	return s.info, err
}

// state is a response to Attributes, with what distinguishes versions.
type state struct {
	info files.Info
	etag string
	mod  time.Time // as the service returned it
}

func (s state) equal(t state) bool {
	return s.etag == t.etag && s.mod.Equal(t.mod) && s.info.Size == t.info.Size
}

func (b *backend) stat(ctx context.Context, key string) (state, error) {
	if err := b.checkDir(); err != nil {
		return state{}, err
	}
	a, err := b.bucket.Attributes(ctx, key)
	if err != nil {
		return state{}, b.mapError(ctx, opRead, err)
	}
	var fi os.FileInfo
	if b.provider.kind == kindFile && a.As(&fi) && !fi.Mode().IsRegular() {
		// A FIFO must not be opened (N5).
		return state{}, driver.WithCause(files.ErrNotExist, nil, "not a regular file")
	}
	s := state{etag: a.ETag, mod: a.ModTime}
	if b.isOverBridge() && a.As(&s.info) {
		return s, nil
	}
	s.info.Size, s.info.ModTime = a.Size, b.truncateTime(a.ModTime)
	s.info.Attributes = files.Attributes{
		ContentType:        a.ContentType,
		CacheControl:       a.CacheControl,
		ContentDisposition: a.ContentDisposition,
		ContentEncoding:    a.ContentEncoding,
		ContentLanguage:    a.ContentLanguage,
		Metadata:           a.Metadata,
	}
	if b.features.Versions {
		s.info.Version = version(a.ETag)
	}
	if b.features.Digests && len(a.MD5) == 16 {
		s.info.Digest.MD5 = hex.EncodeToString(a.MD5)
	}
	return s, nil
}

// version makes a printable Version without quotes from an ETag.
func version(etag string) files.Version {
	v := strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)
	for i := range len(v) {
		if v[i] <= ' ' || v[i] > '~' || v[i] == '"' {
			return files.Version("x" + hex.EncodeToString([]byte(v)))
		}
	}
	return files.Version(v)
}

// Open requests the attributes, which resolve the range, and then the body: a reader of
// Go CDK has no metadata and no ETag. If the body is of another version, both are
// requested once more.
func (b *backend) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	if b.isOverBridge() {
		return b.openNative(ctx, req)
	}
	for try := 0; ; try++ {
		o, changed, err := b.open(ctx, req)
		if err == nil && changed {
			if try == 0 {
				continue
			}
			err = driver.WithCause(files.ErrChanged, nil,
				"the file was replaced while it was opened")
		}
		return o, err
	}
}

func (b *backend) open(ctx context.Context,
	req driver.OpenRequest) (o driver.Object, changed bool, err error) {
	s, err := b.stat(ctx, req.Key.Name)
	if err != nil {
		return o, false, err
	}
	v := s.info.Version
	switch {
	case req.IfVersion != "" && req.IfVersion != v:
		return o, false, files.ErrPrecondition
	case req.IfNotVersion != "" && req.IfNotVersion == v:
		return o, false, files.ErrNotModified
	}
	grows := req.Growing && b.provider.kind == kindFile
	if grows {
		s.info.Digest = files.Digest{} // it may be the digest of other content
	}
	o.Info = s.info
	o.Offset, o.Length = req.Range.Resolve(s.info.Size)
	if o.Length == 0 {
		// S3 and GCS refuse a range that begins at the end, and S3 refuses any range of
		// an empty object.
		return o, false, nil
	}
	length := o.Length
	if o.Offset+length == s.info.Size && !grows {
		length = -1
	}
	body, r, err := b.read(ctx, req.Key.Name, o.Offset, length, nil)
	if err != nil {
		return o, false, err
	}
	if grows && r.Size() > s.info.Size {
		o.Body = body
		return o, false, nil
	}
	changed, err = b.changed(ctx, req.Key.Name, s, r)
	if changed || err != nil {
		body.Close()
		return driver.Object{}, changed, err
	}
	o.Body = body
	return o, false, nil
}

// young is the age below which a time in whole seconds doesn't distinguish versions. The
// clocks of the service and of this machine may differ by so much.
const young = time.Minute

// changed reports whether the reader has another version than the attributes.
func (b *backend) changed(ctx context.Context, key string, s state, r *blob.Reader) (bool, error) {
	if r.Size() != s.info.Size {
		if b.provider.kind == kindGCS && strings.Contains(s.info.ContentEncoding, "gzip") {
			return false, driver.Errorf(files.ErrUnsupported,
				"Go CDK decompresses what GCS stores as %s", s.info.ContentEncoding)
		}
		return true, nil
	}
	if b.provider.exactTimes() {
		return !r.ModTime().Equal(s.mod), nil
	}
	if !r.ModTime().Truncate(time.Second).Equal(s.mod.Truncate(time.Second)) {
		return true, nil
	}
	if time.Since(s.mod) >= young {
		return false, nil
	}
	again, err := b.stat(ctx, key)
	return !again.equal(s), err
}

// read opens the body. Its context lives until the body is closed.
func (b *backend) read(ctx context.Context, key string, offset, length int64,
	opts *blob.ReaderOptions) (*body, *blob.Reader, error) {
	ctx, cancel := context.WithCancel(ctx)
	r, err := b.bucket.NewRangeReader(ctx, key, offset, length, opts)
	if err != nil {
		cancel()
		return nil, nil, b.mapError(ctx, opRead, err)
	}
	return &body{
		backend: b,
		ctx:     ctx,
		cancel:  cancel,
		r:       r,
	}, r, nil
}
