package azure

import (
	"context"

	"cloudfiles.dev/files/driver"
)

var _ driver.ParallelLister = (*backend)(nil)

// ListPage implements driver.ParallelLister.
func (b *backend) ListPage() int { return maxPage }

// ListsFrom implements driver.ParallelLister: it reports whether startFrom works. If that
// isn't known yet, it requests one name, which must be the one that it begins at.
func (b *backend) ListsFrom(ctx context.Context, req driver.ListRequest, name string) bool {
	l := &listing{
		b:    b,
		ctx:  ctx,
		req:  req,
		size: 1,
	}
	state := l.state()
	switch {
	case b.tree.Load():
		return false
	case state.Load() != fromUnknown:
		return state.Load() == fromKept
	case state.proofs.Add(1) > maxProofs || !proves(name, req.Prefix):
		return false
	}
	l.req.StartAfter = name
	if from, _ := startFrom(l.req); from != name {
		return false
	}
	page, _, err := l.page(nil, name)
	switch {
	case err != nil && refusesFrom(err):
		state.Store(fromRefused)
	case err != nil || len(page) == 0:
	case page[0].Name == name:
		state.Store(fromKept)
		return true
	case lessUTF16(page[0].Name, name):
		state.Store(fromIgnored)
	}
	return false
}
