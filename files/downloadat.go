package files

import (
	"cmp"
	"context"
	"io"
	"math"
	"sync"
	"time"

	"cloudfiles.dev/files/internal/digests"
	"cloudfiles.dev/files/internal/each"
)

// DownloadAtOptions are the options of DownloadAt.
type DownloadAtOptions struct {
	// PartSize is how many bytes a request reads; 0 is 8 MiB.
	PartSize int64
	// Concurrency is how many requests are made at a time, at most 64. 0 is half as many
	// as the file has parts, but at least 8 and at most 32. 1 reads the whole file in
	// one request.
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
	defaultPartSize = 8 << 20
	maxConnections  = 64
	// DownloadAt begins with fewConnections, and makes up to manyConnections for a large
	// file, whose duration outweighs the time in which connections are made.
	fewConnections  = 8
	manyConnections = 32
)

// DownloadAt copies the file's content to w, each byte at its offset, in several
// requests at a time, and returns the file's Info. That is faster than Download if one
// connection to a service doesn't use the whole bandwidth. w, for example an *os.File,
// is called concurrently, for ranges that don't overlap. A file that is not larger than
// PartSize takes one request. All parts are of one version, or the error is ErrChanged.
// If DownloadAt fails, w may have received any part of the content.
//
// The whole content is checked against the stored digest (G6), by combining the CRCs of
// the parts. If the only stored digest is one that can't be combined (MD5, SHA-256),
// DownloadAt reads the file in order, as Get does, to check it; SkipVerify avoids that.
// From memory and from a local disk the file is read from its beginning to its end by
// one reader.
//
// DownloadAt uses 1 MiB of memory for each concurrent request. The first request is for
// the whole file, because a service may leave the digest out of the response to a
// range; DownloadAt ends that request after its part.
//
// Errors: those of Get and of reading; ErrInvalid for a nil writer or negative options;
// and what w returned.
func DownloadAt(ctx context.Context, b Bucket, name string, w io.WriterAt,
	opts *DownloadAtOptions) (Info, error) {
	var o DownloadAtOptions
	if opts != nil {
		o = *opts
	}
	switch {
	case w == nil:
		return Info{}, newError(OpGet, name, invalid("the writer is nil"))
	case o.PartSize < 0 || o.Concurrency < 0:
		return Info{}, newError(OpGet, name,
			invalid("the part size or the concurrency is negative"))
	}
	if o.PartSize == 0 {
		o.PartSize = defaultPartSize
	}
	ctx, b = given(ctx, b)
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
				Connections: 1,
			},
		},
	}
	return d.run(ctx)
}

// downloadAt is a DownloadAt in progress.
type downloadAt struct {
	at     pinned
	w      io.WriterAt
	opts   DownloadAtOptions
	cancel context.CancelFunc

	mu   sync.Mutex
	err  error                // the first
	crc  digests.Part         // of the parts up to next
	next int                  // number of the first part that isn't in crc
	done map[int]digests.Part // complete parts after next
}

// run makes the first request, which returns size, version and digest, and then the
// requests of the other parts while the first is read.
func (d *downloadAt) run(ctx context.Context) (Info, error) {
	o := d.at.opts
	o.Connections = min(cmp.Or(d.opts.Concurrency, fewConnections), maxConnections)
	o.ConnectionsAfter = max(d.opts.PartSize+1, trusted) // the first part is read alone
	first, err := d.at.b.Get(ctx, d.at.name, &o)
	if err != nil {
		return Info{}, err
	}
	if err := d.at.pin(first); err != nil {
		return Info{}, err
	}
	defer first.Close()
	size := d.at.info.Size
	crc, want, combines := digests.NewPart(digests.Digest(d.at.info.Digest))
	checked := !d.opts.SkipVerify && !d.at.info.Digest.IsZero() &&
		d.at.b.Features().Digests
	switch {
	case d.opts.Concurrency == 1, size <= d.opts.PartSize, first.readsAt(),
		checked && !combines:
		return d.whole(first) // it is checked by itself
	}
	first.check = checker{} // it isn't read to its end
	d.crc, d.done = crc, map[int]digests.Part{}
	count := int(min((size-1)/d.opts.PartSize+1, math.MaxInt))
	atATime := cmp.Or(d.opts.Concurrency, max(fewConnections, min(count/2, manyConnections)))
	each.Index(atATime, count, func(i int) bool {
		part := crc
		return d.ended(i, &part, d.part(ctx, i, first, &part, checked))
	})
	if d.err != nil {
		return Info{}, d.target(d.err)
	}
	if got := d.crc.Digits(); checked && got != want {
		return Info{}, newError(OpGet, d.at.name,
			withCause(ErrCorrupt, nil, "digest is "+got+", stored was "+want))
	}
	return d.at.info, nil
}

// ended notes a part, and reports whether to go on. CRCs are combined as soon as they
// can be, so that the memory doesn't depend on the size that a service reports.
func (d *downloadAt) ended(i int, part *digests.Part, err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		if d.err == nil {
			d.err = err
		}
		d.cancel()
		return false
	}
	d.done[i] = *part
	for p, ok := d.done[d.next]; ok; p, ok = d.done[d.next] {
		d.crc.Append(p)
		delete(d.done, d.next)
		d.next++
	}
	return true
}

// whole copies the body of the whole file.
func (d *downloadAt) whole(r *Reader) (Info, error) {
	if err := d.copy(r, nil, true); err != nil {
		return Info{}, d.target(err)
	}
	return d.at.info, nil
}

// part reads part number i.
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
	return d.copy(r, crc, false)
}

// copy writes a part, or the whole, at its offset, and adds it to crc unless that is
// nil.
func (d *downloadAt) copy(r *Reader, crc *digests.Part, whole bool) error {
	w := io.Writer(io.NewOffsetWriter(d.w, r.off))
	if crc != nil {
		w = &summing{w, crc}
	}
	if r.n <= d.opts.PartSize || whole {
		_, err := r.WriteTo(w)
		return err
	}
	n := d.opts.PartSize
	m, err := copyPieces(w, io.LimitReader(r, n), n)
	if err == nil && m < n {
		err = errorf(ErrCorrupt, "content ended %d bytes early", n-m)
	}
	r.Close()
	return err
}

// summing adds what it writes to a CRC.
type summing struct {
	io.Writer
	crc *digests.Part
}

func (s *summing) Write(p []byte) (int, error) {
	s.crc.Write(p)
	return s.Writer.Write(p)
}

// target names the file in an error of w; nil stays nil.
func (d *downloadAt) target(err error) error {
	if err == nil {
		return nil
	}
	return downloadError(d.at.name, err)
}
