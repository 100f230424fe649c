package driver_test

import (
	"context"
	"iter"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// paged is a store that lists in pages, and counts requests. Only its listing works.
type paged struct {
	driver.Backend // nil
	most           int
	least          int // if > 0, responses have no more entries than that
	latency        time.Duration
	request        func(n int64) error // called in every request, or nil
	notFrom        bool                // ListsFrom returns false
	from           []string            // the names that ListsFrom was called with

	mu       sync.Mutex
	names    []string // sorted
	requests atomic.Int64
	entries  atomic.Int64 // that were sent
	now, max atomic.Int64 // requests at a time
}

func newPaged(most int, names ...string) *paged {
	names = slices.Clone(names)
	slices.Sort(names)
	return &paged{most: most, names: slices.Compact(names)}
}

func (p *paged) Features() files.Features {
	return files.Features{Ordered: true, ForeignKeys: true}
}

func (p *paged) Close() error { return nil }

func (p *paged) ListPage() int { return p.most }

func (p *paged) ListsFrom(_ context.Context, _ driver.ListRequest, name string) bool {
	p.from = append(p.from, name)
	return !p.notFrom
}

func (p *paged) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		size := p.most
		if req.PageSize > 0 {
			size = min(size, req.PageSize)
		}
		if req.Limit > 0 {
			size = min(size, req.Limit)
		}
		if p.least > 0 { // services may send less than a page
			size = min(size, p.least)
		}
		for after, more := req.StartAfter, true; more; {
			var page []files.Entry
			var err error
			if page, more, err = p.get(ctx, req, after, size); err != nil {
				yield(files.Entry{}, err)
				return
			}
			for _, e := range page {
				after = e.Name + e.Key
				if (e.Name != "" || req.Foreign) && !yield(e, nil) {
					return
				}
			}
		}
	}
}

// get is one request.
func (p *paged) get(ctx context.Context, req driver.ListRequest, after string,
	size int) (page []files.Entry, more bool, err error) {
	n := p.requests.Add(1)
	now := p.now.Add(1)
	defer p.now.Add(-1)
	for m := p.max.Load(); now > m && !p.max.CompareAndSwap(m, now); m = p.max.Load() {
	}
	if p.latency > 0 {
		select {
		case <-time.After(p.latency):
		case <-ctx.Done():
		}
	}
	if p.request != nil {
		err = p.request(n)
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	start := max(after, req.Prefix)
	i := sort.SearchStrings(p.names, start)
	dir := req.Dir()
	for ; i < len(p.names) && strings.HasPrefix(p.names[i], req.Prefix); i++ {
		name := p.names[i]
		if name <= after || req.Shallow && strings.HasSuffix(after, "/") && len(after) > len(dir) &&
			strings.HasPrefix(name, after) {
			continue
		}
		if len(page) == size {
			more = true
			break
		}
		e := files.Entry{Name: name, Size: int64(len(name))}
		if k := strings.IndexByte(name[len(dir):], '/'); req.Shallow && k >= 0 {
			after = name[:len(dir)+k+1]
			e = files.Entry{Name: after, IsDir: true}
		} else if files.CheckName(name) != nil {
			e.Name, e.Key = "", name
		}
		page = append(page, e)
	}
	p.entries.Add(int64(len(page)))
	return page, more, nil
}

// listing lists a bucket, and returns the names and the error.
func listing(ctx context.Context, b files.Bucket, dir string,
	o files.ListOptions) ([]string, error) {
	var names []string
	for e, err := range b.List(ctx, dir, &o) {
		if err != nil {
			return names, err
		}
		names = append(names, e.Name+e.Key)
	}
	return names, nil
}

// used returns how many requests f makes.
func (p *paged) used(f func()) int {
	before := p.requests.Load()
	f()
	return int(p.requests.Load() - before)
}
