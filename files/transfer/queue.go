package transfer

import (
	"context"
	"time"

	"cloudfiles.dev/files/internal/each"
)

// compared calls f for each change, in order, and returns the error that ended the
// listings. It compares several files at a time, while the listings go on; later
// changes wait in a queue for the first comparison.
func (p *Plan) compared(ctx context.Context, f func(*Change) bool) error {
	now := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	q := &queue{
		plan:   p,
		ctx:    ctx,
		f:      f,
		now:    now,
		broken: &each.BrokenOff{},
	}
	defer q.wait()
	defer cancel()
	going := true
	c := new(Change)
	err := p.merge(ctx, func(m *pair) bool {
		if ask, ok := p.decide(c, m, now); ok {
			going = q.add(c, ask)
		}
		return going
	})
	if going {
		going = q.flush(0)
	}
	if q.err != nil || !going {
		return q.err
	}
	return err
}

// queue keeps changes in order while some of their files are compared.
type queue struct {
	plan      *Plan
	ctx       context.Context
	f         func(*Change) bool
	now       time.Time
	waiting   []*queued
	comparing int // number of waiting changes that are being compared
	err       error
	broken    *each.BrokenOff
}

// queued is a change in the queue.
type queued struct {
	change Change
	err    error
	done   chan struct{} // nil if the change is not compared
}

func (q *queue) add(c *Change, ask bool) bool {
	if !ask && len(q.waiting) == 0 {
		return q.f(c)
	}
	a := &queued{change: *c}
	q.waiting = append(q.waiting, a)
	if ask {
		a.done = make(chan struct{})
		q.comparing++
		go q.compare(a)
	}
	limit := q.plan.opts.Parallel
	if q.comparing < limit && len(q.waiting) < 16*limit {
		return true
	}
	return q.flush(16*limit - 1)
}

// compare compares the files of one change. A panic in the caller's code is passed to
// the caller.
func (q *queue) compare(a *queued) {
	defer close(a.done)
	whole := false
	defer func() {
		if !whole {
			q.broken.By(recover())
		}
	}()
	a.err = q.plan.compare(q.ctx, &a.change, q.now)
	whole = true
}

// flush passes on the changes that are decided. It waits for comparisons until at most
// the given number of changes wait, and fewer than Options.Parallel are being compared.
func (q *queue) flush(most int) bool {
	n := 0
	defer func() { q.waiting = append(q.waiting[:0], q.waiting[n:]...) }()
	for ; n < len(q.waiting); n++ {
		a := q.waiting[n]
		if a.done != nil {
			if len(q.waiting)-n <= most && q.comparing < q.plan.opts.Parallel {
				select {
				case <-a.done:
				default:
					return true
				}
			}
			<-a.done
			q.comparing--
			q.broken.Resume()
		}
		if a.err != nil {
			q.err = a.err
			return false
		}
		if !q.f(&a.change) {
			return false
		}
	}
	return true
}

// wait waits until no comparison runs any more.
func (q *queue) wait() {
	for _, a := range q.waiting {
		if a.done != nil {
			<-a.done
		}
	}
}
