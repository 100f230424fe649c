package driver_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files/driver"
)

// TestUndo: Undo calls f with a context that outlives the call's, waits for it, and at
// most 50 ms once the call's context has ended.
func TestUndo(t *testing.T) {
	type key struct{}
	for _, c := range []struct {
		what        string
		ended       bool
		takes, want time.Duration
	}{
		{"the context lasts", false, time.Second, time.Second},
		{"it ends soon enough", true, 40 * time.Millisecond, 40 * time.Millisecond},
		{"it is late", true, time.Second, 50 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
			defer cancel()
			if c.ended {
				cancel()
			}
			var during error
			var given context.Context
			begin := time.Now()
			driver.Undo(ctx, func(ctx context.Context) {
				given = ctx
				time.Sleep(c.takes)
				during = ctx.Err()
			})
			if took := time.Since(begin); took != c.want {
				t.Errorf("%s: Undo took %v, want %v", c.what, took, c.want)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if given == nil || during != nil || given.Value(key{}) != "value" {
				t.Fatalf("%s: f got the context %v, which ended with %v", c.what, given, during)
			}
			if given.Err() != context.Canceled {
				t.Errorf("%s: afterwards the context's error is %v, want Canceled", c.what,
					given.Err())
			}
		})
	}
}
