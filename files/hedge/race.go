package hedge

import (
	"context"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/contexts"
	"cloudfiles.dev/files/internal/each"
)

// hedger hedges the calls of one bucket.
type hedger struct {
	delay     time.Duration // 0: computed from times
	budget    budget
	get, stat times
}

func (h *hedger) around(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	var of *times
	switch c.Op {
	case files.OpGet:
		of = &h.get
	case files.OpStat:
		of = &h.stat
	default:
		return next(ctx)
	}
	h.budget.earn()
	delay := h.delay
	if delay == 0 {
		delay = of.known()
	}
	if ctx.Err() != nil { // the bucket below checks the options first (E2)
		return next(ctx)
	}
	if delay == 0 {
		began := time.Now()
		err := next(ctx)
		if counts(err) {
			of.add(time.Since(began))
		}
		return err
	}
	r := &race{
		ctx:     ctx,
		next:    next,
		times:   of,
		results: make(chan result, 2),
	}
	defer r.stop()
	return r.run(delay, &h.budget)
}

// counts reports whether the result of a call counts although the other call is
// running.
func counts(err error) bool {
	switch files.KindOf(err) {
	case files.ErrUnavailable, files.ErrClosed: // ErrClosed: the other call's body was first
		return false
	case nil:
		return err == nil
	}
	return true
}

// race is one call, which is made once or twice.
type race struct {
	ctx     context.Context
	next    func(context.Context) error
	times   *times
	results chan result
	runs    []run
	broken  each.BrokenOff
}

// run is one of the calls.
type run struct {
	began  time.Time
	cancel context.CancelFunc
	over   bool
}

type result struct {
	run int
	err error
	off bool // the call ended by a panic or Goexit, which race.broken has
}

func (r *race) run(delay time.Duration, b *budget) error {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	r.start()
	var failure error
	for running := 1; running > 0; {
		select {
		case got := <-r.results:
			running--
			r.runs[got.run].over = true
			switch {
			case got.off:
				r.broken.Resume()
			case counts(got.err):
				r.note(got.run)
				return got.err
			case failure == nil || files.KindOf(failure) == files.ErrClosed:
				failure = got.err
			}
		case <-timer.C:
			if b.take() {
				r.start()
				running++
			}
		case <-r.ctx.Done():
			return contexts.Err(r.ctx)
		}
	}
	return failure
}

// start makes the call in a new goroutine, with a new context.
func (r *race) start() {
	ctx, cancel := context.WithCancel(r.ctx)
	i := len(r.runs)
	r.runs = append(r.runs, run{began: time.Now(), cancel: cancel})
	go func() {
		got := result{run: i, off: true}
		defer func() {
			if got.off {
				r.broken.By(recover())
			}
			r.results <- got // the channel has room for both
		}()
		got.err = r.next(ctx)
		got.off = false
	}()
}

// note records how long the call with the result took, and how long the first call has
// run if that isn't over.
func (r *race) note(finished int) {
	now := time.Now()
	r.times.add(now.Sub(r.runs[finished].began))
	if first := r.runs[0]; finished != 0 && !first.over {
		r.times.add(now.Sub(first.began))
	}
}

// stop cancels both calls. The body that the caller gets no longer depends on the
// context of its call (files.Hooks.Around).
func (r *race) stop() {
	for _, run := range r.runs {
		run.cancel()
	}
}
