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

// metadataTime bounds the wait for a machine's metadata, which answers within
// milliseconds where it is. botocore asks once, for a second; the SDK here asks for 5
// to 15 s, for each request anew.
const metadataTime = 3 * time.Second

// noCredentials is the failure to get credentials: asking again changes nothing.
type noCredentials struct{ err error }

func (n *noCredentials) Error() string { return "no credentials: " + n.err.Error() }
func (n *noCredentials) Unwrap() error { return n.err }

const setCredentials = "there are no credentials, or they can't be refreshed: " +
	"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role, or write anonymous=true"

// renewable are credentials that are read again when a service doesn't know them any
// more, since a program may run for longer than keys that are rotated.
type renewable struct {
	// load reads the configuration; nil if the client is the caller's.
	load func(ctx context.Context) (aws.CredentialsProvider, error)

	mu       sync.Mutex
	now      aws.CredentialsProvider
	readings int // how often they were read again

	reading sync.Mutex // held while they are read again
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

// Retrieve returns when the context ends, as the SDK's cache does, which all providers
// of a configuration have around them.
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

// IsCredentialsProvider reports the SDK what is inside.
func (r *renewable) IsCredentialsProvider(target aws.CredentialsProvider) bool {
	return aws.IsCredentialsProvider(r.current(), target)
}

// ProviderSources reports the SDK where the credentials are from.
func (r *renewable) ProviderSources() []aws.CredentialSource {
	if s, ok := r.current().(aws.CredentialProviderSource); ok {
		return s.ProviderSources()
	}
	return nil
}

// renew reads the credentials anew, and reports whether the request is worth repeating:
// always for those that come from elsewhere, but for those of the environment and of
// files only if they have changed. It makes no request; credentials that need one make
// it before the next request. Calls that are refused at the same time share one reading:
// since is what attempt had before the request.
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
	ctx := context.Background() // static ones are read of files alone
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

// attempt is how often the credentials were read again.
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

// refusal is the failure of one attempt of the SDK's, with what renewable.attempt was
// before it was signed.
type refusal struct {
	error
	since int
}

func (r *refusal) Unwrap() error { return r.error }

// watched notes with each failure which credentials the attempt had. It stands between
// the SDK's retries and its signature.
func (r *renewable) watched(stack *middleware.Stack) error {
	if _, makes := stack.Finalize.Get("Retry"); !makes {
		return nil // a URL is signed, and no request made
	}
	return stack.Finalize.Insert((*watch)(r), "Retry", middleware.After)
}

// watch is the middleware of watched, one for all requests.
type watch renewable

func (*watch) ID() string { return "cloudfiles.Credentials" }

func (w *watch) HandleFinalize(
	ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
) (middleware.FinalizeOutput, middleware.Metadata, error) {
	since := (*renewable)(w).attemptOf(ctx)
	out, md, err := next.HandleFinalize(ctx, in)
	if err != nil {
		err = &refusal{err, since}
	}
	return out, md, err
}

func isStatic(p aws.CredentialsProvider) bool {
	return aws.IsCredentialsProvider(p, credentials.StaticCredentialsProvider{}) ||
		aws.IsCredentialsProvider(p, (*credentials.StaticCredentialsProvider)(nil))
}

// ofMachine are the credentials of a configuration, whose metadata service is asked no
// longer than it takes.
func ofMachine(cfg aws.Config) aws.CredentialsProvider {
	if !aws.IsCredentialsProvider(cfg.Credentials, (*ec2rolecreds.Provider)(nil)) {
		return cfg.Credentials
	}
	cfg.Logger = logging.Nop{} // it warns of metadata services of the older kind (X3)
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

// bounded is the provider that load makes instead of one that asks the machine's
// metadata for long.
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

// again is the SDK's retryer. It retries only what a corrected clock or new credentials
// may change, once and without a wait. The policy does the rest.
type again struct{ credentials *renewable }

var _ aws.RetryerV2 = (*again)(nil)

// renewing are the codes after which the credentials are read anew. See
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

// skewed are the codes for a clock that goes wrong; the SDK then corrects it by the
// answer's Date.
var skewed = map[string]bool{
	"RequestTimeTooSkewed":       true,
	"RequestExpired":             true,
	"ExpiredRequest":             true, // R2's
	"RequestInTheFuture":         true,
	"AuthorizationHeaderExpired": true,
}

// skewTime is how wrong a clock must be for a signature to be refused. S3 accepts 15
// minutes.
const skewTime = 4 * time.Minute

func (a *again) IsErrorRetryable(err error) bool {
	answer, since := responseOf(err), 0
	if r, ok := errors.AsType[*refusal](err); ok {
		since = r.since
	}
	switch head := answer.code == "" || answer.code == "Forbidden" || answer.code == "BadRequest" ||
		answer.code == "UnknownError"; {
	case skewed[answer.code]:
		return true
	case renewing[answer.code]:
		sure := answer.code != "SignatureDoesNotMatch"
		return a.credentials != nil && a.credentials.renew(sure, since)
	case head && (answer.status == http.StatusForbidden || answer.status == http.StatusBadRequest):
		date, err := http.ParseTime(answer.header.Get("Date"))
		if err == nil && time.Since(date).Abs() > skewTime {
			return true
		}
		return a.credentials != nil && a.credentials.renew(false, since)
	}
	return false
}

func (a *again) MaxAttempts() int                             { return 2 }
func (a *again) RetryDelay(int, error) (time.Duration, error) { return 0, nil }

func (a *again) GetRetryToken(context.Context, error) (func(error) error, error) {
	return released, nil
}
func (a *again) GetInitialToken() func(error) error { return released }
func (a *again) GetAttemptToken(context.Context) (func(error) error, error) {
	return released, nil
}

func released(error) error { return nil }

// unsigned ones are none: the SDK knows them by their type.
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

// isCredentials reports a failure to get them, also of a caller's own provider.
func isCredentials(err error) bool {
	_, ok := errors.AsType[*noCredentials](err)
	return ok
}
