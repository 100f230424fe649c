package local

import (
	"context"
	"errors"
	"io"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Copy stages a copy of the source's content, shared with it where the file system can, and commits it as a Put is. from
// may be another folder.
func (b *backend) Copy(ctx context.Context, from driver.Backend, req *driver.CopyRequest) (files.Info, error) {
	src, ok := from.(*backend)
	if !ok {
		return files.Info{}, files.ErrUnsupported
	}
	if err := b.alive(); err != nil {
		return files.Info{}, err
	}
	onto := req.Src == req.Dst && src.Store() == b.Store()
	var r retries
	for {
		info, err := b.copyOnce(ctx, src, req, onto)
		if !errors.Is(err, errRetry) {
			return info, err
		}
		if err := r.again(ctx, err); err != nil {
			return files.Info{}, err
		}
	}
}

func (b *backend) copyOnce(ctx context.Context, src *backend, req *driver.CopyRequest, onto bool) (files.Info, error) {
	f, err := src.findKey(ctx, driver.Key{Name: req.Src})
	if err != nil {
		return files.Info{}, err
	}
	defer f.f.Close()
	if req.IfSource != "" && req.IfSource != f.version() {
		return files.Info{}, files.ErrPrecondition
	}
	if err := errors.Join(f.corrupt, f.lost); err != nil {
		return files.Info{}, err
	}
	st, err := b.beginStage(ctx)
	if err != nil {
		return files.Info{}, err
	}
	defer func() { st.close() }()
	cond := req.If
	if err := b.conditional(cond); err != nil {
		return files.Info{}, err
	}
	if err := st.copyFrom(ctx, f); err != nil {
		return files.Info{}, err
	}
	p := b.placeOf(req.Dst)
	attrs := f.attrs
	if req.Attributes != nil {
		attrs = *req.Attributes
	}
	b.describeStaged(st, &p, attrs, f.digest, false)
	if b.opts.SkipMetadata && needsSidecar(attrs) {
		return files.Info{}, files.Errorf(files.ErrUnsupported, "the source has metadata or headers, which metadata=skip doesn't store")
	}
	if st, err = b.sealNew(ctx, st); err != nil {
		return files.Info{}, err
	}
	if onto && cond.IsZero() {
		// A writer in between must not be undone: the copy replaces only what it was made of.
		cond = files.IfVersion(f.version())
	}
	if st, err = b.commit(ctx, st, &p, cond); err != nil {
		if err == files.ErrPrecondition && onto && req.If.IsZero() && req.IfSource == "" {
			err = errRetry
		}
		return files.Info{}, err
	}
	return files.Info{Entry: b.tell(st.entry()), Attributes: attrs, Digest: f.digest}, nil
}

// copyFrom fills the staged file from another.
func (st *staged) copyFrom(ctx context.Context, f *found) error {
	st.size = f.st.Size
	head := make([]byte, min(st.size, driver.SniffLen))
	if _, err := f.f.ReadAt(head, 0); err != nil && err != io.EOF {
		return fault(err)
	}
	st.head = head
	if st.f.Clone(f.f) != nil {
		if err := copyContent(ctx, st.f, f.f, st.size); err != nil {
			return err
		}
	}
	now, err := f.f.Stat()
	if err == nil && (now.Size != f.st.Size || now.ModTime != f.st.ModTime) {
		err = errChanged
	}
	return fault(err)
}

// copyContent copies inside the system, or else through memory.
func copyContent(ctx context.Context, dst, src fsys.File, size int64) error {
	const piece = 64 << 20
	for done := int64(0); done < size; {
		if ctx.Err() != nil {
			return files.ContextError(ctx)
		}
		n, err := dst.CopyRange(src, min(size-done, piece))
		switch {
		case err != nil && done == 0:
			return copyAll(ctx, dst, src, size)
		case err != nil:
			return fault(err)
		case n == 0:
			return errChanged
		}
		done += n
	}
	return nil
}
