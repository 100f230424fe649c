package s3

import (
	"cmp"
	"sync"
	"sync/atomic"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Options are the options of New. The zero value has the defaults.
type Options struct {
	// PartSize is the size in bytes of an upload's parts, from 5 MiB, the least that S3
	// accepts, to 5 GiB; 0 is 8 MiB. Content up to this size is sent in one request.
	PartSize int64
	// Concurrency is how many parts of one upload are sent at a time, at most 100. 0 is
	// 8, and up to 16 while that makes an upload at least a quarter faster. An upload
	// holds at most PartSize bytes in memory for each of them. All uploads of the bucket
	// together hold at most PartSize × Concurrency, or 256 MiB if that is more, beyond
	// one part each.
	Concurrency int
	// Retry says how requests are retried; nil is retry.New(). The SDK's own retries
	// are off.
	Retry *retry.Policy
	// Checksums says which checksum is stored with the content, and checked.
	Checksums Checksums
	// Profile says what the store keeps; nil chooses it by the client's endpoint (see
	// Profile and ProfileNamed). For an unknown store, conditional puts are proved
	// before the first one.
	Profile *Profile
	// BareETags sends ETags without their quotes in the conditions of writes. Ceph's
	// gateway compares them in this form.
	BareETags bool
	// PutConditionsOnly is for stores, such as Ceph's gateway, that keep conditions on
	// reads and on Put alone, and silently ignore others. Then a Delete of a certain
	// version is ErrUnsupported (Features.DeleteIfVersion), and a Copy with conditions
	// reads and puts.
	PutConditionsOnly bool
	// Timeout is how long a request waits for the first byte of its response. 0 is a
	// minute, or 10 minutes for a copy and for the end of an upload in parts, on which
	// S3 may work for long. A negative value is no bound. When the time is over, the
	// error is files.ErrUnavailable, and the policy retries.
	Timeout time.Duration
	// ReadTimeout is how long a body may make no progress, whether it is read or sent.
	// 0 is a minute, and a negative value is no bound. A slow body that makes progress
	// is never cut.
	ReadTimeout time.Duration
	// ReadAhead says how large bodies are read by several connections at a time (G10).
	ReadAhead driver.ReadAhead
	// RequesterPays makes the caller's account pay for requests and traffic, which some
	// buckets require. Without it their methods are files.ErrPermission.
	RequesterPays bool
	// UnsignedAcceptEncoding leaves the header Accept-Encoding out of the signature,
	// for a store behind something that changes the header. Google's endpoint for S3 is
	// such a store; the driver recognizes it by its host.
	UnsignedAcceptEncoding bool
	// SDKOnly makes the SDK send every request and read every response. Otherwise a Get,
	// a Stat, a Delete and a small Put bypass the SDK's stack of middleware, and the
	// driver reads the entries of listings, if the client isn't customized: the requests
	// are the same, and each takes less CPU time.
	SDKOnly bool
	// ownResolver: openURL, and not the caller, chose the client's endpoint resolver.
	ownResolver bool
	// Defaults apply to every Put and Copy whose own options don't say otherwise.
	Defaults PutOptions
}

// Checksums says which checksums are sent with uploads, for the store to check and
// keep.
type Checksums uint8

const (
	// ChecksumsAuto is ChecksumsCRC32C, unless the client is set to send checksums only
	// when they are required (RequestChecksumCalculation). Once a store has refused a
	// checksum, requests are sent without them.
	ChecksumsAuto Checksums = iota
	// ChecksumsCRC32C sends the CRC-32C with every upload, which S3 checks and stores.
	// A store that refuses it is an error.
	ChecksumsCRC32C
	// ChecksumsNone is for stores that have no checksums: Features.Digests is false.
	ChecksumsNone
)

// The limits of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const (
	mib       = 1 << 20
	gib       = 1 << 30
	minPart   = 5 * mib
	maxPart   = 5 * gib
	maxParts  = 10_000
	maxObject = 50 << 40
	maxCopy   = 5 * gib // of one CopyObject
	maxDelete = 1000    // names of one DeleteObjects
)

// The defaults of Options.
const (
	DefaultPartSize    = 8 * mib
	DefaultConcurrency = 8
	mostByDefault      = 16 // parts of an upload at a time
	maxConcurrency     = 100
)

// New returns the bucket of that name, which it reaches through client. It neither
// changes nor closes client. It makes no request. It panics if client is nil or the
// name is empty.
func New(client *s3.Client, bucket string, opts *Options) files.Bucket {
	if client == nil || bucket == "" {
		panic("s3: New without a client or without a bucket's name")
	}
	if opts == nil {
		opts = &Options{}
	}
	return driver.New(newBackend(client, bucket, *opts))
}

// backend is one bucket.
type backend struct {
	client *s3.Client // the caller's with the driver's settings
	sdk    *s3.Client // the caller's
	lean   *lean
	bucket string
	opts   Options
	plan   driver.PartPlan
	store  store
	signs  bool // there are credentials
	// copyLimit is how much one CopyObject copies.
	copyLimit int64
	maxObject int64
	known     known
	noSums    atomic.Bool
	oddSums   atomic.Int32             // requests in a row that succeeded only without a checksum
	md5Many   atomic.Bool              // DeleteObjects requires Content-MD5
	noMany    atomic.Bool              // there is no DeleteObjects
	presigner func() *s3.PresignClient // made when it is first needed
}

// store identifies a bucket.
type store struct{ endpoint, region, bucket string }

func newBackend(client *s3.Client, bucket string, o Options) *backend {
	if o.PartSize == 0 {
		o.PartSize = DefaultPartSize
	}
	most := 0
	if o.Concurrency <= 0 {
		o.Concurrency, most = DefaultConcurrency, mostByDefault
	}
	if o.Retry == nil {
		o.Retry = retry.New()
	}
	sdk := client.Options()
	endpoint := endpointOf(sdk)
	profile := o.profile(endpoint, bucket)
	o.UnsignedAcceptEncoding = o.UnsignedAcceptEncoding || profile.UnsignedAcceptEncoding
	if o.Checksums == ChecksumsAuto {
		o.Checksums = profile.Checksums
	}
	if o.Checksums == ChecksumsAuto &&
		sdk.RequestChecksumCalculation == aws.RequestChecksumCalculationWhenRequired {
		o.Checksums = ChecksumsNone
	}
	b := &backend{
		sdk:       client,
		bucket:    bucket,
		opts:      o,
		signs:     sdk.Credentials != nil,
		copyLimit: cmp.Or(profile.MaxCopy, maxCopy),
		maxObject: cmp.Or(profile.MaxObject, maxObject),
		plan: driver.PartPlan{
			PartSize:       min(max(o.PartSize, minPart), maxPart),
			Concurrency:    min(o.Concurrency, maxConcurrency),
			MaxConcurrency: most,
			MaxParts:       cmp.Or(profile.MaxParts, maxParts),
			MaxPartSize:    maxPart,
			Equal:          profile.EqualParts,
			Memory: driver.NewPartMemory(max(driver.DefaultPartMemory,
				o.PartSize*int64(o.Concurrency))),
		},
		store: store{endpoint, sdk.Region, bucket},
		presigner: sync.OnceValue(func() *s3.PresignClient {
			return newPresigner(client, o.RequesterPays)
		}),
	}
	b.known.init(profile)
	clock := &clock{off: sdk.DisableClockSkewCorrection}
	b.client = derive(configureClient(client, &b.opts), checkResponses(&b.known, clock))
	if profile.Decompresses {
		b.client = derive(b.client, func(o *s3.Options) {
			o.APIOptions = append(o.APIOptions, asStored)
		})
	}
	b.lean = newLean(b, sdk, clock)
	b.noSums.Store(o.Checksums == ChecksumsNone)
	return b
}

func (b *backend) Features() files.Features {
	return files.Features{
		MaxName:           files.MaxName,
		MaxSize:           b.maxObject,
		MaxUnknownSize:    min(b.plan.MaxUnknownSize(), b.maxObject),
		TimeResolution:    timeResolution,
		AnyName:           b.known.is(AnyName) == Kept,
		Atomic:            true,
		Durable:           true,
		Versions:          !b.known.profile.NoETags,
		PutReturnsVersion: !b.known.profile.NoETags,
		IfAbsent:          b.known.is(PutIfAbsent) != NotKept,
		IfVersion:         b.known.is(PutIfVersion) != NotKept,
		DeleteIfVersion:   b.known.is(DeleteIf) == Kept,
		// The driver compares the version of each response, so a store that ignores the
		// conditions costs only bytes.
		ReadConditions:  !b.known.profile.NoETags,
		OneVersionReads: true,
		Attributes:      true,
		Digests:         !b.noSums.Load(),
		// Listings of directory buckets aren't ordered:
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-overview.html
		Ordered:         b.ordered(),
		DirBesideFile:   b.known.is(DirBesideFile) == Kept,
		ForeignKeys:     true,
		ServerCopy:      true,
		SignGet:         b.signs,
		SignPut:         b.signs,
		SignDelete:      b.signs,
		SignContentType: b.signs,
		SignHead:        b.signs,
		SignResponse:    b.signs,
		SignSize:        b.signs,
		// Signing makes no request, so it can't find out by trying.
		SignIfAbsent: b.signs && b.known.is(PutIfAbsent) == Kept,
	}
}

// Varied implements driver.Varying: the driver finds out while it is used what a store
// keeps.
func (b *backend) Varied() uint64 {
	number := b.known.changes.Load() << 1
	if b.noSums.Load() {
		number |= 1
	}
	return number
}

// Close does nothing: the client is the caller's, and the transport is shared.
func (b *backend) Close() error { return nil }

// Store returns what identifies the bucket.
func (b *backend) Store() any { return b.store }

// As sets a **s3.Client to the caller's client.
func (b *backend) As(target any) bool {
	switch t := target.(type) {
	case **s3.Client:
		*t = b.sdk
	case *prober:
		*t = b.probe
	default:
		return false
	}
	return true
}

// Layer returns the text that files.Layers shows.
func (b *backend) Layer() string { return "s3, " + b.opts.Retry.String() }

// ReadAhead implements the method that driver.New calls.
func (b *backend) ReadAhead() driver.ReadAhead { return b.opts.ReadAhead }
