package all

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/lease"
	"github.com/anishathalye/porcupine"
)

// eachStore calls f with a new store of each driver, and in the long tests with those of
// the other S3 servers in CI too.
func eachStore(t *testing.T, f func(t *testing.T, b files.Bucket)) {
	stores := maps.Clone(newStores)
	for _, server := range []string{testserver.Minio, testserver.Ceph} {
		stores[server] = func(t *testing.T) string {
			longtest.Only(t, "a second S3 server")
			return storeOf(server)(t)
		}
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, open(t, store(t)))
		})
	}
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

// tenure is a lease that was held, and a time during which it was. The times are zero if
// the lease had ended before the first of them was taken, as on a machine that stood
// still.
type tenure struct {
	who        int
	token      int64
	begin, end time.Time
}

// held notes that the lease is held now, unless it has ended.
func (n *tenure) held(l *lease.Lease) {
	now := time.Now()
	if l.Context().Err() != nil { // which checks the clock
		return
	}
	if n.begin.IsZero() {
		n.begin = now
	}
	n.end = now
}

// holders are the holders of one lease, who count in a file that only the lease
// protects.
type holders struct {
	store   files.Bucket
	begun   time.Time
	mu      sync.Mutex
	tenures []tenure
	counts  []porcupine.Operation
}

// counter: each operation reads the count and writes one more, as one step.
var counter = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, _, output any) (bool, any) { return state == output, state.(int) + 1 },
}

// TestLease: on every service several holders, some of whose requests fail or lose
// their responses, and some of whom vanish, count in a file that only the lease
// protects. No two hold it at once, the tokens rise, and the counts are linearizable.
func TestLease(t *testing.T) {
	const counting, each = 4, 3
	eachStore(t, func(t *testing.T, b files.Bucket) {
		h := &holders{store: b, begun: time.Now()}
		var all sync.WaitGroup
		for who := range counting {
			all.Go(func() {
				lock := h.lock(t, who, 5*time.Minute)
				for range each {
					h.hold(t, lock, who)
				}
			})
		}
		for who := range 2 {
			all.Go(func() { h.vanish(t, h.lock(t, counting+who, 2*time.Second), counting+who) })
		}
		all.Wait()
		text, err := files.ReadString(t.Context(), h.store, "count", nil)
		if text != strconv.Itoa(counting*each) {
			t.Errorf("the count is %q, %v", text, err)
		}
		h.check(t, counting*each+2)
	})
}

// lock returns a holder's lock. The bucket fails as troubled says.
func (h *holders) lock(t *testing.T, who int, duration time.Duration) *lease.Lock {
	lock, err := lease.New(troubled(h.store, uint64(who)), "locks/a", &lease.Options{
		Duration: duration,
		Poll:     20 * time.Millisecond,
		Holder:   strconv.Itoa(who),
	})
	if err != nil {
		t.Errorf("lease.New(locks/a) = %v, want nil", err)
	}
	return lock
}

// acquire acquires the lease. end notes the tenure, which lasts at least until then if
// the lease hasn't ended.
func (h *holders) acquire(ctx context.Context, t *testing.T, lock *lease.Lock,
	who int) (held *lease.Lease, end func()) {
	held, err := lock.Acquire(ctx)
	for files.KindOf(err) == files.ErrUnavailable {
		held, err = lock.Acquire(ctx)
	}
	if err != nil {
		t.Errorf("Acquire: %v, want nil", err)
		return nil, nil
	}
	tenure := tenure{who: who, token: held.Token()}
	tenure.held(held)
	return held, func() {
		tenure.held(held)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.tenures = append(h.tenures, tenure)
	}
}

// hold holds the lease once, counts and releases it.
func (h *holders) hold(t *testing.T, lock *lease.Lock, who int) {
	held, end := h.acquire(t.Context(), t, lock, who)
	if held == nil {
		return
	}
	call := time.Since(h.begun)
	n, err := countOn(held.Context(), h.store)
	if err != nil {
		t.Errorf("countOn = %v, want nil", err)
	}
	h.mu.Lock()
	h.counts = append(h.counts, porcupine.Operation{
		ClientId: who,
		Call:     int64(call),
		Output:   n,
		Return:   int64(time.Since(h.begun)),
	})
	h.mu.Unlock()
	end()
	if err := held.Release(t.Context()); err != nil {
		t.Errorf("Release: %v, want nil", err)
	}
}

// vanish holds the lease and doesn't release it.
func (h *holders) vanish(t *testing.T, lock *lease.Lock, who int) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if held, end := h.acquire(ctx, t, lock, who); held != nil {
		end()
	}
}

// check checks the tenures and the counts.
func (h *holders) check(t *testing.T, tenures int) {
	slices.SortFunc(h.tenures, func(a, b tenure) int { return cmp.Compare(a.token, b.token) })
	var before tenure // the last one with times
	for i, next := range h.tenures {
		if i > 0 && next.token == h.tenures[i-1].token {
			t.Errorf("holders %d and %d both had the token %d", h.tenures[i-1].who, next.who,
				next.token)
		}
		if next.begin.IsZero() {
			continue
		}
		if next.begin.Before(before.end) {
			t.Errorf("holder %d had the token %d until %v, and holder %d has %d from %v",
				before.who, before.token, before.end.Sub(h.begun), next.who, next.token,
				next.begin.Sub(h.begun))
		}
		before = next
	}
	if len(h.tenures) != tenures {
		t.Errorf("the lease was held %d times, want %d", len(h.tenures), tenures)
	}
	if !porcupine.CheckOperations(counter, h.counts) {
		t.Errorf("the counts are not linearizable: %+v", h.counts)
	}
}

// countOn adds 1 to the count, without a condition, and returns what it was.
func countOn(ctx context.Context, b files.Bucket) (int, error) {
	text, err := files.ReadString(ctx, b, "count", nil)
	if err != nil && !errors.Is(err, files.ErrNotExist) {
		return 0, fmt.Errorf("reading: %w", err)
	}
	n, _ := strconv.Atoi(text)
	_, err = files.PutString(ctx, b, "count", strconv.Itoa(n+1), nil)
	return n, err
}
