package driver

import (
	"context"
	"errors"
	"io"

	"cloudfiles.dev/files"
	readable "cloudfiles.dev/files/internal/content"
)

// Put checks the call, finds the content type and passes the content to the backend as
// a Content.
func (b *bucket) Put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	info, err := b.put(ctx, name, content, opts)
	if err != nil {
		return files.Info{}, NewError(files.OpPut, name, err)
	}
	return info, nil
}

func (b *bucket) put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	if opts == nil {
		opts = &files.PutOptions{}
	}
	var attrs files.Attributes
	both := &struct {
		up  Content
		req PutRequest
	}{} // one allocation
	up, req := &both.up, &both.req
	up.ctx, up.size = ctx, -1
	err := b.enter(ctx, Key{Name: name}, func() (err error) {
		var ok bool
		if content, ok = readable.Check(content); !ok {
			return Errorf(files.ErrInvalid, "content is nil")
		}
		content, up.notes = readable.Inside(content)
		up.src = content
		if opts.Size != nil {
			if up.size = *opts.Size; up.size < 0 {
				return Errorf(files.ErrInvalid, "negative size %d", up.size)
			}
		}
		if up.want, err = opts.Digest.Normalize(); err != nil {
			return err
		}
		if attrs, err = opts.Attributes.Normalize(); err != nil {
			return err
		}
		if err = b.checkNative(files.OpPut, opts.Native); err != nil {
			return err
		}
		if err = b.checkCondition(opts.If); err != nil {
			return err
		}
		return b.checkSize(up)
	})
	if err != nil {
		return files.Info{}, err
	}
	defer b.release()
	defer up.finish()
	if err := checkAttributes(b.feat(), attrs); err != nil {
		return files.Info{}, err
	}
	*req = PutRequest{
		Name:         name,
		Attributes:   attrs,
		If:           opts.If,
		Size:         up.size,
		SizeDeclared: up.size >= 0,
		Content:      up,
		Native:       opts.Native,
	}
	if req.Size < 0 {
		req.Size = remaining(content)
		if limit := b.feat().MaxSize; limit > 0 && req.Size > limit {
			return files.Info{}, Errorf(files.ErrTooLarge, "%d bytes, at most %d", req.Size,
				limit)
		}
	}
	up.held.hold(content)
	up.hasher.Init(up.want)
	if attrs.ContentType == "" {
		req.TypeFound = true
		if req.Attributes.ContentType, err = up.findType(name); err != nil {
			up.resume()
			return files.Info{}, err
		}
	}
	info, err := b.backend.Put(ctx, req)
	up.resume()
	if err != nil {
		return files.Info{}, b.putError(ctx, up, err)
	}
	if !up.Done() { // a backend that hides the content's failure must not turn it into success
		if err := up.Err(); err != nil {
			return files.Info{}, err
		}
		return files.Info{}, Errorf(files.ErrUncertain,
			"the driver stopped before the content's end, but reported success")
	}
	info.Name, info.IsDir, info.Key = name, false, ""
	info.Size = up.Count()
	info.Attributes = b.infoAttributes(req.Attributes)
	if b.feat().Digests {
		info.Digest = merge(info.Digest, up.Digest())
	}
	return info, nil
}

// infoAttributes returns the attributes for an Info: only the type if the backend
// stores none.
func (b *bucket) infoAttributes(a files.Attributes) files.Attributes {
	if !b.feat().Attributes {
		return files.Attributes{ContentType: a.ContentType}
	}
	return a.Clone()
}

// checkAttributes refuses attributes that a bucket without attributes would lose.
func checkAttributes(f *files.Features, a files.Attributes) error {
	if f.Attributes ||
		len(a.Metadata) == 0 && a.CacheControl == "" && a.ContentDisposition == "" &&
			a.ContentEncoding == "" && a.ContentLanguage == "" {
		return nil
	}
	return Errorf(files.ErrUnsupported, "the bucket stores no metadata and no headers")
}

func (b *bucket) checkCondition(c files.Condition) error {
	if c.Absent() && !b.feat().IfAbsent {
		return Errorf(files.ErrUnsupported, "the bucket doesn't support IfAbsent")
	}
	v, ok := c.Version()
	switch {
	case ok && !b.feat().IfVersion:
		return Errorf(files.ErrUnsupported, "the bucket doesn't support IfVersion")
	case ok && v == "":
		return errNoVersion
	}
	return nil
}

// errNoVersion also matches ErrPrecondition, as IfVersion("") always did. It is
// ErrUnsupported because reading again, the remedy for ErrPrecondition, would not help.
var errNoVersion = WithCause(files.ErrUnsupported, files.ErrPrecondition,
	"the version that the file must have is empty, so there is nothing to compare")

// checkSize refuses a declared size that can't be stored, and limits an unknown one
// (P11).
func (b *bucket) checkSize(up *Content) error {
	up.maxSize = b.feat().MaxSize
	if up.size < 0 {
		if m := b.feat().MaxUnknownSize; m > 0 {
			up.maxSize = m
		}
		return nil
	}
	if up.maxSize > 0 && up.size > up.maxSize {
		return Errorf(files.ErrTooLarge, "%d bytes, at most %d", up.size, up.maxSize)
	}
	return nil
}

// findType finds the content type by the name, or else by the first bytes, which it
// reads in advance (P6).
func (u *Content) findType(name string) (string, error) {
	if t, ok := TypeByName(name); ok {
		return t, nil
	}
	if u.held.ok {
		return ContentType(name, u.held.bytes[:min(SniffLen, len(u.held.bytes))]), nil
	}
	buf := make([]byte, SniffLen)
	n := 0
	for n < len(buf) && u.headErr == nil {
		var m int
		m, u.headErr = u.read(buf[n:])
		n += m
	}
	u.head = buf[:n]
	if u.headErr != nil && u.headErr != io.EOF {
		return "", u.headErr // the content failed before anything began
	}
	return ContentType(name, u.head), nil
}

// putError prefers the content's own failure, then the context's, to the error that a
// backend made of it (P2).
func (b *bucket) putError(ctx context.Context, up *Content, err error) error {
	if errors.Is(err, files.ErrUncertain) {
		return err
	}
	if cause := up.Err(); cause != nil {
		return cause
	}
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) && files.KindOf(err) == nil {
		return ContextError(ctx)
	}
	return err
}

// merge keeps the digests that the backend reported and adds what was computed.
func merge(reported, computed files.Digest) files.Digest {
	or := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	return files.Digest{
		CRC32C:    or(reported.CRC32C, computed.CRC32C),
		MD5:       or(reported.MD5, computed.MD5),
		SHA256:    or(reported.SHA256, computed.SHA256),
		CRC32:     or(reported.CRC32, computed.CRC32),
		CRC64NVME: or(reported.CRC64NVME, computed.CRC64NVME),
	}
}

// remaining returns how many bytes are left as the reader reports it, or -1.
func remaining(r io.Reader) int64 { return readable.Remaining(r) }
