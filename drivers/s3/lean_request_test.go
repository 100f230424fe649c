package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// inMemory is an HTTP client that records what is sent, byte by byte.
type inMemory struct {
	sent   []string
	answer func(r *http.Request) (*http.Response, error)
	// fails, if it isn't nil, may fail a request before its body is read.
	fails func() error
}

func (m *inMemory) Do(r *http.Request) (*http.Response, error) {
	if m.fails != nil {
		if err := m.fails(); err != nil {
			return nil, err
		}
	}
	var wire bytes.Buffer
	fmt.Fprintf(&wire, "%s %s %s\n", r.URL, awsmiddleware.GetOperationName(r.Context()),
		awsmiddleware.GetRegion(r.Context()))
	copied := r.Clone(r.Context())
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		copied.Body = io.NopCloser(bytes.NewReader(body))
	}
	if err := copied.Write(&wire); err != nil {
		return nil, err
	}
	m.sent = append(m.sent, wire.String())
	return m.answer(r)
}

// responseTo returns a response of S3.
func responseTo(r *http.Request, status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	resp := &http.Response{
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		ContentLength: int64(len(body)),
		Body:          http.NoBody,
		Request:       r,
	}
	if body != "" {
		resp.Body = io.NopCloser(strings.NewReader(body))
	}
	return resp
}

// allFound answers each request with a success.
func allFound(r *http.Request) (*http.Response, error) {
	h := http.Header{"Etag": {`"1"`}, "Content-Length": {"3"}}
	switch {
	case r.Method == http.MethodPut:
		return responseTo(r, http.StatusOK, http.Header{"Etag": {`"1"`}}, ""), nil
	case r.Method == http.MethodDelete:
		return responseTo(r, http.StatusNoContent, nil, ""), nil
	case r.Method == http.MethodHead:
		resp := responseTo(r, http.StatusOK, h, "")
		resp.ContentLength = 3
		return resp, nil
	case r.Header.Get("Range") != "":
		h.Set("Content-Range", "bytes 1-3/10")
		return responseTo(r, http.StatusPartialContent, h, "abc"), nil
	}
	return responseTo(r, http.StatusOK, h, "abc"), nil
}

// leanClients are clients whose requests lean makes, with options of the bucket.
var leanClients = map[string]struct {
	client func(o *s3.Options)
	bucket func(o *Options)
}{
	"path style": {
		client: func(o *s3.Options) {
			o.BaseEndpoint, o.UsePathStyle = aws.String("http://localhost:9000"), true
		},
	},
	"virtual host": {client: func(o *s3.Options) {
		o.BaseEndpoint = aws.String("https://store.example")
	}},
	"Amazon":            {},
	"Amazon, path":      {client: func(o *s3.Options) { o.UsePathStyle = true }},
	"Amazon, us-east-1": {client: func(o *s3.Options) { o.Region = "us-east-1" }},
	"path of the endpoint": {client: func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle = aws.String("https://store.example/s3/a%20b/"), true
	}},
	"default port": {client: func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle = aws.String("https://store.example:443"), true
	}},
	"FIPS and dual stack": {client: func(o *s3.Options) {
		o.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
		o.EndpointOptions.UseDualStackEndpoint = aws.DualStackEndpointStateEnabled
	}},
	"session": {client: func(o *s3.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider("AKID", "secret", "token")
	}},
	"cached credentials": {client: func(o *s3.Options) {
		o.Credentials = aws.NewCredentialsCache(o.Credentials)
	}},
	"anonymous":   {client: func(o *s3.Options) { o.Credentials = aws.AnonymousCredentials{} }},
	"application": {client: func(o *s3.Options) { o.AppID = "an application" }},
	"no checksums requested": {client: func(o *s3.Options) {
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	}},
	"requester pays": {bucket: func(o *Options) { o.RequesterPays = true }},
	"unsigned Accept-Encoding": {bucket: func(o *Options) {
		o.UnsignedAcceptEncoding = true
	}},
	"as stored": {bucket: func(o *Options) { o.Profile = &Profile{Decompresses: true} }},
}

// leanNames are keys with characters of each kind.
var leanNames = []string{
	"a", "a/b", "a b", "a+b", "a%41", "ä/é", "a//b", "/a", "a/", "//", ".", "..", "a/../b",
	"a/./b", "~!*'()", "$@=;:,?#[]", "{Key}", "{Key+}", "<>\"\\^`|", "\x01\x7f", "\xff", "a?b=c",
	"\u2028", "cloudfiles-form", "a/cloudfiles-form", strings.Repeat("x", 1024),
}

// leanBackends returns two backends of a bucket: with the SDK's requests, and with lean
// ones.
func leanBackends(client func(*s3.Options), bucket func(*Options), h s3.HTTPClient) (
	sdk, lean *backend,
) {
	c, opts := leanClient(client, bucket, h)
	lean = newBackend(c, "bucket", opts)
	opts.SDKOnly = true
	return newBackend(c, "bucket", opts), lean
}

// leanClient returns a client and the options of a bucket.
func leanClient(client func(*s3.Options), bucket func(*Options), h s3.HTTPClient) (
	*s3.Client, Options,
) {
	opts := Options{Profile: amazon}
	if bucket != nil {
		bucket(&opts)
	}
	return s3.New(s3.Options{}, func(o *s3.Options) {
		o.Region, o.HTTPClient = "eu-central-1", h
		o.Credentials = credentials.NewStaticCredentialsProvider("AKID", "secret", "")
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
		if client != nil {
			client(o)
		}
	}), opts
}

// leanCalls makes calls of each operation with a key: with every condition and range
// for the first of leanNames.
func leanCalls(ctx context.Context, b *backend, key string) error {
	bucket := &b.bucket
	tags := []*string{nil, aws.String(`"1"`)}
	none := []*string{nil, aws.String(`"2"`), aws.String(`W/"a b"`)}
	spans := []*string{nil, aws.String("bytes=0-9"), aws.String("bytes=-5"), aws.String("bytes=7-")}
	if key != leanNames[0] {
		tags, none, spans = tags[1:], none[1:2], spans[1:2]
	}
	for _, match := range tags {
		for _, not := range append(none[:1:1], aws.String("*")) {
			puts := leanPuts()
			if key != leanNames[0] {
				puts = puts[3:4] // a byte with all attributes
			}
			for _, in := range puts {
				in.Bucket, in.Key, in.IfMatch, in.IfNoneMatch = bucket, &key, match, not
				if _, sent, err := b.putObject(ctx, in, *in.ContentLength,
					contentOf(*in.ContentLength)); err != nil || !sent {
					return fmt.Errorf("put, sent %v: %w", sent, err)
				}
			}
		}
		if err := b.deleteObject(ctx, &s3.DeleteObjectInput{
			Bucket:  bucket,
			Key:     &key,
			IfMatch: match,
		}); err != nil {
			return err
		}
		for _, not := range none {
			if _, err := b.headObject(ctx, &s3.HeadObjectInput{
				Bucket:      bucket,
				Key:         &key,
				IfMatch:     match,
				IfNoneMatch: not,
			}); err != nil {
				return err
			}
			for _, span := range spans {
				out, err := b.getObject(ctx, &s3.GetObjectInput{
					Bucket:      bucket,
					Key:         &key,
					IfMatch:     match,
					IfNoneMatch: not,
					Range:       span,
				})
				if err != nil {
					return err
				}
				out.Body.Close()
			}
		}
	}
	return nil
}

// leanPuts returns puts of several kinds and lengths.
func leanPuts() (all []*s3.PutObjectInput) {
	for _, n := range []int64{0, 1, 1000, maxLeanPut, maxLeanPut + 1} {
		all = append(all, &s3.PutObjectInput{
			ContentLength:  aws.Int64(n),
			ChecksumCRC32C: aws.String("4waSgw=="),
		}, &s3.PutObjectInput{
			ContentLength:      aws.Int64(n),
			ChecksumCRC32C:     aws.String("4waSgw=="),
			ContentType:        aws.String("text/plain; charset=utf-8"),
			CacheControl:       aws.String("no-cache"),
			ContentDisposition: aws.String("attachment;  filename=\"a b\""),
			ContentEncoding:    aws.String("gzip"),
			ContentLanguage:    aws.String("de"),
			Metadata: encodeMetadata(map[string]string{
				"a":      "b c",
				"x_y-z@": "é",
			}, "mark"),
		})
	}
	return append(all, &s3.PutObjectInput{ContentLength: aws.Int64(9)}, &s3.PutObjectInput{
		ContentLength:  aws.Int64(9),
		ChecksumCRC32C: aws.String("4waSgw=="),
		StorageClass:   types.StorageClassGlacierIr,
	})
}

// testBody is like a *driver.PartBody.
type testBody struct {
	*bytes.Reader
	over bool
}

func (b *testBody) End() { b.over = true }

func (b *testBody) Read(p []byte) (int, error) {
	if b.over {
		return 0, errors.New("the request is over")
	}
	return b.Reader.Read(p)
}

// contentOf returns a function that opens content of n bytes.
func contentOf(n int64) func() partBody {
	p := bytes.Repeat([]byte("x"), int(n))
	return func() partBody { return &testBody{Reader: bytes.NewReader(p)} }
}

// TestLeanRequests: lean sends the same bytes as the SDK, signatures included, and an
// HTTP client finds the SDK's values in the request's context.
func TestLeanRequests(t *testing.T) {
	for name, c := range leanClients {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // so that both sign for the same time
				wire := &inMemory{answer: allFound}
				sdk, lean := leanBackends(c.client, c.bucket, wire)
				keys := leanNames
				if name != "path style" && name != "virtual host" {
					keys = []string{"a", strings.Join(leanNames[:len(leanNames)-1], "")}
				}
				for _, key := range keys {
					time.Sleep(time.Second)
					wire.sent = nil
					if err := leanCalls(t.Context(), sdk, key); err != nil {
						t.Fatalf("the calls of %q by the SDK: %v", key, err)
					}
					want := wire.sent
					wire.sent = nil
					if err := leanCalls(t.Context(), lean, key); err != nil {
						t.Fatalf("the calls of %q by the driver's own requests: %v", key, err)
					}
					for op := range leanOp(leanOps) {
						if lean.lean.form(t.Context(), op, "bucket", key) == nil {
							t.Fatalf("the SDK makes the requests, operation %d", op)
						}
					}
					if len(want) < 3 || len(want) != len(wire.sent) {
						t.Fatalf("%q: %d requests, want %d", key, len(wire.sent), len(want))
					}
					for i := range want {
						if wire.sent[i] != want[i] {
							t.Fatalf("%q: got\n%s\nwant\n%s", key, wire.sent[i], want[i])
						}
					}
				}
			})
		})
	}
}

// TestLeanURL: a bucket that was opened by a URL has lean requests, but not with
// sdk_only.
func TestLeanURL(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKID")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	for query, want := range map[string]bool{
		"region=eu-central-1":                                             true,
		"region=eu-central-1&anonymous=true":                              true,
		"region=eu-central-1&fips=true&dualstack=true":                    true,
		"endpoint=http://localhost:1":                                     true,
		"endpoint=https://store.example":                                  true,
		"endpoint=https://store.example&hostname_immutable=true":          true,
		"endpoint=https://storage.googleapis.com":                         true,
		"endpoint=http://localhost:1&store=minio&request_payer=requester": true,
		"endpoint=http://localhost:1&sdk_only=true":                       false,
		"region=eu-central-1&accelerate=true":                             false,
	} {
		opened := must(files.Open(t.Context(), "s3://bucket?"+query))
		defer opened.Close()
		b := driver.Unwrap(opened).(*backend)
		for op := range leanOp(leanOps) {
			if got := b.lean.form(t.Context(), op, "bucket", "a") != nil; got != want {
				t.Errorf("%s, operation %d: lean is %v, want %v", query, op, got, want)
			}
		}
	}
}

// TestLeanFormAfterFirstRequest: without eager, the SDK makes the first request of each
// kind.
func TestLeanFormAfterFirstRequest(t *testing.T) {
	eager = false
	defer func() { eager = true }()
	wire := &inMemory{answer: allFound}
	_, b := leanBackends(nil, nil, wire)
	form := func(op leanOp) bool { return b.lean.form(t.Context(), op, "bucket", "a") != nil }
	if form(leanHead) || form(leanGet) || form(leanDelete) {
		t.Error("there is a form before the first request")
	}
	if err := leanCalls(t.Context(), b, "a"); err != nil {
		t.Fatal(err)
	}
	if !form(leanHead) || !form(leanGet) || !form(leanDelete) {
		t.Error("a form is missing after the first requests")
	}
	_, b = leanBackends(nil, nil, &inMemory{answer: leanResult{status: 404}.answer})
	for name, want := range map[string]bool{"get": false, "stat": true} { // a bare 404 of a GET
		leanOutcomes[name](t.Context(), b)
		if got := form(map[string]leanOp{"get": leanGet, "stat": leanHead}[name]); got != want {
			t.Errorf("%s that finds nothing: there is a form: %v, want %v", name, got, want)
		}
	}
	for _, sent := range wire.sent {
		if strings.Contains(sent, formKey) {
			t.Errorf("a request that should only be captured was sent:\n%s", sent)
		}
	}
}
