package driver

import (
	"context"
	"errors"
	"io"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// resumeAttempts is how often in a row a body is opened again without getting a byte
// (G5).
const resumeAttempts = 5

// resumingBody continues after the last byte when a body breaks with
// files.ErrUnavailable, with the same version (G5).
type resumingBody struct {
	ctx     context.Context
	backend Backend
	req     OpenRequest
	info    files.Info
	off     int64 // of the next byte
	left    int64
	tries   int // since the last byte

	mu     sync.Mutex
	body   io.ReadCloser
	closed bool
}

func (r *resumingBody) Read(p []byte) (int, error) {
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
		case r.info.Version == "" && n > 0:
			return n, nil // the next Read meets the break again
		case r.info.Version == "":
			return 0, files.WithCause(files.ErrUnavailable, err,
				"the connection broke, and the file has no version by which the rest could be read")
		}
		if n > 0 {
			return n, nil // the next Read meets the break again
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

// reopen opens the rest; broken is the error that made it necessary.
func (r *resumingBody) reopen(broken error) error {
	for {
		if r.tries++; r.tries > resumeAttempts {
			return files.WithCause(files.ErrUnavailable, broken,
				"the connection broke again and again")
		}
		if r.ctx.Err() != nil {
			return ContextError(r.ctx)
		}
		req := r.req
		req.Range, req.IfNotVersion, req.IfVersion = files.Bytes(r.off, r.left), "", r.info.Version
		o, err := r.backend.Open(r.ctx, req)
		switch {
		case errors.Is(err, files.ErrPrecondition), errors.Is(err, files.ErrNotExist):
			return files.WithCause(files.ErrChanged, err,
				"the file was replaced or deleted after the connection broke")
		case errors.Is(err, files.ErrUnavailable) && retry.Attempts(err) == 0:
			continue // unless the driver has repeated it: the attempts would multiply
		case err != nil:
			return err
		case o.Length != r.left || o.Offset != r.off || o.Info.Size != r.info.Size:
			if o.Body != nil {
				o.Body.Close()
			}
			return files.Errorf(files.ErrUnavailable,
				"two answers of one version tell different sizes: one was broken")
		case o.Info.Version != r.info.Version:
			if o.Body != nil {
				o.Body.Close()
			}
			if o.Info.Version == "" {
				return files.Errorf(files.ErrUnavailable,
					"the answer with the rest tells no version")
			}
			return files.Errorf(files.ErrChanged, "the answer with the rest is of another version")
		case o.Before > 0: // it would come again with each break
			o.Body.Close()
			return files.WithCause(files.ErrUnavailable, broken, "the connection broke, and the "+
				"service sends the whole file in place of the rest")
		}
		return r.swap(o.Body)
	}
}

// swap takes the new body, unless the caller has called Close meanwhile.
func (r *resumingBody) swap(body io.ReadCloser) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.body.Close()
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
	return r.body.Close()
}
