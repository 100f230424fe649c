package files

import (
	"context"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"cloudfiles.dev/files/internal/handover"
)

// Reader is the streaming body of a file (G7), with the file's Info. It is for one
// goroutine, except Close, which may be called at any time. After an error every later
// call returns the same error. Failures are *Error; the end is io.EOF.
type Reader struct {
	name      string
	info      Info
	off, n    int64
	body      io.ReadCloser
	ctx       context.Context
	also      []context.Context // they end ctx too, a moment later
	onClose   func()
	call      *Call       // of the outermost wrapper that gets the bytes or the end reported
	begun     bool        // the first byte was requested
	stopWatch func() bool // ends the watch over ctx
	timeout   time.Duration
	remaining int64
	err       error // what every further Read returns
	chunk     []byte
	check     checker
	beside    atomic.Int64 // bytes that readAt read
	requests  func() int64 // that the body has taken

	mu         sync.Mutex
	reading    bool // a call by the caller is in progress
	waiting    bool // and it is waiting for its Read of the body
	closed     bool
	bodyClosed bool
	expired    bool // the read timeout fired
	broken     bool // a writer or the body of a loop panicked
}

func init() {
	handover.DeleteBatch = deleteBatch
	handover.Locate = locate
	handover.NewReader = newReader
	handover.StatOrNoBucket = statOrNoBucket
	handover.SetInfo = func(r *Reader, info Info) {
		if r != nil {
			r.info = info
		}
	}
}

// newReader is driver.NewReader.
func newReader(ctx context.Context, c handover.ReaderConfig[Info]) *Reader {
	if ctx == nil {
		ctx = context.Background()
	}
	var wrong error
	if c.Offset < 0 || c.Length < 0 {
		wrong = newError(OpGet, c.Name, errorf(ErrUnavailable,
			"the body was said to have %d bytes from %d on", c.Length, c.Offset))
		c.Offset, c.Length = max(c.Offset, 0), 0
	}
	r := &Reader{
		name:      c.Name,
		info:      c.Info,
		off:       c.Offset,
		n:         c.Length,
		body:      c.Body,
		ctx:       ctx,
		onClose:   c.OnClose,
		timeout:   c.Timeout,
		remaining: c.Length,
		err:       wrong,
	}
	if r.body == nil {
		r.body = emptyBody{}
	}
	if c.Verify && c.Offset == 0 && c.Length == c.Info.Size {
		r.check.start(c.Info.Digest)
	}
	if _, ok := r.body.(immediateBody); !ok {
		r.watch()
		r.requests = func() int64 { return 1 }
	}
	if counted, ok := r.body.(countedBody); ok {
		r.requests = counted.Requests
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

// Info returns what is known of the file. Size is that of the whole file, even if a
// range is read.
func (r *Reader) Info() Info {
	if r == nil {
		return Info{}
	}
	i := r.info
	i.Metadata = cloneMap(i.Metadata)
	return i
}

// Offset returns where the body begins in the file, in bytes, as the range resolved.
func (r *Reader) Offset() int64 {
	if r == nil {
		return 0
	}
	return r.off
}

// Len returns the length of the whole body in bytes, whatever was read of it.
func (r *Reader) Len() int64 {
	if r == nil {
		return 0
	}
	return r.n
}

// Requests returns how many requests the body has taken so far: one, and one more for
// each time that it was resumed (G5) or that another connection joined (G10). What a
// driver repeats by itself isn't counted. It is 0 for a body from memory or a local
// disk, and for one of no bytes. Requests may be called at any time.
func (r *Reader) Requests() int64 {
	if r == nil || r.requests == nil {
		return 0
	}
	return r.requests()
}

// SetReadTimeout bounds the wait of each further Read, in place of
// GetOptions.ReadTimeout; 0 is no limit. It must not be called during a Read.
func (r *Reader) SetReadTimeout(d time.Duration) {
	if r != nil {
		r.timeout = max(d, 0)
	}
}

// Read reads up to len(p) bytes.
//
// Errors: ErrCorrupt if the content does not match its digest, in place of the last
// bytes (G6); ErrChanged; the context's error; os.ErrDeadlineExceeded after the read
// timeout; ErrClosed.
func (r *Reader) Read(p []byte) (int, error) {
	if err := r.begin(); err != nil {
		return 0, err
	}
	defer r.cutOff()
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
	if n < 0 || n > len(p) {
		return 0, r.end(errImpossible(n))
	}
	return r.got(p[:n], err)
}

func errImpossible(n int) error {
	return errorf(ErrUnavailable, "a Read of the body returned the impossible count %d", n)
}

// got counts and checks what the body returned, and ends the read.
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
		err = errorf(ErrCorrupt, "content ended %d bytes early", r.remaining)
	}
	if n > 0 {
		r.call.passed(int64(n))
	}
	return n, r.end(err)
}

// readBody reads once, bounded by the read timeout.
func (r *Reader) readBody(p []byte) (n int, err error) {
	if r.timeout <= 0 {
		return r.body.Read(p)
	}
	stop := r.startTimeout()
	n, err = r.body.Read(p)
	return n, stop(n, err)
}

// startTimeout begins a wait for the body. The function that it returns ends the wait,
// and returns the error of the Read.
func (r *Reader) startTimeout() (stop func(n int, err error) error) {
	r.setWaiting(true)
	t := time.AfterFunc(r.timeout, r.expire)
	return func(n int, err error) error {
		t.Stop()
		if r.setWaiting(false) && n > 0 {
			return nil // the bytes came in the last moment; the next Read returns the timeout
		}
		return err
	}
}

// setWaiting sets whether a Read of the body is in progress, and returns whether its
// time is over.
func (r *Reader) setWaiting(w bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = w
	return r.expired
}

// finish is the Read after the last byte: an empty file's digest is checked here.
func (r *Reader) finish() error {
	if r.n == 0 {
		if err := r.check.verify(); err != nil {
			return err
		}
	}
	return io.EOF
}

// begin begins a read, unless the Reader is closed or has failed, or its context has
// ended.
func (r *Reader) begin() error {
	if r == nil || r.body == nil {
		return errNilReader
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return &Error{Op: OpGet, Name: r.name, Kind: ErrClosed}
	}
	if r.err != nil {
		return r.err
	}
	if err := r.ended(); err != nil {
		r.err = r.wrap(err)
		return r.err
	}
	if r.call != nil && !r.begun {
		r.begun = true
		r.call.passed(0)
	}
	r.reading = true
	return nil
}

// ended returns why nothing more may be read, or nil. The body of a layer may end the
// context when it is closed, so the read timeout, which closes it, comes first. The
// caller holds mu.
func (r *Reader) ended() error {
	if r.expired {
		if r.remaining > 0 {
			return os.ErrDeadlineExceeded
		}
		return nil // the last bytes came in the last moment
	}
	if r.ctx.Err() != nil {
		return contextError(r.ctx)
	}
	for _, ctx := range r.also {
		if ctx.Err() != nil {
			return contextError(ctx)
		}
	}
	return nil
}

var errNilReader = &Error{Op: OpGet, Kind: ErrInvalid, Detail: "the Reader is nil"}

// end ends a read and returns the error for the caller.
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
		err = r.wrap(contextError(r.ctx))
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

// cutOff, deferred, ends a read in which the body panicked, so that Close releases
// everything.
func (r *Reader) cutOff() {
	if r.reading { // no other goroutine sets it
		r.setWaiting(false)
		r.end(errCutOff)
	}
}

// breaksOff, deferred, notes that the caller's code, which was given a part of the
// body, didn't return. If nothing more is read, the operation ended in that way.
func (r *Reader) breaksOff(returned *bool) {
	if !*returned {
		r.mu.Lock()
		r.broken = true
		r.mu.Unlock()
	}
}

func (r *Reader) wrap(err error) error { return newError(OpGet, r.name, err) }

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

// Close ends the reading, including a Read in progress, and releases what the body
// holds without downloading the rest. It returns nil, and may be called again.
func (r *Reader) Close() error {
	if r == nil || r.body == nil {
		return nil
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	reading := r.reading
	r.closeBody()
	r.mu.Unlock()
	if !reading { // otherwise the Read that is ending releases
		r.release()
	}
	return nil
}

// release is called once, when the Reader is closed and no Read is in progress.
func (r *Reader) release() {
	if r.stopWatch != nil {
		r.stopWatch()
	}
	if r.onClose != nil {
		r.onClose()
	}
	if r.call != nil {
		err := r.err
		switch {
		case err == io.EOF:
			err = nil
		case err == nil && r.broken:
			err = r.wrap(errCutOff)
		}
		r.call.ended(r.n-r.remaining+r.beside.Load(), err)
	}
}

// readsAt reports whether readAt can be called.
func (r *Reader) readsAt() bool {
	if r == nil {
		return false
	}
	_, ok := r.body.(atBody)
	return ok
}

// passedBeside reports what readAt read, which may be called several times at once.
func (r *Reader) passedBeside(n int64) {
	if r.call != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.closed { // the end was reported
			return
		}
		if !r.begun {
			r.begun = true
			r.call.passed(0)
		}
		r.call.passed(n)
	}
}

// readAt fills p from offset off of the file, which has at least that many bytes.
func (r *Reader) readAt(p []byte, off int64) (int, error) {
	body, ok := r.body.(atBody)
	if !ok {
		return 0, r.wrap(errorf(ErrUnsupported, "the body has no random access"))
	}
	var total int
	for total < len(p) {
		if err := r.ctx.Err(); err != nil {
			return total, r.wrap(contextError(r.ctx))
		}
		n, err := body.ReadAt(p[total:min(len(p), total+copySize)], off+int64(total))
		total += n
		r.beside.Add(int64(n))
		if n > 0 {
			r.passedBeside(int64(n))
		}
		if err == io.EOF && total < len(p) || err == nil && n == 0 {
			err = errorf(ErrCorrupt, "content ended %d bytes early", len(p)-total)
		}
		if err != nil && err != io.EOF {
			return total, r.wrap(err)
		}
	}
	return total, nil
}
