package driver

import (
	"context"
	"io"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/handover"
)

// ReaderConfig describes a body for NewReader.
type ReaderConfig struct {
	Name   string     // for errors
	Info   files.Info // of the whole file
	Offset int64      // of the body's first byte in the file
	Length int64      // of the body, in bytes: fewer is an error, more is not read
	// Body is the body to read; it may be nil if Length is 0. Its Close is called once,
	// possibly during a Read, and must end that Read. A Body may also be an
	// [ImmediateBody], a [BytesBody] or a [FileBody].
	Body io.ReadCloser
	// Timeout is GetOptions.ReadTimeout.
	Timeout time.Duration
	// Verify checks a body that is the whole file against Info.Digest (G6).
	Verify bool
	// OnClose, if not nil, is called once, after the body is closed.
	OnClose func()
}

// NewReader makes the Reader of an open body, for those who implement files.Bucket
// themselves; New does it for its buckets. The context governs the body until Close
// (G9); a nil context never ends. If Offset or Length is negative, because a service
// responded wrongly, every read of the Reader fails with ErrUnavailable.
func NewReader(ctx context.Context, c ReaderConfig) *files.Reader {
	return newReader(ctx, handover.ReaderConfig[files.Info](c))
}

var newReader = handover.NewReader.(func(context.Context,
	handover.ReaderConfig[files.Info]) *files.Reader)

// SetInfo changes what the Reader's Info returns. It is for a bucket that returns the
// Readers of another bucket and gives its files other versions. It must be called
// before the Reader is returned to a caller.
func SetInfo(r *files.Reader, info files.Info) { setInfo(r, info) }

var setInfo = handover.SetInfo.(func(*files.Reader, files.Info))
