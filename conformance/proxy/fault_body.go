package proxy

import (
	"io"
	"sync/atomic"
	"time"
)

// cutBody returns some bytes and then an error. If atEnd is set, it returns the error
// also if the body ends earlier.
type cutBody struct {
	io.ReadCloser
	left  int64
	err   error
	atEnd bool
}

func (c *cutBody) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, c.err
	}
	n, err := c.ReadCloser.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err == io.EOF && c.atEnd {
		err = c.err
	}
	return n, err
}

// endBody returns io.EOF after some bytes.
type endBody struct {
	io.ReadCloser
	left int64
}

func (e *endBody) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n, err := e.ReadCloser.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	return n, err
}

// waitingBody returns some bytes and then waits. Close ends the wait.
type waitingBody struct {
	io.ReadCloser
	x      *Exchange
	left   int64
	closed chan struct{}
	once   atomic.Bool
}

func stalledBody(x *Exchange, body io.ReadCloser, n int64) io.ReadCloser {
	return &waitingBody{
		ReadCloser: body,
		x:          x,
		left:       n,
		closed:     make(chan struct{}),
	}
}

func (w *waitingBody) Read(p []byte) (int, error) {
	if w.left > 0 {
		n, err := w.ReadCloser.Read(p[:min(int64(len(p)), w.left)])
		w.left -= int64(n)
		switch {
		case err != nil && err != io.EOF:
			return n, err
		case n > 0:
			return n, nil
		}
	}
	select {
	case <-w.closed:
	case <-w.x.Request.Context().Done():
	case <-w.x.proxy.ctx.Done():
	}
	return 0, ErrReset
}

func (w *waitingBody) Close() error {
	if !w.once.Swap(true) {
		close(w.closed)
	}
	return w.ReadCloser.Close()
}

// slowBody limits the rate of a body.
type slowBody struct {
	io.ReadCloser
	x     *Exchange
	rate  int64 // bytes a second
	begin time.Time
	n     int64
}

func (s *slowBody) Read(p []byte) (int, error) {
	if s.begin.IsZero() {
		s.begin = time.Now()
	}
	// A twentieth of a second at a time.
	n, err := s.ReadCloser.Read(p[:min(int64(len(p)), max(s.rate/20, 1))])
	s.n += int64(n)
	due := s.begin.Add(time.Duration(float64(s.n) / float64(s.rate) * float64(time.Second)))
	if werr := s.x.Wait(max(time.Until(due), 0)); werr != nil {
		return n, werr
	}
	return n, err
}
