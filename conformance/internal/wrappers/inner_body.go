package wrappers

import (
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"io"
	"sync"
)

// breaking fails after n bytes.
type breaking struct {
	io.Reader
	n int64
}

func (b *breaking) Read(p []byte) (int, error) {
	if b.n == 0 {
		return 0, driver.Errorf(files.ErrUnavailable, "the connection broke")
	}
	n, err := b.Reader.Read(p[:min(int64(len(p)), b.n)])
	b.n -= int64(n)
	return n, err
}

// innerBody is an open body.
type innerBody struct {
	io.Reader
	store *innerStore
	once  sync.Once
}

func (b *innerBody) Close() error {
	b.once.Do(func() {
		b.store.mu.Lock()
		b.store.bodies--
		b.store.mu.Unlock()
		b.store.changed.Broadcast()
	})
	return nil
}
