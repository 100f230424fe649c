package btree

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

func TestSeek(t *testing.T) {
	var m Map[int]
	var keys []string
	for i := range 2_000 {
		key := fmt.Sprintf("k%05d", i*2)
		keys = append(keys, key)
		m.Set(key, i)
	}
	m.Publish()
	c := m.Snapshot().Cursor()
	for _, from := range []string{
		"", "a", "k", "k00000", "k00001", "k02001", "k03997", "k03998", "k03999", "z", "k00500",
	} {
		c.Seek(from)
		at, _ := slices.BinarySearch(keys, from)
		for _, want := range keys[at:min(at+70, len(keys))] {
			if k, _, ok := c.Next(); !ok || k != want {
				t.Fatalf("after Seek(%q): %q, want %q", from, k, want)
			}
		}
		if at == len(keys) {
			if k, _, ok := c.Next(); ok {
				t.Fatalf("after Seek(%q): %q", from, k)
			}
		}
	}
}

// TestConcurrentReaders: while a writer publishes states in which all keys have one
// value, each snapshot is one whole state.
func TestConcurrentReaders(t *testing.T) {
	var m Map[int]
	set := func(v int) {
		for i := range 200 {
			m.Set(fmt.Sprint(i), v)
		}
		for i := range 200 {
			if i%7 == v%7 {
				m.Delete(fmt.Sprint(i))
			}
		}
		m.Publish()
	}
	set(0)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			last := 0
			for {
				s := m.Snapshot()
				c := s.Cursor()
				_, first, ok := c.Next()
				n := 0
				for ; ok; n++ {
					var v int
					var key string
					if key, v, ok = c.Next(); !ok {
						break
					}
					if got, _ := s.Get(key); v != first || got != first {
						t.Errorf("a snapshot has values %d, %d and %d", first, v, got)
						return
					}
				}
				if first < last {
					t.Errorf("value %d after %d", first, last)
				}
				last = first
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for v := range 300 {
		set(v)
	}
	close(done)
	wg.Wait()
}

func BenchmarkMap(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		keys := make([]string, n)
		var m Map[*int]
		for i := range keys {
			keys[i] = fmt.Sprintf("file-%07d", i*7919%n)
			m.Set(keys[i], nil)
		}
		m.Publish()
		s := m.Snapshot()
		b.Run(fmt.Sprintf("get/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s.Get(keys[i%n])
			}
		})
		b.Run(fmt.Sprintf("set/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.Set(keys[i%n], nil)
				m.Publish()
			}
		})
		b.Run(fmt.Sprintf("scan/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := s.Cursor()
				for _, _, ok := c.Next(); ok; _, _, ok = c.Next() {
				}
			}
		})
	}
}
