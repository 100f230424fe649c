package conformance_test

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// declareFrom is the size from which a case must declare its largest content.
const declareFrom = 512 << 10

// counted records the size of the largest content in bytes.
func counted(b files.Bucket, most *atomic.Int64) files.Bucket {
	return files.Wrap(b, files.Hooks{
		CloseInner: true,
		Content: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
			n := int64(0)
			return readFunc(func(p []byte) (int, error) {
				k, err := r.Read(p)
				n += int64(min(k, len(p))) // a reader may return a wrong count
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				return k, err
			})
		},
	})
}

// TestLargestContent compares what cases declare as Largest with what they put.
func TestLargestContent(t *testing.T) {
	for _, c := range conformance.Cases() {
		t.Run(c.ID(), func(t *testing.T) {
			t.Parallel()
			var most atomic.Int64
			h := conformance.Harness{
				New:       func(conformance.T) files.Bucket { return counted(mem.New(nil), &most) },
				Damage:    func(conformance.T, files.Bucket, string) {},
				Leftovers: func(conformance.T, files.Bucket) int { return 0 },
			}
			conformance.RunCase(t.Context(), h, c)
			switch n := most.Load(); {
			case n >= declareFrom && n > c.Largest:
				t.Errorf("%d bytes are put, but Largest is %d", n, c.Largest)
			case c.Largest > 2*n+1<<20:
				t.Errorf("Largest is %d, but at most %d bytes are put", c.Largest, n)
			}
		})
	}
}

// TestMaxContent: no case puts more than the harness allows.
func TestMaxContent(t *testing.T) {
	const limit = 1 << 20
	var most atomic.Int64
	h := conformance.Harness{
		MaxContent: limit,
		New: func(conformance.T) files.Bucket {
			return counted(mem.New(&mem.Options{MaxSize: 8 << 20}), &most)
		},
	}
	left := 0
	for _, c := range conformance.Cases() {
		if r := conformance.RunCase(t.Context(), h,
			c); r.Outcome == conformance.NotApplicable && strings.Contains(r.Reason,
			"the harness allows") {
			left++
		}
	}
	if n := most.Load(); n > limit {
		t.Errorf("the suite put %d bytes, want at most %d", n, limit)
	}
	if left < 50 || left > 80 {
		t.Errorf("%d cases were left out", left)
	}
}
