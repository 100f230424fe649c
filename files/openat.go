package files

import (
	"context"
	"io"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"cloudfiles.dev/files/internal/blockcache"
)

// OpenAtOptions are the options of OpenAt and ReadRanges. They hold for every request of
// the File.
type OpenAtOptions struct {
	// IfVersion makes OpenAt fail with ErrPrecondition if the file isn't of that version.
	IfVersion Version
	// ReadTimeout is GetOptions.ReadTimeout.
	ReadTimeout time.Duration
	// Growing is GetOptions.Growing: the File is what was there when it was opened.
	Growing bool
	// Key is the raw key of a foreign entry (L7); the name must then be "".
	Key string
	// Memory bounds the memory, in bytes, that all Files of the bucket use together; 0
	// leaves the bound as it is, 32 MiB in the beginning.
	Memory int64
}

func (o *OpenAtOptions) get() GetOptions {
	return GetOptions{
		IfVersion:   o.IfVersion,
		ReadTimeout: o.ReadTimeout,
		Growing:     o.Growing,
		Key:         o.Key,
	}
}

// File is one version of a file, to be read at any place. ReadAt, ReadRanges, Size, Info,
// Counts and Close are safe for concurrent use; Read, Seek and WriteTo share a position,
// and are for one goroutine at a time. Failures are *Error; the end is io.EOF. After any
// error but ErrChanged, the next call tries again.
type File struct {
	at      pinned
	ctx     context.Context
	size    int64
	blocks  *blockcache.File // nil if direct
	direct  *Reader          // an open body that reads at any place by itself, or nil
	release *release
	counts  struct{ requests, bytes atomic.Int64 }

	mu      sync.Mutex
	closed  bool
	changed error // set once the version is gone; what is in memory can still be read
	streams []*stream
	ends    [8]track // where recent reads ended
	nextEnd int
	window  int64 // what a read at a new place fetches

	pos   int64
	head  []byte // the beginning, as Read got it from the first body
	stuck error  // ErrCorrupt, until a Seek
}

var (
	_ io.ReadSeekCloser = (*File)(nil)
	_ io.ReaderAt       = (*File)(nil)
	_ io.WriterTo       = (*File)(nil)
)

// These are the numbers of bytes that OpenAt reads, and that a read at a new place reads.
// A request takes a service as long as some hundred KiB of a body. So a first read fetches
// more than was requested, and less each time that the rest isn't used.
const (
	headSize  = 2 * blockcache.Size
	tailSize  = 2 * blockcache.Size
	maxWindow = 4 * blockcache.Size
)

// OpenAt opens a file, such as an archive, a Parquet file or a video, to be read at any
// place: by ReadAt, by Read and Seek, or by ReadRanges. The result suits zip.NewReader
// and http.ServeContent. To read a file once, from its beginning to its end, use Get.
//
// OpenAt makes one request, which reads the first 64 KiB. Every later read returns
// bytes of the version that this request found, or fails with ErrChanged: two versions
// are never mixed. ctx governs the File until Close.
//
// Reads cost few requests:
//
//   - A read at a new place fetches 128 KiB. Each time that the bytes after the read
//     aren't used, the next such read fetches less, down to 32 KiB. A read in the last
//     64 KiB of the file fetches these 64 KiB.
//   - Reads that follow each other, in about the order of the file, share one request,
//     however small they are. A File has at most eight such requests at a time. One
//     that nobody reads from for two seconds is ended.
//   - A read of 256 KiB or more goes straight to its buffer.
//   - Readers that need the same bytes at the same time share one request.
//
// All Files of the bucket share a cache of the blocks that were fetched. A block stays
// in it, also after Close, until its memory is needed for others or the bucket is
// closed; blocks that are read repeatedly stay longest. OpenAtOptions.Memory bounds the
// cache. An idle File holds no connection and no goroutine. From memory and from a
// local disk a File reads directly, without requests, blocks or copies; on a disk it
// holds a descriptor until Close.
//
// Pieces of a file can't be checked against the digest of the whole (G6). A file of up
// to 64 KiB is checked when it is opened.
//
// Errors: those of Get.
func OpenAt(ctx context.Context, b Bucket, name string, opts *OpenAtOptions) (*File, error) {
	if opts == nil {
		opts = &OpenAtOptions{}
	}
	if opts.Memory < 0 {
		return nil, newError(OpGet, name, invalid("negative memory %d", opts.Memory))
	}
	ctx, b = given(ctx, b)
	ctx, cancel := context.WithCancel(ctx)
	at := pinned{b: b, name: name, opts: opts.get()}
	o := at.opts
	o.Range = Bytes(0, headSize)
	r, err := b.Get(ctx, name, &o)
	if err != nil {
		cancel()
		return nil, err
	}
	if err := at.pin(r); err != nil {
		cancel()
		return nil, err
	}
	f := newFile(ctx, cancel, at, r)
	if f.direct != nil {
		return f, nil
	}
	if opts.Memory > 0 {
		f.blocks.SetLimit(opts.Memory)
	}
	f.counts.requests.Add(1)
	f.countMore(r)
	head, err := r.ReadAll()
	r.Close()
	f.counts.bytes.Add(int64(len(head)))
	if err != nil {
		f.Close()
		return nil, err
	}
	f.keep(head)
	return f, nil
}

// newFile makes a File from an open body.
func newFile(ctx context.Context, cancel context.CancelFunc, at pinned, r *Reader) *File {
	f := &File{
		at:     at,
		ctx:    ctx,
		size:   at.info.Size,
		window: maxWindow,
		release: &release{
			cancel: cancel,
		},
	}
	if r.readsAt() {
		f.direct = r
		return f
	}
	share := shareOf(at.b)
	f.blocks = share.Cache.Open(share.Space, at.name+"\x00"+at.opts.Key, at.state())
	f.release.blocks = f.blocks
	runtime.AddCleanup(f, func(r *release) { r.all() }, f.release)
	return f
}

// adopt lets the File read on from the body of the whole file that it was made from.
func (f *File) adopt(r *Reader) {
	switch {
	case f.direct != nil:
	case f.size == 0:
		f.direct = r // for the check of the digest
	default:
		s := &stream{
			token: make(chan struct{}, 1),
			r:     r,
			stays: true,
		}
		s.token <- struct{}{}
		f.streams = append(f.streams, s)
	}
}

// shareOf returns the memory for a bucket's blocks. A Bucket of another program's type
// has none, so each of its Files gets its own.
func shareOf(b Bucket) blockcache.Share {
	if s, ok := b.(blockcache.Sharer); ok {
		return s.BlockShare()
	}
	return blockcache.Share{Cache: blockcache.New(0)}
}

// release gives back the shared memory that a File uses, at Close or when the File is
// no longer reachable.
type release struct {
	once   sync.Once
	cancel context.CancelFunc
	blocks *blockcache.File
}

func (r *release) all() {
	r.once.Do(func() {
		r.cancel()
		if r.blocks != nil {
			r.blocks.Close()
		}
	})
}

// keep puts the beginning of the file into memory.
func (f *File) keep(head []byte) {
	n := int64(len(head)+blockcache.Size-1) / blockcache.Size
	if fl := f.blocks.Begin(0, n, f.size); fl != nil {
		bufs := fl.Buffers()
		for i := range bufs {
			copy(bufs[i], head[i*blockcache.Size:])
		}
		fl.End(bufs, nil)
	}
	f.ended(0, int64(len(head)))
}

// Info returns what is known of the version that is read.
func (f *File) Info() Info {
	if f == nil {
		return Info{}
	}
	info := f.at.info
	info.Attributes = info.Attributes.Clone()
	return info
}

// Size returns the size of the file in bytes.
func (f *File) Size() int64 {
	if f == nil {
		return 0
	}
	return f.size
}

// Counts returns how many requests the File has made, OpenAt's included, and how many
// bytes their bodies delivered. From memory and local disk both are 0.
func (f *File) Counts() (requests, bytes int64) {
	if f == nil {
		return 0, 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	requests = f.counts.requests.Load()
	for _, s := range f.streams {
		requests += more(s.r)
	}
	return requests, f.counts.bytes.Load()
}

// Close ends the reads that are in progress with ErrClosed. Closing again is allowed.
func (f *File) Close() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	f.closed = true
	bodies := []*Reader{f.direct}
	for _, s := range f.streams {
		bodies = append(bodies, s.end())
	}
	f.streams = nil
	f.mu.Unlock()
	f.release.all()
	for _, r := range bodies {
		r.Close()
	}
	return nil
}

func (f *File) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

// failure returns why nothing more can be read, or nil.
func (f *File) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return f.fail(ErrClosed)
	case f.ctx.Err() != nil:
		return f.fail(contextError(f.ctx))
	}
	return nil
}

func (f *File) fail(err error) error { return newError(OpGet, f.at.name, err) }

// noted returns the error of a read for the caller, and remembers if the version is
// gone.
func (f *File) noted(err error) error {
	if err == nil {
		return nil
	}
	if KindOf(err) == ErrChanged && f.blocks != nil {
		f.blocks.Outdated()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return f.fail(ErrClosed)
	case KindOf(err) == ErrChanged && f.changed == nil:
		f.changed = err
	}
	return err
}

// pinned opens parts of one version of a file.
type pinned struct {
	b    Bucket
	name string
	opts GetOptions
	info Info
}

// pin takes the version that an open body is of. It closes the body if its size is one
// that no file can have (G2).
func (p *pinned) pin(r *Reader) error {
	p.info = r.Info()
	if p.info.Size >= 0 {
		return nil
	}
	r.Close()
	return newError(OpGet, p.name,
		errorf(ErrUnavailable, "the response reports a file of %d bytes", p.info.Size))
}

var stateless atomic.Int64

// state returns a text for the version of the file. Without versions it differs each
// time, so that nothing is shared.
func (p *pinned) state() string {
	if p.info.Version != "" {
		return "v" + string(p.info.Version)
	}
	return "n" + strconv.FormatInt(stateless.Add(1), 10)
}

// open opens a part of the version.
func (p *pinned) open(ctx context.Context, r Range) (*Reader, error) {
	o := p.opts
	o.Range, o.IfVersion = r, ""
	if p.b.Features().ReadConditions {
		o.IfVersion = p.info.Version
	}
	body, err := p.b.Get(ctx, p.name, &o)
	if kind := KindOf(err); kind == ErrPrecondition || kind == ErrNotExist {
		return nil, p.changed("replaced or deleted since it was opened")
	}
	if err != nil {
		return nil, err
	}
	now, same := body.Info(), false
	if p.info.Version != "" {
		same = now.Version == p.info.Version
	} else {
		same = now.ModTime.Equal(p.info.ModTime)
	}
	if !same || now.Size != p.info.Size {
		body.Close()
		return nil, p.changed("replaced since it was opened")
	}
	if off, n := r.Resolve(now.Size); body.Offset() != off || body.Len() != n {
		body.Close()
		return nil, newError(OpGet, p.name,
			errorf(ErrCorrupt, "the response has %d bytes from %d on, not %d from %d on",
				body.Len(), body.Offset(), n, off))
	}
	return body, nil
}

// changed returns an error without a cause: even if the bucket now reports ErrNotExist,
// the file existed.
func (p *pinned) changed(detail string) error {
	return &Error{
		Op:     OpGet,
		Name:   p.name,
		Kind:   ErrChanged,
		Detail: detail,
	}
}
