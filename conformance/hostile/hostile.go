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
	// Service is the service that the driver speaks with.
	Service *Service
	// Open opens the driver's bucket, whose endpoint is a URL such as
	// http://127.0.0.1:41234, with credentials, whatever name, and very short delays
	// between attempts. Each call opens one of its own. Connections may be shared; they
	// end with the endpoint's.
	Open func(endpoint string) files.Bucket
	// Attempts is how many times the policy sends a request, at most; 0 is 3.
	Attempts int
	// Large is the size in bytes of a content that the driver uploads in parts; 0 tries
	// none.
	Large int
	// Secrets are texts, besides the endpoint's address, that no error may show.
	Secrets []string
	// Leftover reports whether an unsuccessful operation may leave a file of that name,
	// which the driver hides from its listings. nil is no file.
	Leftover func(name string) bool
	// Known lists the exceptions: rules that the driver can't keep, and why. An
	// exception that isn't needed is a failure.
	Known []Known
	// Part tries one pair of a way and an operation in so many, for short runs; 0 is all.
	Part int
	// Only selects the ways and operations to try; nil selects all.
	Only func(way, op string) bool
}

// Known is an exception: a way, or "" for each, on an operation, or "" for each.
type Known struct{ Way, Op, Why string }

// Full is the environment variable that makes Run try each way on the second and third
// request of an operation too, the heavy ones on every request, and nothing by chance.
const Full = "CLOUDFILES_HOSTILE_FULL"

// OnlyVariable is the environment variable that holds a part of "way|operation": others
// are left out, as with Config.Only.
const OnlyVariable = "CLOUDFILES_HOSTILE_ONLY"

// A call's context ends after stallTime where nothing else ends it, and after guardTime
// otherwise, which is a failure.
const (
	stallTime = 150 * time.Millisecond
	guardTime = 2 * time.Minute
)

// mode is on which requests of an operation a way answers.
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

// modes are those in which a way is tried on an operation. Without [Full] each pair is
// tried on every request, and one in three on single ones; a large content is sent for
// one way in four, and for those that are about uploads.
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

// rarely leaves out three pairs in four, but never a listing, nor a get.
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
	costs map[string]int // requests of an operation with true answers

	mu    sync.Mutex
	count int
	known map[Known]int // what was met
	busy  []func()      // what is tried once more, when nothing else runs
	last  bool          // which is now
}

// Run holds a driver to rule E2 and the rest of the contract where the service's
// endpoint answers wrongly: in each way that [Ways] has, on each operation.
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
	defer hush()()
	r := &runner{
		t:     t,
		cfg:   &c,
		other: other,
		full:  os.Getenv(Full) != "",
		ops:   operations(c.Large),
		costs: map[string]int{},
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

// truth makes each operation with true answers, and counts its requests.
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
			r.t.Fatalf("hostile: %s with true answers: %s; %s", op.name, out.wrong, out.log)
		}
		if len(op.want) > 0 != (out.err != nil) {
			r.t.Fatalf("hostile: %s with true answers: %v; %s", op.name, out.err, out.log)
		}
		r.costs[op.name] = out.requests
	}
}

// all tries the ways: those that need time at the same time, then the others.
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

// chosen are the operations that a way is tried on.
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

// way tries a way on all operations, and looks for goroutines that are left.
func (r *runner) way(w *Way, m *memoryWatch) {
	value := fmt.Sprintf("hostile %x %s", rand.Uint64(), w.Name)
	pprof.Do(r.t.Context(), pprof.Labels("hostile", value), func(context.Context) {
		for _, op := range r.chosen(w) {
			for _, mode := range modes(w, op, r.full, r.cfg.Part) {
				if mode.name == behind.name && r.costs[op.name] < 2 {
					continue // it has no other
				}
				r.try(w, op, mode, m)
			}
		}
	})
	if !settles(func() bool { _, n := stacks.Labelled(value); return n == 0 }) {
		left, n := stacks.Labelled(value)
		r.fail(w, "", "", fmt.Sprintf("%d goroutines are left:\n%.3000s", n, left))
	}
}

// lateTries is how often in a row a call has to be late, or to take too much memory, to
// be so: a busy machine isn't the driver's fault. As one may be busy for seconds, such a
// call is tried as often once more, at the end and alone.
const lateTries = 5

// rest tries what was late or took too much memory, when nothing else runs.
func (r *runner) rest() {
	r.last = true
	for _, again := range r.busy {
		again()
	}
}

// later leaves a call for the end, and reports whether that is still to come.
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
		r.fail(w, op.name, m.name, fmt.Sprintf("%v behind the context's end", out.late))
	case busy:
		r.fail(w, op.name, m.name, fmt.Sprintf("%d MiB of memory", more>>20))
	}
	if most := r.limit(w, op); out.requests > most {
		r.fail(w, op.name, m.name, fmt.Sprintf("%d requests, want at most %d: %v; %s",
			out.requests, most, out.err, out.log))
	}
	if w.Stalls {
		return // others run at the same time; what they reach is noticed behind them
	}
	if reached := r.other.take(); len(reached) > 0 {
		r.fail(w, op.name, m.name, fmt.Sprintf("another host was sent %q", reached))
	}
}

// looks is how many further requests a failure may cost, each with its retries: one
// to find out whether a write was done, one to check that the bucket exists, and one
// to abort an upload.
const looks = 3

func (r *runner) limit(w *Way, op *operation) int {
	return r.cfg.Attempts * (r.costs[op.name] + looks) * max(1, w.Requests)
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

// settleTime is how long what is on its way out may take; a leak stays.
var settleTime = 30 * time.Second // a constant, but for tests

func settles(ok func() bool) bool {
	for end := time.Now().Add(settleTime); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}
