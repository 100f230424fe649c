package local

import (
	"context"
	"iter"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func (b *backend) List(ctx context.Context, req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {}
}

func (r rules) foreignPath(key string) bool { return true }
