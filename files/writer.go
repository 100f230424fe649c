package files

import (
	"context"
	"io"
	"sync"

	"cloudfiles.dev/files/internal/callers"
)

// Writer writes a file piece by piece. Commit stores what was written, as one Put;
// without Commit nothing is stored. A Writer is for one goroutine, except Close, which
// may be called at any time.
//
//	w := files.NewWriter(ctx, b, "report.csv", nil)
//	defer w.Close() // stores nothing if Commit wasn't reached
//	if err := produce(w); err != nil {
//		return err
//	}
//	_, err := w.Commit()
//
// Each Write is passed to the bucket before it returns. For many small ones, put a
// bufio.Writer in front, and flush it before Commit.
type Writer struct {
	name   string
	ctx    context.Context
	pipe   *io.PipeWriter
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when the Put is over; then info and err are set
	info   Info
	err    error
	origin *callers.Origin // for a fake that reports what is forgotten, or nil

	mu       sync.Mutex
	ended    bool // Commit or Close was called
	panicked any  // what the Put has panicked with, until it was reported
}

// NewWriter begins to write the file, with the options of Put. It checks nothing
// itself: if Put refuses something, such as an illegal name, the first Write or Commit
// fails. The context governs the Writer until Commit or Close, one of which must be
// called. If the Put panics, for example in a wrapper's hook, the panic is raised once
// in the goroutine that uses the Writer.
func NewWriter(ctx context.Context, b Bucket, name string, opts *PutOptions) *Writer {
	ctx, b = given(ctx, b)
	var o *PutOptions
	if opts != nil { // the caller may change theirs while the Put goes on
		c := *opts
		c.Attributes = c.Attributes.Clone()
		if c.Size != nil {
			size := *c.Size
			c.Size = &size
		}
		o = &c
	}
	pr, pw := io.Pipe()
	ctx, origin := callers.Mark(ctx)
	ctx, cancel := context.WithCancelCause(ctx)
	if origin != nil {
		origin.Abort = cancel
	}
	w := &Writer{
		name:   name,
		ctx:    ctx,
		pipe:   pw,
		cancel: cancel,
		done:   make(chan struct{}),
		origin: origin,
	}
	w.err = newError(OpPut, name, errCutOff) // unless Put returns
	// A Put that waits for the next Write doesn't notice the end of the context (P12),
	// so its content fails.
	stop := context.AfterFunc(ctx, func() { pw.CloseWithError(contextError(ctx)) })
	go func() {
		defer func() {
			w.panicked = recover()
			stop()
			pr.CloseWithError(ErrClosed) // ends a Write that waits
			cancel(nil)
			close(w.done)
		}()
		w.info, w.err = b.Put(ctx, name, pr, o)
	}()
	return w
}

// Write passes p to the Put. After the Put has failed, Write returns the Put's error.
//
// Errors: those of Put; ErrClosed after Commit or Close.
func (w *Writer) Write(p []byte) (int, error) {
	if err := w.usable(); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := w.pipe.Write(p)
	if err != nil {
		return n, w.failure()
	}
	return n, nil
}

var errNilWriter = &Error{Op: OpPut, Kind: ErrInvalid, Detail: "the Writer is nil"}

// usable returns why nothing more can be written, or nil.
func (w *Writer) usable() error {
	switch {
	case w == nil || w.pipe == nil:
		return errNilWriter
	case w.isEnded():
		return w.closed()
	case w.over():
		w.wait()
		return w.outcome()
	}
	return nil
}

// wait returns when the Put is over, and continues its panic.
func (w *Writer) wait() {
	<-w.done
	w.mu.Lock()
	v := w.panicked
	w.panicked = nil
	w.mu.Unlock()
	if v != nil {
		panic(v)
	}
}

// failure returns the error of a Write that the Put did not take.
func (w *Writer) failure() error {
	w.wait()
	if w.isEnded() { // by a Close during the Write
		return w.closed()
	}
	return w.outcome()
}

func (w *Writer) closed() error { return &Error{Op: OpPut, Name: w.name, Kind: ErrClosed} }

// outcome returns the error of a Put that was over before Commit.
func (w *Writer) outcome() error {
	if w.err == nil {
		return newError(OpPut, w.name,
			errorf(ErrUncertain, "the bucket ended the Put before the content ended"))
	}
	return w.err
}

// over reports whether the Put has returned.
func (w *Writer) over() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

func (w *Writer) isEnded() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

// Commit ends the content and stores the file. It returns when Put does, with its Info
// or error. The Writer is then finished, even if Commit fails.
//
// Errors: those of Put; ErrClosed after Commit or Close.
func (w *Writer) Commit() (Info, error) {
	if w == nil || w.pipe == nil {
		return Info{}, errNilWriter
	}
	if !w.end() {
		return Info{}, w.closed()
	}
	early := w.over()
	// A context that has ended ends the content with its error, even if the function
	// that watches it comes later.
	if w.ctx.Err() != nil {
		w.pipe.CloseWithError(contextError(w.ctx))
	} else {
		w.pipe.Close()
	}
	w.wait()
	if early {
		return Info{}, w.outcome()
	}
	return w.info, w.err
}

// end prevents further writes; it returns false if that was done before.
func (w *Writer) end() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := !w.ended
	w.ended = true
	w.origin.End()
	return first
}

// Close aborts the Put if Commit has not been called: nothing is stored, and the old
// file is kept. It returns nil when the Put has ended. After Commit it does nothing, so
// it may be deferred. During a Commit it cancels the Put if that is still possible, and
// Commit returns the outcome.
func (w *Writer) Close() error {
	if w == nil || w.pipe == nil {
		return nil
	}
	w.end()
	w.pipe.CloseWithError(ErrClosed)
	w.cancel(ErrClosed)
	w.wait()
	return nil
}
