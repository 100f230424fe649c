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
// middleware, which takes more of the processor than all else in such a call.
//
// It invents nothing. The SDK's own request for a name is the form, as it would have
// gone to the HTTP client (learn). Another request of the operation is the form with its
// key, range and conditions, signed by the client's signer with the client's credentials,
// and sent by its HTTP client (send). Before a form is used, a second request of the
// SDK's is built of it, and must be the same in every byte, the signature included.
//
// It judges little. Only a plain success and a plain no (refused) are read here. Any
// other response, and any failure, is given to the SDK as what its first attempt met
// (replay), so errors, new credentials, the correction of the clock and repeats are the
// SDK's.
//
// newLean (once for a bucket) and form (for each request) are the one place that decides
// between the two ways.
type lean struct {
	client   *s3.Client // with our settings
	bucket   string
	http     s3.HTTPClient
	signer   *v4.Signer
	creds    *renewable // nil if requests aren't signed
	clock    *clock
	expect   int64 // from how many bytes on the SDK expects 100 Continue; 0: its own
	asks     bool  // the HTTP client may ask for the SDK's values of a context
	noETags  bool  // Profile.NoETags
	known    *known
	sdk      bool        // the SDK makes all requests
	off      atomic.Bool // and it does so from now on
	failures atomic.Int32
	learnt   [leanOps]learnt
}

// learnt is the form of an operation.
type learnt struct {
	mu   sync.Mutex // held while it is learnt
	form atomic.Pointer[form]
}

// eager makes the form before the first request, for tests: so lean makes that too.
var eager bool

// newLean is for the bucket's client, which was made of the caller's.
func newLean(b *backend, caller s3.Options, c *clock) *lean {
	o := b.client.Options()
	l := &lean{
		client:  b.client,
		bucket:  b.bucket,
		http:    o.HTTPClient,
		clock:   c,
		asks:    !ofSDK(o.HTTPClient),
		known:   &b.known,
		expect:  o.ContinueHeaderThresholdBytes,
		noETags: b.known.profile.NoETags,
	}
	l.creds, _ = o.Credentials.(*renewable)
	l.signer, _ = o.HTTPSignerV4.(*v4.Signer)
	l.sdk = b.opts.SDKOnly || l.signer == nil || customised(caller, b.opts.ownResolver) ||
		!plainBucket(b.bucket) || (o.Credentials != nil) != (l.creds != nil)
	return l
}

// customised reports whether the caller's client may do more to a request, or less, than
// a form can hold. Region, endpoint, address style, FIPS and dual stack can't: they are
// in the form.
func customised(o s3.Options, ownResolver bool) bool {
	switch {
	case len(o.APIOptions) > 0, hooks(o), o.ClientLogMode != 0, o.UseAccelerate,
		len(o.AuthSchemePreference) > 0, o.EndpointResolver != nil && !ownResolver,
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

// hooks reports whether the client has interceptors.
func hooks(o s3.Options) bool {
	all := reflect.ValueOf(o.Interceptors)
	for i := range all.NumField() {
		if f := all.Field(i); f.Kind() != reflect.Slice || f.Len() > 0 {
			return true
		}
	}
	return false
}

// otherSigner reports whether a signature may be made by something else than the
// client's v4 signer: the schemes are made once, of what the signer was then.
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

// plainBucket reports whether the bucket is one that sigv4 signs for and whose name is
// part of the address: no directory bucket, access point or ARN.
func plainBucket(name string) bool {
	return !strings.Contains(name, ":") && !strings.Contains(name, "--") &&
		!strings.HasSuffix(name, "-s3alias") && !isOutposts(name)
}

// form returns what the operation's requests are made of, or nil if the SDK makes them.
func (l *lean) form(ctx context.Context, op leanOp, bucket, key string) *form {
	if l.sdk || l.off.Load() || bucket != l.bucket || key == "" {
		return nil
	}
	if eager {
		l.learn(ctx, op, bucket)
	}
	f := l.learnt[op].form.Load()
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

// learn makes the form of an operation, once the service took a request of the SDK's: a
// program that makes one request doesn't pay for it. It makes no request.
func (l *lean) learn(ctx context.Context, op leanOp, bucket string) {
	if l.sdk || l.off.Load() || bucket != l.bucket || inLambda() {
		return
	}
	of := &l.learnt[op]
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

// maxFailures is how often a form isn't what the SDK sends until none is tried any more.
// Credentials may be renewed between the two requests.
const maxFailures = 3

// newForm takes the SDK's request for one name as the form, and compares its request for
// another one with what the form makes.
func (l *lean) newForm(ctx context.Context, op leanOp, readings int) (*form, bool) {
	first, failure := l.capture(ctx, op, formKey, asked{put: &leanPutting{
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
	what := asked{
		match: aws.String(`"1"`),
	}
	if op == leanPut {
		what.put = &leanPutting{
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

// sameRequest compares what an HTTP client sees of two requests.
func sameRequest(a, b *http.Request) bool {
	u, v := *a.URL, *b.URL
	return a.Method == b.Method && u == v && a.Host == b.Host &&
		(a.Body == nil) == (b.Body == nil) &&
		a.GetBody == nil && b.GetBody == nil && a.ContentLength == b.ContentLength &&
		a.Close == b.Close && len(a.Trailer)+len(b.Trailer) == 0 &&
		len(a.TransferEncoding)+len(b.TransferEncoding) == 0 &&
		reflect.DeepEqual(a.Header, b.Header)
}

// ofSDK reports whether the HTTP client is net/http's or the SDK's, which look at no
// value of the SDK's in a request's context.
func ofSDK(c s3.HTTPClient) bool {
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
