package hostile

import (
	"context"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// MaxMemory is how many bytes of memory the process may need more during a call,
// whatever the response is.
const MaxMemory = 64 << 20

// MaxLate is how long after the end of its context a call may return, compared with a
// goroutine that only waits for the same context.
const MaxLate = 100 * time.Millisecond

// memoryWatch samples how much memory is allocated.
type memoryWatch struct {
	start int64
	peak  atomic.Int64
	end   chan struct{}
	ended chan struct{}
	limit int64
}

const sampleEvery = time.Millisecond

func heap() int64 {
	s := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
	}
	metrics.Read(s)
	return int64(s[0].Value.Uint64() + s[1].Value.Uint64())
}

func total() int64 {
	s := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(s)
	return int64(s[0].Value.Uint64() - s[1].Value.Uint64())
}

// watchMemory begins to measure. Until stop is called the garbage collector tries to hold
// the process to half of MaxMemory more than it had, so that the memory that is measured
// is memory in use.
func watchMemory() *memoryWatch {
	runtime.GC()
	w := &memoryWatch{end: make(chan struct{}), ended: make(chan struct{})}
	w.limit = debug.SetMemoryLimit(total() + MaxMemory/2)
	w.start = heap()
	go func() {
		defer close(w.ended)
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			w.sample()
			select {
			case <-tick.C:
			case <-w.end:
				return
			}
		}
	}()
	return w
}

func (w *memoryWatch) sample() {
	if now := heap(); now > w.peak.Load() {
		w.peak.Store(now)
	}
}

// reset sets the peak to 0. With collect it collects garbage first.
func (w *memoryWatch) reset(collect bool) {
	if collect {
		runtime.GC()
	}
	w.peak.Store(0)
}

// more returns how far the peak is above the start, in bytes.
func (w *memoryWatch) more() int64 {
	w.sample()
	return max(w.peak.Load()-w.start, 0)
}

func (w *memoryWatch) stop() {
	close(w.end)
	<-w.ended
	debug.SetMemoryLimit(max(w.limit, math.MinInt64))
}

// control starts a goroutine that only waits for the context. awake returns when it woke.
func control(ctx context.Context) (awake func() time.Time) {
	c := make(chan time.Time, 1)
	go func() {
		<-ctx.Done()
		c <- time.Now()
	}()
	return func() time.Time { return <-c }
}
