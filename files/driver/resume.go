package driver

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// resumeAttempts is how often in a row a body is opened again without getting a byte
// (G5).
const resumeAttempts = 5

// source opens parts of the version of a file that a body has.
type source struct {
	backend  Backend
	req      OpenRequest
	info     files.Info
	requests atomic.Int64
}

// errBefore is for a service that sends the whole file in place of a range.
var errBefore = Errorf(files.ErrUnavailable,
	"the service sends the whole file in place of the rest")

// open opens n bytes from off on, of the same version. again reports that a retry may
// help and that the backend hasn't retried by itself; otherwise the attempts would
// multiply.
func (s *source) open(ctx context.Context, off, n int64) (body io.ReadCloser, again bool,
	err error) {
	req := s.req
	req.Range, req.IfNotVersion, req.IfVersion = files.Bytes(off, n), "", s.info.Version
	s.requests.Add(1)
	o, err := s.backend.Open(ctx, req)
	switch {
	case errors.Is(err, files.ErrPrecondition), errors.Is(err, files.ErrNotExist):
		return nil, false, WithCause(files.ErrChanged, err,
			"the file was replaced or deleted while it was read")
	case err != nil:
		again = errors.Is(err, files.ErrUnavailable) && retry.Attempts(err) == 0
		return nil, again, err
	case o.Length != n || o.Offset != off || o.Info.Size != s.info.Size:
		err = Errorf(files.ErrUnavailable,
			"two responses for one version report different sizes")
	case o.Info.Version == "":
		err = Errorf(files.ErrUnavailable, "the response with the rest has no version")
	case o.Info.Version != s.info.Version:
		err = Errorf(files.ErrChanged, "the response with the rest is of another version")
	case o.Before > 0: // it would come again with each break
		err = errBefore
	case o.Body == nil:
		err = Errorf(files.ErrUnavailable, "the response with the rest has no body")
	default:
		return o.Body, false, nil
	}
	if o.Body != nil {
		o.Body.Close()
	}
	return nil, false, err
}

// resumingBody continues after the last byte when a body breaks with
// files.ErrUnavailable, with the same version (G5).
type resumingBody struct {
	ctx   context.Context
	from  *source
	off   int64 // of the next byte
	left  int64
	tries int // since the last byte
	// forgives is how many more failures without a retry are ignored. A reader must not
	// fail because of a request that one connection wouldn't have made.
	forgives int

	mu     sync.Mutex
	body   io.ReadCloser // nil if the first Read opens it
	closed bool
}

func (r *resumingBody) Read(p []byte) (int, error) {
	if r.current() == nil {
		if err := r.reopen(nil); err != nil {
			return 0, err
		}
	}
	for {
		n, err := r.current().Read(p)
		r.off += int64(n)
		r.left -= int64(n)
		if n > 0 {
			r.tries = 0
		}
		broken := errors.Is(err,
			files.ErrUnavailable) || err == io.ErrUnexpectedEOF || err == io.EOF && r.left > 0
		switch {
		case !broken:
			return n, err
		case n > 0:
			return n, nil // the next Read finds the break again
		case r.from.info.Version == "":
			return 0, WithCause(files.ErrUnavailable, err,
				"the connection broke, and the file has no version by which the rest could be read")
		}
		if err := r.reopen(err); err != nil {
			return 0, err
		}
	}
}

func (r *resumingBody) current() io.ReadCloser {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.body
}

// reopen opens the rest; broken is the error that made it necessary, or nil.
func (r *resumingBody) reopen(broken error) error {
	for {
		if r.tries++; r.tries > resumeAttempts {
			return WithCause(files.ErrUnavailable, broken,
				"the connection broke again and again")
		}
		if r.ctx.Err() != nil {
			return ContextError(r.ctx)
		}
		body, again, err := r.from.open(r.ctx, r.off, r.left)
		switch {
		case err == nil:
			return r.swap(body)
		case again || r.forgives > 0 && err != errBefore && errors.Is(err, files.ErrUnavailable):
			if !again {
				r.forgives--
			}
			if broken == nil {
				broken = err
			}
		case err == errBefore && broken != nil:
			return WithCause(files.ErrUnavailable, broken, "the connection broke, and the "+
				"service sends the whole file in place of the rest")
		default:
			return err
		}
	}
}

// swap takes the new body, unless the caller has called Close meanwhile.
func (r *resumingBody) swap(body io.ReadCloser) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.body != nil {
		r.body.Close()
	}
	r.body = body
	if r.closed {
		body.Close()
		return files.ErrClosed
	}
	return nil
}

func (r *resumingBody) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	if r.body == nil {
		return nil
	}
	return r.body.Close()
}

// Requests returns how many requests the body has taken.
func (r *resumingBody) Requests() int64 { return r.from.requests.Load() }
