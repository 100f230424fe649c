package filestest

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/files"
)

// Call is a call of the program, as the fake saw it. It has no content.
type Call struct {
	// Number counts the calls from 1, in the order in which they began.
	Number int
	// Line is the line of the program that made the call.
	Line string
	Op   files.Op
	Name string // the file or directory; "3 names" for a DeleteMany
	// N is the bytes that were stored or read, or the entries that were listed.
	N int64
	// Digest is the digest of the file's content, if the call returned it. Equal
	// digests mean equal contents.
	Digest files.Digest
	// Requests is how many requests the personality's driver makes for the call. It is
	// 0 if the personality isn't a service's.
	Requests int
	// Err is the error that the call returned, or with which reading the body ended.
	Err error
	// Rule is the line of the rule that was applied to the call, or "".
	Rule string
	// Done is true once the call, and its body or listing, has ended.
	Done bool

	names        []string // of a DeleteMany
	began, ended int      // moments, in the order of all beginnings and ends
}

// String returns the call in one line: its number, the program's line, the operation and
// name, bytes or entries, how it ended, and the rule that was applied.
func (c Call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d. %s: %s %q, %d", c.Number, c.Line, c.Op, c.Name, c.N)
	if c.Requests > 1 {
		fmt.Fprintf(&b, ", %d requests", c.Requests)
	}
	switch {
	case !c.Done:
		b.WriteString(", goes on")
	case c.Err != nil:
		fmt.Fprintf(&b, ", %s", files.KindName(files.KindOf(c.Err)))
	}
	if c.Rule != "" {
		fmt.Fprintf(&b, ", by the rule at %s", c.Rule)
	}
	return b.String()
}

// Calls are calls in the order in which they began.
type Calls []Call

// String returns the calls as the table that a failure shows, a line each.
func (c Calls) String() string { return table(c, maxShown) }

// maxCalls is how many calls are remembered one by one, and maxNames how many names of
// all DeleteManys together. All calls are counted.
const (
	maxCalls = 10_000
	maxNames = 100_000
)

// maxShown is how many lines a list in a failure has, and half of it if it has two.
const maxShown = 40

// record is what was called.
type record struct {
	costs   costs      // or nil
	counted func() int // the requests of a real bucket, or nil
	first   int        // what counted returned at first

	mu     sync.Mutex
	calls  []*Call
	of     map[*files.Call]*Call // those that go on
	usage  Usage                 // of all calls
	names  int                   // of DeleteManys
	moment int
}

// callKey is the key of a *Call in the context of a call.
type callKey struct{}

// charging returns what counts the requests of the call whose context it is.
func (r *record) charging(ctx context.Context) charge {
	call, _ := ctx.Value(callKey{}).(*Call)
	return func(request string, n int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if call != nil {
			call.Requests += n
		}
		r.usage.Requests[request] += n
	}
}

func (r *record) begin(ctx context.Context, call *files.Call, line,
	rule string) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.usage.Calls++
	if call.Op.Writes() {
		r.usage.Writes++
	}
	r.moment++
	c := &Call{
		Number: r.usage.Calls,
		Line:   line,
		Op:     call.Op,
		Name:   call.Name,
		Rule:   rule,
		began:  r.moment,
	}
	if call.Op == files.OpDeleteMany {
		c.Name = fmt.Sprintf("%d names", len(call.Names))
		if r.names += len(call.Names); r.names <= maxNames {
			c.names = slices.Clone(call.Names)
		}
	}
	if r.of == nil {
		r.of = map[*files.Call]*Call{}
	}
	r.of[call] = c
	if len(r.calls) < maxCalls {
		r.calls = append(r.calls, c)
	}
	return context.WithValue(ctx, callKey{}, c)
}

func (r *record) end(call *files.Call, n int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.of[call]
	if !ok {
		return
	}
	delete(r.of, call)
	r.moment++
	c.N, c.Err, c.Done, c.ended = n, err, true, r.moment
	if err == nil {
		c.Digest = call.Info.Digest
	}
	switch call.Op {
	case files.OpGet:
		r.usage.Read += n
	case files.OpPut:
		r.usage.Stored += n
	}
}

// Calls returns the first 10,000 calls since New, or since Around.
//
//	t.Log(b.Calls()) // the table that a failure shows
func (b *instruments) Calls() Calls {
	b.record.mu.Lock()
	defer b.record.mu.Unlock()
	all := make(Calls, len(b.record.calls))
	for i, c := range b.record.calls {
		all[i] = *c
	}
	return all
}

// Budget is how much a piece of a program may do. A field of 0 is no limit, but the
// zero Budget allows nothing.
type Budget struct {
	Calls  int // of any kind
	Writes int // calls that are to change something, even if they fail
	// Requests are those that the personality's driver makes: a large Put, a long
	// listing, a Copy and a Move take several. A limit on Requests fails the test if
	// the personality isn't a service's, because it can't be checked.
	Requests int
	Bytes    int64 // read and stored
}

// Within runs f, and fails the test if f does more with this bucket than the budget
// allows. It may do less. Calls that other goroutines make meanwhile count too. Within
// returns what was done.
func (b *instruments) Within(t testing.TB, limit Budget, f func()) Usage {
	t.Helper()
	switch {
	case f == nil:
		t.Fatalf("filestest: Within: the function is nil")
	case limit.Calls < 0 || limit.Writes < 0 || limit.Requests < 0 || limit.Bytes < 0:
		t.Fatalf("filestest: Within: the budget %+v has a negative number; one that is zero as "+
			"a whole allows nothing", limit)
	}
	before, at := b.record.totals()
	f()
	after, end := b.record.totals()
	used := after.less(before)
	none := limit == Budget{}
	var over []string
	check := func(what string, is, most int64) {
		if most > 0 && is > most {
			over = append(over, fmt.Sprintf("%d %s of at most %d", is, what, most))
		}
	}
	if none && used.Calls > 0 {
		over = append(over, fmt.Sprintf("%s of at most 0", counted(used.Calls, "call")))
	}
	check("calls", int64(used.Calls), int64(limit.Calls))
	check("writes", int64(used.Writes), int64(limit.Writes))
	check("requests", int64(used.AllRequests()), int64(limit.Requests))
	check("bytes", used.Read+used.Stored, limit.Bytes)
	if len(over) > 0 {
		requests := used.requests()
		if requests != "" {
			requests = "\n\trequests: " + requests
		}
		t.Errorf("filestest: over the budget: %s\n%s%s", strings.Join(over, ", "),
			b.Calls()[at:end], requests)
	}
	if limit.Requests > 0 && used.Requests == nil {
		t.Errorf("filestest: a budget of requests can't be checked: this bucket doesn't count " +
			"them; use filestest.As(filestest.S3) or of another service, AroundOptions.Requests, " +
			"or a budget of calls")
	}
	return used
}

// Usage returns what was done since New, or since Around.
func (b *instruments) Usage() Usage {
	u, _ := b.record.totals()
	return u
}

// totals returns what was done so far, and how many calls are remembered.
func (r *record) totals() (u Usage, remembered int) {
	requests := 0
	if r.counted != nil {
		requests = r.counted()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	u = r.usage
	u.Requests = maps.Clone(u.Requests)
	if r.counted != nil {
		u.Requests = map[string]int{"request": requests - r.first}
	}
	return u, len(r.calls)
}

// less returns what was done since before.
func (u Usage) less(before Usage) Usage {
	u.Calls -= before.Calls
	u.Writes -= before.Writes
	u.Read -= before.Read
	u.Stored -= before.Stored
	for request, n := range before.Requests {
		if u.Requests[request] -= n; u.Requests[request] == 0 {
			delete(u.Requests, request)
		}
	}
	return u
}

// requests counts the requests by their names, or is "".
func (u Usage) requests() string {
	var list []string
	for _, request := range slices.Sorted(maps.Keys(u.Requests)) {
		list = append(list, fmt.Sprintf("%d %s", u.Requests[request], request))
	}
	return strings.Join(list, ", ")
}

// table shows so many calls, a line each.
func table(calls Calls, most int) string {
	var b strings.Builder
	for i, c := range calls {
		if i == most {
			fmt.Fprintf(&b, "\t… and %d more\n", len(calls)-i)
			break
		}
		fmt.Fprintf(&b, "\t%s\n", c)
	}
	if len(calls) == 0 {
		return "\tnothing was called"
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// around is the hook around every call.
func (b *instruments) around(ctx context.Context, call *files.Call,
	next func(context.Context) error) error {
	ctx, line, err := b.pending.begin(ctx, call)
	if err != nil {
		return err
	}
	if b.rules.every != nil {
		if err := b.rules.every(ctx, call); err != nil {
			ctx = b.record.begin(ctx, call, line, "Sweep")
			return b.fails(ctx, call, err)
		}
	}
	rule := b.rules.match(call)
	ctx = b.record.begin(ctx, call, line, rule.where())
	if b.looks {
		next = b.looking(call, next)
	}
	if rule == nil {
		err = next(ctx)
	} else {
		err = rule.apply(ctx, b, call, next)
	}
	if call.Op == files.OpGet && err == nil {
		b.pending.returned(call)
	}
	return err
}

// looking is next with a look at what it changes in a bucket that isn't the fake's own.
func (b *instruments) looking(call *files.Call,
	next func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		err := next(ctx)
		b.changes.seen(call, err)
		return err
	}
}

// done is the hook at every end.
func (b *instruments) done(_ context.Context, call *files.Call, n int64, err error) {
	b.pending.end(call)
	b.record.end(call, n, err)
}

// list is the hook of listings: a rule's BreakAfter counts entries.
func (b *instruments) list(ctx context.Context, _ *files.Call, opts files.ListOptions,
	list func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
) iter.Seq2[files.Entry, error] {
	entries := list(ctx, opts)
	cut, ok := ctx.Value(breakKey{}).(*breakAt)
	if !ok {
		return entries
	}
	return func(yield func(files.Entry, error) bool) {
		left := cut.after
		for e, err := range entries {
			if left == 0 && err == nil {
				if err := cut.reached(ctx, nil); err != nil {
					yield(files.Entry{}, err)
					return
				}
			}
			left--
			if !yield(e, err) {
				return
			}
		}
	}
}
