package s3

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
)

// TestNodeKilled: a node of Ceph is killed while 64 writers put. Every acknowledged
// file is there and whole, and the writers continue.
func TestNodeKilled(t *testing.T) {
	t.Parallel()
	longtest.Only(t, "a second cluster of Ceph, of which a node is killed")
	s := newSubject(t, testserver.Ceph, cephOptions)
	if len(s.server.Nodes) == 0 {
		t.Fatal("the server has no nodes")
	}
	b := s.open(s.create(t))
	defer b.Close()
	const writers, before, after = 64, 3, 3
	var wg, first sync.WaitGroup
	var acknowledged sync.Map
	var failed, late atomic.Int64
	killed := make(chan struct{})
	first.Add(writers)
	for w := range writers {
		wg.Go(func() {
			put := func(i int) bool {
				name, content := fmt.Sprintf("w%d/%d", w, i), noise(10_000+100*w+i)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				if _, err := b.Put(ctx, name, bytes.NewReader(content), nil); err != nil {
					failed.Add(1)
					return false
				}
				acknowledged.Store(name, content)
				return true
			}
			for i := range before {
				put(i)
			}
			first.Done()
			for i := before; ; i++ {
				put(i)
				select {
				case <-killed:
				default:
					continue
				}
				break
			}
			for i := range after {
				if put(1000 + i) {
					late.Add(1)
				}
			}
		})
	}
	first.Wait()
	node := storage(s.server.Nodes)
	if node == "" {
		t.Fatalf("no node stores: %+v", s.server.Nodes)
	}
	s.server.KillNode(t, node)
	t.Cleanup(func() { s.server.StartNode(t, node) })
	close(killed)
	wg.Wait()
	n := 0
	acknowledged.Range(func(name, content any) bool {
		n++
		got, err := files.ReadAll(t.Context(), b, name.(string), nil)
		if err != nil || !bytes.Equal(got, content.([]byte)) {
			t.Errorf("%s was acknowledged, and now: %d bytes, %v", name, len(got), err)
		}
		return true
	})
	if late.Load() < writers*after*9/10 {
		t.Errorf("only %d of %d puts after the node was killed succeeded", late.Load(),
			writers*after)
	}
	t.Logf("%s killed; %d files were acknowledged, %d of them surely after it, %d puts failed",
		node, n, late.Load(), failed.Load())
}

// storage returns a node that stores objects, and not the monitor or the gateway.
func storage(nodes []testserver.Node) string {
	for _, n := range nodes {
		if strings.HasPrefix(n.Name, "osd") {
			return n.Name
		}
	}
	return ""
}
