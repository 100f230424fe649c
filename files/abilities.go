package files

import (
	"context"
	"io"
	"os"
)

// The optional abilities of a Bucket. Package driver exports and documents each of them
// under the name in the comment beside it.

type aser interface { // driver.BucketAser
	As(target any) bool
}

type pinger interface { // driver.BucketChecker
	Check(ctx context.Context) error
}

type copier interface { // driver.BucketCopier
	CopyFrom(ctx context.Context, dstName string, src Bucket, srcName string,
		opts *CopyOptions) (Info, error)
}

type layered interface { // driver.BucketLayers
	Layers() []string
}

type locator interface { // driver.BucketLocator
	Locate(name string) (store any, key string)
}

type manyDeleter interface { // driver.BucketManyDeleter
	DeleteMany(ctx context.Context, names []string) []error
}

type nativeChecker interface { // driver.BucketNativeChecker
	CheckNative(op Op, options []NativeOption) error
}

type viewer interface { // driver.BucketViewer
	View(name string) any
}

type urlSigner interface { // driver.BucketURLSigner
	SignURL(ctx context.Context, name string, opts *SignOptions) (SignedURL, error)
}

// The optional abilities of a body.

type immediateBody interface { // driver.ImmediateBody
	io.ReadCloser
	Immediate()
}

type atBody interface { // driver.AtBody
	immediateBody
	io.ReaderAt
}

type bytesBody interface { // driver.BytesBody
	immediateBody
	Take(n int) []byte
}

type fileBody interface { // driver.FileBody
	io.ReadCloser
	CopyTo(dst *os.File, n int64) (int64, error)
}

// viewBody is a body that package driver's New makes, which has read ahead.
type viewBody interface {
	io.ReadCloser
	// View is Read into p, or into memory that the body has. The result, of up to
	// len(p) bytes, is valid until the next call.
	View(p []byte) ([]byte, error)
}

// countedBody is a body that package driver's New makes of requests.
type countedBody interface {
	Requests() int64
}
