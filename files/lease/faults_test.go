package lease

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"cloudfiles.dev/files"
)

// faults makes requests fail in the ways of a network.
type faults struct {
	store  files.Bucket
	mu     sync.Mutex
	rnd    *rand.Rand
	rate   float64       // share of requests that fail
	delay  time.Duration // the longest time of a request
	hidden sync.WaitGroup
}

func newFaults(store files.Bucket, seed uint64, rate float64, delay time.Duration) *faults {
	return &faults{
		store: store,
		rnd:   rand.New(rand.NewPCG(seed, 1)),
		rate:  rate,
		delay: delay,
	}
}

// draw returns whether this request fails, how, and two delays.
func (f *faults) draw() (fails bool, how int, before, after time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rnd.Float64() < f.rate, f.rnd.IntN(4), time.Duration(f.rnd.Int64N(int64(f.delay))),
		time.Duration(f.rnd.Int64N(int64(f.delay)))
}

// bucket returns one machine's bucket over the store.
func (f *faults) bucket() files.Bucket {
	return files.Wrap(f.store, files.Hooks{Around: f.around})
}

func (f *faults) around(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	fails, how, before, after := f.draw()
	if !fails {
		if err := sleep(ctx, before/4); err != nil {
			return err
		}
		err := next(ctx)
		if c.Op == files.OpPut {
			time.Sleep(after / 4) // the commit follows
		}
		return err
	}
	if c.Op != files.OpPut {
		if err := sleep(ctx, before); err != nil {
			return err
		}
		return files.ErrUnavailable
	}
	switch how {
	case 0:
		time.Sleep(before)
		return files.ErrUnavailable
	case 1: // lost, not stored
		time.Sleep(before)
		return files.ErrUncertain
	case 2: // lost, stored
		if err := next(ctx); err != nil {
			return err
		}
		time.Sleep(after)
		c.Info = files.Info{}
		return files.ErrUncertain
	}
	content, err := io.ReadAll(c.Content) // lost, and stored later, if its condition holds then
	if err != nil {
		return err
	}
	name, opts := c.Name, *c.Put
	f.hidden.Go(func() {
		time.Sleep(before)
		f.store.Put(context.Background(), name, bytes.NewReader(content), &opts)
	})
	time.Sleep(after)
	return files.ErrUncertain
}
