package driver_test

import (
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files/driver"
)

// TestBusyMachine: a connection that is faster than a service's stays alone even if a
// busy machine makes pauses, so that the average isn't fast. A slow link that delivers in
// bursts is no such connection.
func TestBusyMachine(t *testing.T) {
	const large = 96 * mib
	for _, c := range []struct {
		what  string
		every int64 // bytes between two pauses
		pause time.Duration
		many  bool
	}{
		{
			what:  "a pause of 30 ms every 8 MiB",
			every: 8 * mib,
			pause: 30 * time.Millisecond,
		},
		{
			what:  "bursts of 3 MiB every 80 ms",
			every: 3 * mib,
			pause: 80 * time.Millisecond,
			many:  true,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(large)
			l.fast = true
			l.reading = func(off int64, p []byte) (int, error) {
				time.Sleep(time.Duration(len(p))) // 1 GB/s
				if off%c.every == 0 {
					time.Sleep(c.pause)
				}
				return len(p), nil
			}
			if n := readWhole(t, l, large); n > 1 != c.many {
				t.Errorf("%s: %d requests, want more than one: %v", c.what, n, c.many)
			}
		})
	}
}

// TestNoGain: if all connections together bring no more than one, the reader goes back to
// one, tries again only after much more, and throws nothing away.
func TestNoGain(t *testing.T) {
	const large = 800 * mib
	synctest.Test(t, func(t *testing.T) {
		l := newLink(large)
		l.fast = true
		var (
			mu   sync.Mutex
			free time.Time // when the link is free
		)
		l.reading = func(_ int64, p []byte) (int, error) {
			mu.Lock()
			now := time.Now()
			if free.Before(now) {
				free = now
			}
			free = free.Add(time.Duration(float64(len(p)) / linkRate * 1e9))
			wait := free.Sub(now)
			mu.Unlock()
			time.Sleep(wait)
			return len(p), nil
		}
		if n := readWhole(t, l, large); n < 10 || n > 80 {
			t.Errorf("%d requests, want the parts of some attempts, and not 200", n)
		}
		if n := l.sent.Load(); n > large+mib {
			t.Errorf("%d bytes were sent of %d", n, large)
		}
	})
}

// readWhole reads the link's file of so many bytes, and returns how many requests it took.
func readWhole(t *testing.T, l *link, size int64) (requests int64) {
	t.Helper()
	b := driver.New(l)
	defer b.Close()
	r, err := b.Get(t.Context(), "f", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := io.Copy(io.Discard, r); n != size || err != nil {
		t.Errorf("%d bytes, %v, want %d and no error", n, err, size)
	}
	return r.Requests()
}
