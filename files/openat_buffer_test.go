package files_test

import (
	"bytes"
	"context"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestBufferIsTheCallers: Close and the end of the context soon end a ReadAt whose body is
// stuck, and once ReadAt has returned, nothing is written to its buffer, although bytes
// still arrive when the body is closed.
func TestBufferIsTheCallers(t *testing.T) {
	for _, n := range []int{10, 100_000, 1 << 20} {
		for _, how := range []string{"Close", "the context"} {
			synctest.Test(t, func(t *testing.T) {
				stuck := false
				inner, content := mem.New(nil), randomBytes(8<<20)
				if _, err := files.PutBytes(t.Context(), inner, "f", content, nil); err != nil {
					t.Fatal(err)
				}
				b := files.Wrap(inner, files.Hooks{
					Body: func(ctx context.Context, _ *files.Call, body io.Reader) io.Reader {
						return readerFunc(func(p []byte) (int, error) {
							if stuck {
								<-ctx.Done()
								time.Sleep(50 * time.Millisecond)
							}
							return body.Read(p)
						})
					},
				})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				f, err := files.OpenAt(ctx, b, "f", nil)
				if err != nil {
					t.Fatal(err)
				}
				stuck = true
				var wg sync.WaitGroup
				p := bytes.Repeat([]byte{0xEE}, n)
				var rerr error
				wg.Go(func() { _, rerr = f.ReadAt(p, 2<<20) })
				synctest.Wait()
				start := time.Now()
				if how == "Close" {
					go f.Close()
				} else {
					cancel()
				}
				wg.Wait()
				whole := rerr == nil && bytes.Equal(p, content[2<<20:][:n]) // it came meanwhile
				if rerr == nil && !whole || time.Since(start) > 100*time.Millisecond {
					t.Errorf("%d bytes, by %s: %v after %v", n, how, rerr, time.Since(start))
				}
				before := bytes.Clone(p)
				time.Sleep(time.Second)
				synctest.Wait()
				if !bytes.Equal(p, before) {
					t.Errorf("%d bytes, by %s: the buffer was written to later", n, how)
				}
				f.Close()
			})
		}
	}
}
