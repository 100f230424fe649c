package driver

import (
	"context"

	"cloudfiles.dev/files"
)

// BucketAser is a Bucket that gives access to what it is built on. The function
// files.As uses it.
type BucketAser interface {
	// As sets the pointer target and returns true if the bucket has a value of the type
	// that target points to.
	As(target any) bool
}

// BucketChecker is a Bucket that can check whether it is there and may be used.
type BucketChecker interface {
	// Check makes one request, as the function files.Check does.
	Check(ctx context.Context) error
}

// BucketCopier is a Bucket that copies without the content passing through the program.
type BucketCopier interface {
	// CopyFrom copies src's srcName to the bucket's own dstName. If it can't reach src
	// it returns errors.ErrUnsupported and changes nothing.
	CopyFrom(ctx context.Context, dstName string, src files.Bucket, srcName string,
		opts *files.CopyOptions) (files.Info, error)
}

// BucketCopySource is a wrapper that can be the source of a copy inside the store.
// WithCopySource calls fn with the bucket below and its name for the file, while the
// wrapper does whatever it does around reading the file. It returns
// errors.ErrUnsupported if a copy would bypass the wrapper.
type BucketCopySource interface {
	// WithCopySource calls fn with the bucket below and its name for the file.
	WithCopySource(ctx context.Context, name string,
		fn func(ctx context.Context, b files.Bucket, name string) error) error
}

// BucketLayers is a Bucket that reports what it is made of.
type BucketLayers interface {
	// Layers returns the bucket's own layer and those below, as the function
	// files.Layers does.
	Layers() []string
}

// BucketLocator is a Bucket that reports which file a name stands for: two names for
// which Locate returns equal results stand for the same file. The results must be
// comparable. Copy and Move use it.
type BucketLocator interface {
	// Locate returns the store that has the file and the file's key in it. It makes no
	// request.
	Locate(name string) (store any, key string)
}

// BucketManyDeleter is a Bucket that deletes many files in few requests.
type BucketManyDeleter interface {
	// DeleteMany deletes the files and returns an error, or nil, for each name, in the
	// order of names. It gets at most files.DeleteBatchSize names.
	DeleteMany(ctx context.Context, names []string) []error
}

// BucketNativeChecker is a Bucket that takes native options. A wrapper calls
// CheckNative of the bucket below.
type BucketNativeChecker interface {
	// CheckNative returns nil if a call of the operation, files.OpPut or files.OpCopy,
	// would take the options. Otherwise the error is ErrUnsupported ([UnknownNative])
	// or ErrInvalid. CheckNative makes no request.
	CheckNative(op files.Op, options []files.NativeOption) error
}

// BucketURLSigner is a Bucket that signs URLs.
type BucketURLSigner interface {
	// SignURL returns the signed request, as the function files.SignURL does.
	SignURL(ctx context.Context, name string,
		opts *files.SignOptions) (files.SignedURL, error)
}

// BucketViewer is a wrapper that may store other bytes than it is given. Copy and Move
// compare the results of View for two names that stand for one stored file. If they
// differ, the file would be read in one form and written in the other, which is
// ErrUnsupported.
type BucketViewer interface {
	// View returns a comparable value, which is equal for two names whose bytes are
	// stored in the same form; nil means that the bytes are stored as they are given.
	// It makes no request.
	View(name string) any
}

// The bucket that New makes implements every optional interface, and uses what the
// backend has.
var (
	_ BucketAser          = (*bucket)(nil)
	_ BucketChecker       = (*bucket)(nil)
	_ BucketCopier        = (*bucket)(nil)
	_ BucketLayers        = (*bucket)(nil)
	_ BucketLocator       = (*bucket)(nil)
	_ BucketManyDeleter   = (*bucket)(nil)
	_ BucketNativeChecker = (*bucket)(nil)
	_ BucketURLSigner     = (*bucket)(nil)
)
