package lease

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"github.com/anishathalye/porcupine"
)

// tenure is the time for which one lease was held.
type tenure struct {
	who        int
	token      int64
	begin, end time.Time // of the Context, by its holder's clock
}

// crew is a number of holders, each on a separate machine. They count in a file that
// only the lease protects.
type crew struct {
	t      *testing.T
	store  files.Bucket
	faults *faults
	begun  time.Time

	mu      sync.Mutex
	tenures []tenure
	counts  []porcupine.Operation
}

// counter: each operation reads the count and writes one more, as one step.
var counter = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, _, output any) (bool, any) { return state == output, state.(int) + 1 },
	DescribeOperation: func(_, output any) string {
		return fmt.Sprintf("count from %d", output)
	},
}

// kindsOfStores answer as the stores of each driver do, where that makes a difference to
// a lease: whether each Put makes a version, and what Put returns.
var kindsOfStores = []mem.Options{
	{}, // S3
	{VersionPerPut: true, PutTime: true, CopyInfo: true}, // GCS and Azure
	{ // a disk
		VersionPerPut:  true,
		PutTime:        true,
		CopyInfo:       true,
		TimeResolution: time.Nanosecond,
	},
}

// TestExclusion: on a store of each kind, with requests that fail, arrive late or lose
// their responses, with holders that vanish, and with a store whose clock is wrong by up
// to an hour, no two hold the lease at once, tokens rise, and the holders' work is
// linearizable.
func TestExclusion(t *testing.T) {
	seeds := longtest.N(t, 12, 300)
	if testing.Short() {
		seeds = 4
	}
	total := 0
	for seed := range uint64(seeds) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 2))
			var mu sync.Mutex
			kind := kindsOfStores[seed%uint64(len(kindsOfStores))]
			kind.Clock = func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				return time.Now().Add(time.Duration(rnd.Int64N(int64(2*time.Hour))) - time.Hour)
			}
			store := mem.New(&kind)
			c := &crew{
				t:      t,
				store:  store,
				faults: newFaults(store, seed, 0.3, 8*time.Second),
				begun:  time.Now(),
			}
			var all sync.WaitGroup
			for who := range 6 {
				all.Go(func() { c.work(who, rand.New(rand.NewPCG(seed, uint64(who)+10))) })
			}
			all.Wait()
			c.faults.hidden.Wait()
			total += c.check()
		})
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
	t.Logf("%d tenures", total)
}

// work holds the lease a few times.
func (c *crew) work(who int, rnd *rand.Rand) {
	durations := []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second}
	lock, err := New(c.faults.bucket(), "lock", &Options{
		Duration: durations[rnd.IntN(len(durations))],
		Poll:     time.Second,
		Holder:   strconv.Itoa(who),
	})
	if err != nil {
		c.t.Error(err)
		return
	}
	for range 4 {
		c.once(lock, who, rnd)
	}
}

func (c *crew) once(lock *Lock, who int, rnd *rand.Rand) {
	ctx, vanish := context.WithCancel(context.Background())
	defer vanish()
	held, err := lock.Acquire(ctx)
	for files.KindOf(err) == files.ErrUnavailable {
		held, err = lock.Acquire(ctx)
	}
	if err != nil {
		c.t.Errorf("Acquire: %v", err)
		return
	}
	begin := time.Now()
	ended := make(chan time.Time, 1)
	context.AfterFunc(held.Context(), func() { ended <- time.Now() })
	for range rnd.IntN(12) {
		if !c.count(held.Context(), time.Duration(rnd.Int64N(int64(5*time.Second)))) {
			break
		}
	}
	if rnd.IntN(3) == 0 {
		vanish() // without a Release
	} else if err := held.Release(ctx); err != nil && !gaveUp(err) {
		c.t.Errorf("Release: %v", err)
	}
	<-held.done // a renewal may be in progress
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tenures = append(c.tenures, tenure{
		who:   who,
		token: held.Token(),
		begin: begin,
		end:   <-ended,
	})
}

// gaveUp reports whether Release failed because all of its requests did.
func gaveUp(err error) bool {
	kind := files.KindOf(err)
	return kind == files.ErrUnavailable || kind == files.ErrUncertain ||
		errors.Is(err, context.DeadlineExceeded)
}

// count reads, works, and writes if the lease is still held then.
func (c *crew) count(ctx context.Context, work time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	call := time.Since(c.begun)
	text, err := files.ReadString(context.Background(), c.store, "count", nil)
	if err != nil && !errors.Is(err, files.ErrNotExist) {
		c.t.Error(err)
	}
	n, _ := strconv.Atoi(text)
	time.Sleep(work)
	if ctx.Err() != nil {
		return false
	}
	if _, err = files.PutString(context.Background(), c.store, "count", strconv.Itoa(n+1),
		nil); err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts = append(c.counts, porcupine.Operation{
		Call:   int64(call),
		Output: n,
		Return: int64(time.Since(c.begun)),
	})
	return true
}

// check checks the tenures and returns their number.
func (c *crew) check() int {
	slices.SortFunc(c.tenures, func(a, b tenure) int {
		return cmp.Or(a.begin.Compare(b.begin), cmp.Compare(a.token, b.token))
	})
	for i, next := range c.tenures {
		if i == 0 {
			continue
		}
		before := c.tenures[i-1]
		if next.begin.Before(before.end) {
			c.t.Errorf("holder %d had the lease until %v, and holder %d from %v", before.who,
				before.end.Sub(c.begun), next.who, next.begin.Sub(c.begun))
		}
		if next.token <= before.token {
			c.t.Errorf("the token %d came after %d", next.token, before.token)
		}
	}
	if !porcupine.CheckOperations(counter, c.counts) {
		c.t.Errorf("the %d counts are not linearizable", len(c.counts))
	}
	return len(c.tenures)
}
