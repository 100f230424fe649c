package filestest

import (
	"context"
	"io"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/nils"
)

// Wrapped gives a real bucket the methods of the fake: rules, the record of calls and
// budgets, checks of contents and of changes, and the report of what was left open. It
// has every optional ability of the bucket below. It has no clock, no snapshot and no
// personality, because a real bucket has its own.
//
// A Wrapped is safe for concurrent use.
type Wrapped struct{ instruments }

// AroundOptions are options of Around. The zero value is the default.
type AroundOptions struct {
	// Requests returns how many requests the bucket has made, as its transport counts
	// them. Without it, a budget with Requests fails the test, because it can't be
	// checked.
	Requests func() int
}

// Around gives the bucket the methods of the fake until the test ends. The caller still
// closes the bucket.
//
//	real, err := files.Open(ctx, os.Getenv("CLOUDFILES_URL"))
//	…
//	b := filestest.Around(t, real, nil)
//	b.On(files.OpPut, "lock").LoseAnswer(filestest.Stored)
//
// A call that Fail makes fail never reaches the bucket below, and BreakAfter cuts off
// what the bucket returns. Rules don't affect content that is copied inside the store
// or goes through a signed URL. The error of a rule is marked as final, like that of a
// driver that has retried already (see [Rule.Bare]). Fail accepts every kind of error
// for every operation, because the service isn't known.
//
// Around makes no request. Fill, FillTree and Mark list the bucket once, so that
// WantCreated and the like know what was there before.
func Around(t testing.TB, real files.Bucket, opts *AroundOptions) *Wrapped {
	t.Helper()
	if nils.Is(real) {
		t.Fatalf("filestest: Around: the bucket is nil")
	}
	b := &Wrapped{}
	b.begin(t, b)
	b.repeats, b.looks = true, true
	if opts != nil && opts.Requests != nil {
		b.record.counted, b.record.first = opts.Requests, opts.Requests()
	}
	b.store = real
	h := b.hooks()
	h.Body, h.Observes = breakBody, true
	b.seen = files.Wrap(real, h)
	b.outer = b.handle()
	t.Cleanup(b.end)
	return b
}

// end is called when the test is over.
func (b *Wrapped) end() {
	b.t.Helper()
	b.finish()
}

// breakBody is the hook of bodies: a rule's BreakAfter counts bytes.
func breakBody(ctx context.Context, _ *files.Call, body io.Reader) io.Reader {
	cut, ok := ctx.Value(breakKey{}).(*breakAt)
	if !ok {
		return nil
	}
	return newBreaking(ctx, io.NopCloser(body), cut, cut.after)
}

// SweepAround is Sweep with buckets that open returns, one for each run. If they share
// one store, a run finds what earlier runs have stored.
func SweepAround(t *testing.T, kind error, open func(t *testing.T) files.Bucket,
	f func(t *testing.T, b *Wrapped)) {
	t.Helper()
	if open == nil || f == nil {
		t.Fatalf("filestest: SweepAround: a function is nil")
	}
	sweep(t, kind, func(t *testing.T, every func(*instruments)) {
		real := open(t)
		if nils.Is(real) {
			t.Fatalf("filestest: SweepAround: open returned a nil bucket")
		}
		b := Around(t, real, nil)
		every(&b.instruments)
		f(t, b)
	})
}
