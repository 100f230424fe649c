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

// Fixes are parts of the words by which a driver's errors name the setting that helps.
// An empty one isn't looked for.
type Fixes struct {
	TLS       string // to speak TLS, such as "https://"
	Plain     string // not to, such as "http://"
	Host      string // to name the host that the certificate is for
	Authority string // to trust another authority, such as "SSL_CERT_FILE"
}

// fix is which of the words are looked for.
type fix int

const (
	noFix fix = iota
	fixTLS
	fixPlain
	fixHost
	fixAuthority
	fixClock
)

// words are those of the fix.
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

// RunTLS holds a driver to rule E2 where the connection to the service's endpoint fails
// in TLS: for each operation and each of some twenty ways, such as a certificate that
// has expired, HTTP where HTTPS is spoken and the other way round, a handshake that is
// never finished, and one that is refused.
//
//   - What another attempt can't change is files.ErrInvalid after one connection, and
//     the words name the setting that helps, as fixes says.
//   - What may pass is files.ErrUnavailable after at most the policy's attempts.
//   - Where nothing comes, the call ends with its context.
//   - No error shows the address or a secret, and no request is made.
//
// Config.Open is called with URLs that begin with https://, and http:// too. Large,
// Leftover and Part have no meaning here.
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
	defer hush()()
	r := &runner{
		t:     t,
		cfg:   &c,
		other: other,
		ops:   operations(c.Large),
		costs: map[string]int{},
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
		if w := &ways[i]; w.kind == nil { // it waits for the context
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

// handshakes tries a way on all operations, and looks for goroutines that are left.
func (r *runner) handshakes(w *tlsWay, fixes Fixes) {
	way := &Way{
		Name:   w.name,
		Why:    w.why,
		Stalls: w.kind == nil,
	}
	value := fmt.Sprintf("hostile TLS %x %s", rand.Uint64(), w.name)
	pprof.Do(r.t.Context(), pprof.Labels("hostile", value), func(context.Context) {
		for _, op := range r.chosen(way) {
			if r.costs[op.name] == 0 {
				continue // it makes no request
			}
			r.handshaken(w, way, op, fixes)
		}
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

// handshake makes an operation once, and says what is wrong; late reports that it may be
// the machine's.
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
	// Nothing reaches it: what an operation looks at beside its bucket.
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
			return fmt.Sprintf("%v behind the context's end", after), true
		}
	}
	if out.wrong != "" {
		return out.wrong, false
	}
	return c.judgeTLS(w, out.err, l.count(), fixes), false
}

// judgeTLS says what is wrong with an error after that many connections, or "".
func (c *check) judgeTLS(w *tlsWay, err error, conns int, fixes Fixes) string {
	if err == nil {
		return "nil, though nothing was answered"
	}
	if bad := c.judgeError(err); bad != "" {
		return bad
	}
	if w.kind == nil {
		if !errors.Is(err, context.DeadlineExceeded) {
			return fmt.Sprintf("it didn't wait for its context: %.300v", err)
		}
		return ""
	}
	kind := files.KindOf(err)
	if kind != w.kind {
		return fmt.Sprintf("want %v: %.300v", w.kind, err)
	}
	if words := fixes.words(w.fix); !strings.Contains(err.Error(), words) {
		return fmt.Sprintf("the error doesn't say %q: %.300v", words, err)
	}
	if most := c.mostConns(w); conns > most {
		return fmt.Sprintf("%d connections, want at most %d: %.300v", conns, most, err)
	}
	return ""
}

// mostConns is how many connections are made at most: one for each request that is made
// before the first has failed, which are several where names are deleted one by one. A
// transport may dial one that it turns out not to need.
func (c *check) mostConns(w *tlsWay) int {
	n := 2
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

// tlsListener answers connections in a way.
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
			l.way.answer(conn, l.done)
			conn.Close()
		})
	}
}

func (l *tlsListener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

// close ends all connections, and waits for who answers them.
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
