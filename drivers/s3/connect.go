package s3

import (
	"context"
	"net/http"

	"cloudfiles.dev/drivers/internal/connect"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// settings has the names of the URL's parameters, for the texts of errors.
var settings = connect.Settings{
	TLS:   "write https:// in endpoint=",
	Plain: "write http:// in endpoint=, or disable_https=true without one",
	Host: "write the host of the certificate in endpoint=, and use_path_style=true if " +
		"the bucket " +
		"in front of it is what the certificate lacks",
	Authority: "set AWS_CA_BUNDLE or SSL_CERT_FILE to the authority's certificate",
}

// limited is an HTTP client with limits. It is comparable: equal values behave in the
// same way.
type limited struct {
	client s3.HTTPClient
	limits connect.Limits
}

func (l limited) Do(req *http.Request) (*http.Response, error) {
	if by, ok := req.Context().Value(interceptKey{}).(interceptor); ok {
		if resp, err, answers := by.intercept(req); answers {
			return resp, err
		}
	}
	return l.limits.Do(req, l.client.Do)
}

// slow are the operations at which S3 may work for minutes before it answers.
var slow = map[string]bool{
	"CopyObject":              true,
	"UploadPartCopy":          true,
	"CompleteMultipartUpload": true,
}

// markSlow marks the requests of slow operations.
func markSlow(stack *middleware.Stack) error {
	if !slow[stack.ID()] {
		return nil
	}
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("cloudfiles.Slow", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(connect.Slow(ctx), in)
	}), middleware.Before)
}

// payer makes the caller pay, if the bucket's owner doesn't. See
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ObjectsinRequesterPaysBuckets.html
func payer(stack *middleware.Stack) error {
	return smithyhttp.SetHeaderValue("X-Amz-Request-Payer", "requester")(stack)
}

// unsigned are the headers that something between the program and the store changes, so
// that the store refuses their signature: Google's endpoint for S3 rewrites
// Accept-Encoding. See https://github.com/aws/aws-sdk-go-v2/issues/1816
var unsigned = []string{"Accept-Encoding"}

type unsignedKey struct{}

// signLess leaves the headers in unsigned out of the signature, and sends them.
func signLess(stack *middleware.Stack) error {
	if _, ok := stack.Finalize.Get("Signing"); !ok {
		return nil
	}
	take := middleware.FinalizeMiddlewareFunc("cloudfiles.Unsigned", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if req, ok := in.Request.(*smithyhttp.Request); ok {
			kept := http.Header{}
			for _, name := range unsigned {
				if v, there := req.Header[name]; there {
					kept[name] = v
					req.Header.Del(name)
				}
			}
			ctx = middleware.WithStackValue(ctx, unsignedKey{}, kept)
		}
		return next.HandleFinalize(ctx, in)
	})
	give := middleware.FinalizeMiddlewareFunc("cloudfiles.UnsignedSent", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		req, ok := in.Request.(*smithyhttp.Request)
		kept, _ := middleware.GetStackValue(ctx, unsignedKey{}).(http.Header)
		for name, v := range kept {
			if ok {
				req.Header[name] = v
			}
		}
		return next.HandleFinalize(ctx, in)
	})
	if err := stack.Finalize.Insert(take, "Signing", middleware.Before); err != nil {
		return err
	}
	return stack.Finalize.Insert(give, "Signing", middleware.After)
}

// encodings are the encodings in which stored content may arrive.
const encodings = "identity, gzip, deflate, br, zstd"

// asStored accepts content in any encoding, for a store that otherwise decodes it.
func asStored(stack *middleware.Stack) error {
	const identityOnly = "DisableAcceptEncodingGzip" // which requests identity
	reads := stack.ID() == "GetObject" || stack.ID() == "HeadObject"
	if _, ok := stack.Finalize.Get(identityOnly); !ok || !reads {
		return nil
	}
	acceptAll := middleware.FinalizeMiddlewareFunc("cloudfiles.AsStored", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if req, ok := in.Request.(*smithyhttp.Request); ok {
			req.Header.Set("Accept-Encoding", encodings)
		}
		return next.HandleFinalize(ctx, in)
	})
	return stack.Finalize.Insert(acceptAll, identityOnly, middleware.After)
}
