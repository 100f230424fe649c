package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// writers puts objects until stop is closed, and records the acknowledged ones with
// their content.
type writers struct {
	*instance
	mu    sync.Mutex
	acked map[string]string
	wg    sync.WaitGroup
	stop  chan struct{}
}

func (w *writers) run(t *testing.T, n int) {
	for k := range n {
		w.wg.Go(func() {
			for round := 0; ; round++ {
				select {
				case <-w.stop:
					return
				default:
				}
				path := fmt.Sprintf("/cloudfiles/writer-%d/%d", k, round)
				content := strings.Repeat(path, 1+round%100)
				status, _, err := w.s3Request(t.Context(), http.MethodPut, w.ready.Endpoint, path,
					[]byte(content))
				if err != nil || status != http.StatusOK {
					continue // a write that was not acknowledged may be there or not
				}
				w.mu.Lock()
				w.acked[path] = content
				w.mu.Unlock()
			}
		})
	}
}

func (w *writers) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acked)
}

// more waits until some more objects are acknowledged.
func (w *writers) more(t *testing.T, when string) {
	before := w.count()
	eventually(t, "writes are acknowledged "+when, func() bool { return w.count() >= before+20 })
}

// TestCephNodes kills or stops each node in turn. It checks that the others accept
// writes, that no acknowledged write is lost, and that the node has every object when it
// is back.
func TestCephNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	h := hold(t, "ceph")
	need(t, h)
	if names := nodeNames(h.Nodes); !slices.Equal(names, []string{"osd.0", "osd.1", "osd.2"}) {
		t.Fatalf("the nodes are %q", names)
	}
	w := &writers{
		instance: &instance{ready: h.Ready},
		acked:    map[string]string{},
		stop:     make(chan struct{}),
	}
	w.run(t, 4)
	defer w.wg.Wait()
	stop := sync.OnceFunc(func() { close(w.stop) })
	defer stop()
	w.more(t, "at first")
	for n, do := range []string{"kill", "stop", "kill"} {
		node := fmt.Sprintf("osd.%d", n)
		a := h.do(t, do, node)
		if a.Error != "" || a.Nodes[n].PID != 0 {
			t.Fatalf("%s of %s: %+v, want no error and no process", do, node, a)
		}
		w.more(t, "without "+node)
		if a := h.do(t, "start", node); a.Error != "" || a.Nodes[n].PID == 0 {
			t.Fatalf("start %s: %+v", node, a)
		}
		w.more(t, "with "+node+" back")
	}
	stop()
	w.wg.Wait()
	for path, want := range w.acked {
		status, got, err := w.s3Request(t.Context(), http.MethodGet, w.ready.Endpoint, path, nil)
		if err != nil || status != http.StatusOK || got != want[:min(len(want), 4<<10)] {
			t.Errorf("%s was acknowledged, but: HTTP status %d, %v, %d bytes of %d", path, status,
				err, len(got), len(want))
		}
	}
	t.Logf("%d objects were acknowledged", len(w.acked))
}

func nodeNames(nodes []Node) []string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	return names
}
