// Package faultrun checks that a driver keeps the contract while requests fail. Several
// concurrent clients make thousands of operations (puts with and without conditions,
// reads, listings, deletes), through a proxy that injects faults of every kind into a
// part of the requests.
//
//	p := proxy.Start(t, proxy.S3, server, nil)
//	// The driver's bucket, empty, with p.URL() as its endpoint and short delays between
//	// attempts.
//	b := …
//	faultrun.Run(t, faultrun.Config{Bucket: b, Proxy: p})
//
// A run checks:
//
//   - No acknowledged write is lost, and no partial file is visible.
//   - No body is short or wrong with a nil error.
//   - After a Put that failed with ErrUncertain or ErrUnavailable, the file is the old or
//     the new one, whole. After a Put that failed otherwise, it is the old one.
//   - Other names are untouched.
//   - No update of a contended file is lost or done twice.
//   - At the end a full listing has exactly the files of the model.
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

// T is the part of a test that a run uses; *testing.T and conformance.T implement it.
type T interface {
	Helper()
	Context() context.Context
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Config configures a run. Bucket and Proxy are required.
type Config struct {
	// Bucket is an empty bucket of the driver, whose requests go through Proxy. The
	// delays between attempts should be short. A retry budget, if there is one, should be
	// large enough for the run.
	Bucket files.Bucket
	// Proxy injects the faults. The run adds a rule and clears all rules at the end.
	Proxy *proxy.Proxy
	// Ops is the least number of operations; 0 is 10,000.
	Ops int
	// Clients is how many clients work concurrently; 0 is 16.
	Clients int
	// Chance is the fraction of the requests that fail; 0 is 0.05.
	Chance float64
	// Seed makes the choices repeatable, as far as the machine's timing allows; 0 is
	// a random seed. The seed is logged.
	Seed uint64
	// Faults are injected with equal chances; nil is the result of Faults for the
	// proxy's service.
	Faults []proxy.Fault
	// Large is the size in bytes of one content in a hundred, for drivers that upload
	// large contents in parts. With 0 no content is large.
	Large int
	// Ignore reports whether to ignore a name that the server lists for a moment, such as
	// one of its temporary files; nil ignores none.
	Ignore func(name string) bool
	// StatMixes says that, while a write replaces the file, the service may return the
	// size of one write and the metadata of another in one response to Stat. A write that
	// was given up may still be replacing the file.
	StatMixes bool
	// Timeout is how long an operation may take; 0 is 3 seconds.
	Timeout time.Duration
	// Leftovers lists the unfinished uploads in the store without using the proxy; nil
	// skips the check. The run ignores uploads that no driver can end, because the
	// response to their creation was lost, or because no request to abort them got
	// through. This needs the ids in proxy.Record.Upload.
	Leftovers func() []Upload
	// Retries returns how often the driver has repeated a request, for the report;
	// nil leaves it out.
	Retries func() int64
}

// Faults returns the faults of a run: connections reset before, during and after a
// request, truncated and stalled responses, wrong lengths, errors in the service's
// form with and without Retry-After, expired credentials, a gateway's HTML, and
// latency.
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

// expired is ExpiredCredentials for all requests but HEAD, which get Forbidden. S3 would
// respond to a HEAD with 400 and no body, and no client can know what that means.
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

// Report is the result of a run.
type Report struct {
	Seed     uint64
	Ops      map[string]int // by kind
	Outcomes map[string]int // "ok", or the sentinel of the error
	Requests int            // that passed the proxy, the failed ones included
	Injected map[string]int // number of faults by name
	Faults   int            // the sum of Injected
	Retries  int64          // -1 if the driver doesn't report it
	Left     int            // unfinished uploads at the end, -1 if not checked
	Took     time.Duration
}

// String returns the seed and the numbers in one line.
func (r Report) String() string {
	ops := 0
	for _, n := range r.Ops {
		ops += n
	}
	retries := "unknown"
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
	left     atomic.Int64 // operations that remain

	mu         sync.Mutex
	files      map[string]*file
	all        []*file
	counters   []*counter
	slots      []*slot
	started    int // attempts to create a slot
	report     Report
	violations int
}

// Run runs the operations, checks the results, and returns a report.
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
		t.Fatalf("faultrun: Config needs Bucket and Proxy")
	}
	c.Ops = or(c.Ops, 10_000)
	c.Clients = or(c.Clients, 16)
	c.Timeout = or(c.Timeout, 3*time.Second)
	c.Chance = or(c.Chance, 0.05)
	c.Seed = or(c.Seed, rand.Uint64())
	f := c.Bucket.Features()
	if c.Faults == nil {
		c.Faults = Faults(c.Proxy.Service())
		if f.Digests { // only a digest shows the fault
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

// violation reports a violation of the contract.
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
		r.t.Errorf("there are more violations, which aren't shown")
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

// plausible fails the test if the run proves nothing.
func (r *run) plausible() {
	total := 0
	for _, n := range r.report.Ops {
		total += n
	}
	if ok := r.report.Outcomes["ok"]; ok < total/2 {
		r.t.Errorf("only %d of %d operations succeeded, which proves nothing", ok, total)
	}
	if want := int(float64(r.report.Requests) * r.Chance / 2); r.report.Faults < want {
		r.t.Errorf("%d faults were injected into %d requests, want at least %d",
			r.report.Faults, r.report.Requests, want)
	}
	if r.report.Requests < total/2 {
		r.t.Errorf("%d requests for %d operations, which don't go through the proxy",
			r.report.Requests, total)
	}
}
