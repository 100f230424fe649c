package driver

import (
	"io"
	"os"
)

// ImmediateBody marks an Object.Body whose Read waits for nothing but memory or a local
// disk. Such a Read need not be interrupted when the context ends: the context is
// checked between reads.
type ImmediateBody interface {
	io.ReadCloser
	// Immediate does nothing.
	Immediate()
}

// AtBody is an ImmediateBody that can read at any place of the version that was opened.
// files.OpenAt and files.ReadRanges read directly from it, without requests or blocks.
type AtBody interface {
	ImmediateBody
	// ReadAt is that of io.ReaderAt; off is an offset in the file, whatever part of it
	// the body is. It is safe for concurrent use, also beside Read and Close.
	io.ReaderAt
}

// BytesBody is an ImmediateBody whose content is in memory already: WriteTo passes it
// to the writer without a copy.
type BytesBody interface {
	ImmediateBody
	// Take returns the next n bytes, or all that are left if there are fewer, and moves
	// past them, as Read does. Nobody changes these bytes.
	Take(n int) []byte
}

// FileBody is a body that can copy itself to a file by the operating system's own means.
type FileBody interface {
	io.ReadCloser
	// CopyTo copies at most n bytes to dst.
	CopyTo(dst *os.File, n int64) (int64, error)
}
