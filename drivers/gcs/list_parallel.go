package gcs

import (
	"context"

	"cloudfiles.dev/files/driver"
)

var _ driver.ParallelLister = (*backend)(nil)

// ListPage implements driver.ParallelLister.
func (b *backend) ListPage() int { return maxPage }

// ListsFrom implements driver.ParallelLister.
func (b *backend) ListsFrom(context.Context, driver.ListRequest, string) bool { return true }
