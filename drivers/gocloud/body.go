package gocloud

import (
	"context"
	"io"
	"sync"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
)

// body makes Close safe during a Read, which a *blob.Reader's isn't: Close cancels the
// context, which ends the Read, and then Read closes the reader.
type body struct {
	backend *backend
	ctx     context.Context
	cancel  context.CancelFunc
	r       *blob.Reader

	mu      sync.Mutex
	reading bool
	closed  bool
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return 0, files.ErrClosed
	}
	b.reading = true
	b.mu.Unlock()

	n, err := b.r.Read(p)

	b.mu.Lock()
	b.reading = false
	closed := b.closed
	b.mu.Unlock()
	if closed {
		b.r.Close()
		return 0, files.ErrClosed
	}
	if err != nil && err != io.EOF {
		err = b.backend.mapError(b.ctx, opBody, err)
	}
	return n, err
}

func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	b.cancel()
	if b.reading {
		return nil
	}
	return b.r.Close()
}
