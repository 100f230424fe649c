package suite

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

// H gives a case an empty bucket that no other case uses.
type H struct {
	files.Bucket
	F       files.Features
	Seed    uint64   // the seed of all random choices
	Harness *Harness // the run's harness
	Runner  *Runner

	unclean bool // Clean has failed
}

// Another returns an empty bucket of another store. If the harness has only one store,
// the bucket is another directory there.
func (h *H) Another(t T) files.Bucket {
	t.Helper()
	return h.Runner.bucket(t, true)
}

// Fresh returns another empty bucket, for a case that needs several.
func (h *H) Fresh(t T) files.Bucket {
	t.Helper()
	return h.Runner.bucket(t, false)
}

// Second returns another handle on the bucket's store.
func (h *H) Second(t T) files.Bucket {
	t.Helper()
	if h.Harness.Second == nil {
		t.Skipf("the harness has no second handle")
	}
	var b files.Bucket
	if _, prefix := Base(h.Bucket); prefix != "" {
		b = h.Runner.sub(t, strings.TrimSuffix(prefix, "/"), true)
	} else if b = h.Harness.Second(t, h.Bucket); b == nil {
		t.Fatalf("the harness is wrong: Second returned nil")
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// Allows skips the case if the harness does not allow content of n bytes.
func (h *H) Allows(t T, n int64) {
	t.Helper()
	if reason := h.Harness.TooLarge(n); reason != "" {
		t.Skipf("%s", reason)
	}
}

// cleanTime is the longest time that Clean waits in a case with DefaultLimit. A driver may
// clean up for 10 seconds (driver.CleanupContext).
const cleanTime = 15 * time.Second

// Clean fails the case if the driver left temporaries or uploads behind. Cleaning up an
// upload at a service may go on after the call's context has ended (X2), so Clean waits
// for it. Once it has failed in a case, it no longer waits.
func (h *H) Clean(t T, after string) {
	t.Helper()
	if h.Harness.Leftovers == nil {
		return
	}
	patience := cleanTime
	if l := h.Harness.Limit; l > 0 {
		patience = min(patience, cleanTime*l/DefaultLimit)
	}
	if h.unclean {
		patience = 0
	}
	n := h.Harness.Leftovers(t, h.Bucket)
	for end := time.Now().Add(patience); n != 0 && time.Now().Before(end); {
		time.Sleep(patience / 100)
		n = h.Harness.Leftovers(t, h.Bucket)
	}
	if n != 0 {
		h.unclean = true
		t.Errorf("%d temporaries or uploads are left after %s, want none", n, after)
	}
}

// Rounds yields the rounds of a case that races: n times the harness's Soak. After half
// of the case's limit it yields no more than n.
func (h *H) Rounds(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		limit := h.Harness.Limit
		if limit <= 0 {
			limit = DefaultLimit
		}
		start := time.Now()
		for i := range n * h.Harness.SoakFactor() {
			if i >= n && time.Since(start) > limit/2 || !yield(i) {
				return
			}
		}
	}
}

// Endless is a number of entries that is larger than in any bucket of a case.
const Endless = 20_000

// List is the bucket's List, but it ends with an error after Endless entries, so that no
// case loops for ever.
func (h *H) List(ctx context.Context, dir string,
	opts *files.ListOptions) iter.Seq2[files.Entry, error] {
	all := h.Bucket.List(ctx, dir, opts)
	return func(yield func(files.Entry, error) bool) {
		n := 0
		for e, err := range all {
			if !yield(e, err) {
				return
			}
			if n++; n > Endless {
				yield(files.Entry{},
					fmt.Errorf("the listing goes on after %d entries, the last of them %s", Endless,
						term.Quote(e.Name)))
				return
			}
		}
	}
}
