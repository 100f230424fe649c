package filestest

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/files"
)

// Call is a call of the program, as the fake saw it.
type Call struct {
	Op   files.Op
	Name string // the file or directory; "3 names" for a DeleteMany
	// N is the bytes that were stored or read, or the entries that were listed.
	N int64
	// Err is what the call returned. A body that was read to an error has that.
	Err error
	// Rule is the line of the rule that was applied to the call, or "".
	Rule string
	// Done is false as long as the call, its body or its listing goes on.
	Done bool
}

// String returns the call in one line.
func (c Call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q, %d", c.Op, c.Name, c.N)
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

// maxCalls is how many calls are remembered one by one. All are counted.
const maxCalls = 10_000

// maxShown is how many lines a failure has.
const maxShown = 40

// record is what was called.
type record struct {
	mu     sync.Mutex
	calls  []*Call
	of     map[*files.Call]*Call // those that go on
	count  int                   // of all calls
	writes int
	bytes  int64 // read and stored
}

func (r *record) begin(call *files.Call, rule string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	if call.Op.Writes() {
		r.writes++
	}
	name := call.Name
	if call.Op == files.OpDeleteMany {
		name = fmt.Sprintf("%d names", len(call.Names))
	}
	c := &Call{
		Op:   call.Op,
		Name: name,
		Rule: rule,
	}
	if r.of == nil {
		r.of = map[*files.Call]*Call{}
	}
	r.of[call] = c
	if len(r.calls) < maxCalls {
		r.calls = append(r.calls, c)
	}
}

func (r *record) end(call *files.Call, n int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.of[call]
	if !ok {
		return
	}
	delete(r.of, call)
	c.N, c.Err, c.Done = n, err, true
	if call.Op == files.OpGet || call.Op == files.OpPut {
		r.bytes += n
	}
}

// Calls returns the calls since New, in the order in which they began: the first 10,000
// of them.
func (b *Bucket) Calls() []Call {
	b.record.mu.Lock()
	defer b.record.mu.Unlock()
	all := make([]Call, len(b.record.calls))
	for i, c := range b.record.calls {
		all[i] = *c
	}
	return all
}

// Budget is how much a piece of a program may do. A field of 0 is no limit, except that
// of a Budget that is zero as a whole, which allows nothing.
type Budget struct {
	Calls  int   // of any kind
	Writes int   // those that change something
	Bytes  int64 // read and stored
}

// Within runs f and fails the test if it did more with this fake than the budget allows.
// It doesn't fail for less. Calls of other goroutines meanwhile count.
func (b *Bucket) Within(t testing.TB, limit Budget, f func()) {
	t.Helper()
	calls, writes, bytes, at := b.record.totals()
	f()
	nowCalls, nowWrites, nowBytes, end := b.record.totals()
	calls, writes, bytes = nowCalls-calls, nowWrites-writes, nowBytes-bytes
	none := limit == Budget{}
	var over []string
	if (limit.Calls > 0 || none) && calls > limit.Calls {
		over = append(over, fmt.Sprintf("%d calls of at most %d", calls, limit.Calls))
	}
	if limit.Writes > 0 && writes > limit.Writes {
		over = append(over, fmt.Sprintf("%d writes of at most %d", writes, limit.Writes))
	}
	if limit.Bytes > 0 && bytes > limit.Bytes {
		over = append(over, fmt.Sprintf("%d bytes of at most %d", bytes, limit.Bytes))
	}
	if len(over) > 0 {
		t.Errorf("filestest: over the budget: %s\n%s", strings.Join(over, ", "),
			table(b.Calls()[at:end]))
	}
}

func (r *record) totals() (calls, writes int, bytes int64, remembered int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count, r.writes, r.bytes, len(r.calls)
}

// table shows calls, a line each.
func table(calls []Call) string {
	var b strings.Builder
	for i, c := range calls {
		if i == maxShown {
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
func (b *Bucket) around(ctx context.Context, call *files.Call,
	next func(context.Context) error) error {
	ctx, err := b.pending.begin(ctx, call)
	if err != nil {
		return err
	}
	if b.rules.every != nil {
		if err := b.rules.every(ctx, call); err != nil {
			b.record.begin(call, "Sweep")
			return err
		}
	}
	rule := b.rules.match(call)
	b.record.begin(call, rule.where())
	if rule == nil {
		return next(ctx)
	}
	return rule.apply(ctx, call, next)
}

// done is the hook at every end.
func (b *Bucket) done(_ context.Context, call *files.Call, n int64, err error) {
	b.pending.end(call)
	b.record.end(call, n, err)
}

// list is the hook of listings: a rule's BreakAfter counts entries.
func (b *Bucket) list(ctx context.Context, _ *files.Call, opts files.ListOptions,
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
				yield(files.Entry{}, cut.err)
				return
			}
			left--
			if !yield(e, err) {
				return
			}
		}
	}
}
