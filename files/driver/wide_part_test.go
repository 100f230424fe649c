package driver_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/files/driver"
)

// TestPartsAsTheyCome: a reader gets the bytes of a part before the part is complete.
func TestPartsAsTheyCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(48 * mib)
		var mu sync.Mutex
		passed := sync.NewCond(&mu)
		var read int64
		// A connection goes on only when what it sent before was read.
		l.reading = func(off int64, p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			for off%mib != 0 && read < off {
				passed.Wait()
			}
			return len(p), nil
		}
		b := driver.New(l)
		defer b.Close()
		r, err := b.Get(t.Context(), "f", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		w := &checking{t: t, got: func(off int64) {
			mu.Lock()
			defer mu.Unlock()
			read = off
			passed.Broadcast()
		}}
		if _, err := r.WriteTo(w); err != nil || w.off != 48*mib || l.most.Load() < 2 {
			t.Errorf("%d bytes over %d connections, %v, want all over 2 or more", w.off,
				l.most.Load(), err)
		}
	})
}
