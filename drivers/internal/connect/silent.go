package connect

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// Silent is the failure of a request whose server was silent for too long. What the
// server did is unknown.
type Silent struct {
	Setting string // the setting that bounds the wait
	After   time.Duration
	sending bool
}

// Broke returns the reason why only a part of a response came: the server was silent,
// or the connection broke.
func Broke(err error) string {
	var s *Silent
	if errors.As(err, &s) {
		return s.Error()
	}
	return "the connection broke"
}

func (s *Silent) Error() string {
	switch {
	case s.sending:
		return "the server took no bytes for " + s.After.String() + ": " + s.Setting +
			"= bounds that"
	case s.Setting == readSetting:
		return "the response's body made no progress for " + s.After.String() + ": " + s.Setting +
			"= bounds that"
	}
	return "the server was silent for " + s.After.String() + ": " + s.Setting + "= bounds that"
}

// Timeout implements net.Error.
func (s *Silent) Timeout() bool { return true }

// Temporary implements net.Error.
func (s *Silent) Temporary() bool { return true }

const (
	setting     = "timeout"
	readSetting = "read_timeout"
)

// silence is what a wait is for.
type silence uint8

const (
	ofResponse silence = iota
	ofBody             // a response's
	ofServer           // that doesn't read
)

// watch ends one request when its server is silent for too long. It has the bodies of
// the request and of its response. Its one timer is reset only if it would fire too
// late, so a read costs only two readings of the clock.
type watch struct {
	cancel context.CancelCauseFunc
	limits Limits
	slow   bool
	timer  *time.Timer
	sent   sent
	got    received

	mu      sync.Mutex
	done    bool      // the response has come
	rings   time.Time // when the timer fires; zero: it isn't set
	waiting bool
	since   time.Time
	after   time.Duration
	kind    silence
	fired   *Silent
}

// begin begins a wait.
func (w *watch) begin(kind silence) {
	after := w.limits.read()
	if kind == ofResponse {
		after = w.limits.response(w.slow)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done != (kind == ofBody) {
		return // a request's body may still be read after the response has come
	}
	w.waiting = false
	if after <= 0 || w.fired != nil {
		return
	}
	w.waiting, w.since, w.after, w.kind = true, time.Now(), after, kind
	end := w.since.Add(after)
	switch {
	case w.timer == nil:
		w.timer = time.AfterFunc(after, w.ring)
	case w.rings.IsZero(), end.Before(w.rings):
		w.timer.Reset(after)
	default:
		return
	}
	w.rings = end
}

// pause ends a wait while a request's body is sent.
func (w *watch) pause() {
	w.mu.Lock()
	if !w.done {
		w.waiting = false
	}
	w.mu.Unlock()
}

// answered notes that the response has come; from then on only its body is watched.
func (w *watch) answered() {
	w.mu.Lock()
	w.done, w.waiting = true, false
	w.mu.Unlock()
}

// end ends a wait.
func (w *watch) end() {
	w.mu.Lock()
	w.waiting = false
	w.mu.Unlock()
}

func (w *watch) ring() {
	w.mu.Lock()
	w.rings = time.Time{}
	if !w.waiting || w.fired != nil {
		w.mu.Unlock()
		return
	}
	if left := time.Until(w.since.Add(w.after)); left > 0 {
		w.rings = time.Now().Add(left)
		w.timer.Reset(left)
		w.mu.Unlock()
		return
	}
	w.fired = &Silent{Setting: setting, After: w.after, sending: w.kind == ofServer}
	if w.kind != ofResponse {
		w.fired.Setting = readSetting
	}
	fired := w.fired
	w.mu.Unlock()
	w.cancel(fired)
}

// over ends the watch.
func (w *watch) over() {
	w.mu.Lock()
	w.waiting = false
	if w.timer != nil {
		w.timer.Stop()
	}
	w.mu.Unlock()
	w.cancel(nil)
}

// why returns the silence that ended the request, or err if there was none.
func (w *watch) why(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fired != nil {
		return w.fired
	}
	return err
}

// sent is a request's body. The time that its Read takes isn't the server's.
type sent struct {
	io.ReadCloser
	w    *watch
	left int64 // how many bytes it still has; negative: unknown
}

func (s *sent) Read(p []byte) (int, error) {
	s.w.pause()
	n, err := s.ReadCloser.Read(p)
	if s.left >= 0 {
		s.left -= int64(n)
	}
	if err != nil || s.left == 0 {
		s.w.begin(ofResponse)
	} else {
		s.w.begin(ofServer)
	}
	return n, err
}

// received is a response's body. The time between two Reads is not bounded.
type received struct {
	io.ReadCloser
	w *watch
}

func (r *received) Read(p []byte) (int, error) {
	r.w.begin(ofBody)
	n, err := r.ReadCloser.Read(p)
	r.w.end()
	if err == io.EOF {
		r.w.over()
	} else if err != nil {
		err = r.w.why(err)
	}
	return n, err
}

func (r *received) Close() error {
	err := r.ReadCloser.Close()
	r.w.over()
	return err
}

type slowKey struct{}

// Slow returns the context of a request on which a service may work for long before it
// answers.
func Slow(ctx context.Context) context.Context { return context.WithValue(ctx, slowKey{}, true) }

// Do makes a request with next, within the limits.
func (l Limits) Do(
	req *http.Request, next func(*http.Request) (*http.Response, error),
) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	w := &watch{cancel: cancel, limits: l, slow: ctx.Value(slowKey{}) != nil}
	ctx, far := traced(ctx, req)
	out := req.WithContext(ctx)
	if req.Body != nil && req.Body != http.NoBody {
		w.sent = sent{req.Body, w, req.ContentLength}
		if w.sent.left <= 0 {
			w.sent.left = -1
		}
		out.Body = &w.sent
		if again := req.GetBody; again != nil {
			out.GetBody = func() (io.ReadCloser, error) { // on another connection
				b, err := again()
				if err != nil {
					return nil, err
				}
				return &sent{b, w, -1}, nil
			}
		}
	}
	w.begin(ofResponse)
	resp, err := next(out)
	w.answered()
	if err == nil {
		if err = mixup(req, resp, next); err == nil {
			if err = twice(resp.Header); err != nil && resp.Body != nil {
				resp.Body.Close()
			}
		}
	} else if mix := hidden(req, err, next); mix != nil {
		err = mix
	} else {
		err = far.judge(err)
	}
	if err != nil {
		err = w.why(err)
		w.over()
		return nil, err
	}
	if resp.Body == nil || resp.Body == http.NoBody {
		w.over()
		return resp, nil
	}
	w.got = received{resp.Body, w}
	resp.Body = &w.got
	return resp, nil
}

// Transport returns base within the limits; nil is http.DefaultTransport.
func (l Limits) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &limited{base, l}
}

type limited struct {
	http.RoundTripper
	limits Limits
}

func (t *limited) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.limits.Do(req, t.RoundTripper.RoundTrip)
}

// CloseIdleConnections closes base's idle connections, for http.Client.
func (t *limited) CloseIdleConnections() {
	if c, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
