package limit

import (
	"context"
	"io"
	"iter"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	readable "cloudfiles.dev/files/internal/content"
)

// limits are the limits of one kind of calls.
type limits struct {
	calls      *slots
	ops, bytes *rate
}

func (l *limits) set(o Limits) {
	if o.Calls > 0 {
		l.calls = &slots{free: o.Calls}
	}
	if o.PerSecond > 0 {
		l.ops = newRate(o.PerSecond, float64(max(o.Burst, 1)), "operations")
	}
	if o.BytesPerSecond > 0 {
		burst := o.BytesBurst
		if burst == 0 {
			burst = max(o.BytesPerSecond/10, 1)
		}
		l.bytes = newRate(float64(o.BytesPerSecond), float64(burst), "bytes")
	}
}

// enter waits for a slot, and then, with the slot, for the rate.
func (l *limits) enter(ctx context.Context) error {
	if err := l.calls.acquire(ctx); err != nil {
		return err
	}
	if err := l.ops.take(ctx, 1, nil); err != nil {
		l.calls.release()
		return err
	}
	return nil
}

// limiter is one bucket's limits.
type limiter struct{ all, reads, writes limits }

func (l *limiter) of(op files.Op) *limits {
	if op.Writes() {
		return &l.writes
	}
	return &l.reads
}

// enter waits for the turn of a call. It waits first among the calls of its kind, so
// that a call that waits there holds up no others.
func (l *limiter) enter(ctx context.Context, of *limits) error {
	if err := of.enter(ctx); err != nil {
		return err
	}
	if err := l.all.enter(ctx); err != nil {
		of.calls.release()
		return err
	}
	return nil
}

func (l *limiter) leave(of *limits) {
	l.all.calls.release()
	of.calls.release()
}

func (l *limiter) around(ctx context.Context, c *files.Call,
	next func(context.Context) error) error {
	switch c.Op {
	case files.OpList, files.OpCopyFrom, // these only begin what is counted elsewhere
		files.OpSignGet, files.OpSignPut, files.OpSignDelete:
		return next(ctx)
	}
	of := l.of(c.Op)
	if err := l.enter(ctx, of); err != nil {
		return err
	}
	if c.Op != files.OpPut || l.all.calls == nil && of.calls == nil {
		defer l.leave(of)
		return next(ctx)
	}
	p := &put{Context: ctx, l: l}
	for _, s := range []*slots{of.calls, l.all.calls} {
		if s != nil {
			p.holds = append(p.holds, &hold{s: s})
		}
	}
	defer p.end()
	return next(p)
}

// put is the context of a Put, with the slots that the Put holds.
type put struct {
	context.Context
	l     *limiter
	holds []*hold
}

type putKey struct{ *limiter }

func (p *put) Value(key any) any {
	if k, ok := key.(putKey); ok && k.limiter == p.l {
		return p
	}
	return p.Context.Value(key)
}

// pause begins a wait for content.
func (p *put) pause() {
	for _, h := range p.holds {
		h.pause()
	}
}

// resume ends a wait for content. It takes lent slots again in the order of enter: a
// Put that held a later slot while it waited for an earlier one could deadlock with
// calls that take both in order.
func (p *put) resume(ctx context.Context) error {
	first := len(p.holds) // index of the first that was lent
	for i := len(p.holds) - 1; i >= 0; i-- {
		if p.holds[i].settle() {
			first = i
		}
	}
	for i, h := range p.holds {
		if i > first {
			h.lend()
		}
	}
	for _, h := range p.holds[first:] {
		if err := h.regain(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *put) end() {
	for _, h := range p.holds {
		h.end()
	}
}

// content counts a Put's bytes, and lends the Put's slots while it waits for content.
func (l *limiter) content(ctx context.Context, _ *files.Call, from io.Reader) io.Reader {
	if from == nil {
		return nil
	}
	of, ok := ctx.Value(putKey{l}).(*put)
	if !ok || inMemory(from) {
		of = &put{}
	}
	bytes := []*rate{l.writes.bytes, l.all.bytes}
	if len(of.holds) == 0 && bytes[0] == nil && bytes[1] == nil {
		return from // so that a driver needn't copy it
	}
	return readable.Through(from, func(p []byte) (int, error) {
		for _, r := range bytes {
			p = r.piece(p)
		}
		of.pause()
		n, err := from.Read(p)
		if lost := of.resume(ctx); lost != nil {
			return 0, lost
		}
		for _, r := range bytes {
			if late := r.take(ctx, float64(n), nil); late != nil {
				return 0, late
			}
		}
		return n, err
	})
}

// errGone is the error of a wait that Close has ended.
var errGone = driver.Errorf(files.ErrClosed, "the body was closed")

// body counts the bytes of a Get's body.
func (l *limiter) body(ctx context.Context, _ *files.Call, from io.Reader) io.Reader {
	return &body{
		ctx:   ctx,
		from:  from,
		rates: [2]*rate{l.reads.bytes, l.all.bytes},
		gone:  make(chan struct{}),
	}
}

type body struct {
	ctx   context.Context
	from  io.Reader
	rates [2]*rate
	gone  chan struct{}
	close sync.Once
}

func (b *body) Read(p []byte) (int, error) {
	for _, r := range b.rates {
		p = r.piece(p)
	}
	n, err := b.from.Read(p)
	for _, r := range b.rates {
		if late := r.take(b.ctx, float64(n), b.gone); late != nil {
			return 0, late
		}
	}
	return n, err
}

// Close ends a wait.
func (b *body) Close() error {
	b.close.Do(func() { close(b.gone) })
	return nil
}

// page is the assumed number of entries in a page of a listing.
const page = 1000

// list makes each page of a listing take its turn, one after the other.
func (l *limiter) list(ctx context.Context, _ *files.Call, o files.ListOptions,
	list func(context.Context,
		files.ListOptions) iter.Seq2[files.Entry, error]) iter.Seq2[files.Entry, error] {
	o.Parallel = 0 // parts of a listing would not take a turn
	each := page
	if o.PageSize > 0 {
		each = min(o.PageSize, page)
	}
	return func(yield func(files.Entry, error) bool) {
		if err := l.enter(ctx, &l.reads); err != nil {
			yield(files.Entry{}, err)
			return
		}
		holds, n := true, 0
		defer func() {
			if holds {
				l.leave(&l.reads)
			}
		}()
		for e, err := range list(ctx, o) {
			if holds {
				holds = false
				l.leave(&l.reads)
			}
			if !yield(e, err) {
				return
			}
			if n++; n%each == 0 && n != o.Limit {
				if err := l.enter(ctx, &l.reads); err != nil {
					yield(files.Entry{}, err)
					return
				}
				holds = true
			}
		}
	}
}
