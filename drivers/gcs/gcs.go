package gcs

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"cloud.google.com/go/storage"
	"cloudfiles.dev/drivers/internal/connect"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"gocloud.dev/blob"
)

const (
	kib = 1 << 10
	mib = 1 << 20
	tib = 1 << 40
	// DefaultPartSize, in bytes, and DefaultConcurrency are the defaults of PartSize and
	// Concurrency.
	DefaultPartSize    = 8 * mib
	DefaultConcurrency = 8
	// The size of each part but the last is a multiple of partUnit.
	partUnit      = 256 * kib
	maxPart       = 1024 * mib
	mostByDefault = 16 // parts of an upload at a time
	// maxConcurrency bounds the parts of one upload that are in flight.
	maxConcurrency = 100
)

// Options are the options of New. The zero value is the default.
type Options struct {
	// PartSize is the size in bytes of an upload's parts, a multiple of 256 KiB up to 1
	// GiB; 0 is 8 MiB. Content up to this size is sent in one request.
	PartSize int64
	// Concurrency is how many parts of one upload are sent at a time, at most 100. 0 is
	// 8, and up to 16 while that makes an upload at least a quarter faster. It is 1 if
	// parts have less than 5 MiB, which the service's parallel uploads don't accept. An
	// upload holds at most PartSize bytes in memory for each of them. All uploads of the
	// bucket together hold at most PartSize × Concurrency, or 256 MiB if that is more,
	// beyond one part each. Conditional puts, and puts with Native options or with
	// metadata that no header can carry, are sent part by part, since parallel uploads
	// support none of these.
	Concurrency int
	// Retry is the policy by which requests are retried; nil is retry.New(). The SDK's
	// own policy is not used.
	Retry *retry.Policy
	// AccessID is the e-mail address of the service account that signs URLs. It needs
	// either PrivateKey or SignBytes.
	AccessID string
	// PrivateKey is the account's RSA key, in PEM form.
	PrivateKey []byte
	// SignBytes signs (RSA, PKCS #1 v1.5, SHA-256) if the key itself isn't available.
	// If it makes requests, the caller is responsible for rule W1.
	SignBytes func([]byte) ([]byte, error)
	// HTTPClient sends the requests, and must authorize them. nil is the HTTP client
	// that the *storage.Client was made with.
	HTTPClient *http.Client
	// Endpoint is the URL of the service, such as "https://storage.googleapis.com",
	// with an optional path; "" is the endpoint of the *storage.Client.
	Endpoint string
	// Timeout is how long a request waits for the first byte of its response. 0 is a
	// minute, or 10 minutes for a copy. A negative value is no limit. When the time is
	// over, the error is files.ErrUnavailable, and the policy retries.
	Timeout time.Duration
	// ReadTimeout is how long a body may make no progress, whether it is read or sent.
	// 0 is a minute, and a negative value is no limit. A slow body that makes progress
	// is never cut.
	ReadTimeout time.Duration
	// ReadAhead says how several connections at a time read a large body (G10).
	ReadAhead driver.ReadAhead
	// UserProject is the project that pays for requests and traffic. Buckets whose
	// requester pays need it; without it their requests are files.ErrInvalid or
	// files.ErrPermission.
	UserProject string
}

// New makes a bucket of the caller's own client, which must use the HTTP API
// (storage.NewClient). Close leaves the client open. New makes no request.
//
// Errors: files.ErrInvalid for a nil client, for text that isn't a bucket's name, and
// for options that are out of range.
func New(client *storage.Client, bucket string, opts *Options) (files.Bucket, error) {
	b, err := newBackend(client, bucket, opts)
	if err != nil {
		return nil, driver.NewError(files.OpOpen, "", err)
	}
	return driver.New(b), nil
}

func newBackend(client *storage.Client, bucket string, opts *Options) (*backend, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if client == nil {
		return nil, driver.Errorf(files.ErrInvalid, "the *storage.Client is nil")
	}
	if bucket == "" || strings.ContainsAny(bucket, "/?#") {
		return nil, driver.Errorf(files.ErrInvalid, "%q is not a bucket's name", bucket)
	}
	if o.PartSize == 0 {
		o.PartSize = DefaultPartSize
	}
	if o.PartSize < partUnit || o.PartSize > maxPart || o.PartSize%partUnit != 0 {
		return nil, driver.Errorf(files.ErrInvalid, "part size %d is not a multiple of %d up to %d",
			o.PartSize, partUnit, maxPart)
	}
	if o.Concurrency < 0 || o.Concurrency > maxConcurrency {
		return nil, driver.Errorf(files.ErrInvalid,
			"concurrency %d is not from 0 to %d", o.Concurrency, maxConcurrency)
	}
	most := 0
	if o.Concurrency == 0 {
		o.Concurrency, most = DefaultConcurrency, mostByDefault
		if o.PartSize < minXMLPart {
			o.Concurrency, most = 1, 1
		}
	}
	if o.Concurrency > 1 && o.PartSize < minXMLPart {
		return nil, driver.Errorf(files.ErrInvalid,
			"part size %d is too small for a concurrency of %d: it must be at least %d",
			o.PartSize, o.Concurrency, minXMLPart)
	}
	hc, endpoint := o.HTTPClient, o.Endpoint
	if hc == nil || endpoint == "" {
		c, e, ok := clientInternals(client)
		if !ok {
			return nil, driver.Errorf(files.ErrInvalid,
				"the *storage.Client doesn't speak HTTP, or its fields can't be read: "+
					"set Options.HTTPClient and Options.Endpoint")
		}
		if hc == nil {
			hc = c
		}
		if endpoint == "" {
			endpoint = e
		}
	}
	base, err := connect.Endpoint("the endpoint", endpoint)
	if err != nil {
		return nil, err
	}
	sign, err := newSigner(&o)
	if err != nil {
		return nil, err
	}
	if o.Retry == nil {
		o.Retry = retry.New()
	}
	noRedirect := *hc
	noRedirect.CheckRedirect = func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}
	if noRedirect.Transport == nil {
		noRedirect.Transport = http.DefaultTransport
	}
	// The SDK fetches a token without the request's context.
	noRedirect.Transport = connect.Limits{Timeout: o.Timeout, ReadTimeout: o.ReadTimeout}.
		Transport(connect.Prompt(noRedirect.Transport))
	return &backend{
		client:      client,
		auth:        hc,
		hc:          &noRedirect,
		scheme:      base.Scheme,
		host:        base.Host,
		base:        base.Path,
		rawBase:     base.EscapedPath(),
		bucket:      bucket,
		concurrency: o.Concurrency,
		most:        most,
		readAhead:   o.ReadAhead,
		project:     o.UserProject,
		part:        o.PartSize,
		memory: driver.NewPartMemory(max(driver.DefaultPartMemory,
			o.PartSize*int64(o.Concurrency))),
		retry:  o.Retry,
		signer: sign,
	}, nil
}

// backend is one handle of a bucket.
type backend struct {
	client             *storage.Client
	blob               *blob.Bucket // of a bucket opened by URL
	auth               *http.Client // identifies the credentials
	hc                 *http.Client
	scheme, host       string
	base               string // the unescaped beginning of every path
	rawBase            string // the same, escaped
	bucket             string
	project            string  // the project that pays
	tokens             *tokens // of a bucket opened by URL with credentials
	part               int64
	memory             *driver.PartMemory
	concurrency, most  int // parts of an upload at a time
	readAhead          driver.ReadAhead
	noXMLParts         atomic.Bool // the endpoint has no parallel uploads
	retry              *retry.Policy
	signer             *signer
	signsByCredentials bool // the signer is the credentials' account
}

var (
	_ driver.Backend     = (*backend)(nil)
	_ driver.Copier      = (*backend)(nil)
	_ driver.Identifier  = (*backend)(nil)
	_ driver.ManyDeleter = (*backend)(nil)
	_ driver.Aser        = (*backend)(nil)
	_ driver.Signer      = (*backend)(nil)
)

func (b *backend) Features() files.Features {
	signs := b.signer != nil
	unknown := int64(0)
	if b.concurrency > 1 {
		unknown = min(b.parallelPlan().MaxUnknownSize(), 5*tib)
	}
	return files.Features{
		MaxName:           files.MaxName,
		MaxSize:           5 * tib,
		MaxUnknownSize:    unknown,
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
		Ordered:           true,
		DirBesideFile:     true,
		StatNoBucket:      true,
		ForeignKeys:       true,
		ServerCopy:        true,
		SignGet:           signs,
		SignPut:           signs,
		SignDelete:        signs,
		SignContentType:   signs,
		SignHead:          signs,
		SignResponse:      signs,
		SignSize:          signs,
		SignIfAbsent:      signs,
	}
}

// store identifies a bucket, whichever handle is used for it.
type store struct{ host, bucket string }

// Store returns the same value for all handles of one bucket.
func (b *backend) Store() any { return store{b.host, b.bucket} }

// As sets a *storage.Client, or the *blob.Bucket of a bucket opened by URL.
func (b *backend) As(target any) bool {
	switch p := target.(type) {
	case **storage.Client:
		*p = b.client
		return true
	case **blob.Bucket:
		*p = b.blob
		return b.blob != nil
	}
	return false
}

// Close closes nothing: connections and credentials are shared by all buckets with the
// same settings, and a client that was given to New is the caller's.
func (b *backend) Close() error { return nil }

// Layer returns the text for files.Layers.
func (b *backend) Layer() string { return "gcs, " + b.retry.String() }

// ReadAhead is called by New of package driver.
func (b *backend) ReadAhead() driver.ReadAhead { return b.readAhead }
