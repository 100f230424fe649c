package files

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"sync"
	"time"
)

// ChunkSize is the size of the chunks of Next, in bytes.
const ChunkSize = 1024

// copySize is the unit in which WriteTo reads: large enough that a disk's or a network's speed is reached.
const copySize = 1 << 20

var copyBuffers = sync.Pool{New: func() any { b := make([]byte, copySize); return &b }}

// Reader is the streaming body of a file (G7), with the file's Info. It is for one goroutine, but
// for Close, which may be called at any time. An error, once returned, stays.
// Failures are *Error; the end is io.EOF.
type Reader struct {
	name      string
	info      Info
	off, n    int64
	body      io.ReadCloser
	ctx       context.Context
	onClose   func()
	done      func(n int64, err error)
	stopWatch func() bool // ends the watch over ctx
	timeout   time.Duration
	remaining int64
	err       error // what every further Read returns
	chunk     []byte
	check     checker

	mu         sync.Mutex
	reading    bool // a call of the caller's is in progress
	waiting    bool // and its Read of the body
	closed     bool
	bodyClosed bool
	expired    bool // the read timeout fired
}

// Body is what NewReader reads from. Close may be called while a Read is in progress, which
// it must end, and is called once.
type Body = io.ReadCloser

// ImmediateBody marks a Body whose Read waits for nothing but memory or a local disk, and so need not be
// interrupted when the context ends: it is checked between reads.
type ImmediateBody interface {
	Body
	Immediate()
}

// FileBody is a Body that can copy itself to a file by the operating system's own means.
type FileBody interface {
	Body
	// CopyTo copies at most n bytes to dst.
	CopyTo(dst *os.File, n int64) (int64, error)
}

// ReaderConfig tells NewReader what it reads.
type ReaderConfig struct {
	Name   string // for errors
	Info   Info   // of the whole file
	Offset int64  // of the body's first byte in the file
	Length int64  // of the body, in bytes: fewer is an error, more is not read
	Body   Body   // nil for an empty one
	// Timeout is GetOptions.ReadTimeout.
	Timeout time.Duration
	// Verify checks a body that is the whole file against Info.Digest (G6).
	Verify bool
	// OnClose, if not nil, is called once, after the body was closed.
	OnClose func()
}

// NewReader makes the Reader of an open body, for implementers of Bucket (files/driver does it for
// those that are built on it). The context governs the body until Close (G9).
func NewReader(ctx context.Context, c ReaderConfig) *Reader {
	r := &Reader{name: c.Name, info: c.Info, off: c.Offset, n: c.Length, body: c.Body, ctx: ctx, onClose: c.OnClose,
		timeout: c.Timeout, remaining: c.Length}
	if r.body == nil {
		r.body = emptyBody{}
	}
	if c.Verify && c.Offset == 0 && c.Length == c.Info.Size {
		r.check.start(c.Info.Digest)
	}
	if _, ok := r.body.(ImmediateBody); !ok {
		r.watch()
	}
	return r
}

// watch ends a Read that blocks when the context ends.
func (r *Reader) watch() {
	if r.stopWatch == nil && r.ctx.Done() != nil {
		r.stopWatch = context.AfterFunc(r.ctx, r.interrupt)
	}
}

type emptyBody struct{}

func (emptyBody) Read([]byte) (int, error) { return 0, io.EOF }
func (emptyBody) Close() error             { return nil }
func (emptyBody) Immediate()               {}

// Info returns what is known of the file: Size is that of the whole file, also when a range is read.
func (r *Reader) Info() Info {
	i := r.info
	i.Metadata = cloneMap(i.Metadata)
	return i
}

// Offset returns where in the file the body begins, in bytes, as the range resolved.
func (r *Reader) Offset() int64 { return r.off }

// Len returns how many bytes the body has in all.
func (r *Reader) Len() int64 { return r.n }

// SetReadTimeout bounds the wait of each further Read, in place of GetOptions.ReadTimeout; 0 is no limit. It
// is not for use during a Read.
func (r *Reader) SetReadTimeout(d time.Duration) { r.timeout = max(d, 0) }

// Read reads up to len(p) bytes.
//
// Errors: ErrCorrupt when the content does not match its digest, in place of the last bytes (G6); ErrChanged;
// the context's error; os.ErrDeadlineExceeded after the read timeout; ErrClosed.
func (r *Reader) Read(p []byte) (int, error) {
	if err := r.begin(); err != nil {
		return 0, err
	}
	if len(p) == 0 && r.remaining > 0 {
		return 0, r.end(nil)
	}
	if r.remaining == 0 {
		return 0, r.end(r.finish())
	}
	if int64(len(p)) > r.remaining {
		p = p[:r.remaining]
	}
	n, err := r.readBody(p)
	return r.got(p[:max(n, 0)], err)
}

// got counts and checks what the body gave, and leaves the read.
func (r *Reader) got(p []byte, err error) (int, error) {
	n := len(p)
	if n > 0 {
		r.check.add(p)
		if r.remaining -= int64(n); r.remaining == 0 {
			if cerr := r.check.verify(); cerr != nil {
				r.remaining += int64(n)
				return 0, r.end(cerr)
			}
			if err == io.EOF {
				err = nil // the end is the next Read
			}
		}
	}
	if err == io.EOF && r.remaining > 0 {
		err = Errorf(ErrCorrupt, "content ended %d bytes early", r.remaining)
	}
	return n, r.end(err)
}

// readBody reads once, bounded by the read timeout.
func (r *Reader) readBody(p []byte) (int, error) {
	if r.timeout <= 0 {
		return r.body.Read(p)
	}
	r.setWaiting(true)
	t := time.AfterFunc(r.timeout, r.expire)
	n, err := r.body.Read(p)
	t.Stop()
	if r.setWaiting(false) && n > 0 {
		err = nil // the bytes came in the last moment; the next Read tells the timeout
	}
	return n, err
}

// setWaiting says whether a Read of the body is in progress, and returns whether its time is over.
func (r *Reader) setWaiting(w bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = w
	return r.expired
}

// finish is the Read behind the last byte: an empty file's digest is checked here.
func (r *Reader) finish() error {
	if r.n == 0 {
		if err := r.check.verify(); err != nil {
			return err
		}
	}
	return io.EOF
}

// begin enters a read, unless the Reader is closed, failed or its context ended.
func (r *Reader) begin() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return &Error{Op: OpGet, Name: r.name, Kind: ErrClosed}
	}
	if r.err != nil {
		return r.err
	}
	if err := r.ctx.Err(); err != nil {
		r.err = r.wrap(ContextError(r.ctx))
		return r.err
	}
	r.reading = true
	return nil
}

// end leaves a read, and returns the error that the caller is to see.
func (r *Reader) end(err error) error {
	r.mu.Lock()
	r.reading = false
	closed := r.closed
	switch {
	case closed:
		err = &Error{Op: OpGet, Name: r.name, Kind: ErrClosed}
	case err == nil:
	case r.expired && err != io.EOF: // the last bytes may have come in the last moment
		err = r.wrap(os.ErrDeadlineExceeded)
	case r.ctx.Err() != nil && err != io.EOF:
		err = r.wrap(ContextError(r.ctx))
	case err != io.EOF:
		err = r.wrap(err)
	}
	if err != nil && r.err == nil {
		r.err = err
	}
	r.mu.Unlock()
	if closed {
		r.release()
	}
	return err
}

func (r *Reader) wrap(err error) error { return NewError(OpGet, r.name, err) }

// expire ends a Read that waited too long.
func (r *Reader) expire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting {
		r.expired = true
		r.closeBody()
	}
}

// interrupt ends a Read whose context ended.
func (r *Reader) interrupt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reading {
		r.closeBody()
	}
}

// closeBody closes the body once. The caller holds mu.
func (r *Reader) closeBody() {
	if !r.bodyClosed {
		r.bodyClosed = true
		r.body.Close()
	}
}

// Close ends the reading, also a Read in progress, and releases what the body holds, without
// downloading the rest. Closing again is fine and returns nil.
func (r *Reader) Close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	reading := r.reading
	r.closeBody()
	r.mu.Unlock()
	if !reading { // else the Read that just ended releases
		r.release()
	}
	return nil
}

// release is called once, by whoever saw the Reader closed and no Read in progress.
func (r *Reader) release() {
	if r.stopWatch != nil {
		r.stopWatch()
	}
	if r.onClose != nil {
		r.onClose()
	}
	if r.done != nil {
		err := r.err
		if err == io.EOF {
			err = nil
		}
		r.done(r.n-r.remaining, err)
	}
}

// WriteTo copies the rest of the body to w, in pieces of a MiB, or, where nothing is to be checked, from file to
// file by the operating system.
func (r *Reader) WriteTo(w io.Writer) (int64, error) {
	if b, ok := r.body.(BytesBody); ok {
		return r.writeBytes(b, w)
	}
	if f, ok := w.(*os.File); ok && !r.check.on() && r.timeout <= 0 {
		if b, ok := r.body.(FileBody); ok {
			return r.copyToFile(b, f)
		}
	}
	size := int64(copySize)
	if r.remaining < size {
		size = max(r.remaining, 1)
	}
	var buf []byte
	if size == copySize {
		p := copyBuffers.Get().(*[]byte)
		defer copyBuffers.Put(p)
		buf = *p
	} else {
		buf = make([]byte, size)
	}
	var total int64
	for {
		n, err := r.Read(buf)
		if n > 0 {
			m, werr := w.Write(buf[:n])
			total += int64(m)
			if werr != nil {
				return total, werr
			}
			if m < n {
				return total, io.ErrShortWrite
			}
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// copyToFile copies in pieces, between which the context is looked at.
func (r *Reader) copyToFile(b FileBody, f *os.File) (total int64, err error) {
	const piece = 64 << 20
	for r.remaining > 0 {
		if err := r.begin(); err != nil {
			if err == io.EOF {
				err = nil
			}
			return total, err
		}
		n, err := b.CopyTo(f, min(r.remaining, piece))
		total += n
		r.remaining -= n
		if n == 0 && err == nil {
			err = Errorf(ErrCorrupt, "content ended %d bytes early", r.remaining)
		}
		if err = r.end(err); err != nil {
			return total, err
		}
	}
	if _, err = r.Read(nil); err == io.EOF { // also where nothing was left
		err = nil
	}
	return total, err
}

// ReadAll reads the rest of the body into memory: bound what you read with a Range or by Len.
func (r *Reader) ReadAll() ([]byte, error) {
	p := make([]byte, r.remaining)
	n, err := io.ReadFull(r, p)
	if err == nil || err == io.EOF {
		// The end is asked for as well, so that whatever follows the last byte is reported.
		if _, err = r.Read(nil); err == io.EOF {
			err = nil
		}
	}
	return p[:n], err
}

// ReadString is ReadAll, as text.
func (r *Reader) ReadString() (string, error) {
	b, err := r.ReadAll()
	return string(b), err
}

// ReadN reads the next n bytes, or what is left of the body where that is less; at the end it returns io.EOF.
func (r *Reader) ReadN(n int) ([]byte, error) {
	if n < 0 {
		return nil, NewError(OpGet, r.name, invalid("negative count %d", n))
	}
	p := make([]byte, min(int64(n), r.remaining))
	if len(p) == 0 && n > 0 {
		_, err := r.Read(p)
		return nil, err
	}
	return r.fill(p)
}

// fill reads until p is full or the body ends. Bytes that came before an error are returned, the error by the next call.
func (r *Reader) fill(p []byte) ([]byte, error) {
	n, err := io.ReadFull(r, p)
	if errors.Is(err, io.ErrUnexpectedEOF) || n > 0 && err != nil {
		err = nil
	}
	return p[:n], err
}

// Next returns the next chunk of ChunkSize bytes, a shorter one last, then io.EOF. The chunk is
// valid until the next call.
func (r *Reader) Next() ([]byte, error) { return r.next(ChunkSize) }

func (r *Reader) next(size int) ([]byte, error) {
	size = int(min(int64(size), max(r.remaining, 1))) // no more memory than there is content
	if cap(r.chunk) < size {
		r.chunk = make([]byte, size)
	}
	chunk, err := r.fill(r.chunk[:size])
	if err != nil {
		return nil, err
	}
	return chunk, nil
}

// Chunks iterates over the rest of the body in chunks of size bytes, the last one shorter; 0 or less is
// ChunkSize. A chunk is valid until the next. An error ends the loop; the
// end of the file is none.
func (r *Reader) Chunks(size int) iter.Seq2[[]byte, error] {
	if size <= 0 {
		size = ChunkSize
	}
	return func(yield func([]byte, error) bool) {
		for {
			chunk, err := r.next(size)
			if err == io.EOF {
				return
			}
			if !yield(chunk, err) || err != nil {
				return
			}
		}
	}
}
