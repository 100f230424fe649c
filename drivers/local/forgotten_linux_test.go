package local

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// TestForgottenBodies: the file of a body that was never closed is closed when nobody has the body.
func TestForgottenBodies(t *testing.T) {
	b, _ := newBucket(t, nil)
	putIn(t, b, "a", "content", nil)
	count := func() int {
		fds, err := os.ReadDir("/proc/self/fd")
		ok(t, err)
		return len(fds)
	}
	before := count()
	for range 500 {
		_, err := b.Get(t.Context(), "a", nil)
		ok(t, err)
	}
	end := time.Now().Add(10 * time.Second)
	for count() > before+5 {
		if time.Now().After(end) {
			t.Fatalf("%d descriptors are open, %d were before", count(), before)
		}
		runtime.GC()
	}
}
