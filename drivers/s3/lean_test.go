package s3

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// All tests of the package have lean requests from the first one on, except those with
// Options.SDKOnly.
func init() { eager = true }

// before is an interceptor.
type before struct{}

func (before) BeforeTransmit(context.Context, *smithyhttp.InterceptorContext) error { return nil }

// signerOf is a caller's signer.
type signerOf struct{ s3.HTTPSignerV4 }

type resolver struct{ s3.EndpointResolverV2 }

type schemes struct{ s3.AuthSchemeResolver }

// TestLeanCustomized: the SDK makes all requests of a client that may change them or
// signs in another way, and of buckets that aren't addressed by their name alone.
func TestLeanCustomized(t *testing.T) {
	for name, change := range map[string]func(o *s3.Options){
		"middleware": func(o *s3.Options) {
			o.APIOptions = append(o.APIOptions, func(*middleware.Stack) error { return nil })
		},
		"interceptor": func(o *s3.Options) {
			o.Interceptors.BeforeTransmit = append(o.Interceptors.BeforeTransmit, before{})
		},
		"log":        func(o *s3.Options) { o.ClientLogMode = aws.LogRequest },
		"signer":     func(o *s3.Options) { o.HTTPSignerV4 = signerOf{o.HTTPSignerV4} },
		"accelerate": func(o *s3.Options) { o.UseAccelerate = true },
		"preference": func(o *s3.Options) { o.AuthSchemePreference = []string{"sigv4a"} },
		"resolver": func(o *s3.Options) {
			o.EndpointResolverV2 = resolver{s3.NewDefaultEndpointResolverV2()}
		},
		"old resolver": func(o *s3.Options) {
			//lint:ignore SA1019 callers may set it
			o.EndpointResolver = s3.EndpointResolverFromURL("https://store.example")
		},
		"schemes": func(o *s3.Options) { o.AuthSchemeResolver = schemes{o.AuthSchemeResolver} },
		"signer of the schemes": func(o *s3.Options) {
			o.AuthSchemes = s3.New(s3.Options{}).Options().AuthSchemes
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, b := leanBackends(change, nil, &inMemory{answer: allFound})
			wantSDK(t, b)
		})
	}
	for _, name := range []string{
		"mine--euw1-az1--x-s3", "alias-abc-s3alias", "alias--op-s3",
		"arn:aws:s3:eu-central-1:123456789012:accesspoint/mine",
	} {
		_, like := leanBackends(nil, nil, &inMemory{answer: allFound})
		wantSDK(t, newBackend(like.sdk, name, Options{Profile: amazon}))
	}
	_, other := leanBackends(nil, nil, &inMemory{answer: allFound})
	if other.lean.form(t.Context(), leanHead, "another bucket", "a") != nil {
		t.Error("a request for another bucket is lean")
	}
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
	wantSDK(t, other)
}

func wantSDK(t *testing.T, b *backend) {
	t.Helper()
	for op := range leanOp(leanOps) {
		if b.lean.form(t.Context(), op, b.bucket, "a") != nil {
			t.Errorf("%s: operation %d is lean", b.bucket, op)
		}
	}
}

// TestLeanChecksForm: a form that doesn't make the SDK's second request isn't used, and
// after some attempts no other is tried.
func TestLeanChecksForm(t *testing.T) {
	_, b := leanBackends(nil, nil, &inMemory{answer: allFound})
	b.lean.signer = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableSessionToken = true })
	if b.lean.form(t.Context(), leanHead, "bucket", "a") == nil {
		t.Fatal("no form with an equal signer")
	}
	_, b = leanBackends(nil, nil, &inMemory{answer: allFound})
	b.lean.creds = renewableOf(aws.CredentialsProviderFunc(func(context.Context) (
		aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "other", SecretAccessKey: "other"}, nil
	}), nil)
	wantSDK(t, b)
	if !b.lean.off.Load() {
		t.Error("forms are still tried")
	}
}

// TestLeanClock: a client with a wrong clock has one request refused, as with the SDK
// alone, whether lean or the SDK made it.
func TestLeanClock(t *testing.T) {
	const ahead = time.Hour
	for _, calls := range [][]string{
		{"stat", "stat", "get", "delete", "stat"}, {"put", "stat", "get"}, {"get", "put", "get"},
	} {
		synctest.Test(t, func(t *testing.T) {
			requests := func(only bool) (n int) {
				wire := &inMemory{answer: func(r *http.Request) (*http.Response, error) {
					n++
					now := time.Now().Add(ahead)
					at, err := requestTime(r)
					resp := responseTo(r, http.StatusForbidden, nil,
						xmlError("RequestTimeTooSkewed"))
					switch {
					case err != nil:
						return nil, err
					case at.Sub(now).Abs() < time.Minute && r.Method == http.MethodPut:
						resp = responseTo(r, http.StatusOK, http.Header{"Etag": {`"1"`}}, "")
					case at.Sub(now).Abs() < time.Minute:
						resp, _ = allFound(r)
					}
					resp.Header.Set("Date", now.UTC().Format(http.TimeFormat))
					return resp, nil
				}}
				b, lean := leanBackends(nil, nil, wire)
				if !only {
					b = lean
				}
				for _, call := range calls {
					if _, err := leanOutcomes[call](t.Context(), b); err != nil {
						t.Errorf("%s: %v, want nil", call, err)
					}
				}
				return n
			}
			want, got := requests(true), requests(false)
			if want != len(calls)+1 || got != want {
				t.Errorf("%q: %d requests, want %d as with the SDK", calls, got, want)
			}
		})
	}
}
