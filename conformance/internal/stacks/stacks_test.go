package stacks_test

import (
	"context"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/conformance/internal/stacks"
)

// TestLabelled: what is started below a label is found, also by those that it starts,
// and nothing else.
func TestLabelled(t *testing.T) {
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
		"TestLabelled") {
		t.Errorf("%d goroutines, want 2:\n%s", n, text)
	}
	close(end)
	done.Wait()
	if text, n := stacks.Labelled("another"); n != 0 || text != "" {
		t.Errorf("%d goroutines of another label:\n%s", n, text)
	}
}
