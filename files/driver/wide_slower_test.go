package driver_test

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/blockcache"
)

// TestConnectionsOfSlowerReader: a reader that becomes slow soon has one connection
// alone, and one that waits for bytes again has many. That is so too if the caller asks
// for many.
func TestConnectionsOfSlowerReader(t *testing.T) {
	for _, connections := range []int{0, 8} {
		synctest.Test(t, func(t *testing.T) {
			const slowFrom, slowTo, size = 80 * mib, 200 * mib, 330*mib + 7
			l := newLink(size)
			r, err := driver.New(l).Get(t.Context(), "f", &files.GetOptions{
				Connections: connections,
			})
			if err != nil {
				t.Fatal(err)
			}
			var atSlow, afterSlow int64
			w := &checking{t: t}
			w.got = func(off int64) {
				switch {
				case off < slowFrom:
				case off < slowTo:
					if atSlow == 0 {
						atSlow = l.most.Load()
					}
					time.Sleep(40 * time.Millisecond) // much longer than 100,000 bytes take
					synctest.Wait()
					l.most.Store(l.bodies.Load())
				case afterSlow == 0:
					afterSlow = l.most.Load()
				}
			}
			n, err := io.CopyBuffer(w, struct{ io.Reader }{r}, make([]byte, 100_000))
			if n != size || err != nil {
				t.Fatalf("%d bytes, %v", n, err)
			}
			r.Close()
			if most := l.most.Load(); atSlow != 8 || afterSlow > 1 || most < 4 {
				t.Errorf("Connections %d: %d at first, then %d for a slow reader, then %d; want "+
					"8, 1 and many", connections, atSlow, afterSlow, most)
			}
			if sent := l.sent.Load(); sent > size+mib {
				t.Errorf("Connections %d: %d bytes were sent of %d", connections, sent, size)
			}
		})
	}
}

// TestConnectionsEndWhileOpening: Close ends a Read that waits for the first of the
// parts to be opened, and nothing stays open.
func TestConnectionsEndWhileOpening(t *testing.T) {
	for _, how := range []string{"Close", "refused"} {
		synctest.Test(t, func(t *testing.T) {
			l := newLink(wideSize)
			l.opening = func(n int64, _ *driver.OpenRequest) error {
				if n > 1 && l.opens.Load() < 10 {
					time.Sleep(time.Minute)
					if how == "refused" {
						return files.ErrPermission
					}
				}
				return nil
			}
			b := driver.New(l)
			r, err := b.Get(t.Context(), "f", nil)
			if err != nil {
				t.Fatal(err)
			}
			if how == "Close" {
				time.AfterFunc(10*time.Second, func() { r.Close() })
			}
			begun := time.Now()
			w := &checking{t: t}
			_, err = r.WriteTo(w)
			took := time.Since(begun)
			switch how {
			case "Close":
				if !errors.Is(err, files.ErrClosed) || took != 10*time.Second || w.off > 20*mib {
					t.Errorf("Close: %v after %v and %d bytes, want ErrClosed after 10s", err, took,
						w.off)
				}
			case "refused":
				if err != nil || w.off != wideSize {
					t.Errorf("refused: %v after %d bytes, want all, over the first connection", err,
						w.off)
				}
			}
			r.Close()
			time.Sleep(5 * time.Minute) // the link's Open ignores its context
			synctest.Wait()
			if n := l.bodies.Load(); n != 0 {
				t.Errorf("%s: %d bodies stay open", how, n)
			}
			if n := b.(blockcache.Sharer).BlockShare().Cache.Used(); n != 0 {
				t.Errorf("%s: %d bytes of memory stay in use, want 0", how, n)
			}
		})
	}
}
