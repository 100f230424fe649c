package cache

import (
	"context"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// retryListing is the time between a failed listing and the next one.
const retryListing = 10 * time.Second

// ensureListed lists the store unless its entries are known, and reports whether they
// are.
func (s *shelf) ensureListed(ctx context.Context) bool {
	if s.isListed() {
		return true
	}
	select {
	case <-s.listing:
	case <-ctx.Done():
		return false
	}
	defer func() { s.listing <- struct{}{} }()
	if s.isListed() {
		return true
	}
	s.mu.Lock()
	wait := s.retry - s.now()
	s.mu.Unlock()
	if wait > 0 {
		return false
	}
	err := s.list(ctx)
	s.failed(ctx, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listed = err == nil; !s.listed && ctx.Err() == nil {
		s.retry = s.now() + retryListing
	}
	return s.listed
}

// isListed reports whether the store was listed, and not too much was stored since then:
// others may have stored as much.
func (s *shelf) isListed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listed && s.fresh <= s.max/2
}

// list reads the listing, and evicts at once what exceeds the bounds, so that the index
// stays within them.
func (s *shelf) list(ctx context.Context) error {
	s.mu.Lock()
	s.scan++
	scan := s.scan
	s.fresh = 0
	s.mu.Unlock()
	for e, err := range s.b.List(ctx, folder, nil) {
		if err != nil {
			return err
		}
		if k, ok := parseName(e.Name); ok {
			s.found(k, e)
			if err := s.shrink(ctx); err != nil {
				return err
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, it := range s.items {
		if it.scan < scan && it.storing == 0 {
			s.remove(it) // another process has removed it
		}
	}
	return nil
}

// found records an entry of the listing.
func (s *shelf) found(k key, e files.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it := s.items[k]; it != nil {
		it.scan = s.scan
		return
	}
	s.set(k, e.Size, e.ModTime.UnixNano())
}

// shrink evicts entries until the bounds hold.
func (s *shelf) shrink(ctx context.Context) error {
	for {
		s.mu.Lock()
		if s.bytes <= s.max && len(s.items) <= s.maxN {
			s.mu.Unlock()
			return nil
		}
		victim := s.take(key{})
		s.mu.Unlock()
		if !s.evict(ctx, victim) {
			return driver.Errorf(files.ErrUnavailable, "an entry can't be removed")
		}
	}
}
