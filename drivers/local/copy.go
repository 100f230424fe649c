package local

import (
	"context"
	"errors"
	"io"
	"runtime"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Copy stages a copy of the source's content, which shares its blocks if the file
// system can do that, and commits it as Put does. from may be another folder's backend.
func (b *backend) Copy(ctx context.Context, from driver.Backend,
	req *driver.CopyRequest) (files.Info, error) {
	defer runtime.KeepAlive(b)
	defer runtime.KeepAlive(from)
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

func (b *backend) copyOnce(ctx context.Context, src *backend, req *driver.CopyRequest,
	onto bool) (files.Info, error) {
	var f openedFile
	err := src.lookupKey(ctx, driver.Key{Name: req.Src}, &f)
	if err != nil {
		return files.Info{}, err
	}
	defer f.f.Close()
	if req.IfSource != "" {
		same, err := f.is(req.IfSource)
		if err == nil && !same {
			err = files.ErrPrecondition
		}
		if err != nil {
			return files.Info{}, err
		}
	}
	if err := errors.Join(f.corrupt, f.unreadable); err != nil {
		return files.Info{}, err
	}
	p, err := b.pathsOf(driver.Key{Name: req.Dst})
	if err != nil {
		return files.Info{}, err
	}
	st, err := b.beginStage(ctx, &p, ownership{})
	if err != nil {
		return files.Info{}, err
	}
	defer func() { st.close() }()
	cond := req.If
	if err := b.conditional(cond); err != nil {
		return files.Info{}, err
	}
	if err := st.copyFrom(ctx, &f); err != nil {
		return files.Info{}, err
	}
	attrs := f.attrs
	if req.Attributes != nil {
		attrs = *req.Attributes
	}
	b.describeStaged(st, &p, attrs, f.digest, false)
	if b.opts.SkipMetadata && needsSidecar(attrs) {
		return files.Info{}, driver.Errorf(files.ErrUnsupported,
			"the source has metadata or headers, which metadata=skip doesn't store")
	}
	if st, err = b.sealNew(ctx, st); err != nil {
		return files.Info{}, err
	}
	if onto && cond.IsZero() {
		// A Put in between must not be undone, so the copy replaces only the version
		// that it was made from.
		cond = files.IfVersion(f.version)
	}
	if st, err = b.commit(ctx, st, &p, cond); err != nil {
		if err == files.ErrPrecondition && onto && req.If.IsZero() && req.IfSource == "" {
			err = errRetry
		}
		return files.Info{}, err
	}
	e, err := b.entry(st)
	return files.Info{Entry: b.truncateTime(e), Attributes: attrs, Digest: f.digest}, err
}

// copyFrom copies the content of f to the staged file.
func (st *staged) copyFrom(ctx context.Context, f *openedFile) error {
	st.size = f.st.Size
	head := make([]byte, min(st.size, driver.SniffLen))
	if _, err := f.f.ReadAt(head, 0); err != nil && err != io.EOF {
		return mapError(err)
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
	return mapError(err)
}

// copyContent copies inside the system, or through memory if that fails. Holes stay
// holes.
func copyContent(ctx context.Context, dst, src fsys.File, size int64) error {
	end := int64(0) // of what was written
	for off := int64(0); off < size; {
		from, to := src.Data(off, size)
		if from >= size {
			break
		}
		if err := checkEnd(dst, end); err != nil {
			return err
		}
		err := copyPart(ctx, dst, src, from, min(to, size))
		if err == errNoCopying {
			return mapError(copyAll(ctx, dst, src, size))
		}
		if err != nil {
			return err
		}
		off, end = to, min(to, size)
	}
	return extend(dst, end, size)
}

// extend adds the hole after the end of what was written.
func extend(dst fsys.File, end, size int64) error {
	if end == size {
		return nil
	}
	if err := checkEnd(dst, end); err != nil {
		return err
	}
	return mapError(dst.SetSize(size))
}

// checkEnd returns an error if another program has truncated or extended the file: a
// write beyond the end of a truncated file would fill the gap with zeros.
func checkEnd(dst fsys.File, end int64) error {
	st, err := dst.Stat()
	if err == nil && st.Size != end {
		err = driver.Errorf(files.ErrUnavailable, "another program changed the upload")
	}
	return mapError(err)
}

// errNoCopying means that the system can't copy between these files.
var errNoCopying = errors.New("no copying inside the system")

// copyPart copies the bytes between two offsets.
func copyPart(ctx context.Context, dst, src fsys.File, from, to int64) error {
	const piece = 64 << 20
	if err := src.MoveTo(from); err != nil {
		return mapError(err)
	}
	if err := dst.MoveTo(from); err != nil {
		return mapError(err)
	}
	for from < to {
		if ctx.Err() != nil {
			return driver.ContextError(ctx)
		}
		n, err := dst.CopyRange(src, min(to-from, piece))
		switch {
		case err != nil && !fsys.IsFull(err) && !fsys.IsTooLarge(err):
			return errNoCopying
		case err != nil:
			return mapError(err)
		case n == 0:
			// some file systems report this for some files; if the source is shorter,
			// copyAll finds out
			return errNoCopying
		}
		from += n
	}
	return nil
}
