package wrappers

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var wrapperEnds = suite.Case{
	Rule: "X2",
	Name: "wrapper-ends",
	Why: "a listing or a body that a panic leaves open in the bucket below holds a " +
		"connection for ever",
	Run: everyBeginningEnds,
}

// begun notes which operations of the inner bucket have not ended.
type begun struct {
	mu    sync.Mutex
	began map[*files.Call]bool
	ended map[*files.Call]int
}

func (n *begun) watch(b files.Bucket) files.Bucket {
	n.began, n.ended = map[*files.Call]bool{}, map[*files.Call]int{}
	return files.Wrap(b, files.Hooks{
		CloseInner: true,
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			n.mu.Lock()
			n.began[c] = true
			n.mu.Unlock()
			return next(ctx)
		},
		Done: func(_ context.Context, c *files.Call, _ int64, _ error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.ended[c]++
		},
	})
}

// check fails the case for each operation that did not end exactly once.
func (n *begun) check(t suite.T, after string) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.began {
		if n.ended[c] != 1 {
			t.Errorf("after %s, the inner %s ended %d times, want once", after, c.Op, n.ended[c])
		}
	}
}

// inAnother runs f in another goroutine, which f ends by a panic or by Goexit.
func inAnother(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { recover() }()
		f()
	}()
	<-done
}

func everyBeginningEnds(t suite.T, h *suite.H) {
	w := wrappedOf(t, h).by
	raw := driver.New(&innerHandle{innerStore: newInnerStore(w.mask.change)})
	defer raw.Close()
	var n begun
	b := w.wrapped(t, n.watch(w.innerOf(raw)))
	defer b.Close()
	if b.Features().ReadOnly {
		t.Skipf("the bucket takes no files")
	}
	for _, name := range []string{"a", "b", "c"} {
		check.Put(t, b, name, check.Content(1, 5000), nil)
	}
	ctx := t.Context()
	for how, end := range map[string]func(){
		"a panic": func() { panic("of a case") },
		"Goexit":  runtime.Goexit,
	} {
		for what, f := range map[string]func(){
			"the body of a loop": func() {
				for range b.List(ctx, "", nil) {
					end()
				}
			},
			"the body of a loop over directories": func() {
				for range b.List(ctx, "", &files.ListOptions{Shallow: true, PageSize: 1}) {
					end()
				}
			},
			"the reading of a body": func() {
				r, err := b.Get(ctx, "a", nil)
				if err != nil {
					t.Errorf("Get: %v, want no error", err)
					return
				}
				defer r.Close()
				io.ReadFull(r, make([]byte, 10))
				end()
			},
			"the writing of a body": func() {
				r, err := b.Get(ctx, "a", nil)
				if err != nil {
					t.Errorf("Get: %v, want no error", err)
					return
				}
				defer r.Close()
				r.WriteTo(endingWriter{end})
			},
			"a function of Update": func() {
				files.Update(ctx, b, "a", func([]byte) ([]byte, error) {
					end()
					return nil, nil
				}, nil)
			},
		} {
			inAnother(f)
			n.check(t, how+" in "+what)
		}
	}
	for range b.List(ctx, "", nil) {
		break
	}
	n.check(t, "a break in a loop")
	if _, err := b.Stat(ctx, "a", nil); err != nil {
		t.Errorf("Stat after the panics: %v, want no error", errors.Unwrap(err))
	}
}

type endingWriter struct{ end func() }

func (w endingWriter) Write(p []byte) (int, error) { w.end(); return len(p), nil }
