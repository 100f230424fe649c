package lease

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

func newLock(t *testing.T, b files.Bucket, o Options) *Lock {
	t.Helper()
	l, err := New(b, "locks/a", &o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func acquire(t *testing.T, l *Lock) *Lease {
	t.Helper()
	held, err := l.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func release(t *testing.T, h *Lease) {
	t.Helper()
	if err := h.Release(t.Context()); err != nil {
		t.Errorf("Release: %v", err)
	}
}

// vanish ends the renewals without a Release, as if the holder had been killed.
func vanish(t *testing.T, l *Lock) (h *Lease, at time.Time) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	h, err := l.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-h.done
	return h, time.Now()
}

// TestNewRefuses: options that make no sense are refused at once.
func TestNewRefuses(t *testing.T) {
	b := mem.New(nil)
	for what, c := range map[string]struct {
		b    files.Bucket
		name string
		o    Options
		want error
	}{
		"negative duration": {b, "a", Options{Duration: -1}, files.ErrInvalid},
		"long duration":     {b, "a", Options{Duration: MaxDuration + 1}, files.ErrInvalid},
		"negative poll":     {b, "a", Options{Poll: -1}, files.ErrInvalid},
		"long holder":       {b, "a", Options{Holder: strings.Repeat("x", 1025)}, files.ErrInvalid},
		"nil bucket":        {nil, "a", Options{}, files.ErrInvalid},
		"name":              {b, "a//b", Options{}, files.ErrInvalidName},
		"read-only":         {files.ReadOnly(b), "a", Options{}, files.ErrPermission},
		"no conditions": {
			files.Wrap(b, files.Hooks{Features: func(f files.Features) files.Features {
				f.IfVersion = false
				return f
			}}),
			"a",
			Options{},
			files.ErrUnsupported,
		},
	} {
		if _, err := New(c.b, c.name, &c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	l := newLock(t, b, Options{})
	for _, f := range []func(context.Context) (*Lease, error){l.Acquire, l.TryAcquire} {
		if _, err := f(nil); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("with a nil context: %v, want ErrInvalid", err)
		}
	}
}

// TestOtherFilesAreKept: a file that isn't a lease is ErrInvalid, and is not changed.
func TestOtherFilesAreKept(t *testing.T) {
	for _, content := range []string{
		"", "x", "{}", `{"lease":2}`, `{"lease":1,"held":true}`, `{"lease":1,"token":-1}`,
		`{"lease":1,"token":9223372036854775807}`,
		`{"lease":1,"held":true,"id":"x","duration":-5}`,
		`{"lease":1,"held":true,"id":"x","duration":0}`,
		`{"lease":1,"held":true,"duration":1000000000}`,
		`{"lease":1,"held":true,"id":"x","duration":9000000000000000000}`,
	} {
		b := filestest.New(t)
		if _, err := files.PutString(t.Context(), b, "locks/a", content, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := newLock(t, b, Options{}).Acquire(t.Context()); !errors.Is(err,
			files.ErrInvalid) {
			t.Errorf("Acquire over the file %q = %v, want ErrInvalid", content, err)
		}
		if text, err := files.ReadString(t.Context(), b, "locks/a", nil); text != content {
			t.Errorf("%q became %q, %v", content, text, err)
		}
	}
}

// TestRecord: the record has no time of a clock.
func TestRecord(t *testing.T) {
	b := filestest.New(t)
	held := acquire(t, newLock(t, b, Options{Holder: "host"}))
	defer release(t, held)
	text, err := files.ReadString(t.Context(), b, "locks/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatal(err)
	}
	want := []string{"duration", "held", "holder", "id", "lease", "token", "write"}
	if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		t.Errorf("the record has %v, want %v", got, want)
	}
}

// TestTakeoverAfterRecordedDuration: a waiting process takes over after the Duration
// that the holder recorded, whatever its own is, and at most one Poll more.
func TestTakeoverAfterRecordedDuration(t *testing.T) {
	for _, own := range []time.Duration{time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			b := filestest.New(t)
			_, at := vanish(t, newLock(t, b, Options{Duration: time.Minute}))
			next := acquire(t, newLock(t, b, Options{Duration: own, Poll: time.Second}))
			if took := time.Since(at); took < time.Minute || took > 61*time.Second {
				t.Errorf("a process with the Duration %v took over after %v", own, took)
			}
			if next.Token() != 2 {
				t.Errorf("the next token is %d", next.Token())
			}
			release(t, next)
		})
	}
}

// TestTryAcquireRemembers: repeated calls of TryAcquire of one Lock replace a holder
// that has vanished, but not one that renews.
func TestTryAcquireRemembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		lock := newLock(t, b, Options{Duration: time.Minute, Holder: "second"})
		first := acquire(t, newLock(t, b, Options{Duration: time.Minute, Holder: "first\n"}))
		for range 100 {
			_, err := lock.TryAcquire(t.Context())
			if !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), `first\\n`) {
				t.Fatalf("TryAcquire while the lease is held: %v", err)
			}
			time.Sleep(5 * time.Second)
		}
		release(t, first)
		_, at := vanish(t, newLock(t, b, Options{Duration: time.Minute}))
		for {
			held, err := lock.TryAcquire(t.Context())
			if err == nil {
				if took := time.Since(at); took < time.Minute || took > 65*time.Second {
					t.Errorf("TryAcquire took over after %v", took)
				}
				release(t, held)
				return
			}
			if !errors.Is(err, ErrHeld) {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
		}
	})
}

// TestTokenRises: the token rises over releases, expiries and losses.
func TestTokenRises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		lock := newLock(t, b, Options{})
		for want := int64(1); want <= 9; want += 3 {
			held := acquire(t, lock)
			release(t, held)
			lost, _ := vanish(t, lock)
			last := acquire(t, newLock(t, b, Options{}))
			release(t, lost) // must not release the next holder's lease
			if _, err := lock.TryAcquire(t.Context()); !errors.Is(err, ErrHeld) {
				t.Errorf("Release of a lost lease ended the next holder's: %v", err)
			}
			release(t, last)
			got := []int64{held.Token(), lost.Token(), last.Token()}
			if !slices.Equal(got, []int64{want, want + 1, want + 2}) {
				t.Errorf("the tokens are %d, want them from %d", got, want)
			}
		}
	})
}

// TestRenewal: a lease is held as long as it is renewed, and its context ends in time
// if it can't be renewed or its file is gone.
func TestRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		held := acquire(t, newLock(t, b, Options{Duration: time.Minute}))
		ctx := held.Context()
		time.Sleep(24 * time.Hour)
		if ctx.Err() != nil {
			t.Fatalf("the Context ended: %v", context.Cause(ctx))
		}
		b.On(files.OpGet, "locks/").Fail(files.ErrUnavailable)
		from := time.Now()
		<-ctx.Done()
		if took := time.Since(from); took < 25*time.Second || took > 45*time.Second ||
			!errors.Is(context.Cause(ctx), ErrLost) {
			t.Errorf("without renewals the Context ended after %v: %v", took, context.Cause(ctx))
		}
	})
	for what, change := range map[string]func(t *testing.T, b files.Bucket) error{
		"deleted": func(t *testing.T, b files.Bucket) error {
			return b.Delete(t.Context(), "locks/a", nil)
		},
		"overwritten": func(t *testing.T, b files.Bucket) error {
			_, err := files.PutString(t.Context(), b, "locks/a", "else", nil)
			return err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := filestest.New(t)
			held := acquire(t, newLock(t, b, Options{Duration: time.Minute}))
			if err := change(t, b); err != nil {
				t.Fatal(err)
			}
			from := time.Now()
			<-held.Context().Done()
			if err := context.Cause(held.Context()); !errors.Is(err, ErrLost) ||
				time.Since(from) > 20*time.Second {
				t.Errorf("%s: the Context ended after %v: %v", what, time.Since(from), err)
			}
			release(t, held) // changes nothing
			if text, err := files.ReadString(t.Context(), b, "locks/a", nil); what ==
				"overwritten" && text != "else" {
				t.Errorf("Release overwrote the file: %q, %v", text, err)
			}
		})
	}
}

// TestReleaseAfterEnd: Release works after the end of the context, and may be called
// twice.
func TestReleaseAfterEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := filestest.New(t)
		ctx, cancel := context.WithCancel(t.Context())
		held, err := newLock(t, b, Options{}).Acquire(ctx)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if held.Context().Err() == nil {
			t.Error("the end of Acquire's context didn't end the lease's")
		}
		for range 2 {
			if err := held.Release(ctx); err != nil {
				t.Errorf("Release: %v", err)
			}
		}
		next, err := newLock(t, b, Options{}).TryAcquire(t.Context())
		if err != nil {
			t.Fatalf("after the release: %v", err)
		}
		release(t, next)
	})
}

// TestGivenUp: an Acquire whose context ends leaves the lease free, whether its write
// was stored or not.
func TestGivenUp(t *testing.T) {
	for _, stored := range []filestest.Outcome{filestest.Stored, filestest.NotStored} {
		for _, before := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				b := filestest.New(t)
				if before {
					release(t, acquire(t, newLock(t, b, Options{})))
				}
				ctx, cancel := context.WithCancel(t.Context())
				b.On(files.OpPut, "locks/a").Do(func(c context.Context, call *files.Call,
					next func(context.Context) error) error {
					defer cancel()
					if stored == filestest.Stored {
						if err := next(context.WithoutCancel(c)); err != nil {
							return err
						}
					}
					return files.ErrUncertain
				}).Nth(1)
				if _, err := newLock(t, b, Options{}).Acquire(ctx); !errors.Is(err,
					context.Canceled) {
					t.Errorf("Acquire: %v", err)
				}
				next, err := newLock(t, b, Options{}).TryAcquire(t.Context())
				if err != nil {
					t.Fatalf("stored %v: %v", stored, err)
				}
				release(t, next)
			})
		}
	}
}
