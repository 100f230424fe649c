package lease

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestLostResponses: whichever response is lost, and whether the write was stored or not,
// the holder recognizes its own write, no other process acquires the lease, and Release
// frees it.
func TestLostResponses(t *testing.T) {
	const writes = 6 // to acquire, renewals, and to release
	for _, stored := range []filestest.Outcome{filestest.Stored, filestest.NotStored} {
		for nth := 1; nth <= writes; nth++ {
			synctest.Test(t, func(t *testing.T) {
				b := filestest.New(t)
				b.On(files.OpPut, "locks/a").Nth(nth).LoseAnswer(stored)
				held := acquire(t, newLock(t, b, Options{Duration: time.Minute}))
				other := newLock(t, b, Options{})
				for range 20 {
					time.Sleep(4 * time.Second)
					if _, err := other.TryAcquire(t.Context()); !errors.Is(err, ErrHeld) {
						t.Fatalf("write %d, stored %v: another TryAcquire: %v, want ErrHeld", nth,
							stored, err)
					}
				}
				if err := held.Context().Err(); err != nil {
					t.Fatalf("write %d, stored %v: %v", nth, stored, err)
				}
				release(t, held)
				next, err := other.TryAcquire(t.Context())
				if err != nil {
					t.Fatalf("write %d, stored %v, after the release: %v", nth, stored, err)
				}
				if next.Token() != 2 {
					t.Errorf("write %d, stored %v: the token is %d", nth, stored, next.Token())
				}
				release(t, next)
			})
		}
	}
}

// TestOwnWriteAfterOutage: Acquire recognizes its own write even if the response is
// lost and the next read fails.
func TestOwnWriteAfterOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		b.On(files.OpPut, "locks/a").Nth(1).LoseAnswer(filestest.Stored)
		b.On(files.OpGet, "locks/a").Nth(2).Fail(files.ErrUnavailable)
		from := time.Now()
		held := acquire(t, newLock(t, b, Options{}))
		if took := time.Since(from); held.Token() != 1 || took > DefaultDuration/2 {
			t.Errorf("the token is %d, after %v", held.Token(), took)
		}
		release(t, held)
	})
}

// TestUnavailable: Acquire waits for the end of an outage that is shorter than
// Duration, and reports a longer one.
func TestUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		b.On(files.OpGet, "locks/a").Times(5).Fail(files.ErrUnavailable)
		release(t, acquire(t, newLock(t, b, Options{})))
		b.On(files.OpGet, "locks/a").Fail(files.ErrUnavailable)
		from := time.Now()
		_, err := newLock(t, b, Options{}).Acquire(t.Context())
		if !errors.Is(err, files.ErrUnavailable) || time.Since(from) > 2*DefaultDuration {
			t.Errorf("after %v: %v", time.Since(from), err)
		}
	})
}

// TestRenewedAfterOutage: a lease outlasts outages that are shorter than a third of its
// Duration, because a failed renewal is soon repeated.
func TestRenewedAfterOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		held := acquire(t, newLock(t, b, Options{Duration: time.Minute}))
		for range 20 {
			outage := b.On(files.OpGet, "locks/a").Fail(files.ErrUnavailable)
			time.Sleep(18 * time.Second)
			outage.Stop()
			time.Sleep(time.Minute)
			if err := held.Context().Err(); err != nil {
				t.Fatalf("after an outage of 18 s the lease is lost: %v", err)
			}
		}
		release(t, held)
	})
}

// TestTryAcquireAfterLostResponse: TryAcquire waits a moment and recognizes its own
// write if the response is lost and the next read fails; it gives up after some lost
// responses, and leaves the lease free.
func TestTryAcquireAfterLostResponse(t *testing.T) {
	for _, stored := range []filestest.Outcome{filestest.Stored, filestest.NotStored} {
		synctest.Test(t, func(t *testing.T) {
			b := filestest.New(t)
			b.On(files.OpPut, "locks/a").Nth(1).LoseAnswer(stored)
			b.On(files.OpGet, "locks/a").Nth(2).Fail(files.ErrUnavailable)
			from := time.Now()
			held, err := newLock(t, b, Options{Poll: time.Second}).TryAcquire(t.Context())
			if err != nil {
				t.Fatalf("TryAcquire = %v", err)
			}
			if took := time.Since(from); held.Token() != 1 || took > time.Second {
				t.Errorf("the token is %d, after %v, want 1 within a second", held.Token(), took)
			}
			release(t, held)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		lost := b.On(files.OpPut, "locks/a").LoseAnswer(filestest.NotStored)
		lock := newLock(t, b, Options{Poll: time.Second})
		if held, err := lock.TryAcquire(t.Context()); files.KindOf(err) != files.ErrUncertain {
			t.Errorf("TryAcquire whose responses are all lost = %v, %v, want ErrUncertain", held,
				err)
		}
		lost.Stop()
		held, err := newLock(t, b, Options{}).TryAcquire(t.Context())
		if err != nil {
			t.Fatalf("afterwards the lease isn't free: %v", err)
		}
		release(t, held)
	})
}
