package filestest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/files"
)

// maxSweep is how many calls a swept function may make.
const maxSweep = 10_000

// Sweep runs f as subtests, each with a fresh fake: in the first, call 1 of the program
// fails with this kind of error, in the second call 2, and so on, until a run makes
// fewer calls. So each point of failure is met once, and the last run meets none.
//
//	filestest.Sweep(t, files.ErrUnavailable, func(t *testing.T, b *filestest.Bucket) {
//		b.FillTree(t, before)
//		app.Rename(t.Context(), b, "a", "z")
//		b.WantOneOf(t, before, after)
//	})
func Sweep(t *testing.T, kind error, f func(t *testing.T, b *Bucket), opts ...Option) {
	t.Helper()
	sweep(t, kind, func(t *testing.T, every func(*instruments)) {
		b := New(t, opts...)
		every(&b.instruments)
		f(t, b)
	})
}

// sweep runs one for call 1, 2, … of the program, which every lets fail.
func sweep(t *testing.T, kind error, one func(t *testing.T, every func(*instruments))) {
	t.Helper()
	for k := 1; k <= maxSweep; k++ {
		var met bool
		ok := t.Run(fmt.Sprintf("call=%d", k), func(t *testing.T) {
			var calls atomic.Int64
			t.Cleanup(func() { met = calls.Load() >= int64(k) })
			one(t, func(b *instruments) {
				b.rules.every = func(context.Context, *files.Call) error {
					if calls.Add(1) == int64(k) {
						return b.failure(kind, fmt.Sprintf("call %d fails (filestest)", k), false)
					}
					return nil
				}
			})
		})
		if !ok || !met {
			return
		}
	}
	t.Errorf("filestest: Sweep: the function makes more than %d calls", maxSweep)
}
