package files

import (
	"context"
	"io"
	"sync"
	"time"

	"cloudfiles.dev/files/internal/digests"
	"cloudfiles.dev/files/internal/each"
)

// DownloadAtOptions are the options of DownloadAt.
type DownloadAtOptions struct {
	// PartSize is how many bytes a request reads; 0 is 8 MiB.
	PartSize int64
	// Concurrency is how many requests are made at a time; 0 is 8, and 1 reads the whole
	// file in one.
	Concurrency int
	// IfVersion makes DownloadAt fail with ErrPrecondition if the file isn't of that
	// version.
	IfVersion Version
	// ReadTimeout is GetOptions.ReadTimeout.
	ReadTimeout time.Duration
	// SkipVerify turns off the check against the stored digest (G6).
	SkipVerify bool
	// Key is the raw key of a foreign entry (L7); the name must then be "".
	Key string
}

const (
	defaultPartSize    = 8 << 20
	defaultConcurrency = 8
)

// DownloadAt copies the file's content to w, each byte at its offset, in several requests
// at a time, and returns the file's Info. One connection to a service is often slower
// than the line: several use all of it. w is an *os.File, for example; it is called
// concurrently, for ranges that don't overlap. A file of up to one part takes one
// request. All parts are of one version, or the error is ErrChanged. If DownloadAt fails,
// w may have received any part of the content.
//
// The whole is checked against the stored digest (G6), by combining the CRCs of the
// parts. A digest that can't be combined (MD5, SHA-256), if it is the only one, is
// checked by reading the file in one request; SkipVerify avoids that. From memory and
// from a local disk the file is read in one go.
//
// DownloadAt uses 1 MiB of memory for each request at a time.
//
// Errors: those of Get and of reading, and what w returned.
func DownloadAt(ctx context.Context, b Bucket, name string, w io.WriterAt,
	opts *DownloadAtOptions) (Info, error) {
	var o DownloadAtOptions
	if opts != nil {
		o = *opts
	}
	switch {
	case b == nil:
		return Info{}, NewError(OpGet, name, errNilBucket)
	case ctx == nil:
		return Info{}, NewError(OpGet, name, errNilContext)
	case w == nil:
		return Info{}, NewError(OpGet, name, invalid("the writer is nil"))
	case o.PartSize < 0 || o.Concurrency < 0:
		return Info{}, NewError(OpGet, name, invalid("negative part size or concurrency"))
	}
	if o.PartSize == 0 {
		o.PartSize = defaultPartSize
	}
	if o.Concurrency == 0 {
		o.Concurrency = defaultConcurrency
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d := &downloadAt{
		w:      w,
		opts:   o,
		cancel: cancel,
		at: pinned{
			b:    b,
			name: name,
			opts: GetOptions{
				IfVersion:   o.IfVersion,
				ReadTimeout: o.ReadTimeout,
				SkipVerify:  o.SkipVerify,
				Key:         o.Key,
			},
		},
	}
	return d.run(ctx)
}

// downloadAt is a DownloadAt on its way.
type downloadAt struct {
	at     pinned
	w      io.WriterAt
	opts   DownloadAtOptions
	cancel context.CancelFunc

	once sync.Once
	err  error // the first
}

// run makes the first request, which tells size, version and digest, and then those of
// the other parts while the first is read.
func (d *downloadAt) run(ctx context.Context) (Info, error) {
	o := d.at.opts
	if d.opts.Concurrency > 1 {
		o.Range = Bytes(0, d.opts.PartSize)
	}
	first, err := d.at.b.Get(ctx, d.at.name, &o)
	if err != nil {
		return Info{}, err
	}
	defer first.Close()
	d.at.info = first.Info()
	size := d.at.info.Size
	crc, want, combines := digests.NewPart(digests.Digest(d.at.info.Digest))
	checked := !d.opts.SkipVerify && !d.at.info.Digest.IsZero() &&
		d.at.b.Features().Digests
	switch {
	case first.n == size: // it is checked by itself
		return d.whole(first)
	case first.readsAt() || checked && !combines:
		first.Close()
		whole, err := d.at.open(ctx, Range{})
		if err != nil {
			return Info{}, err
		}
		defer whole.Close()
		return d.whole(whole)
	}
	count := int((size + d.opts.PartSize - 1) / d.opts.PartSize)
	parts := make([]digests.Part, count)
	each.Index(d.opts.Concurrency, count, func(i int) bool {
		parts[i] = crc
		err := d.part(ctx, i, first, &parts[i], checked)
		if err != nil {
			d.once.Do(func() { d.err = err })
			d.cancel()
		}
		return err == nil
	})
	if d.err != nil {
		return Info{}, d.target(d.err)
	}
	if checked {
		for _, p := range parts {
			crc.Append(p)
		}
		if got := crc.Digits(); got != want {
			return Info{}, NewError(OpGet, d.at.name,
				WithCause(ErrCorrupt, nil, "digest is "+got+", stored was "+want))
		}
	}
	return d.at.info, nil
}

// whole copies the body of the whole file.
func (d *downloadAt) whole(r *Reader) (Info, error) {
	if err := d.copy(r, nil); err != nil {
		return Info{}, d.target(err)
	}
	return d.at.info, nil
}

// part reads the part of that number.
func (d *downloadAt) part(ctx context.Context, i int, first *Reader, crc *digests.Part,
	checked bool) error {
	r := first
	if i > 0 {
		var err error
		from := int64(i) * d.opts.PartSize
		r, err = d.at.open(ctx, Bytes(from, min(d.opts.PartSize, d.at.info.Size-from)))
		if err != nil {
			return err
		}
		defer r.Close()
	}
	if !checked {
		crc = nil
	}
	return d.copy(r, crc)
}

// copy writes a body to its place, and adds it to crc unless that is nil.
func (d *downloadAt) copy(r *Reader, crc *digests.Part) error {
	pool := &copyBuffers
	if r.n < copySize {
		pool = &smallBuffers
	}
	buf := pool.Get().(*[]byte)
	defer pool.Put(buf)
	off := r.off
	for {
		n, err := r.Read(*buf)
		if n > 0 {
			p := (*buf)[:n]
			if crc != nil {
				crc.Write(p)
			}
			m, werr := d.w.WriteAt(p, off)
			if werr == nil && m < n {
				werr = io.ErrShortWrite
			}
			if werr != nil {
				return werr
			}
			off += int64(n)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// target names the file in an error of w; nil stays nil.
func (d *downloadAt) target(err error) error {
	if err == nil {
		return nil
	}
	return downloadError(d.at.name, err)
}
