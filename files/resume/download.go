package resume

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/digests"
	"cloudfiles.dev/files/internal/each"
	"cloudfiles.dev/files/internal/handover"
)

// DownloadOptions are the options of Download. The zero value has the defaults.
type DownloadOptions struct {
	// PartSize is how many bytes a request reads. An interruption loses at most that
	// much of each request. If it is 0, a part has 8 MiB. It has less, but at least 2
	// MiB, if an interruption could otherwise lose more than a tenth of the file, and
	// more if the file would otherwise have more than 10,000 parts. A resumed download
	// keeps its part size.
	PartSize int64
	// Concurrency is the number of requests at a time; 0 is 8.
	Concurrency int
	// IfVersion makes Download fail with ErrPrecondition if the file has another
	// version.
	IfVersion files.Version
	// ReadTimeout is GetOptions.ReadTimeout.
	ReadTimeout time.Duration
	// SkipVerify turns off the check against the stored digest (G6).
	SkipVerify bool
}

const (
	defaultConcurrency = 8
	maxParts           = 10_000
	copySize           = 256 << 10
)

// Download copies the file's content to a file at path on disk, all or nothing, as
// files.DownloadFile does, by several requests at a time. If it fails, or the process
// is killed, the next call for the same name and path continues.
//
// After the end of the context, and after errors that a retry may fix, the parts are
// kept. They are removed if the file was changed or deleted while it was read
// (ErrChanged, ErrNotExist), if the content doesn't match its digest (ErrCorrupt), and
// if the disk is full. If the file was changed between two calls, the whole new file is
// downloaded.
//
// Errors: those of files.DownloadFile; ErrInvalid for a negative part size or
// concurrency.
func Download(ctx context.Context, b files.Bucket, name, path string,
	opts *DownloadOptions) (files.Info, error) {
	var o DownloadOptions
	if opts != nil {
		o = *opts
	}
	if o.PartSize < 0 || o.Concurrency < 0 {
		return files.Info{}, driver.NewError(files.OpGet, name,
			driver.Errorf(files.ErrInvalid, "the part size or the concurrency is negative"))
	}
	if o.Concurrency == 0 {
		o.Concurrency = defaultConcurrency
	}
	d := &download{
		b:    b,
		name: name,
		opts: o,
	}
	if ctx != nil && b != nil {
		if f := b.Features(); f.ReadConditions && f.Versions && !isFolder(path) {
			d.digests = f.Digests && !o.SkipVerify
			d.p = openPartial(path)
		}
	}
	if d.p == nil {
		return d.plainly(ctx, path)
	}
	defer d.p.close()
	ctx, d.cancel = context.WithCancel(ctx)
	defer d.cancel()
	return d.run(ctx, path)
}

// download is a Download in progress.
type download struct {
	b       files.Bucket
	name    string
	opts    DownloadOptions
	digests bool // digests are checked
	p       *partial
	cancel  context.CancelFunc
	info    files.Info
	first   *files.Reader // the whole file, if it was opened

	mu  sync.Mutex
	err error // the first error
}

// isFolder reports whether the target is a folder, which files.DownloadFile refuses
// before it reads the content.
func isFolder(path string) bool {
	fi, err := os.Lstat(path)
	return err == nil && fi.IsDir()
}

// plainly downloads in the way of files.DownloadFile.
func (d *download) plainly(ctx context.Context, path string) (files.Info, error) {
	return files.DownloadFile(ctx, d.b, d.name, path, &files.GetOptions{
		IfVersion:   d.opts.IfVersion,
		ReadTimeout: d.opts.ReadTimeout,
		SkipVerify:  d.opts.SkipVerify,
	})
}

func (d *download) run(ctx context.Context, path string) (files.Info, error) {
	err := d.begin(ctx)
	if err == errNoVersion {
		d.p.remove()
		return d.plainly(ctx, path)
	}
	if err == nil {
		err = d.fetch(ctx)
	}
	if err == nil {
		if err = d.verify(); err == nil {
			err = d.p.place(path)
		}
	}
	if err == nil {
		return d.info, nil
	}
	switch kind := files.KindOf(err); {
	case kind == files.ErrChanged, kind == files.ErrNotExist, kind == files.ErrCorrupt,
		d.p.empty():
		d.p.remove()
	}
	var t targetError
	if !errors.As(err, &t) {
		return files.Info{}, driver.NewError(files.OpGet, d.name, err)
	}
	if t.last || errors.Is(err, syscall.ENOSPC) {
		d.p.remove()
	}
	return files.Info{}, t.as(d.name)
}

var statOrNoBucket = handover.StatOrNoBucket.(func(context.Context, files.Bucket,
	string) (files.Info, error))

var errNoVersion = errors.New("the file has no version")

// begin finds the parts of an earlier call, or opens the file.
func (d *download) begin(ctx context.Context) error {
	if d.p.readHead() && d.p.head.Name == d.name {
		info, err := statOrNoBucket(ctx, d.b, d.name) // the bucket may be there again later
		if err != nil {
			return err
		}
		if v := d.opts.IfVersion; v != "" && info.Version != v {
			return files.ErrPrecondition
		}
		if d.p.head.is(info) {
			d.info, d.info.Digest = info, d.p.head.Digest
			return d.p.readParts(ctx, d.sums())
		}
	}
	r, err := d.b.Get(ctx, d.name, &files.GetOptions{
		IfVersion:   d.opts.IfVersion,
		ReadTimeout: d.opts.ReadTimeout,
		SkipVerify:  true,
		Connections: 1,
	})
	if err != nil {
		return err
	}
	d.info, d.first = r.Info(), r
	if d.info.Version == "" {
		r.Close()
		return errNoVersion
	}
	size := d.opts.PartSize
	if size == 0 {
		size = partSize(d.info.Size, d.opts.Concurrency)
	}
	if err := d.p.anew(headOf(d.info, size)); err != nil {
		r.Close()
		return err
	}
	return nil
}

// sums returns the CRC of an empty part, of the kind that the stored digest has.
func (d *download) sums() digests.Part {
	p, _, _ := digests.NewPart(digests.Digest(d.info.Digest))
	return p
}

// fetch fetches the missing parts.
func (d *download) fetch(ctx context.Context) error {
	var missing []int64
	for i := range d.p.head.parts() {
		if !d.p.has(i) {
			missing = append(missing, i)
		}
	}
	defer d.first.Close()
	each.Index(d.opts.Concurrency, len(missing), func(n int) bool {
		if err := d.part(ctx, missing[n]); err != nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.err == nil {
				d.err = err
			}
			d.cancel()
			return false
		}
		return true
	})
	return d.err
}

// part fetches the part of the given number. The first one comes from the body that is
// open already.
func (d *download) part(ctx context.Context, i int64) error {
	off, n := d.p.head.part(i)
	r := d.first
	if r == nil || i > 0 {
		var err error
		if r, err = d.open(ctx, off, n); err != nil {
			return err
		}
		defer r.Close()
	}
	w := d.p.newPart(i, d.sums())
	buf := make([]byte, min(n, copySize))
	for at := int64(0); at < n; {
		m, err := r.Read(buf[:min(int64(len(buf)), n-at)])
		if _, werr := w.write(buf[:m]); werr != nil {
			return targetError{err: werr}
		}
		at += int64(m)
		if err != nil && at < n {
			if err == io.EOF {
				err = driver.Errorf(files.ErrCorrupt, "the body is %d bytes too short", n-at)
			}
			return err
		}
	}
	if i == 0 && d.first != nil {
		d.first.Close()
	}
	if err := w.end(); err != nil {
		return targetError{err: err}
	}
	return nil
}

// open opens a range of the version.
func (d *download) open(ctx context.Context, off, n int64) (*files.Reader, error) {
	r, err := d.b.Get(ctx, d.name, &files.GetOptions{
		Range:       files.Bytes(off, n),
		IfVersion:   d.info.Version,
		ReadTimeout: d.opts.ReadTimeout,
		Connections: 1,
	})
	switch files.KindOf(err) {
	case files.ErrPrecondition, files.ErrNotExist:
		return nil, driver.Errorf(files.ErrChanged,
			"the file was replaced or deleted while it was read")
	}
	if err != nil {
		return nil, err
	}
	if now := r.Info(); now.Version != d.info.Version || now.Size != d.info.Size {
		r.Close()
		return nil, driver.Errorf(files.ErrChanged, "the file was replaced while it was read")
	}
	return r, nil
}

// verify checks the whole content against the stored digest.
func (d *download) verify() error {
	if !d.digests || d.info.Digest.IsZero() {
		return nil
	}
	sum, want, combines := digests.NewPart(digests.Digest(d.info.Digest))
	if !combines {
		return d.p.check(d.info.Digest)
	}
	for i := range d.p.head.parts() {
		sum.Append(d.p.done[i])
	}
	if got := sum.Digits(); got != want {
		return driver.WithCause(files.ErrCorrupt, nil, "digest is "+got+", stored was "+want)
	}
	return nil
}
