package hostile

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/conformance/internal/stacks"
	"cloudfiles.dev/files"
)

// T is the part of a test that Run uses; *testing.T and conformance.T implement it.
type T interface {
	Helper()
	Context() context.Context
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Config configures Run. Service and Open are required.
type Config struct {
	// Service is the service whose protocol the driver speaks.
	Service *Service
	// Open opens a bucket of the driver at an endpoint, a URL such as
	// http://127.0.0.1:41234. The bucket may have any name; it needs credentials and very
	// short delays between attempts. Each call returns a new bucket. Buckets may share
	// connections; the endpoint ends its own.
	Open func(endpoint string) files.Bucket
	// Attempts is how many times, at most, the policy sends a request; 0 is 3.
	Attempts int
	// Large is a size in bytes that the driver uploads in parts. With 0 Run tries no
	// such upload.
	Large int
	// Secrets are texts, besides the endpoint's address, that no error may show.
	Secrets []string
	// Leftover reports whether an operation that fails may leave a file of that name,
	// which the driver leaves out of its listings. nil allows none.
	Leftover func(name string) bool
	// Known lists the exceptions: rules that the driver can't keep, and why. An
	// exception that isn't needed is a failure.
	Known []Known
	// Part n tries one in n pairs of a way and an operation, for short runs; 0 is all.
	Part int
	// Only selects the ways and operations to try; nil selects all.
	Only func(way, op string) bool
}

// Known is an exception for a way and an operation; "" stands for all of them.
type Known struct{ Way, Op, Why string }

// Full is the environment variable that makes Run leave nothing out: it also tries each
// way on the second and the third request of an operation, and the heavy ways on every
// request.
const Full = "CLOUDFILES_HOSTILE_FULL"

// OnlyVariable is the environment variable that holds a part of "way|operation". Run
// leaves out all others, as with Config.Only.
const OnlyVariable = "CLOUDFILES_HOSTILE_ONLY"

// A call's context ends after stallTime if the way stalls. Otherwise it ends after
// guardTime, and the call fails the test.
const (
	stallTime = 150 * time.Millisecond
	guardTime = 2 * time.Minute
)

// mode says which requests of an operation a way serves.
type mode struct {
	name string
	hits func(n int) bool
}

var (
	every  = mode{"each request", func(int) bool { return true }}
	first  = mode{"the first request", func(n int) bool { return n == 1 }}
	second = mode{"the second request", func(n int) bool { return n == 2 }}
	third  = mode{"the third request", func(n int) bool { return n == 3 }}
	behind = mode{"each request but the first", func(n int) bool { return n > 1 }}
)

// modes returns the modes in which a way is tried on an operation. Without [Full] each
// pair is tried on every request, and one in three on single requests too. Large content
// is sent under one way in four, and under the ways that are about uploads.
func modes(w *Way, op *operation, full bool, part int) []mode {
	h := fnv.New32a()
	h.Write([]byte(w.Name + "/" + op.name))
	chance := h.Sum32() >> 8
	switch {
	case part > 1 && int(chance/16)%part > 0:
		return nil
	case !full && op.large && chance%4 > 0 && !slices.Contains(w.Kinds, Commit):
		return nil
	case w.Heavy && !full && rarely(chance, op):
		return nil
	case w.Always:
		return []mode{every}
	case w.Heavy && !full:
		return []mode{first}
	case full:
		return []mode{every, first, second, third, behind}
	case chance%3 == 0:
		return []mode{every, first, behind}
	}
	return []mode{every}
}

// rarely reports whether to leave out a pair: three in four, but no listing and no get.
func rarely(chance uint32, op *operation) bool {
	return chance%4 > 0 && op.name != "list" && op.name != "get"
}

// runner is the state of one Run.
type runner struct {
	t     T
	cfg   *Config
	world *world
	other *elsewhere
	full  bool
	ops   []operation
	costs map[string]int // requests of an operation with true responses
	parts map[string]int // those of them that send parts with nothing before them

	mu    sync.Mutex
	count int
	known map[Known]int // failures of each exception
	busy  []func()      // calls to try once more, when nothing else runs
	last  bool          // that is now
}

// Run checks that a driver keeps rule E2, and the rest of the contract, if the service's
// endpoint responds wrongly. It tries each of [Ways] on each operation.
func Run(t T, c Config) {
	t.Helper()
	if c.Attempts == 0 {
		c.Attempts = 3
	}
	if part := os.Getenv(OnlyVariable); part != "" && c.Only == nil {
		c.Only = func(way, op string) bool { return strings.Contains(way+"|"+op, part) }
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
		full:  os.Getenv(Full) != "",
		ops:   operations(c.Large),
		costs: map[string]int{},
		parts: map[string]int{},
		known: map[Known]int{},
	}
	if r.world, err = newWorld(t.Context(), &c, other); err != nil {
		t.Fatalf("hostile: %v", err)
	}
	r.truth()
	start := time.Now()
	r.all()
	r.rest()
	for _, k := range c.Known {
		if c.Only == nil && c.Part < 2 && r.known[k] == 0 {
			t.Errorf("the exception of %q, %q is not needed: %s", k.Way, k.Op, k.Why)
		}
	}
	t.Logf("%s: %d ways, %d operations, %d cases in %v", c.Service.Name, len(Ways(c.Service)),
		len(r.ops), r.count, time.Since(start).Round(time.Millisecond))
}

// truth makes each operation with true responses, and counts its requests.
func (r *runner) truth() {
	r.t.Helper()
	for i := range r.ops {
		op := &r.ops[i]
		if op.needs != nil && !op.needs(r.world.features) {
			continue
		}
		c := &check{runner: r, op: op}
		out := c.run(guardTime)
		if out.wrong != "" {
			r.t.Fatalf("hostile: %s with true responses: %s; %s", op.name, out.wrong, out.log)
		}
		if len(op.want) > 0 != (out.err != nil) {
			r.t.Fatalf("hostile: %s with true responses: %v; %s", op.name, out.err, out.log)
		}
		r.costs[op.name] = out.requests
		if op.large && !c.endpoint.begins() {
			r.parts[op.name] = out.requests - 1 // the last one ends the upload
		}
	}
}

// all tries the ways that stall, all at the same time, and then the others.
func (r *runner) all() {
	var slow sync.WaitGroup
	ways := Ways(r.cfg.Service)
	for i := range ways {
		if w := &ways[i]; w.Stalls {
			slow.Go(func() { r.way(w, nil) })
		}
	}
	slow.Wait()
	for i := range ways {
		if w := &ways[i]; !w.Stalls {
			r.watched(w)
		}
	}
}

// chosen returns the operations on which a way is tried.
func (r *runner) chosen(w *Way) (ops []*operation) {
	for i := range r.ops {
		op := &r.ops[i]
		switch {
		case op.needs != nil && !op.needs(r.world.features):
		case slices.Contains(w.Blind, op.name):
		case r.cfg.Only != nil && !r.cfg.Only(w.Name, op.name):
		default:
			ops = append(ops, op)
		}
	}
	return ops
}

func (r *runner) watched(w *Way) {
	if len(r.chosen(w)) == 0 {
		return
	}
	m := watchMemory()
	defer m.stop()
	r.way(w, m)
}

// way tries a way on all operations, and then checks that no goroutine is left.
func (r *runner) way(w *Way, m *memoryWatch) {
	value := fmt.Sprintf("hostile %x %s", rand.Uint64(), w.Name)
	pprof.Do(r.t.Context(), pprof.Labels("hostile", value), func(context.Context) {
		var together group
		for _, op := range r.chosen(w) {
			for _, mode := range modes(w, op, r.full, r.cfg.Part) {
				if mode.name == behind.name && r.costs[op.name] < 2 {
					continue // it makes one request
				}
				together.run(w, func() { r.try(w, op, mode, m) })
			}
		}
		together.wait()
	})
	if !settles(func() bool { _, n := stacks.Labelled(value); return n == 0 }) {
		left, n := stacks.Labelled(value)
		r.fail(w, "", "", fmt.Sprintf("%d goroutines are left:\n%.3000s", n, left))
	}
}

// lateTries is how often in a row a call must be late, or take too much memory, because a
// busy machine isn't the driver's fault. A machine may be busy for seconds, so such a
// call is tried as often once more, at the end, when nothing else runs.
const lateTries = 5

// rest tries the calls that were late or took too much memory, when nothing else runs.
func (r *runner) rest() {
	r.last = true
	for _, again := range r.busy {
		again()
	}
}

// later keeps a call for rest. It reports false if rest runs already.
func (r *runner) later(again func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.last {
		r.busy = append(r.busy, again)
	}
	return !r.last
}

// alone is try when nothing else runs.
func (r *runner) alone(w *Way, op *operation, m mode) {
	if w.Stalls {
		r.try(w, op, m, nil)
		return
	}
	memory := watchMemory()
	defer memory.stop()
	r.try(w, op, m, memory)
}

func (r *runner) try(w *Way, op *operation, m mode, memory *memoryWatch) {
	limit := guardTime
	if w.Stalls {
		limit = stallTime
	}
	var out outcome
	var more int64
	for range lateTries {
		if memory != nil {
			memory.reset(w.Heavy || op.large)
		}
		c := &check{
			runner: r,
			way:    w,
			op:     op,
			hits:   m.hits,
			most:   r.limit(w, op),
		}
		out = c.run(limit)
		r.mu.Lock()
		r.count++
		r.mu.Unlock()
		if more = 0; memory != nil {
			more = memory.more()
		}
		if out.wrong != "" || out.late <= MaxLate && more <= MaxMemory {
			break
		}
		debug.FreeOSMemory()
	}
	busy := out.late > MaxLate || more > MaxMemory
	switch {
	case out.wrong != "":
		r.fail(w, op.name, m.name, out.wrong+"; "+out.log)
		return
	case busy && r.later(func() { r.alone(w, op, m) }):
	case out.late > MaxLate:
		r.fail(w, op.name, m.name, fmt.Sprintf("it returned %v after the context's end", out.late))
	case busy:
		r.fail(w, op.name, m.name, fmt.Sprintf("it took %d MiB of memory", more>>20))
	}
	if most := r.limit(w, op); out.requests > most {
		r.fail(w, op.name, m.name, fmt.Sprintf("%d requests, want at most %d: %v; %s",
			out.requests, most, out.err, out.log))
	}
	if w.Stalls {
		return // others run at the same time; requests to other hosts are found after them
	}
	if reached := r.other.take(); len(reached) > 0 {
		r.fail(w, op.name, m.name, fmt.Sprintf("another host got %q", reached))
	}
}

// extraRequests is how many further requests a failure may take, each with retries: one
// to find out whether a write was done, one to check that the bucket exists, and one
// to abort an upload.
const extraRequests = 3

func (r *runner) limit(w *Way, op *operation) int {
	return r.cfg.Attempts * (r.costs[op.name] + extraRequests) * max(1, w.Requests)
}

// fail reports a failure, unless it is a known exception.
func (r *runner) fail(w *Way, op, mode, what string) {
	r.t.Helper()
	for _, k := range r.cfg.Known {
		if (k.Way == "" || k.Way == w.Name) && (k.Op == "" || k.Op == op) {
			r.mu.Lock()
			r.known[k]++
			r.mu.Unlock()
			return
		}
	}
	if op == "" {
		r.t.Errorf("%s: %s", w.Name, what)
		return
	}
	r.t.Errorf("%s, on %s, %s: %s", w.Name, mode, op, what)
}

// settleTime is how long goroutines may take to end before they count as leaked.
var settleTime = 30 * time.Second // shorter in some tests

func settles(ok func() bool) bool {
	for end := time.Now().Add(settleTime); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}
