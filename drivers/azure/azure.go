package azure

import (
	"context"
	"net/url"
	"sync/atomic"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

const (
	mib = 1 << 20
	// maxBlocks is the most blocks of a blob, and maxBlock the largest size of one, in
	// bytes.
	maxBlocks = 50_000
	maxBlock  = 4000 * mib
	// maxFromURL is the largest source of Put Blob From URL, in bytes.
	maxFromURL = 5000 * mib
	// DefaultPartSize, in bytes, and DefaultConcurrency are the defaults of PartSize and
	// Concurrency.
	DefaultPartSize    = 8 * mib
	DefaultConcurrency = 8
	mostByDefault      = 16 // parts of an upload at a time
	maxConcurrency     = 100
	// maxElements is the most elements that a name can have.
	maxElements = 254
)

// Options are the options of New. The zero value is the default.
type Options struct {
	// Retry is the policy by which requests are retried; nil is retry.New(). The SDK's
	// own retries are off.
	Retry *retry.Policy
	// PartSize is the size in bytes of an upload's parts, which the service calls
	// blocks. It is from 64 KiB to 4000 MiB; 0 is 8 MiB. Content up to this size is
	// sent in one request.
	PartSize int64
	// Concurrency is how many parts of one upload are sent at a time, at most 100. 0 is
	// 8, and up to 16 while that makes an upload at least a quarter faster. An upload
	// holds at most PartSize bytes in memory for each of them. All uploads of the bucket
	// together hold at most PartSize × Concurrency, or 256 MiB if that is more, beyond
	// one part each.
	Concurrency int
	// ReadAhead says how several connections at a time read a large body (G10).
	ReadAhead driver.ReadAhead
	// HideFolderMarkers omits from listings the empty blobs with the metadata
	// hdi_isfolder, by which tools mark a folder in an account without a hierarchical
	// namespace. Without this option they are listed as empty files, since a listing
	// returns metadata only if it requests all metadata. That makes a page larger: by a
	// tenth for files of this package, and by up to 8 KiB a file for those of other
	// programs. Get and Stat don't find a file there in either case.
	HideFolderMarkers bool
}

// New makes a bucket of a container, through the caller's own client. Close leaves the
// client open (X3). files.As returns it. Make it with
// [ClientOptions], whose documentation says what happens without them: a client of the
// SDK can't be changed later.
//
// Errors: ErrInvalid for a nil client, and for options that are out of range.
func New(client *container.Client, opts *Options) (files.Bucket, error) {
	if client == nil {
		return nil, driver.NewError(files.OpOpen, "",
			driver.Errorf(files.ErrInvalid, "the *container.Client is nil"))
	}
	b, err := newBackend(accessOf(client), opts)
	if err != nil {
		return nil, driver.NewError(files.OpOpen, "", err)
	}
	return driver.New(b), nil
}

func newBackend(a *access, opts *Options) (*backend, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	if o.PartSize == 0 {
		o.PartSize = DefaultPartSize
	}
	most := 0
	if o.Concurrency == 0 {
		o.Concurrency, most = DefaultConcurrency, mostByDefault
	}
	if o.PartSize < minBlock || o.PartSize > maxBlock {
		return nil, driver.Errorf(files.ErrInvalid, "a part size of %d bytes: want %d to %d",
			o.PartSize, minBlock, maxBlock)
	}
	if o.Concurrency < 1 || o.Concurrency > maxConcurrency {
		return nil, driver.Errorf(files.ErrInvalid, "%d parts at a time: want 1 to %d",
			o.Concurrency, maxConcurrency)
	}
	if o.Retry == nil {
		o.Retry = retry.New()
	}
	b := &backend{
		access: a,
		opts:   o,
		most:   most,
		store:  storeOf(a.client()),
		signs:  canSign(a.client()),
		memory: driver.NewPartMemory(max(driver.DefaultPartMemory,
			o.PartSize*int64(o.Concurrency))),
	}
	b.endpoint, _ = url.Parse(b.store)
	return b, nil
}

const minBlock = 64 << 10

// backend is a driver.Backend over a container.
type backend struct {
	access   *access
	opts     Options
	store    string
	endpoint *url.URL // the container's
	signs    bool
	memory   *driver.PartMemory
	most     int // parts of an upload at a time
	// ownClient is true if newClient made the client, which neither retries nor
	// decompresses anything.
	ownClient bool
	// noFromURL is true if the service has no Put Blob From URL; some emulators lack it.
	noFromURL atomic.Bool
	// noBatch is true if the service has no batches of deletions; some emulators lack
	// them.
	noBatch atomic.Bool
	// tree is true if a response has shown that the account has a hierarchical namespace.
	tree atomic.Bool
	// from is what is known about listings that begin at a name, by fromState.
	from [4]fromState
}

func (b *backend) Features() files.Features {
	tree := b.tree.Load()
	return files.Features{
		MaxName:           files.MaxName,
		MaxSize:           maxBlocks * maxBlock,
		MaxUnknownSize:    b.plan().MaxUnknownSize(),
		TimeResolution:    time.Second,
		Atomic:            true,
		Durable:           true,
		Versions:          true,
		VersionPerPut:     true,
		PutReturnsVersion: true,
		IfAbsent:          true,
		IfVersion:         true,
		DeleteIfVersion:   true,
		ReadConditions:    true,
		OneVersionReads:   true,
		Attributes:        true,
		Digests:           true,
		Ordered:           !tree,
		DirBesideFile:     !tree,
		StatNoBucket:      true,
		ForeignKeys:       true,
		ServerCopy:        b.signs,
		SignGet:           b.signs,
		SignPut:           b.signs,
		SignDelete:        b.signs,
		SignResponse:      b.signs && b.access.hasKey(),
	}
}

// Varied implements driver.Varying: only the service's responses show whether the account
// has a hierarchical namespace.
func (b *backend) Varied() uint64 {
	if b.tree.Load() {
		return 1
	}
	return 0
}

// Store returns the same value for all handles of one container.
func (b *backend) Store() any { return b.store }

func (b *backend) Close() error { return nil }

// As returns the container's client.
func (b *backend) As(target any) bool {
	if p, ok := target.(**container.Client); ok {
		*p = b.client()
		return true
	}
	return false
}

// Check lists at most one blob of the container, since permission to read blobs doesn't
// include the container's properties.
func (b *backend) Check(ctx context.Context) error {
	one := int32(1)
	return b.withRetry(ctx, opList, func(ctx context.Context) error {
		_, err := b.client().NewListBlobsFlatPager(&container.ListBlobsFlatOptions{
			MaxResults: &one,
		}).NextPage(ctx)
		return err
	})
}

// withRetry makes a request under the retry policy, and maps its failure.
func (b *backend) withRetry(ctx context.Context, o op,
	request func(ctx context.Context) error) error {
	return b.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error {
		return b.mapError(ctx, o, b.request(ctx, o, request))
	})
}

// Layer returns the text for files.Layers.
func (b *backend) Layer() string { return "azure, " + b.opts.Retry.String() }

// ReadAhead is called by New of package driver.
func (b *backend) ReadAhead() driver.ReadAhead { return b.opts.ReadAhead }
