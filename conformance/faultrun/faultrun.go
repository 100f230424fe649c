// Package faultrun holds a driver to the contract while requests fail: thousands of
// operations of several writers, readers, listers and deleters, with conditional puts,
// through a proxy that makes a part of the requests fail in every way it knows.
//
//	p := proxy.Start(t, proxy.S3, server, nil)
//	// The driver's bucket, empty, with p.URL() as its endpoint and short delays between
//	// attempts.
//	b := …
//	faultrun.Run(t, faultrun.Config{Bucket: b, Proxy: p})
//
// What it checks: nothing acknowledged is lost, nothing partial is visible, no body is
// short or wrong with a nil error, a file whose Put failed with ErrUncertain or
// ErrUnavailable is the old or the new one, whole, one whose Put failed otherwise is
// the old one, other names are untouched, no update of a contended file is lost or done
// twice, and in the end a full listing is what the model says.
package faultrun

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/files"
)

// T is what a run needs of a test; *testing.T and conformance.T have it.
type T interface {
	Helper()
	Context() context.Context
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Config says what is run. Bucket and Proxy are needed.
type Config struct {
	// Bucket is the driver's, empty, with its requests going through Proxy. Its delays
	// between attempts should be short, and its budget, if it has one, as large as the
	// run.
	Bucket files.Bucket
	// Proxy injects the faults. The run adds a rule and clears all rules in the end.
	Proxy *proxy.Proxy
	// Ops is how many operations are done at least; 0 is 10,000.
	Ops int
	// Clients is how many work at a time; 0 is 16.
	Clients int
	// Chance is the part of the requests that fail; 0 is 0.05.
	Chance float64
	// Seed makes the choices repeat, as far as the machine's timing lets them; 0 is a
	// random one. It is logged.
	Seed uint64
	// Faults are injected with equal chances; nil is Faults of the proxy's service.
	Faults []proxy.Fault
	// Large is the size in bytes of every hundredth content, for drivers that upload
	// large contents in parts; 0 is none.
	Large int
	// Ignore reports names that the server itself lists for a moment, such as those of
	// its temporary files; nil is none.
	Ignore func(name string) bool
	// StatMixes says that the service, and not the driver, may tell in one Stat the size
	// of one write and the metadata of another while a write replaces the file, as one
	// does that was given up and is still under way.
	StatMixes bool
	// Timeout ends an operation that stalls; 0 is 3 seconds.
	Timeout time.Duration
	// Leftovers lists the unfinished uploads in the store, behind the proxy's back; nil
	// skips the check. The run takes those that no driver can end: whose creation's
	// answer was lost, or of which it let no request to abort them through. It needs
	// the ids that proxy.Record.Upload tells.
	Leftovers func() []Upload
	// Retries reports how often the driver has repeated a request, for the report; nil
	// leaves it out.
	Retries func() int64
}

// Faults are the faults of a run: connections reset before, during and after a request,
// truncated and stalled answers, wrong lengths, errors in the service's form with and
// without Retry-After, expired credentials, a gateway's HTML, and latency.
func Faults(s *proxy.Service) []proxy.Fault {
	return []proxy.Fault{
		proxy.ResetBefore(), proxy.ResetDuring(50), proxy.ResetDuring(1 << 20), proxy.ResetAfter(),
		proxy.ResetAfter(), proxy.Truncate(0), proxy.Truncate(-1), proxy.WrongLength(7),
		s.InternalError(), s.SlowDown(0), s.SlowDown(time.Second), s.Forbidden(), expired(s),
		proxy.HTML(502), proxy.HTML(503), proxy.Latency(20 * time.Millisecond),
		proxy.OneOf(proxy.Stall(-1), proxy.Stall(100), proxy.Latency(time.Millisecond),
			proxy.ResetAfter()),
	}
}

// expired is ExpiredCredentials, but for a HEAD: there S3 responses 400 without a body,
// of which no client can know what it means.
func expired(s *proxy.Service) proxy.Fault {
	f := s.ExpiredCredentials()
	return proxy.Fault{
		Name: f.Name,
		Do: func(x *proxy.Exchange, next proxy.Send) (*http.Response, error) {
			if x.Request.Method == http.MethodHead {
				return s.Forbidden().Do(x, next)
			}
			return f.Do(x, next)
		},
	}
}

// Report says what a run did.
type Report struct {
	Seed     uint64
	Ops      map[string]int // by kind
	Outcomes map[string]int // "ok", or the sentinel of the error
	Requests int
	Injected map[string]int // faults, by name
	Faults   int            // their sum
	Retries  int64          // -1 where the driver doesn't tell
	Left     int            // unfinished uploads in the end, -1 where nobody asked
	Took     time.Duration
}

func (r Report) String() string {
	ops := 0
	for _, n := range r.Ops {
		ops += n
	}
	retries := "not told"
	if r.Retries >= 0 {
		retries = fmt.Sprint(r.Retries)
	}
	left := ""
	if r.Left >= 0 {
		left = fmt.Sprintf(", %d unfinished uploads left", r.Left)
	}
	return fmt.Sprintf("seed %d: %d operations (%s), %d requests, %d faults (%s), retries %s%s; "+
		"outcomes: %s; %.1f s",
		r.Seed, ops, counts(r.Ops), r.Requests, r.Faults, counts(r.Injected), retries, left,
		counts(r.Outcomes), r.Took.Seconds())
}

func counts(m map[string]int) string {
	var s []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		s = append(s, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(s, ", ")
}

// run is a run in progress.
type run struct {
	Config
	t        T
	features files.Features
	left     atomic.Int64 // operations

	mu         sync.Mutex
	files      map[string]*file
	all        []*file
	counters   []*counter
	slots      []*slot
	started    int // tries of slots
	report     Report
	violations int
}

// Run does the operations, checks, and returns what it did.
func Run(t T, c Config) Report {
	t.Helper()
	r := newRun(t, c)
	t.Logf("fault run with seed %d", r.Seed)
	start := time.Now()
	r.Proxy.Reset()
	r.Proxy.Seed(r.Seed)
	r.Proxy.Add(proxy.Rule{Chance: r.Chance, Fault: proxy.OneOf(r.Config.Faults...)})
	var clients sync.WaitGroup
	for i := range r.Clients {
		clients.Go(func() { newClient(r, i).work() })
	}
	clients.Wait()
	r.Proxy.Clear()
	r.report.Requests, r.report.Injected = r.Proxy.Total(), r.Proxy.Injected()
	for _, n := range r.report.Injected {
		r.report.Faults += n
	}
	r.verify()
	r.report.Retries = -1
	if r.Retries != nil {
		r.report.Retries = r.Retries()
	}
	r.report.Took = time.Since(start)
	r.plausible()
	t.Logf("%s", r.report)
	return r.report
}

func newRun(t T, c Config) *run {
	t.Helper()
	if c.Bucket == nil || c.Proxy == nil {
		t.Fatalf("faultrun: Bucket and Proxy are needed")
	}
	c.Ops = or(c.Ops, 10_000)
	c.Clients = or(c.Clients, 16)
	c.Timeout = or(c.Timeout, 3*time.Second)
	c.Chance = or(c.Chance, 0.05)
	c.Seed = or(c.Seed, rand.Uint64())
	f := c.Bucket.Features()
	if c.Faults == nil {
		c.Faults = Faults(c.Proxy.Service())
		if f.Digests { // without a digest nobody could notice
			c.Faults = append(c.Faults, proxy.WrongLength(-7))
		}
	}
	r := &run{
		Config:   c,
		t:        t,
		features: f,
		files:    map[string]*file{},
	}
	r.report = Report{
		Seed:     c.Seed,
		Ops:      map[string]int{},
		Outcomes: map[string]int{},
		Left:     -1,
	}
	r.left.Store(int64(c.Ops))
	if f.IfAbsent && f.IfVersion && f.Versions {
		for i := range 4 {
			r.counters = append(r.counters, &counter{
				name:  fmt.Sprintf("shared/counter%d", i),
				known: map[string]state{},
			})
		}
	}
	return r
}

func or[N comparable](n, def N) N {
	var zero N
	if n == zero {
		return def
	}
	return n
}

// violation reports what must not be.
func (r *run) violation(format string, args ...any) {
	r.t.Helper()
	r.mu.Lock()
	r.violations++
	n := r.violations
	r.mu.Unlock()
	const most = 20
	switch {
	case n < most:
		r.t.Errorf("%s", term.Sprintf(format, args...))
	case n == most:
		r.t.Errorf("and more")
		r.left.Store(0)
	}
}

// count counts an operation and its outcome.
func (r *run) count(op string, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "other error"
		if kind := files.KindOf(err); kind != nil {
			outcome = files.KindName(kind)
		}
		if ended(err) {
			outcome = "timeout"
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Ops[op]++
	r.report.Outcomes[outcome]++
}

// plausible fails a run that shows nothing.
func (r *run) plausible() {
	total := 0
	for _, n := range r.report.Ops {
		total += n
	}
	if ok := r.report.Outcomes["ok"]; ok < total/2 {
		r.t.Errorf("only %d of %d operations succeeded: nothing is shown", ok, total)
	}
	if want := int(float64(r.report.Requests) * r.Chance / 2); r.report.Faults < want {
		r.t.Errorf("%d faults were injected into %d requests, want at least %d: nothing is shown",
			r.report.Faults, r.report.Requests, want)
	}
	if r.report.Requests < total/2 {
		r.t.Errorf("%d requests for %d operations: they don't go through the proxy",
			r.report.Requests, total)
	}
}
