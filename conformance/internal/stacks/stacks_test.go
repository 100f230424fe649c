package stacks_test

import (
	"context"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/conformance/internal/stacks"
)

// TestLabelledFindsGoroutines checks that Labelled finds the goroutines that were
// started under a label, and the goroutines that these start, and no others.
func TestLabelledFindsGoroutines(t *testing.T) {
	end := make(chan struct{})
	var started, done sync.WaitGroup
	started.Add(3)
	waits := func() { started.Done(); <-end }
	done.Go(waits)
	pprof.Do(t.Context(), pprof.Labels("key", "one of this test"), func(context.Context) {
		done.Go(func() {
			done.Go(waits)
			waits()
		})
	})
	started.Wait()
	if text, n := stacks.Labelled("one of this test"); n != 2 || !strings.Contains(text,
		"TestLabelledFindsGoroutines") {
		t.Errorf("Labelled: %d goroutines, want 2:\n%s", n, text)
	}
	close(end)
	done.Wait()
	if text, n := stacks.Labelled("another"); n != 0 || text != "" {
		t.Errorf("Labelled of another label: %d goroutines, want 0:\n%s", n, text)
	}
}
