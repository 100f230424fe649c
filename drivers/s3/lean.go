package s3

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/metrics"
	"github.com/aws/smithy-go/tracing"
)

// lean makes the small requests that programs make most, without the SDK's stack of
// middleware, which takes more processor time than the rest of such a call.
//
// It copies the SDK's requests. The form is the SDK's request for one name, as the SDK
// gives it to the HTTP client (makeForm). Every other request of the operation is the
// form with another key, range and conditions, signed by the client's signer with the
// client's credentials, and sent by its HTTP client (send). Before a form is used, lean
// makes a second request of the SDK's from it, which must be the same in every byte,
// the signature included.
//
// It reads few responses: only a plain success and a plain error (refused). The SDK gets
// any other response, and any failure, as the result of its first attempt (replay). So
// errors, new credentials, the correction of the clock and retries are the SDK's.
//
// Only newLean (once for a bucket) and form (for each request) decide whether lean or
// the SDK makes a request.
type lean struct {
	client      *s3.Client // with the driver's settings
	bucket      string
	http        s3.HTTPClient
	signer      *v4.Signer
	creds       *renewable // nil if requests aren't signed
	clock       *clock
	expect      int64 // from how many bytes on the SDK expects 100 Continue; 0: its default
	readsValues bool  // the HTTP client may read the SDK's values in a context
	noETags     bool  // Profile.NoETags
	known       *known
	// readsNothing: the SDK reads all responses, because the caller may see its results.
	readsNothing bool
	sdk          bool        // the SDK makes all requests
	off          atomic.Bool // the SDK makes all requests from now on
	failures     atomic.Int32
	forms        [leanOps]formSlot
}

// formSlot holds the form of an operation.
type formSlot struct {
	mu   sync.Mutex // held while the form is made
	form atomic.Pointer[form]
}

// eager makes the form before the first request, so that lean makes that one too, for
// tests.
var eager bool

// newLean returns the lean of a bucket's client, which was derived from the caller's.
func newLean(b *backend, caller s3.Options, c *clock) *lean {
	o := b.client.Options()
	l := &lean{
		client:      b.client,
		bucket:      b.bucket,
		http:        o.HTTPClient,
		clock:       c,
		readsValues: !isSDKClient(o.HTTPClient),
		known:       &b.known,
		expect:      o.ContinueHeaderThresholdBytes,
		noETags:     b.known.profile.NoETags,
	}
	l.creds, _ = o.Credentials.(*renewable)
	l.signer, _ = o.HTTPSignerV4.(*v4.Signer)
	l.readsNothing = b.opts.SDKOnly || customized(caller, b.opts.ownResolver)
	l.sdk = l.readsNothing || l.signer == nil ||
		!plainBucket(b.bucket) || (o.Credentials != nil) != (l.creds != nil)
	return l
}

// customized reports whether the caller's client may change requests in a way that a
// form can't hold. Region, endpoint, address style, FIPS and dual stack are in the
// form.
func customized(o s3.Options, ownResolver bool) bool {
	//lint:ignore SA1019 the Go CDK sets it, and so may the caller
	deprecatedResolver := o.EndpointResolver != nil
	switch {
	case len(o.APIOptions) > 0, hasInterceptors(o), o.ClientLogMode != 0, o.UseAccelerate,
		len(o.AuthSchemePreference) > 0, deprecatedResolver && !ownResolver,
		!isType(o.EndpointResolverV2, "*s3.resolver"),
		!isType(o.AuthSchemeResolver, "*s3.endpointAuthResolver"):
		return true
	}
	switch o.TracerProvider.(type) {
	case *tracing.NopTracerProvider, tracing.NopTracerProvider, nil:
	default:
		return true
	}
	switch o.MeterProvider.(type) {
	case metrics.NopMeterProvider, *metrics.NopMeterProvider, nil:
	default:
		return true
	}
	return otherSigner(o)
}

// hasInterceptors reports whether the client has interceptors.
func hasInterceptors(o s3.Options) bool {
	all := reflect.ValueOf(o.Interceptors)
	for i := range all.NumField() {
		if f := all.Field(i); f.Kind() != reflect.Slice || f.Len() > 0 {
			return true
		}
	}
	return false
}

// otherSigner reports whether something else than the client's v4 signer may sign: the
// schemes keep the signer with which they were made.
func otherSigner(o s3.Options) bool {
	for _, scheme := range o.AuthSchemes {
		if scheme.SchemeID() != "aws.auth#sigv4" {
			continue
		}
		adapter := reflect.ValueOf(scheme.Signer())
		if !isType(scheme, "*auth.HTTPAuthScheme") ||
			!isType(scheme.Signer(), "*smithy.V4SignerAdapter") {
			return true
		}
		signer := adapter.Elem().FieldByName("Signer")
		return !signer.IsValid() || signer.Interface() != o.HTTPSignerV4
	}
	return true
}

// isType reports whether v is of a type that the SDK doesn't export.
func isType(v any, names ...string) bool {
	is := fmt.Sprintf("%T", v)
	for _, name := range names {
		if is == name {
			return true
		}
	}
	return false
}

// plainBucket reports whether requests to the bucket are signed with sigv4 and have its
// name in the address, so that it is no directory bucket, access point or ARN.
func plainBucket(name string) bool {
	return !strings.Contains(name, ":") && !strings.Contains(name, "--") &&
		!strings.HasSuffix(name, "-s3alias") && !isOutposts(name)
}

// form returns the form of the operation's requests, or nil if the SDK makes them.
func (l *lean) form(ctx context.Context, op leanOp, bucket, key string) *form {
	if l.sdk || l.off.Load() || bucket != l.bucket || key == "" {
		return nil
	}
	if eager {
		l.makeForm(ctx, op, bucket)
	}
	f := l.forms[op].form.Load()
	if f == nil || l.creds != nil && f.readings != l.creds.attempt() || inLambda() {
		return nil
	}
	return f
}

// inLambda reports whether the SDK adds the invocation's trace to each request.
func inLambda() bool {
	_, is := os.LookupEnv("AWS_LAMBDA_FUNCTION_NAME")
	return is
}

// makeForm makes the form of an operation after the service has taken a request of the
// SDK's, so a program that makes one request doesn't pay for a form. It sends no
// request.
func (l *lean) makeForm(ctx context.Context, op leanOp, bucket string) {
	if l.sdk || l.off.Load() || bucket != l.bucket || inLambda() {
		return
	}
	of := &l.forms[op]
	if !of.mu.TryLock() {
		return
	}
	defer of.mu.Unlock()
	readings := 0
	if l.creds != nil {
		readings = l.creds.attempt()
	}
	if f := of.form.Load(); f != nil && f.readings == readings {
		return
	}
	if f, ok := l.newForm(ctx, op, readings); ok {
		of.form.Store(f)
	} else if ctx.Err() == nil && l.failures.Add(1) >= maxFailures {
		l.off.Store(true)
	}
}

// maxFailures is how often a form may differ from the SDK's request before no other is
// tried. It is more than one because credentials may be renewed between the two
// requests.
const maxFailures = 3

// newForm makes a form of the SDK's request for one name. It compares the SDK's request
// for another name with the one that the form makes.
func (l *lean) newForm(ctx context.Context, op leanOp, readings int) (*form, bool) {
	first, failure := l.capture(ctx, op, formKey, leanInput{put: &leanPutInput{
		in:   &s3.PutObjectInput{ChecksumCRC32C: aws.String("AAAAAA==")},
		body: strings.NewReader("a"),
		size: 1,
	}})
	if first == nil {
		return nil, false
	}
	f, ok := formOf(first)
	if !ok {
		return nil, false
	}
	f.readings, f.errors = readings, errorOf(failure)
	// Every header that a request may have, and characters of each kind.
	const key = "a//é \x01~!*'()&$@=;:+,?#[]{Key+}%41\"<>\\^`|/../b./."
	what := leanInput{
		match: aws.String(`"1"`),
	}
	if op == leanPut {
		what.put = &leanPutInput{
			in: &s3.PutObjectInput{
				CacheControl:       aws.String("c"),
				ChecksumCRC32C:     aws.String("4waSgw=="),
				ContentDisposition: aws.String("d"),
				ContentEncoding:    aws.String("e"),
				ContentLanguage:    aws.String("l"),
				ContentType:        aws.String("t/y"),
				Metadata: map[string]string{
					"a-b.c_d%20": "v",
					"e":          "",
				},
			},
			body: strings.NewReader("123456789"),
			size: 9,
		}
	}
	if op != leanDelete {
		what.none = aws.String(`"2"`)
	}
	if op == leanGet {
		what.span = aws.String("bytes=1-2")
	}
	want, _ := l.capture(ctx, op, key, what)
	if want == nil {
		return nil, false
	}
	at, err := requestTime(want)
	if err != nil {
		return nil, false
	}
	got, err := l.request(ctx, f, key, what, at)
	return f, err == nil && sameRequest(got, want)
}

// sameRequest compares what an HTTP client reads of two requests.
func sameRequest(a, b *http.Request) bool {
	u, v := *a.URL, *b.URL
	return a.Method == b.Method && u == v && a.Host == b.Host &&
		(a.Body == nil) == (b.Body == nil) &&
		a.GetBody == nil && b.GetBody == nil && a.ContentLength == b.ContentLength &&
		a.Close == b.Close && len(a.Trailer)+len(b.Trailer) == 0 &&
		len(a.TransferEncoding)+len(b.TransferEncoding) == 0 &&
		reflect.DeepEqual(a.Header, b.Header)
}

// isSDKClient reports whether the HTTP client is net/http's or the SDK's, which read
// none of the SDK's values in a request's context.
func isSDKClient(c s3.HTTPClient) bool {
	l, ok := c.(limited)
	if !ok {
		return false
	}
	switch c := l.client.(type) {
	case *awshttp.BuildableClient:
		return true
	case *http.Client:
		_, plain := c.Transport.(*http.Transport)
		return plain || c.Transport == nil
	}
	return false
}
