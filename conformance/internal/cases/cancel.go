package cases

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/stacks"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var cancelCases = []suite.Case{
	{
		Rule: "X2",
		Name: "cancelled-before",
		Why:  "a call whose context ended before it began must do nothing: not even a delete",
		Run:  cancelledBefore,
	},
	{
		Rule: "X2",
		Name: "deadline-passed",
		Why:  "a call whose deadline passed before it began must do nothing",
		Run:  deadlinePassed,
	},
	{
		Rule: "X2",
		Name: "mid-list",
		Why:  "a listing of millions must stop when its context ends",
		Run:  cancelMidList,
	},
	{
		Rule:    "X2",
		Name:    "promptly",
		Why:     "a cancelled upload must stop reading its source at once",
		Largest: 2 << 20,
		Run:     cancelPromptly,
	},
	{
		Rule: "X2",
		Name: "no-goroutines",
		Why: "a broken call must leave no goroutine: a server that leaks one for each " +
			"request runs out of memory",
		Run: leakGoroutines,
	},
	{
		Rule: "X2",
		Name: "no-temporaries",
		Why: "a broken upload must leave nothing in the store: it fills the disk, or is " +
			"billed for ever",
		Run: leakTemporaries,
	},
}

// noEffect makes every call with an ended context. It fails the case if one succeeds or
// has an effect.
func noEffect(t suite.T, h *suite.H, ended context.Context, want error) {
	t.Helper()
	check.Puts(t, h, "old", "d/a")
	for _, name := range []string{"old", "missing", "d/a"} {
		for _, m := range append(check.Methods(t, h.Bucket, name), check.Listing(h.Bucket, "", nil),
			check.Listing(h.Bucket, "d", &files.ListOptions{Shallow: true}),
			check.Listing(h.Bucket, "empty", nil)) {
			check.WantErr(t, fmt.Sprintf("%s(%q)", m.Name, name), m.Call(ended), want)
		}
	}
	check.WantOnly(t, h, "old", "d/a")
	check.WantContent(t, h, "old", []byte("old"))
	check.WantContent(t, h, "d/a", []byte("d/a"))
	if err := files.Check(ended, h.Bucket); !errors.Is(err, want) {
		t.Errorf("Check: got %s, want %q", check.ErrText(err), want)
	}
	read := false
	_, err := h.Put(ended, "old", check.ReaderFunc(func([]byte) (int, error) {
		read = true
		return 0, io.EOF
	}), nil)
	check.WantErr(t, "Put", err, want)
	if read {
		t.Errorf("Put with an ended context reads the content, want no Read")
	}
	h.Clean(t, "calls with an ended context")
}

func cancelledBefore(t suite.T, h *suite.H) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	noEffect(t, h, ctx, context.Canceled)
}

func deadlinePassed(t suite.T, h *suite.H) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	noEffect(t, h, ctx, context.DeadlineExceeded)
}

func cancelMidList(t suite.T, h *suite.H) {
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("d%d/%02d", i%4, i))
	}
	check.Puts(t, h, names...)
	for _, sh := range []bool{false, true} {
		for _, size := range []int{0, 5} {
			dir := ""
			if sh {
				dir = "d1"
			}
			ctx, cancel := context.WithCancel(t.Context())
			n, last := 0, error(nil)
			for e, err := range h.List(ctx, dir, &files.ListOptions{PageSize: size, Shallow: sh}) {
				if err != nil {
					last = err
					check.Same(t, "the entry with the error", e, files.Entry{})
					continue
				}
				if last != nil {
					t.Errorf("List yields %q after its error, want nothing", e.Name)
				}
				if n++; n == 3 {
					cancel()
				}
			}
			cancel()
			check.WantErr(t, "List whose context is cancelled in the loop", last, context.Canceled)
			if n > 3 {
				t.Errorf("List yields %d more entries after its context was cancelled, want the "+
					"error next", n-3)
			}
		}
	}
}

func cancelPromptly(t suite.T, h *suite.H) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const at = 1 << 20
	after := 0
	total := 0
	endless := check.ReaderFunc(func(p []byte) (int, error) {
		if total >= at {
			cancel()
			// the case has failed by now; a bucket that keeps what it reads must not
			// fill the memory
			if after++; after > 100 {
				return 0, io.EOF
			}
		}
		n := copy(p, check.Content(1, min(len(p), 32<<10)))
		total += n
		return n, nil
	})
	_, err := h.Put(ctx, "a", endless, nil)
	check.WantErr(t, "Put of a stream whose context is cancelled", err, context.Canceled)
	if after > 2 {
		t.Errorf("Put reads the content %d times after its context was cancelled, want to stop "+
			"before the next", after)
	}
	if h.F.Atomic {
		check.WantMissing(t, h, "a")
	}
}

// brokenUses makes calls of every kind and breaks each of them off.
func brokenUses(t suite.T, h *suite.H) {
	c := check.Content(1, 200_000)
	h.Put(t.Context(), "broken", check.Failing(c, false, check.ErrReader), nil)
	ctx, cancel := context.WithCancel(t.Context())
	h.Put(ctx, "broken", check.Hook(c, 100_000, cancel), nil)
	h.Put(t.Context(), "broken", check.Stream(c), &files.PutOptions{Size: new(int64(5))})
	h.Put(t.Context(), "broken", check.Stream(c), &files.PutOptions{Digest: allDigests(nil)})
	if h.F.IfAbsent {
		h.Put(t.Context(), "old", check.Stream(c), &files.PutOptions{If: files.IfAbsent()})
	}
	for _, read := range []int{0, 100} { // closed before the end
		if r, err := h.Get(t.Context(), "old", nil); err == nil {
			r.ReadN(read)
			r.Close()
		}
	}
	ctx, cancel = context.WithCancel(t.Context())
	if r, err := h.Get(ctx, "old", nil); err == nil { // cancelled, then closed
		r.ReadN(10)
		cancel()
		r.Read(make([]byte, 10))
		r.Close()
	}
	cancel()
	ctx, cancel = context.WithCancel(t.Context())
	for range h.List(ctx, "", nil) {
		cancel()
	}
	cancel()
	for range h.List(t.Context(), "", &files.ListOptions{PageSize: 1}) {
		break
	}
	files.Copy(t.Context(), h.Bucket, "x", h.Bucket, "missing", nil)
}

func leakGoroutines(t suite.T, h *suite.H) {
	check.Put(t, h, "old", check.Content(1, 200_000), nil)
	check.Puts(t, h, "d/a", "d/b")
	const rounds = 24
	for range 4 { // these make pools and connections
		brokenUses(t, h)
	}
	label, ok := suite.LabelOf(t.Context())
	if !ok {
		t.Skipf("the case's goroutines carry no label")
	}
	// A leak grows with every round. A pool of connections may grow too, but it stops
	// growing, so more rounds decide.
	const series = 4
	_, before := stacks.Labelled(label)
	var left string
	first := before
	for range series {
		for range rounds {
			brokenUses(t, h)
		}
		var now int
		if left, now = settled(label, before+rounds/2); now < before+rounds/2 {
			return
		}
		before = now
	}
	t.Fatalf("%d broken calls leave %d goroutines more than before, want none:\n%s",
		series*rounds, before-first, left)
}

// settled waits until fewer than limit goroutines have the label, because goroutines
// that are about to end need a moment. It gives up when their number has not fallen for
// a second, and after five seconds at the latest. It returns their stacks and their
// number.
func settled(label string, limit int) (stack string, n int) {
	deadline := time.Now().Add(5 * time.Second)
	least, since := 0, time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		stack, n = stacks.Labelled(label)
		now := time.Now()
		if n < least || least == 0 {
			least, since = n, now
		}
		if n < limit || now.After(deadline) || now.Sub(since) > time.Second {
			return stack, n
		}
		runtime.Gosched()
		<-tick.C
	}
}

func leakTemporaries(t suite.T, h *suite.H) {
	if h.Harness.Leftovers == nil {
		t.Skipf("the harness can't count what is left over")
	}
	check.Put(t, h, "old", check.Content(1, 200_000), nil)
	for range 5 {
		brokenUses(t, h)
	}
	h.Clean(t, "broken calls")
	var names []string
	for e, err := range h.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatalf("List: %v, want no error", err)
		}
		names = append(names, e.Name)
	}
	if h.F.Atomic && strings.Join(names, " ") != "old" {
		t.Errorf("after broken calls there are the files %q, want only the old one", names)
	}
}
