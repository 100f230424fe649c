package local

import (
	"testing"
	"testing/synctest"
	"time"
)

// A page is dropped once it wasn't used for a minute, and another one that was used later
// stays until then.
func TestIdlePagesAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &pages{}
		insert := func(after string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.insert(&page{key: pageKey{prefix: after}, used: time.Now()})
		}
		count := func() int {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.order.Len()
		}
		insert("a")
		time.Sleep(pageIdle / 2)
		insert("b")
		for _, step := range []struct {
			sleep time.Duration
			want  int
		}{
			{pageIdle/2 - 1, 2},
			{2, 1},
			{pageIdle/2 - 3, 1},
			{3, 0},
		} {
			time.Sleep(step.sleep)
			synctest.Wait()
			if n := count(); n != step.want {
				t.Errorf("%d pages are left, want %d", n, step.want)
			}
		}
		insert("c") // after all were dropped
		time.Sleep(pageIdle + time.Second)
		synctest.Wait()
		if n := count(); n != 0 {
			t.Errorf("%d pages are left in the end, want 0", n)
		}
	})
}
