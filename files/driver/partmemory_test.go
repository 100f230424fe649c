package driver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestPartMemory: the memory that uploads of one bucket hold together is bounded. An
// upload that gets none of it doesn't wait for the others: it sends one part after the
// other. All memory is given back.
func TestPartMemory(t *testing.T) {
	const part = 4 << 20
	// An upload has two blocks of its own beside a part: with half a part more, the first
	// one holds two parts, and nothing is left.
	memory := driver.NewPartMemory(part / 2)
	content := random(5*part + 1)
	// put uploads the content; its sends wait until so many are on their way together,
	// and then for release.
	put := func(together int, release <-chan struct{}) (reached <-chan struct{},
		wait func() error) {
		b := &parted{Backend: mapdriver.New(), plan: driver.PartPlan{
			PartSize:    part,
			Concurrency: 4,
			MaxParts:    100,
			MaxPartSize: 1 << 30,
			Memory:      memory,
		}}
		var running, peak atomic.Int32
		all := make(chan struct{})
		var once sync.Once
		b.send = func(context.Context, *driver.Part, []byte) error {
			n := running.Add(1)
			defer running.Add(-1)
			for old := peak.Load(); n > old && !peak.CompareAndSwap(old, n); old = peak.Load() {
			}
			if int(n) >= together {
				once.Do(func() { close(all) })
			}
			<-all
			<-release
			return nil
		}
		ended := make(chan error, 1)
		go func() {
			_, err := driver.New(b).Put(t.Context(), "a",
				io.MultiReader(bytes.NewReader(content)), nil)
			if err == nil && !bytes.Equal(b.whole(t), content) {
				t.Error("other bytes were sent")
			}
			ended <- err
		}()
		return all, func() error {
			err := <-ended
			if got := int(peak.Load()); got != together {
				t.Errorf("%d parts were sent at a time, want %d", got, together)
			}
			return err
		}
	}
	open := make(chan struct{})
	close(open)
	for range 2 { // the second time with the memory that was given back
		gate := make(chan struct{})
		holdsAll, first := put(2, gate)
		<-holdsAll
		_, second := put(1, open)
		if err := second(); err != nil {
			t.Fatal(err)
		}
		close(gate)
		if err := first(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPartMemoryBound: beside its own memory, an upload takes as many blocks from the
// bucket's as whole MiB were given, and no more parts than its Concurrency.
func TestPartMemoryBound(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		bytes int64
		parts int
	}{
		{-mib, 3}, // a part that is less than a block, and two blocks
		{0, 3},
		{mib - 1, 3},
		{mib, 4},
		{2*mib - 1, 4},
		{2 * mib, 5},
		{100 * mib, 8},
	} {
		synctest.Test(t, func(t *testing.T) {
			var running atomic.Int32
			release := make(chan struct{})
			b := &parted{Backend: mapdriver.New(), plan: driver.PartPlan{
				PartSize:    10,
				Concurrency: 8,
				MaxParts:    100,
				MaxPartSize: 10,
				Memory:      driver.NewPartMemory(c.bytes),
			}}
			b.send = func(context.Context, *driver.Part, []byte) error {
				running.Add(1)
				defer running.Add(-1)
				<-release
				return nil
			}
			go func() {
				synctest.Wait() // until the upload waits for memory
				if n := int(running.Load()); n != c.parts {
					t.Errorf("%d bytes: %d parts are sent at a time, want %d", c.bytes, n, c.parts)
				}
				close(release)
			}()
			_, err := driver.New(b).Put(t.Context(), "a",
				io.MultiReader(bytes.NewReader(random(200))), nil)
			if err != nil || len(b.sizes) != 20 {
				t.Errorf("%d bytes: %d parts, %v", c.bytes, len(b.sizes), err)
			}
		})
	}
}

// TestPartMemoryAfterFailures: an upload whose content fails gives the bucket's memory
// back.
func TestPartMemoryAfterFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		boom := errors.New("boom")
		// With a type the content isn't read before it is sent.
		typed := &files.PutOptions{Attributes: files.Attributes{ContentType: "a/b"}}
		b := &parted{Backend: mapdriver.New(), plan: driver.PartPlan{
			PartSize:    10,
			Concurrency: 8,
			MaxParts:    100,
			MaxPartSize: 10,
			Memory:      driver.NewPartMemory(2 << 20), // two parts, beside three of an upload
		}}
		b.send = func(ctx context.Context, _ *driver.Part, _ []byte) error {
			<-ctx.Done()
			return ctx.Err()
		}
		for range 2 { // the fourth part, which is in the bucket's memory, fails
			_, err := driver.New(b).Put(t.Context(), "a",
				io.MultiReader(bytes.NewReader(random(35)), iotest.ErrReader(boom)), typed)
			if !errors.Is(err, boom) {
				t.Errorf("Put of content that fails = %v, want %v", err, boom)
			}
		}
		var running atomic.Int32
		release := make(chan struct{})
		b.send = func(context.Context, *driver.Part, []byte) error {
			running.Add(1)
			<-release
			return nil
		}
		go func() {
			synctest.Wait() // until the upload waits for memory
			if n := running.Load(); n != 5 {
				t.Errorf("%d parts are sent at a time after the failures, want 5", n)
			}
			close(release)
		}()
		_, err := driver.New(b).Put(t.Context(), "a",
			io.MultiReader(bytes.NewReader(random(200))), nil)
		if err != nil {
			t.Errorf("Put after the failures = %v, want nil", err)
		}
	})
}
