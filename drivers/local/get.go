package local

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"sync"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Stat opens the file, since its record is an extended attribute. For a file that the
// user may not open, it returns what List does.
func (b *backend) Stat(ctx context.Context, key driver.Key) (files.Info, error) {
	defer runtime.KeepAlive(b)
	if err := b.alive(); err != nil {
		return files.Info{}, err
	}
	var f openedFile
	err := b.lookupLive(ctx, key, &f)
	if errors.Is(err, files.ErrPermission) {
		if info, ok := b.statUnread(key); ok {
			return info, nil
		}
	}
	if err != nil {
		return files.Info{}, err
	}
	defer f.f.Close()
	if f.unreadable != nil {
		return files.Info{}, f.unreadable
	}
	info := f.info()
	info.Entry = b.truncateTime(info.Entry)
	return info, nil
}

func (b *backend) lookupKey(ctx context.Context, key driver.Key, f *openedFile) error {
	if err := b.alive(); err != nil {
		return err
	}
	return b.lookupLive(ctx, key, f)
}

// lookupLive is lookupKey without the check that the folder is there.
func (b *backend) lookupLive(ctx context.Context, key driver.Key, f *openedFile) error {
	p, err := b.knownPathsOf(ctx, key)
	if err != nil {
		return err
	}
	if err = b.lookup(&p, f); fsys.IsBusy(err) {
		err = patiently(ctx, func() error { return b.lookup(&p, f) })
	}
	return err
}

// Open opens the file. The content stays the same whatever is put or deleted meanwhile,
// because a Put never writes into a file that has a name (G4).
func (b *backend) Open(ctx context.Context, req driver.OpenRequest) (driver.Object, error) {
	defer runtime.KeepAlive(b)
	var f openedFile
	err := b.lookupKey(ctx, req.Key, &f)
	if err != nil {
		return driver.Object{}, err
	}
	o := driver.Object{Info: f.info()}
	o.Info.Entry = b.truncateTime(o.Info.Entry)
	same, other, err := f.compare(&req)
	switch {
	case err != nil:
	case same:
		err = files.ErrNotModified
	case other:
		err = files.ErrPrecondition
	case f.unreadable != nil:
		err = f.unreadable
	default:
		err = f.corrupt
	}
	if err != nil {
		f.f.Close()
		return driver.Object{}, err
	}
	o.Offset, o.Length = req.Range.Resolve(f.st.Size)
	if o.Length == 0 {
		return o, mapError(f.f.Close())
	}
	r := &body{
		f:     f.f,
		size:  f.st.Size,
		mtime: f.st.ModTime,
		off:   o.Offset,
		left:  o.Length,
		grows: req.Growing,
	}
	r.keeper = keepFile(f.f)
	o.Body = r
	return o, nil
}

// compare reports whether the file's version is req.IfNotVersion (same), and whether it
// differs from req.IfVersion (other).
func (f *openedFile) compare(req *driver.OpenRequest) (same, other bool, err error) {
	if req.IfNotVersion != "" {
		same, err = f.is(req.IfNotVersion)
	}
	if req.IfVersion != "" && err == nil {
		other, err = f.is(req.IfVersion)
		other = !other
	}
	return same, other, err
}

// body reads a part of a file.
type body struct {
	// Close waits for a Read in progress, which only waits for a disk. ReadAt, which
	// changes nothing, locks it for reading.
	mu     sync.RWMutex
	stat   sync.Mutex // File.Stat must not be called concurrently
	f      fsys.File
	os     *os.File // the same, after CopyTo
	size   int64    // at the opening
	mtime  int64
	off    int64
	left   int64
	err    error
	keeper *keeper // of f

	grows bool // appending by other programs is not a change
}

// Immediate marks the body as one that reads from a local disk.
func (r *body) Immediate() {}

func (r *body) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.ready(); err != nil {
		return 0, err
	}
	if r.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), r.left)]
	n, err := r.readAt(p)
	if n < len(p) {
		if err == nil || err == io.EOF {
			err = errChanged
		}
		r.err = mapError(err)
		return 0, r.err
	}
	return r.advance(int64(n))
}

var errChanged = driver.WithCause(files.ErrChanged,
	nil, "another program changed the file in place")

func (r *body) ready() error {
	if r.f == nil && r.os == nil {
		return files.ErrClosed
	}
	return r.err
}

func (r *body) readAt(p []byte) (int, error) {
	if r.os != nil {
		return r.os.ReadAt(p, r.off)
	}
	return r.f.ReadAt(p, r.off)
}

// advance counts n bytes. After the last byte it checks that the file hasn't changed
// since it was opened, because other programs may write into it.
func (r *body) advance(n int64) (int, error) {
	r.off += n
	if r.left -= n; r.left > 0 {
		return int(n), nil
	}
	changed, err := r.changed()
	if changed && err == nil {
		err = errChanged
	}
	if err != nil {
		r.err = mapError(err)
		return 0, r.err
	}
	return int(n), nil
}

// ReadAt reads at any offset of the file that was opened, for files.OpenAt.
func (r *body) ReadAt(p []byte, off int64) (int, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.f == nil && r.os == nil {
		return 0, files.ErrClosed
	}
	p = p[:max(min(int64(len(p)), r.size-off), 0)]
	var n int
	var err error
	if r.os != nil {
		n, err = r.os.ReadAt(p, off)
	} else {
		n, err = r.f.ReadAt(p, off)
	}
	if err != nil && err != io.EOF {
		return 0, mapError(err)
	}
	r.stat.Lock()
	changed, err := r.changed()
	r.stat.Unlock()
	if err == nil && (changed || n < len(p)) {
		err = errChanged
	}
	if err != nil {
		return 0, mapError(err)
	}
	return n, nil
}

func (r *body) changed() (bool, error) {
	var size, mtime int64
	if r.os != nil {
		fi, err := r.os.Stat()
		if err != nil {
			return false, err
		}
		size, mtime = fi.Size(), fi.ModTime().UnixNano()
	} else {
		st, err := r.f.Stat()
		if err != nil {
			return false, err
		}
		size, mtime = st.Size, st.ModTime
	}
	if r.grows && size > r.size {
		return false, nil
	}
	return size != r.size || mtime != r.mtime, nil
}

// CopyTo copies inside the system if it can.
func (r *body) CopyTo(dst *os.File, n int64) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.ready(); err != nil {
		return 0, err
	}
	if r.os == nil {
		r.keeper.release() // an os.File closes itself
		r.os, r.f = r.f.OSFile("content"), nil
	}
	if _, err := r.os.Seek(r.off, io.SeekStart); err != nil {
		return 0, err
	}
	want := min(n, r.left)
	m, err := io.Copy(dst, io.LimitReader(r.os, want))
	if err != nil {
		r.off, r.left = r.off+m, r.left-m
		return m, err
	}
	if m < want {
		r.err = errChanged
		return m, r.err
	}
	_, err = r.advance(m)
	return m, err
}

func (r *body) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.os != nil:
		err := r.os.Close()
		r.os = nil
		return err
	case r.f != nil:
		r.keeper.release()
		err := r.f.Close()
		r.f = nil
		return mapError(err)
	}
	return nil
}
