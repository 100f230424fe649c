package driver_test

import (
	"bytes"
	"context"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
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
