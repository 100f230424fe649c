package s3

import (
	"context"

	"cloudfiles.dev/files/driver"
)

var _ driver.ParallelLister = (*backend)(nil)

// ListPage implements driver.ParallelLister.
func (b *backend) ListPage() int {
	if !b.ordered() {
		return 0
	}
	return pageSize
}

// ListsFrom implements driver.ParallelLister. A store that needs listByLevel takes
// several requests to begin at a name.
func (b *backend) ListsFrom(context.Context, driver.ListRequest, string) bool {
	return b.ordered() && !b.known.losesAfter()
}
