package driver

import (
	"context"
	"runtime"
	"sync"
	"time"
	"weak"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/blockcache"
)

// wideBody is a large body that one connection reads at first, and several at a time if
// its reader goes on and keeps up:
//
//  1. alone reads, straight into the caller's memory.
//  2. After After bytes, if the reader has waited for bytes most of the time and they
//     didn't come very fast, requests are made for parts that follow a place called cut,
//     a little ahead. alone reads up to it. Then, unless the first of the parts couldn't
//     be opened, alone is closed. Step 2 is then over for good or, if the parts don't
//     come faster than alone did, until much more has been read.
//  3. The reader takes the parts in order. When it has read one, the memory is free for
//     another at the end. No more is fetched ahead of the reader than it has read.
//  4. If a part fails, if the memory is needed elsewhere or if the reader no longer
//     keeps up, alone reads again from where the reader is, as in step 1. So only
//     alone, which resumes broken connections, reports errors.
type wideBody struct {
	bucket *bucket
	ctx    context.Context // of the parts
	cancel context.CancelFunc
	from   *source
	tune   ReadAhead

	// These are for the goroutine that reads.
	off, start, end int64
	since           int64 // bytes since the reading began alone
	after           int64 // how many of them come before parts are read
	never           bool  // parts are never read: the service doesn't support ranges
	pace            pace
	best            float64 // the most bytes per second that alone has read
	width           int     // how many parts are ahead at most
	window          *blockcache.Window
	passed          *[]byte // a buffer that the caller of View no longer needs

	mu     sync.Mutex
	wake   sync.Cond
	waits  bool
	alone  *resumingBody // nil if the parts are read
	cut    int64         // where alone stops; end if there are no parts
	parts  []*part
	ebbs   bool // no more parts are begun
	closed bool
}

// pace measures for what share of the time a reader waits for bytes, and how fast they
// come.
type pace struct {
	begun  time.Time
	bytes  int64
	waited time.Duration

	piece time.Time // when the last piece of fastPiece bytes or more had come
	some  int64     // bytes since then
	quick int64     // bytes of the pieces that came at fastRate
}

const (
	// fastRate is a rate, in bytes per second, that a service doesn't give one connection.
	fastRate  = 400e6
	fastPiece = 1 << 20
	// leastFast is the average below which fast pieces may be bursts of a slow link.
	leastFast = 100e6
	// gain is how much faster than one connection several must be.
	gain = 1.25
)

// keepsUp reports whether the reader waited for at least half of the time.
func (p *pace) keepsUp() bool { return 2*p.waited >= time.Since(p.begun) }

// lags reports whether it hardly waited at all.
func (p *pace) lags() bool { return 8*p.waited < time.Since(p.begun) }

// rate returns the average in bytes per second.
func (p *pace) rate(now time.Time) float64 {
	return float64(p.bytes) / max(now.Sub(p.begun), 1).Seconds()
}

// came notes that one connection has brought n bytes.
func (p *pace) came(n int, now time.Time) {
	p.bytes += int64(n)
	if p.some += int64(n); p.some < fastPiece {
		return
	}
	if float64(p.some) > fastRate*now.Sub(p.piece).Seconds() {
		p.quick += p.some
	}
	p.piece, p.some = now, 0
}

// fast reports whether the bytes came at fastRate: then the machine bounds the rate, and
// more connections would cost CPU time alone. It suffices that a quarter of them came so
// fast, since a busy machine makes pauses.
func (p *pace) fast(now time.Time) bool {
	rate := p.rate(now)
	return rate > fastRate || rate > leastFast && 4*p.quick > p.bytes
}

// retryEvery is how many bytes are read between two requests for more memory.
const retryEvery = 1 << 20

func newWideBody(b *bucket, tune ReadAhead, alone *resumingBody) *wideBody {
	ctx, cancel := context.WithCancel(alone.ctx)
	w := &wideBody{
		bucket: b,
		ctx:    ctx,
		cancel: cancel,
		from:   alone.from,
		tune:   tune,
		after:  tune.After,
		off:    alone.off,
		start:  alone.off,
		end:    alone.off + alone.left,
		alone:  alone,
		cut:    alone.off + alone.left,
	}
	w.wake.L = &w.mu
	return w
}

// Read reads up to len(p) bytes.
func (w *wideBody) Read(p []byte) (int, error) {
	view, n, err := w.read(p)
	if view != nil {
		n = copy(p, view)
		w.took(n)
	}
	return n, err
}

// View is Read into p, or returns bytes that are in memory already. The result is valid
// until the next call.
func (w *wideBody) View(p []byte) ([]byte, error) {
	view, n, err := w.read(p)
	if view == nil {
		return p[:n], err
	}
	view = view[:min(len(p), len(view))]
	w.took(len(view))
	return view, err
}

// read reads into p, or returns a view of the part that comes next.
func (w *wideBody) read(p []byte) (view []byte, n int, err error) {
	if w.passed != nil {
		partBuffers.Put(w.passed)
		w.passed = nil
	}
	if w.window != nil {
		w.window.Reads(true)
		defer w.window.Reads(false)
	}
	for {
		alone, err := w.reader()
		switch {
		case err != nil:
			return nil, 0, err
		case alone != nil:
			n, err := w.readAlone(alone, p)
			return nil, n, err
		}
		if view := w.view(); view != nil {
			return view, 0, nil
		}
	}
}

// reader returns alone if alone must read next, and nil if the parts must. At the cut
// the parts take over, unless they can't be read.
func (w *wideBody) reader() (*resumingBody, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return nil, files.ErrClosed
	case w.alone == nil:
		return nil, nil
	case w.off < w.cut || w.cut == w.end:
		return w.alone, nil
	}
	for len(w.parts) > 0 && !w.closed && w.parts[0].opening {
		w.wait()
	}
	switch {
	case w.closed:
		return nil, files.ErrClosed
	case len(w.parts) == 0:
		w.narrow()
		return w.alone, nil
	case w.parts[0].err != nil && w.parts[0].came == 0:
		w.failed(w.parts[0])
		return w.alone, nil
	}
	w.alone.Close()
	w.alone = nil
	return nil, nil
}

// wait waits until something has changed. The caller holds mu.
func (w *wideBody) wait() {
	begun := time.Now()
	w.waits = true
	w.wake.Wait()
	w.waits = false
	w.pace.waited += time.Since(begun)
}

// readAlone reads from alone, and may begin to read parts.
func (w *wideBody) readAlone(alone *resumingBody, p []byte) (int, error) {
	begun := time.Now()
	if w.since == 0 {
		w.pace = pace{
			begun: begun,
			piece: begun,
		}
	}
	p = p[:min(int64(len(p)), w.cut-w.off)]
	n, err := alone.Read(p)
	if n < 0 || n > len(p) {
		return 0, errImpossible(n)
	}
	now := time.Now()
	w.pace.waited += now.Sub(begun)
	w.pace.came(n, now)
	before := w.since
	w.off += int64(n)
	w.since += int64(n)
	if err != nil || w.never || w.since < w.after {
		return n, err
	}
	switch {
	case w.cut < w.end:
		if before/retryEvery != w.since/retryEvery {
			w.fill()
		}
	case w.end-w.off < 2*aheadPart:
	case !w.pace.keepsUp():
		w.since = 0
	default:
		w.best = max(w.best, w.pace.rate(now))
		if !w.tune.asked && w.pace.fast(now) {
			w.since = 0
		} else {
			w.widen()
		}
	}
	return n, nil
}

// widen begins to read parts, from one part ahead; at least one more is left then.
func (w *wideBody) widen() {
	if w.window == nil {
		held := weak.Make(w)
		w.window = w.bucket.memory.Share(nil).Cache.OpenWindow(func() {
			if w := held.Value(); w != nil {
				w.giveBack()
			}
		})
		runtime.AddCleanup(w, (*blockcache.Window).Forget, w.window)
	}
	w.mu.Lock()
	w.cut, w.width = w.off+aheadPart, w.tune.Connections
	w.pace = pace{begun: time.Now()}
	w.mu.Unlock()
	w.fill()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.parts) == 0 { // no memory: try again a little later
		w.cut = w.end
		w.since = max(w.after-retryEvery, 1)
	}
}

// fill begins to read as many parts as there should be.
func (w *wideBody) fill() {
	for {
		w.mu.Lock()
		next := w.cut
		if n := len(w.parts); n > 0 {
			next = w.parts[n-1].end()
		} else if w.alone == nil {
			next = w.off
		}
		count := w.width
		if w.alone != nil {
			count-- // alone is a connection too
		}
		count = min(count, int(max(1, (w.off-w.start)/aheadPart)))
		more := !w.closed && !w.ebbs && next < w.end && len(w.parts) < max(count, 1)
		w.mu.Unlock()
		if next >= w.end {
			w.window.Enough()
		}
		n := min(aheadPart, w.end-next)
		if !more || !w.window.Take(n) {
			return
		}
		p := newPart(w.ctx, w.from, next, n)
		w.mu.Lock()
		if w.closed {
			w.mu.Unlock()
			p.cancel()
			w.window.Give(n)
			return
		}
		w.parts = append(w.parts, p)
		w.mu.Unlock()
		w.bucket.hold()
		go w.fetch(p)
	}
}

// view returns bytes of the first part that have come, or nil if alone must read now.
func (w *wideBody) view() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.closed && w.alone == nil {
		if len(w.parts) == 0 {
			w.narrow()
			return nil
		}
		first := w.parts[0]
		switch {
		case first.ready() > 0:
			return first.view()
		case first.taken == first.size:
			w.next(first)
		case first.err != nil:
			w.failed(first)
			return nil
		default:
			w.wait()
		}
	}
	return nil
}

// failed continues without the parts, because the first of them failed. The caller
// holds mu, which is released meanwhile.
func (w *wideBody) failed(first *part) {
	w.never = w.never || first.err == errBefore
	w.narrow()
	w.mu.Unlock()
	defer w.mu.Lock()
	first.broken.Resume()
}

// took notes that the caller has taken n bytes of the view.
func (w *wideBody) took(n int) {
	w.off += int64(n)
	w.pace.bytes += int64(n)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.parts) > 0 { // otherwise the parts were dropped meanwhile
		w.passed = w.parts[0].take(n)
	}
}

// next removes a part that was read, and decides how many there should be. The caller
// holds mu, which is released meanwhile.
func (w *wideBody) next(first *part) {
	w.parts = w.parts[1:]
	if w.pace.bytes >= int64(w.width)*aheadPart {
		switch {
		case !w.tune.asked && w.pace.rate(time.Now()) < gain*w.best:
			w.ebbs = true // alone reads again after the parts that have been begun
			w.after = min(4*w.after, 1<<40)
		case w.pace.keepsUp():
			w.width = min(2*w.width, w.tune.Connections)
		case w.pace.lags() && w.width == 1:
			w.narrow() // one connection will do
		case w.pace.lags():
			w.width /= 2
		}
		w.pace = pace{begun: time.Now()}
	}
	alone := w.alone != nil
	w.mu.Unlock()
	defer w.mu.Lock()
	w.window.Give(first.size)
	if !alone {
		w.fill()
	}
}

// narrow lets alone continue at the reader's offset, and drops the parts. The caller
// holds mu.
func (w *wideBody) narrow() {
	w.dropParts()
	w.cut, w.since, w.ebbs = w.end, 0, false
	if w.alone != nil || w.closed {
		return
	}
	w.alone = &resumingBody{
		ctx:      w.ctx,
		from:     w.from,
		off:      w.off,
		left:     w.end - w.off,
		forgives: 2,
	}
}

// dropParts ends the requests and gives the memory back. The memory of a part whose
// request is still in progress is given back when that has ended. The caller holds mu.
func (w *wideBody) dropParts() {
	for _, p := range w.parts {
		p.drop()
		if !p.fetching {
			w.window.Give(p.size)
		}
	}
	w.parts = nil
}

// giveBack gives back the memory of a reader that has paused.
func (w *wideBody) giveBack() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dropParts()
}

// Requests returns how many requests the body has taken.
func (w *wideBody) Requests() int64 { return w.from.requests.Load() }

// Close ends all requests. It doesn't wait for them. A Reader calls it once.
func (w *wideBody) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.cancel()
	w.dropParts()
	if w.window != nil {
		w.window.Close()
	}
	w.wake.Broadcast()
	if w.alone == nil {
		return nil
	}
	return w.alone.Close()
}
