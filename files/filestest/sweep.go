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

// Sweep runs f as subtests, each with a new fake. In the first subtest, the program's
// first call fails with this kind of error, in the second its second call, and so on,
// until a run has fewer calls than that. So each call fails in one run, and no call
// fails in the last. The sweep ends with the first run that fails the test.
//
// Calls from which no driver returns this kind of error are neither counted nor made to
// fail: a sweep with ErrUncertain counts only writes, for example. The test fails if f
// makes no call that could fail in this way. f must not call t.Parallel.
//
//	filestest.Sweep(t, files.ErrUnavailable, func(t *testing.T, b *filestest.Bucket) {
//		b.FillTree(t, before)
//		app.Rename(t.Context(), b, "a", "z")
//		b.WantOneOf(t, before, after)
//	})
func Sweep(t *testing.T, kind error, f func(t *testing.T, b *Bucket), opts ...Option) {
	t.Helper()
	if f == nil {
		t.Fatalf("filestest: Sweep: the function is nil")
	}
	sweep(t, kind, func(t *testing.T, every func(*instruments)) {
		b := New(t, opts...)
		every(&b.instruments)
		f(t, b)
	})
}

// sweep runs one for call 1, 2, … of the program, which every lets fail.
func sweep(t *testing.T, kind error, one func(t *testing.T, every func(*instruments))) {
	t.Helper()
	if kind == nil {
		t.Fatalf("filestest: Sweep: the error with which calls are to fail is nil")
	}
	all := true // no run was left out with -run
	for k := int64(1); k <= maxSweep; k++ {
		var calls atomic.Int64
		var began, skipped, over atomic.Bool
		ok := t.Run(fmt.Sprintf("call=%d", k), func(t *testing.T) {
			began.Store(true)
			t.Cleanup(func() {
				skipped.Store(t.Skipped())
				over.Store(true)
			})
			one(t, func(b *instruments) {
				b.rules.every = func(_ context.Context, call *files.Call) error {
					if b.gives != nil && !b.gives(call.Op, files.KindOf(kind)) ||
						calls.Add(1) != k {
						return nil
					}
					return b.failure(kind, fmt.Sprintf("call %d fails (filestest)", k), false)
				}
			})
		})
		switch met := calls.Load() >= k; {
		case !ok:
			return
		case !began.Load():
			all = false
		case !over.Load():
			t.Errorf("filestest: Sweep: the function calls t.Parallel, so its runs can't be " +
				"told apart")
			return
		case !met:
			if k == 1 && !skipped.Load() {
				t.Errorf("filestest: Sweep: the function makes no call that can fail with %v, so "+
					"nothing was tried", kind)
			}
			return
		}
	}
	if all {
		t.Errorf("filestest: Sweep: the function makes more than %d calls", maxSweep)
	}
}
