package lease

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestPollIsOneRequest: a waiting process makes one request a Poll, which has a body only
// if the holder has renewed, and notices at once that the lease is free.
func TestPollIsOneRequest(t *testing.T) {
	for _, conditional := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b := filestest.New(t, filestest.As(filestest.S3))
			waiting := filestest.Around(t, files.Wrap(b, files.Hooks{
				Features: func(f files.Features) files.Features {
					f.ReadConditions = conditional
					return f
				},
			}), nil)
			held := acquire(t, newLock(t, b, Options{Duration: time.Minute}))
			lock := newLock(t, waiting, Options{Poll: 4 * time.Second})
			const polls = 300
			ctx, cancel := context.WithTimeout(t.Context(), polls*4*time.Second)
			defer cancel()
			waiting.Within(t, filestest.Budget{Calls: polls*8/7 + 2}, func() {
				if _, err := lock.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Acquire of a lease that is held: %v", err)
				}
			})
			calls := waiting.Calls()
			if len(calls) < polls-1 {
				t.Errorf("%d calls in %d Polls", len(calls), polls)
			}
			full := 0
			for _, c := range calls {
				switch {
				case c.Op != files.OpGet:
					t.Errorf("a waiting process called %s", c.Op)
				case !errors.Is(c.Err, files.ErrNotModified):
					full++
				}
			}
			// The holder renews every 20 s.
			if most := polls*4/20 + 2; conditional && full > most {
				t.Errorf("%d responses with a body for %d renewals", full, most)
			}

			next := make(chan *Lease, 1)
			go func() { next <- acquire(t, lock) }()
			time.Sleep(time.Minute)
			release(t, held)
			free := time.Now()
			last := <-next
			if took := time.Since(free); took > 4*time.Second {
				t.Errorf("acquired %v after the release, with a Poll of 4s", took)
			}
			release(t, last)
		})
	}
}
