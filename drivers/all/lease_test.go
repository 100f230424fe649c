package all

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/lease"
)

// newStores has functions that return the URL of a new store.
var newStores = map[string]func(t *testing.T) string{
	"memory": func(*testing.T) string { return "mem://" },
	"folder": func(t *testing.T) string { return "file://" + t.TempDir() },
	"versitygw": func(t *testing.T) string {
		return testserver.Start(t, testserver.Versitygw).Store(t)
	},
	"gcs": func(t *testing.T) string {
		return testserver.Start(t, testserver.FakeGCS).Store(t)
	},
	"azurite": func(t *testing.T) string {
		return testserver.Start(t, testserver.Azurite).Store(t)
	},
}

// troubled makes one request in four fail: it is not sent, or its response is lost.
func troubled(b files.Bucket, seed uint64) files.Bucket {
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(seed, 1))
	return files.Wrap(b, files.Hooks{Around: func(ctx context.Context, c *files.Call,
		next func(context.Context) error) error {
		mu.Lock()
		what := rnd.IntN(12)
		mu.Unlock()
		switch {
		case what == 0:
			return files.ErrUnavailable
		case what == 1 && c.Op.Writes():
			return files.ErrUncertain
		case what == 2 && c.Op.Writes():
			if err := next(ctx); err != nil {
				return err
			}
			c.Info = files.Info{}
			return files.ErrUncertain
		}
		return next(ctx)
	}})
}

// TestLease: on every service several holders, some of whose requests fail or lose
// their responses, count in a file that only the lease protects. No count is lost, and
// no token comes twice.
func TestLease(t *testing.T) {
	const holders, each = 4, 3
	for name, store := range newStores {
		t.Run(name, func(t *testing.T) {
			b := open(t, store(t))
			var mu sync.Mutex
			tokens := map[int64]int{}
			var all sync.WaitGroup
			for who := range holders {
				all.Go(func() {
					lock, err := lease.New(troubled(b, uint64(who)), "locks/a", &lease.Options{
						Duration: 5 * time.Minute, // no holder vanishes here
						Poll:     20 * time.Millisecond,
						Holder:   strconv.Itoa(who),
					})
					if err != nil {
						t.Error(err)
						return
					}
					for range each {
						held, err := lock.Acquire(t.Context())
						if err != nil {
							t.Errorf("Acquire: %v", err)
							return
						}
						if err := countOn(held.Context(), b); err != nil {
							t.Error(err)
						}
						mu.Lock()
						tokens[held.Token()]++
						mu.Unlock()
						if err := held.Release(t.Context()); err != nil {
							t.Errorf("Release: %v", err)
						}
					}
				})
			}
			all.Wait()
			if text, err := files.ReadString(t.Context(), b, "count", nil); text !=
				strconv.Itoa(holders*each) {
				t.Errorf("the count is %q, %v", text, err)
			}
			if len(tokens) != holders*each {
				t.Errorf("the tokens are %v", tokens)
			}
		})
	}
}

// countOn adds 1 to the count, without a condition.
func countOn(ctx context.Context, b files.Bucket) error {
	text, err := files.ReadString(ctx, b, "count", nil)
	if err != nil && !errors.Is(err, files.ErrNotExist) {
		return fmt.Errorf("reading: %w", err)
	}
	n, _ := strconv.Atoi(text)
	_, err = files.PutString(ctx, b, "count", strconv.Itoa(n+1), nil)
	return err
}
