package driver_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestRandomReadsTime: 1,000 random reads of 4 KiB in 1 GiB by 16 goroutines take
// hardly more time than the line needs for them, and at most one request each.
func TestRandomReadsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size, reads, readers, n = 1 << 30, 1000, 16, 4096
		l := newLink(size)
		f, err := files.OpenAt(t.Context(), driver.New(l), "f", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		begun := time.Now()
		rng := rand.New(rand.NewPCG(1, 2))
		offs := make(chan int64, reads)
		for range reads {
			offs <- rng.Int64N(size/n) * n
		}
		close(offs)
		var wg sync.WaitGroup
		for range readers {
			wg.Go(func() {
				p, want := make([]byte, n), make([]byte, n)
				for off := range offs {
					patternAt(want, off)
					if _, err := f.ReadAt(p, off); err != nil || string(p) != string(want) {
						t.Errorf("ReadAt(%d) returned wrong bytes, or %v", off, err)
					}
				}
			})
		}
		wg.Wait()
		trip := linkTrip.Seconds() + n/linkRate
		ideal := trip * reads / readers
		ratio := time.Since(begun).Seconds() / ideal
		requests, _ := f.Counts()
		t.Logf("%.3f times the ideal, %d requests", ratio, requests)
		if ratio > 1.1 || requests > reads {
			t.Errorf("%.3f times the ideal time, want 1.1; %d requests", ratio, requests)
		}
	})
}
