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
			rules:     b.rules(),
			version:   b.versionOf,
			pages:     b.pages,
			view:      pageView{rootDev: b.rootStat.Dev, rootIno: b.rootStat.Ino},
			mountRoot: b.mountRoot,
		}
		for e, err := range w.list(ctx, b.root, req) {
			if !yield(b.tell(e), fault(err)) || err != nil {
				return
			}
		}
	}
}
