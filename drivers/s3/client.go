package s3

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"cloudfiles.dev/drivers/internal/connect"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// derive makes a client from another one's options. The SDK's default provider for
// directory buckets refers to its client, so each client gets a new provider. Otherwise
// the SDK would change the caller's client.
func derive(client *s3.Client, change func(*s3.Options)) *s3.Client {
	o := client.Options()
	if fmt.Sprintf("%T", o.ExpressCredentials) == "*s3.defaultS3ExpressCredentialsProvider" {
		o.ExpressCredentials = nil
	}
	return s3.New(o, change)
}

// configureClient returns the client with the driver's settings. The bucket's policy
// retries, and the bucket sends and checks checksums, so the SDK does neither.
func configureClient(client *s3.Client, opts *Options) *s3.Client {
	return derive(client, func(o *s3.Options) {
		validate := o.ResponseChecksumValidation != aws.ResponseChecksumValidationWhenRequired
		creds := renewableOf(o.Credentials, nil)
		if creds != nil {
			o.Credentials = creds
			o.APIOptions = append(o.APIOptions, creds.markFailures)
		}
		o.Retryer, o.RetryMaxAttempts = &retryOnce{creds}, 0
		o.HTTPClient = limited{
			client: withoutRedirects(o.HTTPClient),
			limits: connect.Limits{Timeout: opts.Timeout, ReadTimeout: opts.ReadTimeout},
		}
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.APIOptions = append(o.APIOptions, markSlow)
		if opts.RequesterPays {
			o.APIOptions = append(o.APIOptions, payer)
		}
		if opts.UnsignedAcceptEncoding {
			o.APIOptions = append(o.APIOptions, signLess)
		}
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			// What the SDK reports of its attempts would be wrong: it doesn't count the
			// policy's.
			stack.Build.Remove("ClientRequestID")
			stack.Finalize.Remove("RetryMetricsHeader")
			switch stack.ID() {
			case "GetObject", "HeadObject":
				if validate {
					return smithyhttp.SetHeaderValue("X-Amz-Checksum-Mode", "ENABLED")(stack)
				}
			case "PutObject", "UploadPart":
				// TLS and the checksum protect the content, so the signature needs no
				// SHA-256 of it.
				return v4.UseDynamicPayloadSigningMiddleware(stack)
			}
			return nil
		})
	})
}

// endpointOf returns the endpoint that the client's options set, or "".
func endpointOf(o s3.Options) string {
	if o.BaseEndpoint != nil {
		return *o.BaseEndpoint
	}
	//lint:ignore SA1019 the Go CDK sets it
	if r := o.EndpointResolver; r != nil {
		if e, err := r.ResolveEndpoint(o.Region, s3.EndpointResolverOptions{}); err == nil {
			return e.URL
		}
	}
	return ""
}

// idleConns is the largest number of idle connections of a host (X3).
const idleConns = 64

// Transports are shared by all buckets whose settings are equal, and live as long as
// the process.
var (
	transportsMu sync.Mutex
	transports   []*transport
)

type transport struct {
	like   *http.Transport
	shared *awshttp.BuildableClient
}

// shareTransport replaces the SDK's HTTP client, of which each configuration makes a
// new one, by one that is shared.
func shareTransport(o *s3.Options) {
	sdkClient, ok := o.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		return
	}
	like := sdkClient.GetTransport()
	_, hasTimeout := sdkClient.GetReadTimeout()
	if hasTimeout || sdkClient.GetTimeout() != 0 {
		return
	}
	transportsMu.Lock()
	defer transportsMu.Unlock()
	i := slices.IndexFunc(transports, func(t *transport) bool {
		return sameTransport(t.like, like)
	})
	if i < 0 {
		i = len(transports)
		transports = append(transports, &transport{
			like,
			sdkClient.WithTransportOptions(func(t *http.Transport) {
				t.MaxIdleConnsPerHost = max(t.MaxIdleConnsPerHost, idleConns)
				t.MaxIdleConns = 0 // no bound over all hosts
			}),
		})
	}
	o.HTTPClient = transports[i].shared
}

// sameTransport compares what the SDK's configuration sets: the certificates of
// AWS_CA_BUNDLE, and the times and numbers of its defaults mode. A dialer's timeouts
// can't be compared; the mode sets them together with the others.
func sameTransport(a, b *http.Transport) bool {
	x, y := a.TLSClientConfig, b.TLSClientConfig
	switch {
	case (x == nil) != (y == nil):
		return false
	case x != nil && (x.MinVersion != y.MinVersion || len(x.Certificates)+len(y.Certificates) > 0 ||
		x.InsecureSkipVerify != y.InsecureSkipVerify):
		return false
	case x != nil && (x.RootCAs == nil) != (y.RootCAs == nil):
		return false
	case x != nil && x.RootCAs != nil && !x.RootCAs.Equal(y.RootCAs):
		return false
	}
	return a.TLSHandshakeTimeout == b.TLSHandshakeTimeout &&
		a.MaxIdleConnsPerHost == b.MaxIdleConnsPerHost &&
		a.ResponseHeaderTimeout == b.ResponseHeaderTimeout &&
		a.DisableKeepAlives == b.DisableKeepAlives && a.DisableCompression == b.DisableCompression
}

// withRetry makes a request, and retries it by the bucket's policy, after
// files.ErrUnavailable.
func (b *backend) withRetry(ctx context.Context, o op,
	request func(ctx context.Context) error) error {
	return b.withRetryAt(ctx, o, "", request)
}

// withRetryAt is withRetry for a write of the key.
func (b *backend) withRetryAt(ctx context.Context, o op, key string,
	request func(ctx context.Context) error,
) error {
	var final error
	var d *denials // since the first failure
	err := b.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error {
		failure := request(ctx)
		if failure == nil {
			return nil
		}
		mapped := mapError(ctx, o, failure)
		if uploadGone(failure) {
			final = mapped
			return nil
		}
		if d == nil {
			d = b.denials(o, key)
		}
		return d.classify(ctx, failure, mapped)
	})
	if err == nil {
		err = final
	}
	return d.result(ctx, err)
}

// uploadGone reports whether an upload in parts has ended. Retrying the request doesn't
// help then; only the whole Put may begin again.
func uploadGone(err error) bool { return err != nil && responseOf(err).code == "NoSuchUpload" }

// withMD5 makes a request carry the Content-MD5 that older stores require, instead of a
// checksum.
func withMD5(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		_, err := stack.Finalize.Remove("AWSChecksum:ComputeInputPayloadChecksum")
		if err != nil {
			return err
		}
		return smithyhttp.AddContentChecksumMiddleware(stack)
	})
}
