package gocloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"iter"
	"sync"
	"time"

	"cloudfiles.dev/files"
	cfdriver "cloudfiles.dev/files/driver"
	"gocloud.dev/blob/driver"
)

const (
	// maxWalks is how many listings are kept open between their pages, each at most
	// walkIdle after its last page. If a page's listing has been closed, the page
	// begins a new one at its token's position.
	maxWalks = 16
	walkIdle = time.Minute
)

// ListPaged returns a page. The listing stays open for the next one, so that paging
// through n names costs the same as one listing of them.
func (b *bridge) ListPaged(ctx context.Context,
	opts *driver.ListOptions) (*driver.ListPage, error) {
	q := query{prefix: opts.Prefix, delimiter: opts.Delimiter}
	if err := before(opts.BeforeList, &q.options); err != nil {
		return nil, err
	}
	size := opts.PageSize
	if size <= 0 {
		size = pageSize
	}
	w := b.walks.take(q, opts.PageToken)
	if w == nil {
		at, err := q.position(opts.PageToken)
		if err != nil {
			return nil, err
		}
		if q.options.PageSize == 0 {
			q.options.PageSize = size
		}
		w = newWalk(ctx, func(ctx context.Context) iter.Seq2[item, error] {
			return b.objects(ctx, q, at)
		})
	}
	page, err := w.page(ctx, size)
	if err != nil || w.pending == nil {
		w.end()
		return page, err
	}
	page.NextPageToken = q.token(w.last)
	b.walks.keep(q, page.NextPageToken, w)
	return page, nil
}

// walk is a listing between two pages. One call at a time uses it.
type walk struct {
	next    func() (item, error, bool)
	stop    func()
	cancel  context.CancelFunc
	pending *item    // read in advance, to find out whether a page is the last
	last    position // after the page
	used    time.Time
}

// newWalk begins a listing that outlives the call that began it: its context keeps the
// values but not the cancellation.
func newWalk(ctx context.Context, list func(context.Context) iter.Seq2[item, error]) *walk {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	next, stop := iter.Pull2(list(ctx))
	return &walk{next: next, stop: stop, cancel: cancel}
}

func (w *walk) end() {
	w.cancel()
	w.stop()
}

// page reads a page, and one object more. Meanwhile the end of the caller's context
// ends the walk.
func (w *walk) page(ctx context.Context, size int) (*driver.ListPage, error) {
	unwatch := context.AfterFunc(ctx, w.cancel)
	page, err := w.read(size)
	if !unwatch() { // the walk ended with the caller's context
		return nil, cfdriver.ContextError(ctx)
	}
	return page, err
}

func (w *walk) read(size int) (*driver.ListPage, error) {
	page := &driver.ListPage{}
	for {
		if w.pending != nil {
			if len(page.Objects) == size {
				return page, nil
			}
			page.Objects = append(page.Objects, w.pending.object)
			w.last, w.pending = w.pending.next, nil
		}
		it, err, ok := w.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return page, nil
		}
		w.pending = &it
	}
}

// walks holds listings by query and page token.
type walks struct {
	mu     sync.Mutex
	live   map[string]*walk
	timer  *time.Timer // runs while there are any listings
	closed bool
}

func newWalks() *walks { return &walks{live: map[string]*walk{}} }

// take removes and returns the listing that a token belongs to, if it is still open.
func (s *walks) take(q query, token []byte) *walk {
	if len(token) == 0 {
		return nil
	}
	key := q.key(token)
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.live[key]
	delete(s.live, key)
	return w
}

// keep stores a listing until its next page.
func (s *walks) keep(q query, token []byte, w *walk) {
	w.used = time.Now()
	for _, old := range s.insert(q.key(token), w) {
		old.end()
	}
}

// insert stores a listing and returns those that must end for it.
func (s *walks) insert(key string, w *walk) (end []*walk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return []*walk{w}
	}
	if old := s.live[key]; old != nil {
		end = append(end, old)
	} else if len(s.live) == maxWalks {
		oldest := ""
		for k, v := range s.live {
			if oldest == "" || v.used.Before(s.live[oldest].used) {
				oldest = k
			}
		}
		end = append(end, s.live[oldest])
		delete(s.live, oldest)
	}
	s.live[key] = w
	if s.timer == nil {
		s.timer = time.AfterFunc(walkIdle, s.sweep)
	}
	return end
}

// sweep ends the listings that were not used lately.
func (s *walks) sweep() {
	var end []*walk
	s.mu.Lock()
	next := walkIdle
	for k, w := range s.live {
		if left := walkIdle - time.Since(w.used); left <= 0 {
			end = append(end, w)
			delete(s.live, k)
		} else {
			next = min(next, left)
		}
	}
	s.timer = nil
	if len(s.live) > 0 && !s.closed {
		s.timer = time.AfterFunc(next, s.sweep)
	}
	s.mu.Unlock()
	for _, w := range end {
		w.end()
	}
}

func (s *walks) close() {
	s.mu.Lock()
	s.closed = true
	live := s.live
	s.live = nil
	if s.timer != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	for _, w := range live {
		w.end()
	}
}

// A token has the position, so it works without the listing, and in another process
// too. It also has a checksum of the position and the query, so a token of another
// listing is an error.

const sumLen = 8

func (q query) sum(payload []byte) []byte {
	h := sha256.New()
	for _, s := range []string{"cloudfiles page 1", q.prefix, q.delimiter, string(payload)} {
		h.Write(append([]byte(s), 0xff)) // a byte that UTF-8 never has
	}
	return h.Sum(nil)[:sumLen]
}

func (q query) key(token []byte) string {
	return q.prefix + "\xff" + q.delimiter + "\xff" + string(token)
}

func (q query) token(at position) []byte {
	payload, err := json.Marshal(at)
	if err != nil {
		panic(err) // strings and numbers can always be marshalled
	}
	return base64.RawURLEncoding.AppendEncode(nil, append(q.sum(payload), payload...))
}

func (q query) position(token []byte) (at position, err error) {
	if len(token) == 0 {
		return at, nil
	}
	raw, err := base64.RawURLEncoding.AppendDecode(nil, token)
	if err == nil && len(raw) > sumLen && bytes.Equal(raw[:sumLen], q.sum(raw[sumLen:])) {
		err = json.Unmarshal(raw[sumLen:], &at)
		if err == nil {
			return at, nil
		}
	}
	return at, cfdriver.Errorf(files.ErrInvalid,
		"the page token doesn't belong to a listing with this prefix and delimiter")
}
