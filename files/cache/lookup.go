package cache

import (
	"context"
	"sync"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/contexts"
)

// state is the state of one name: its lookups, downloads and writes.
type state struct {
	c    *cache
	name string
	refs int  // under c.mu
	kept bool // the store has an outdated entry for the name; under c.mu

	heads sync.Mutex // held while a head is stored, before mu

	mu      sync.Mutex
	epoch   int64 // a write begins a new one, and so does its end
	writers int
	storing int           // heads that are being stored
	stored  files.Version // of the head in the store, in this epoch, if it is known
	changed chan struct{} // closed, and replaced by a new one, when something changes

	// One lookup runs at a time. All Gets that begin while it runs share the next one,
	// whose request is sent after each of them has begun.
	begun   int64
	looking bool
	last    result

	flights []*flight
	bodies  map[*body]struct{}
	gone    int64 // number of parts that flights no longer hold in memory
}

func newState(c *cache, name string) *state {
	return &state{
		c:       c,
		name:    name,
		changed: make(chan struct{}),
		bodies:  map[*body]struct{}{},
	}
}

// wake wakes all goroutines that wait for a change. The caller holds mu.
func (s *state) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// result is what a lookup found.
type result struct {
	number   int64
	epoch    int64
	info     files.Info
	hit      bool
	uncached bool  // the origin's result can't be cached
	err      error // the origin's error
	head     *opened
}

// lookup returns the current version.
func (s *state) lookup(ctx context.Context, b *body) result {
	s.mu.Lock()
	need := s.begun + 1
	for s.looking || s.last.number < need {
		if !s.looking {
			s.looking = true
			s.begun++
			return s.lead(ctx, b, s.begun)
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return result{err: contexts.Err(ctx)}
		}
		s.mu.Lock()
	}
	res := s.last
	s.mu.Unlock()
	return res
}

// lead makes a lookup for all that wait for it. The caller holds mu, which lead
// unlocks.
func (s *state) lead(ctx context.Context, b *body, number int64) (res result) {
	res.epoch = s.epoch
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.looking = false
		if res.number == number && s.epoch == res.epoch {
			s.last = res
			s.last.head = nil // only for the leader
			s.last.hit = res.err == nil && !res.uncached
		}
		s.wake()
		s.mu.Unlock()
	}()
	res = s.query(ctx, b, res.epoch)
	if ctx.Err() != nil && res.err != nil { // the others' contexts haven't ended
		res.err = contexts.Err(ctx)
		return res
	}
	res.number = number
	return res
}

// query finds the cached version, and checks with the origin that it is current.
func (s *state) query(ctx context.Context, b *body, epoch int64) result {
	res := result{epoch: epoch}
	known, head := s.known(ctx, epoch)
	k := s.c.headKey(s.name)
	res.info, res.head = known, head
	if known.Version != "" && s.c.shelf.trusts(k, known.Version, s.c.opts.MaxAge) {
		res.hit = true
		return res
	}
	o := b.opts
	o.Range, o.IfVersion, o.IfNotVersion = rounded(o.Range), "", known.Version
	o.ReadTimeout = 0
	at := s.c.shelf.now()
	b.countRequest()
	from, err := s.c.fetch(ctx, s.name, &o)
	kind := files.KindOf(err)
	if err != nil && kind == files.ErrNotModified && known.Version != "" {
		res.hit = true
		if s.current(epoch) {
			s.c.shelf.confirm(k, known.Version, at)
		}
		return res
	}
	if head != nil {
		head.r.Close()
		res.head = nil
	}
	if err != nil {
		if kind == files.ErrNotExist && head != nil {
			s.c.shelf.drop(ctx, k)
		}
		res.err = err
		return res
	}
	res.info = from.r.Info()
	if !cacheable(from.r, o.Range) {
		from.close()
		res.uncached = true
		return res
	}
	s.take(from, &res, o.Range)
	return res
}

// known returns the Info of the version that is cached or being fetched, if there is
// one.
func (s *state) known(ctx context.Context, epoch int64) (files.Info, *opened) {
	s.mu.Lock()
	usable := s.epoch == epoch && s.writers == 0
	for _, f := range s.flights {
		if usable && f.epoch == epoch && !f.opening && f.err == nil {
			defer s.mu.Unlock()
			return f.info, nil
		}
	}
	s.mu.Unlock()
	if !usable || s.c.isKept(s) {
		return files.Info{}, nil
	}
	e := s.c.shelf.open(ctx, s.c.headKey(s.name))
	if e == nil {
		return files.Info{}, nil
	}
	if e.Info == nil || e.Origin != s.c.id || e.Name != s.name || e.Part != 0 ||
		e.Version == "" || e.Info.Version != e.Version || e.Info.Size <= 0 ||
		e.Len != 0 && e.Len != min(e.Info.Size, PartSize) {
		e.r.Close()
		s.c.shelf.unusable(ctx, s.c.headKey(s.name), errDamaged)
		return files.Info{}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != epoch {
		e.r.Close()
		return files.Info{}, nil
	}
	s.stored = e.Version
	info := *e.Info
	info.Name = s.name
	return info, e
}

func (s *state) current(epoch int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch == epoch && s.writers == 0
}

func (c *cache) isKept(s *state) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return s.kept
}

// cacheable reports whether a body of the origin has a version and the requested range.
func cacheable(r *files.Reader, requested files.Range) bool {
	info := r.Info()
	if info.Version == "" || info.Size < 0 || info.Size > maxSize {
		return false
	}
	off, n := requested.Resolve(info.Size)
	return r.Offset() == off && r.Len() == n
}

// source is a body of the origin with its context.
type source struct {
	r      *files.Reader
	ctx    context.Context
	cancel context.CancelCauseFunc
	at     time.Duration // when the request was made
}

func (s *source) close() {
	s.r.Close()
	s.cancel(nil)
}

// fetch opens a body of the origin that may outlive the call: ctx governs only until
// the body is open.
func (c *cache) fetch(ctx context.Context, name string, o *files.GetOptions) (*source, error) {
	s := &source{at: c.shelf.now()}
	s.ctx, s.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { s.cancel(context.Cause(ctx)) })
	whole := false
	defer func() {
		if !whole {
			stop()
			s.cancel(nil)
		}
	}()
	r, err := c.origin.Get(s.ctx, name, o)
	if !stop() && err == nil {
		r.Close()
		err = contexts.Err(ctx)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = contexts.Err(ctx)
		}
		return nil, err
	}
	whole = true
	s.r = r
	return s, nil
}
