package cache_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// heldBody doesn't read on after some bytes until goOn is closed.
type heldBody struct {
	r      io.Reader
	left   int
	goOn   <-chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (h *heldBody) Read(p []byte) (int, error) {
	if h.left == 0 {
		select {
		case <-h.goOn:
			return h.r.Read(p)
		case <-h.closed:
			return 0, files.ErrClosed
		}
	}
	n, err := h.r.Read(p[:min(len(p), h.left)])
	h.left -= n
	return n, err
}

func (h *heldBody) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// TestHeldOrigin: while the bucket behind the cache doesn't respond, or its body stands
// still, readers come and go. Each that cancels gets its own cancellation at once, also
// the first, and all others read the file by one download when it goes on.
func TestHeldOrigin(t *testing.T) {
	content := random(9, 3<<20)
	for name, hooks := range map[string]func(goOn <-chan struct{}) files.Hooks{
		"opening": func(goOn <-chan struct{}) files.Hooks {
			return files.Hooks{Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				if c.Op == files.OpGet {
					select {
					case <-goOn:
					case <-ctx.Done():
						return context.Cause(ctx)
					}
				}
				return next(ctx)
			}}
		},
		"reading": func(goOn <-chan struct{}) files.Hooks {
			return files.Hooks{
				Observes: true,
				Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
					return &heldBody{
						r:      r,
						left:   1000,
						goOn:   goOn,
						closed: make(chan struct{}),
					}
				},
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				goOn := make(chan struct{})
				origin := counting(t, nil)
				put(t, origin.Bucket, "a", content)
				b := newCache(t, files.Wrap(origin.Bucket, hooks(goOn)), mem.New(nil), nil)
				var wg sync.WaitGroup
				var before context.CancelFunc
				for i := range 99 {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					goes := i%3 == 0 // the first too
					wg.Go(func() {
						p, err := files.ReadAll(ctx, b, "a", nil)
						if goes != errors.Is(err, context.Canceled) || !goes && (err != nil ||
							!bytes.Equal(p, content)) {
							t.Errorf("reader %d: %d bytes, %v", i, len(p), err)
						}
					})
					synctest.Wait() // the reader waits for the origin
					if before != nil {
						before() // it goes when the next has come
					}
					if before = nil; goes {
						before = cancel
					}
				}
				synctest.Wait()
				close(goOn)
				wg.Wait()
				if n := origin.bodies.Load(); n != 1 {
					t.Errorf("%d downloads", n)
				}
			})
		})
	}
}
