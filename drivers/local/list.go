package local

import (
	"context"
	"iter"
	"runtime"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// List walks the folders in order.
func (b *backend) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		defer runtime.KeepAlive(b)
		if err := b.alive(); err != nil {
			yield(files.Entry{}, err)
			return
		}
		if !b.disk.settled.Load() {
			dir := b.rules().encodeDir(strings.TrimSuffix(req.Dir(), "/"))
			if err := b.relearn(ctx, dir); err != nil {
				yield(files.Entry{}, err)
				return
			}
		}
		w := &walker{
			version:   b.versionOf,
			pages:     b.pages,
			view:      pageView{rootDev: b.rootStat.Dev, rootIno: b.rootStat.Ino},
			mountRoot: b.mountRoot,
			unsure:    !b.disk.settled.Load(),
		}
		for b.listOn(ctx, w, &req, yield) {
			if err := b.tryOut(ctx); err != nil {
				yield(files.Entry{}, err)
				return
			}
			w.unsure = false // if the disk can't be tried out, names are listed as they are
		}
	}
}

// listOn lists by what is known of the disk. If a name needs more than that, it returns
// true and changes the request to the rest.
func (b *backend) listOn(
	ctx context.Context, w *walker, req *driver.ListRequest, yield func(files.Entry, error) bool,
) (again bool) {
	w.rules = b.rules()
	rest := *req
	for e, err := range w.list(ctx, b.root, *req) {
		if err == errEscaped {
			*req = rest
			return true
		}
		if !yield(b.truncateTime(e), mapError(err)) || err != nil {
			return false
		}
		rest.StartAfter = sortKey(e)
		rest.Limit = max(rest.Limit-1, 0) // the walker ends the loop at the limit
	}
	return false
}
