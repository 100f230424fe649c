package s3

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

// metadataTime bounds the wait for a machine's metadata service, which answers within
// milliseconds if there is one. botocore makes one attempt of a second; this SDK tries
// for 5 to 15 s, again for each request.
const metadataTime = 3 * time.Second

// noCredentials is the failure to get credentials. A retry doesn't help.
type noCredentials struct{ err error }

func (n *noCredentials) Error() string { return "no credentials: " + n.err.Error() }
func (n *noCredentials) Unwrap() error { return n.err }

const setCredentials = "there are no credentials, or they can't be refreshed: " +
	"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role, or write anonymous=true"

// renewable are credentials that are read again when a service no longer accepts them,
// since a program may run for longer than its keys are valid.
type renewable struct {
	// load reads the configuration; nil if the client is the caller's.
	load func(ctx context.Context) (aws.CredentialsProvider, error)

	mu       sync.Mutex
	now      aws.CredentialsProvider
	readings int // how often the credentials were read again

	reading sync.Mutex // held while the credentials are read again
}

var (
	_ aws.CredentialsProvider      = (*renewable)(nil)
	_ aws.CredentialProviderSource = (*renewable)(nil)
)

func (r *renewable) current() aws.CredentialsProvider {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// Retrieve returns when the context ends, as the SDK's cache does, which wraps every
// provider of a configuration.
func (r *renewable) Retrieve(ctx context.Context) (aws.Credentials, error) {
	p, outer := r.current(), ctx
	if aws.IsCredentialsProvider(p, (*ec2rolecreds.Provider)(nil)) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, metadataTime)
		defer cancel()
	}
	c, err := p.Retrieve(ctx)
	if err != nil && outer.Err() == nil {
		err = &noCredentials{err}
	}
	return c, err
}

// IsCredentialsProvider reports whether the provider inside is of the target's type.
func (r *renewable) IsCredentialsProvider(target aws.CredentialsProvider) bool {
	return aws.IsCredentialsProvider(r.current(), target)
}

// ProviderSources returns the sources of the credentials.
func (r *renewable) ProviderSources() []aws.CredentialSource {
	if s, ok := r.current().(aws.CredentialProviderSource); ok {
		return s.ProviderSources()
	}
	return nil
}

// renew reads the credentials again, and reports whether a retry of the request may
// help. Credentials of the environment and of files must have changed for that.
// Credentials from elsewhere are fetched before the next request; renew makes no
// request. sure says that the service refused the credentials and not only the
// signature. Calls that are refused at the same time share one reading: since is what
// attempt returned before the request.
func (r *renewable) renew(sure bool, since int) bool {
	r.reading.Lock()
	defer r.reading.Unlock()
	if r.attempt() != since {
		return true // another call has read them meanwhile
	}
	old := r.current()
	if !isStatic(old) {
		cache, ok := old.(*aws.CredentialsCache)
		if !sure || !ok {
			return false
		}
		cache.Invalidate()
		r.take(old)
		return true
	}
	if r.load == nil {
		return false
	}
	ctx := context.Background() // static credentials are read from files, without a request
	p, err := r.load(ctx)
	if err != nil {
		return false
	}
	if isStatic(p) {
		was, err := old.Retrieve(ctx)
		is, err2 := p.Retrieve(ctx)
		if err != nil || err2 != nil || was.AccessKeyID == is.AccessKeyID &&
			was.SecretAccessKey == is.SecretAccessKey && was.SessionToken == is.SessionToken {
			return false
		}
	}
	r.take(p)
	return true
}

// attempt returns how often the credentials were read again.
func (r *renewable) attempt() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.readings
}

func (r *renewable) take(p aws.CredentialsProvider) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = p
	r.readings++
}

// attemptError is the failure of one attempt of the SDK, with what renewable.attempt
// returned before it was signed.
type attemptError struct {
	error
	since int
}

func (r *attemptError) Unwrap() error { return r.error }

// markFailures adds a middleware that notes with each failure which credentials the
// attempt had. It stands between the SDK's retries and its signature.
func (r *renewable) markFailures(stack *middleware.Stack) error {
	if _, makes := stack.Finalize.Get("Retry"); !makes {
		return nil // this signs a URL, and makes no request
	}
	return stack.Finalize.Insert((*failureMarker)(r), "Retry", middleware.After)
}

// failureMarker is the middleware of markFailures, one for all requests.
type failureMarker renewable

func (*failureMarker) ID() string { return "cloudfiles.Credentials" }

func (w *failureMarker) HandleFinalize(
	ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
) (middleware.FinalizeOutput, middleware.Metadata, error) {
	since := (*renewable)(w).attemptOf(ctx)
	out, md, err := next.HandleFinalize(ctx, in)
	if err != nil {
		err = &attemptError{err, since}
	}
	return out, md, err
}

func isStatic(p aws.CredentialsProvider) bool {
	return aws.IsCredentialsProvider(p, credentials.StaticCredentialsProvider{}) ||
		aws.IsCredentialsProvider(p, (*credentials.StaticCredentialsProvider)(nil))
}

// machineCredentials returns the credentials of a configuration. If they come from a
// machine's metadata service, it shortens the SDK's retries.
func machineCredentials(cfg aws.Config) aws.CredentialsProvider {
	if !aws.IsCredentialsProvider(cfg.Credentials, (*ec2rolecreds.Provider)(nil)) {
		return cfg.Credentials
	}
	cfg.Logger = logging.Nop{} // it warns of version 1 of the metadata service (X3)
	client := imds.NewFromConfig(cfg, func(o *imds.Options) {
		o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
			s.MaxAttempts, s.MaxBackoff = 2, 100*time.Millisecond
		})
	})
	role := ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = client })
	return aws.NewCredentialsCache(role, func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = 5 * time.Minute // the SDK's own
	})
}

// bounded replaces a provider that waits long for a machine's metadata by the one that
// load makes.
func bounded(
	ctx context.Context, p aws.CredentialsProvider,
	load func(context.Context) (aws.CredentialsProvider, error),
) aws.CredentialsProvider {
	if !aws.IsCredentialsProvider(p, (*ec2rolecreds.Provider)(nil)) {
		return p
	}
	if short, err := load(ctx); err == nil {
		return short
	}
	return p
}

// retryOnce is the SDK's retryer. It retries only if a corrected clock or new
// credentials may help, once and without a wait. The policy does the other retries.
type retryOnce struct{ credentials *renewable }

var _ aws.RetryerV2 = (*retryOnce)(nil)

// renewing are the codes after which the credentials are read again. See
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var renewing = map[string]bool{
	"InvalidAccessKeyId":          true,
	"ExpiredToken":                true,
	"ExpiredTokenException":       true,
	"TokenRefreshRequired":        true,
	"InvalidToken":                true,
	"InvalidClientTokenId":        true,
	"UnrecognizedClientException": true,
	"SignatureDoesNotMatch":       true, // the secret alone was rotated
}

// skewed are the codes for a wrong clock, which the SDK then corrects by the response's
// Date.
var skewed = map[string]bool{
	"RequestTimeTooSkewed":       true,
	"RequestExpired":             true,
	"ExpiredRequest":             true, // R2's
	"RequestInTheFuture":         true,
	"AuthorizationHeaderExpired": true,
}

// skewTime is how wrong a clock must be to count as the reason for a 400 or 403 without
// a code. S3 accepts 15 minutes.
const skewTime = 4 * time.Minute

func (a *retryOnce) IsErrorRetryable(err error) bool {
	resp, since := responseOf(err), 0
	if r, ok := errors.AsType[*attemptError](err); ok {
		since = r.since
	}
	switch head := resp.code == "" || resp.code == "Forbidden" || resp.code == "BadRequest" ||
		resp.code == "UnknownError"; {
	case skewed[resp.code]:
		return true
	case renewing[resp.code]:
		sure := resp.code != "SignatureDoesNotMatch"
		return a.credentials != nil && a.credentials.renew(sure, since)
	case head && (resp.status == http.StatusForbidden || resp.status == http.StatusBadRequest):
		date, err := http.ParseTime(resp.header.Get("Date"))
		if err == nil && time.Since(date).Abs() > skewTime {
			return true
		}
		return a.credentials != nil && a.credentials.renew(false, since)
	}
	return false
}

func (a *retryOnce) MaxAttempts() int                             { return 2 }
func (a *retryOnce) RetryDelay(int, error) (time.Duration, error) { return 0, nil }

func (a *retryOnce) GetRetryToken(context.Context, error) (func(error) error, error) {
	return released, nil
}
func (a *retryOnce) GetInitialToken() func(error) error { return released }
func (a *retryOnce) GetAttemptToken(context.Context) (func(error) error, error) {
	return released, nil
}

func released(error) error { return nil }

// renewableOf makes p renewable. It returns nil for unsigned requests, which the SDK
// recognizes by p's type.
func renewableOf(
	p aws.CredentialsProvider, load func(context.Context) (aws.CredentialsProvider, error),
) *renewable {
	if p == nil || aws.IsCredentialsProvider(p, (*aws.AnonymousCredentials)(nil)) {
		return nil
	}
	if r, ok := p.(*renewable); ok {
		return r
	}
	return &renewable{load: load, now: p}
}

// isCredentials reports whether err is a failure to get credentials, also from a
// caller's provider.
func isCredentials(err error) bool {
	_, ok := errors.AsType[*noCredentials](err)
	return ok
}
