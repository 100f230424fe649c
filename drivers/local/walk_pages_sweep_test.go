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

// TestPagesAreBounded: the oldest pages are dropped if there are more than maxPages, or if
// they take more memory than two pages may.
func TestPagesAreBounded(t *testing.T) {
	size := (&page{}).size()
	for _, c := range []struct {
		what             string
		most, size, want int
	}{
		{"many", 0, size, maxPages},
		{"exactly two", size, size, 2},
		{"a byte more than two", size, size + 1, 1},
	} {
		s := &pages{most: c.most}
		for i := range maxPages + 3 {
			s.mu.Lock()
			s.insert(&page{
				key:   pageKey{prefix: string(rune('0' + i))},
				names: make([]byte, 0, c.size-size),
				used:  time.Now(),
			})
			s.mu.Unlock()
		}
		if n := s.order.Len(); n != c.want || len(s.byKey) != n || s.size != n*c.size {
			t.Errorf("%s: %d pages of %d keys and %d bytes are left, want %d", c.what, n,
				len(s.byKey), s.size, c.want)
		}
		s.clear()
	}
}
