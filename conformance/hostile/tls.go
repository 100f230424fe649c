package hostile

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/conformance/internal/stacks"
	"cloudfiles.dev/files"
)

// Fixes are the texts by which a driver's errors name the setting that helps. RunTLS
// doesn't look for an empty one.
type Fixes struct {
	TLS       string // the setting to use TLS, such as "https://"
	Plain     string // the setting not to use it, such as "http://"
	Host      string // the setting to name the host that the certificate is for
	Authority string // the setting to trust another authority, such as "SSL_CERT_FILE"
}

// fix is one of the texts.
type fix int

const (
	noFix fix = iota
	fixTLS
	fixPlain
	fixHost
	fixAuthority
	fixClock
)

// words returns the text of a fix.
func (f Fixes) words(x fix) string {
	switch x {
	case fixTLS:
		return f.TLS
	case fixPlain:
		return f.Plain
	case fixHost:
		return f.Host
	case fixAuthority:
		return f.Authority
	case fixClock:
		return "clock"
	}
	return ""
}

// RunTLS checks that a driver keeps rule E2 if the connection to the service's endpoint
// fails in TLS. It tries each operation with each of some twenty ways, such as an expired
// certificate, HTTP instead of HTTPS and the other way round, and a handshake that is
// refused or never finished.
//
//   - If another attempt can't help, the error is files.ErrInvalid, no request is repeated,
//     and its text names the setting that helps, as fixes says.
//   - If the failure may pass, the error is files.ErrUnavailable after at most the
//     policy's attempts.
//   - If nothing comes, the call ends with its context.
//   - No error shows the address or a secret, and no request is made.
//
// RunTLS calls Config.Open with URLs that begin with https:// or http://. It ignores
// Large, Leftover and Part.
func RunTLS(t T, c Config, fixes Fixes) {
	t.Helper()
	if c.Attempts == 0 {
		c.Attempts = 3
	}
	other, err := newElsewhere()
	if err != nil {
		t.Fatalf("hostile: %v", err)
	}
	defer other.listener.Close()
	defer muteLog()()
	r := &runner{
		t:     t,
		cfg:   &c,
		other: other,
		ops:   operations(c.Large),
		costs: map[string]int{},
		parts: map[string]int{},
		known: map[Known]int{},
	}
	if r.world, err = newWorld(t.Context(), &c, other); err != nil {
		t.Fatalf("hostile: %v", err)
	}
	r.truth()
	ways, err := tlsWays()
	if err != nil {
		t.Fatalf("hostile: %v", err)
	}
	var slow sync.WaitGroup
	for i := range ways {
		if w := &ways[i]; w.kind == nil { // the call waits for its context
			slow.Go(func() { r.handshakes(w, fixes) })
		}
	}
	slow.Wait()
	for i := range ways {
		if w := &ways[i]; w.kind != nil {
			r.handshakes(w, fixes)
		}
	}
	r.rest()
	for _, k := range c.Known {
		if c.Only == nil && r.known[k] == 0 {
			t.Errorf("the exception of %q, %q is not needed: %s", k.Way, k.Op, k.Why)
		}
	}
	t.Logf("%s: %d ways in TLS, %d operations", c.Service.Name, len(ways), len(r.ops))
}

// handshakes tries a way on all operations, and then checks that no goroutine is left.
func (r *runner) handshakes(w *tlsWay, fixes Fixes) {
	way := &Way{
		Name:   w.name,
		Why:    w.why,
		Stalls: w.kind == nil,
	}
	value := fmt.Sprintf("hostile TLS %x %s", rand.Uint64(), w.name)
	pprof.Do(r.t.Context(), pprof.Labels("hostile", value), func(context.Context) {
		var together group
		for _, op := range r.chosen(way) {
			if r.costs[op.name] == 0 {
				continue // it makes no request
			}
			together.run(way, func() { r.handshaken(w, way, op, fixes) })
		}
		together.wait()
	})
	if !settles(func() bool { _, n := stacks.Labelled(value); return n == 0 }) {
		left, n := stacks.Labelled(value)
		r.fail(way, "", "", fmt.Sprintf("%d goroutines are left:\n%.3000s", n, left))
	}
}

// handshaken tries a way on an operation.
func (r *runner) handshaken(w *tlsWay, way *Way, op *operation, fixes Fixes) {
	var wrong string
	var late bool
	for range lateTries {
		if wrong, late = r.handshake(w, way, op, fixes); !late {
			break
		}
	}
	if late && r.later(func() { r.handshaken(w, way, op, fixes) }) {
		return
	}
	if wrong != "" {
		r.fail(way, op.name, "each connection", wrong)
	}
}

// handshake makes an operation once, and returns what is wrong. late reports that the
// machine may be at fault.
func (r *runner) handshake(w *tlsWay, way *Way, op *operation, fixes Fixes) (
	wrong string, late bool,
) {
	l, err := listenTLS(w)
	if err != nil {
		return err.Error(), false
	}
	defer l.close()
	c := &check{
		runner: r,
		way:    way,
		op:     op,
	}
	// judgeError needs an endpoint; no request reaches this one.
	c.endpoint = newEndpoint(r.cfg.Service, r.world.store.Clone(), nil, nil, r.other)
	defer c.endpoint.close()
	c.bucket = r.cfg.Open(w.scheme() + "://" + l.addr())
	defer c.bucket.Close()
	limit := guardTime
	if way.Stalls {
		limit = stallTime
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), limit)
	defer cancel()
	awake := control(ctx)
	var out outcome
	c.call(ctx, &out)
	if ctx.Err() != nil {
		if after := time.Since(awake()); after > MaxLate {
			return fmt.Sprintf("it returned %v after the context's end", after), true
		}
	}
	if out.wrong != "" {
		return out.wrong, false
	}
	return c.judgeTLS(w, out.err, l.count(), fixes), false
}

// judgeTLS returns what is wrong with an error after that many connections, or "".
func (c *check) judgeTLS(w *tlsWay, err error, conns int, fixes Fixes) string {
	if err == nil {
		return "nil, though there was no response"
	}
	if bad := c.judgeError(err); bad != "" {
		return bad
	}
	if w.kind == nil {
		if !errors.Is(err, context.DeadlineExceeded) {
			return fmt.Sprintf("the call didn't wait for its context: %.300v", err)
		}
		return ""
	}
	kind := files.KindOf(err)
	if kind != w.kind {
		return fmt.Sprintf("the error is %.300v, want %v", err, w.kind)
	}
	if words := fixes.words(w.fix); !strings.Contains(err.Error(), words) {
		return fmt.Sprintf("the error doesn't say %q: %.300v", words, err)
	}
	if most := c.mostConns(w); conns > most {
		return fmt.Sprintf("%d connections, want at most %d: %.300v", conns, most, err)
	}
	return ""
}

// mostConns returns how many connections an operation may make: one for each request that
// is made before the first has failed, and as many again, because a transport may dial a
// connection that it turns out not to need. There are several such requests if names are
// deleted one by one, or if parts are sent and no request begins their upload (Azure).
func (c *check) mostConns(w *tlsWay) int {
	n := max(2, 2*c.parts[c.op.name])
	if c.op.several() {
		n = max(n, 2*len(c.op.writes))
	}
	if w.kind == files.ErrUnavailable {
		n *= c.cfg.Attempts
	}
	return n
}

// several reports whether the operation deletes more than one file.
func (o *operation) several() bool {
	gone := 0
	for _, content := range o.writes {
		if content == nil {
			gone++
		}
	}
	return gone > 1
}

// tlsListener serves each connection by a way.
type tlsListener struct {
	net.Listener
	way  *tlsWay
	done chan struct{}
	all  sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

func listenTLS(w *tlsWay) (*tlsListener, error) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &tlsListener{
		Listener: inner,
		way:      w,
		done:     make(chan struct{}),
	}
	l.all.Go(l.serve)
	return l, nil
}

func (l *tlsListener) addr() string { return l.Addr().String() }

func (l *tlsListener) serve() {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		l.conns = append(l.conns, conn)
		l.mu.Unlock()
		l.all.Go(func() {
			l.way.serve(conn, l.done)
			conn.Close()
		})
	}
}

func (l *tlsListener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

// close ends all connections, and waits until none is served any more.
func (l *tlsListener) close() {
	close(l.done)
	l.Close()
	l.mu.Lock()
	for _, c := range slices.Clone(l.conns) {
		c.Close()
	}
	l.mu.Unlock()
	l.all.Wait()
}
