package s3

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// leanOp is an operation of lean's.
type leanOp uint8

const (
	leanHead leanOp = iota
	leanGet
	leanDelete
	leanPut

	leanOps = iota
)

// leanInput is what differs between two requests of an operation, except the key.
type leanInput struct {
	span, match, none *string
	put               *leanPutInput // of a Put
}

// form is what all requests of an operation have in common.
type form struct {
	method  string
	url     url.URL // its paths end where the key begins
	host    string
	header  http.Header // without what the signer sets
	late    http.Header // sent and not signed
	service string      // the service in the signature; "" if requests are not signed
	region  string
	hash    string // of the body
	values  any    // the SDK's of the context
	// operation is the SDK's name of the operation. errors is the type of the SDK's
	// error for a response, nil if such an error can't be made here.
	operation string
	errors    reflect.Type
	// readings is how often the credentials had been read again: the user agent names
	// their source.
	readings int
}

// formKey is the key of the request from which the form is made.
const formKey = "cloudfiles-form"

// signerSets are the headers that the signer sets.
var signerSets = []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token"}

// formOf makes a form of a request of the SDK's.
func formOf(r *http.Request) (*form, bool) {
	f := &form{
		method:    r.Method,
		url:       *r.URL,
		host:      r.Host,
		header:    r.Header.Clone(),
		hash:      r.Header.Get("X-Amz-Content-Sha256"),
		values:    r.Context().Value(stackValues),
		operation: awsmiddleware.GetOperationName(r.Context()),
	}
	var plain, raw bool
	f.url.Path, plain = strings.CutSuffix(r.URL.Path, "/"+formKey)
	f.url.RawPath, raw = strings.CutSuffix(r.URL.RawPath, "/"+formKey)
	if !plain || !raw || r.URL.Opaque != "" ||
		(r.Method == http.MethodPut) != (r.Body != nil) {
		return nil, false
	}
	f.url.Path, f.url.RawPath = f.url.Path+"/", f.url.RawPath+"/"
	for _, name := range signerSets {
		f.header.Del(name)
	}
	if r.Method == http.MethodPut {
		f.header.Del("Content-Type")
		f.header.Del("X-Amz-Checksum-Crc32c")
		if f.hash != unsignedPayload {
			f.header.Del("X-Amz-Content-Sha256")
		}
	}
	authorization := r.Header.Get("Authorization")
	if authorization == "" {
		return f, true
	}
	rest, v4 := strings.CutPrefix(authorization, "AWS4-HMAC-SHA256 Credential=")
	credential, rest, both := strings.Cut(rest, ", SignedHeaders=")
	signed, _, all := strings.Cut(rest, ", Signature=")
	scope := strings.Split(credential, "/")
	if !v4 || !both || !all || len(scope) < 5 || f.hash == "" {
		return nil, false
	}
	scope = scope[len(scope)-4:] // a date, a region, a service, aws4_request
	f.region, f.service = scope[1], scope[2]
	for _, name := range unsigned {
		if v, sent := f.header[name]; sent &&
			!strings.Contains(";"+signed+";", ";"+strings.ToLower(name)+";") {
			if f.late == nil {
				f.late = http.Header{}
			}
			f.late[name] = v
			f.header.Del(name)
		}
	}
	return f, true
}

// request makes a request from the form, signed for a time.
func (l *lean) request(ctx context.Context, f *form, key string, what leanInput,
	at time.Time) (*http.Request, error) {
	u := f.url
	u.Path += key
	u.RawPath = appendEscaped(u.RawPath, key)
	// One array holds the values, which nothing else shares.
	h := make(http.Header, len(f.header)+len(f.late)+len(signerSets)+3)
	values := make([]string, 0, 2*len(f.header)+3)
	set := func(name string, v ...string) {
		from := len(values)
		values = append(values, v...)
		h[name] = values[from:len(values):len(values)]
	}
	for name, v := range f.header {
		set(name, v...)
	}
	if what.span != nil {
		set("Range", *what.span)
	}
	if what.match != nil {
		set("If-Match", *what.match)
	}
	if what.none != nil {
		set("If-None-Match", *what.none)
	}
	hash := f.hash
	if what.put != nil {
		what.put.header(set)
		if hash != unsignedPayload {
			sum, err := what.put.sum()
			if err != nil {
				return nil, err
			}
			set("X-Amz-Content-Sha256", sum)
			hash = sum
		}
	}
	r := (&http.Request{
		Method: f.method,
		URL:    &u,
		Host:   f.host,
		Header: h,
	}).WithContext(ctx)
	if what.put != nil {
		r.ContentLength, r.Body = what.put.size, io.NopCloser(what.put.body)
	}
	if f.service != "" {
		if l.creds == nil {
			return nil, errUnsigned
		}
		creds, err := l.creds.Retrieve(ctx)
		if err != nil {
			return nil, &unretrieved{err}
		}
		if err := l.signer.SignHTTP(ctx, creds, r, hash, f.service, f.region, at,
			escapedOnce); err != nil {
			return nil, err
		}
	}
	for name, v := range f.late {
		h[name] = v[:len(v):len(v)]
	}
	return r, nil
}

// escapedOnce sets what S3's signatures need: the path isn't escaped twice.
func escapedOnce(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }

var errUnsigned = errors.New("the request is signed, and there are no credentials")

// unretrieved is the failure to get credentials.
type unretrieved struct{ error }

func (u *unretrieved) Unwrap() error { return u.error }

// Retrieve implements aws.CredentialsProvider. It returns the same failure again.
func (u *unretrieved) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, u.error
}

// appendEscaped escapes a key as the SDK does: everything except RFC 3986's unreserved
// characters and slashes.
func appendEscaped(path, key string) string {
	const upper = "0123456789ABCDEF"
	escapes := 0
	for i := range len(key) {
		if !unreserved(key[i]) {
			escapes++
		}
	}
	if escapes == 0 {
		return path + key
	}
	b := make([]byte, 0, len(path)+len(key)+2*escapes)
	b = append(b, path...)
	for i := range len(key) {
		if c := key[i]; unreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upper[c>>4], upper[c&15])
		}
	}
	return string(b)
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' ||
		c == '.' || c == '_' || c == '~' || c == '/'
}

// stackValues is the key of the SDK's values in a context. It isn't exported, but the
// SDK passes it to a context's Value.
var stackValues = func() any {
	recorder := &keyRecorder{Context: context.Background()}
	middleware.GetStackValue(recorder, "")
	return recorder.key
}()

type keyRecorder struct {
	context.Context
	key any
}

func (k *keyRecorder) Value(key any) any {
	k.key = key
	return nil
}

// captured is a context whose request is kept and not sent.
type captured struct {
	context.Context
	request *http.Request
}

func (c *captured) Value(key any) any {
	if key == (interceptKey{}) {
		return c
	}
	return c.Context.Value(key)
}

func (c *captured) intercept(r *http.Request) (*http.Response, error, bool) {
	c.request = r
	return nil, errCaptured, true
}

var errCaptured = errors.New("the request isn't sent")

// capture returns the request that the SDK would send, or nil if it makes none, and the
// SDK's error for a request that fails.
func (l *lean) capture(ctx context.Context, op leanOp, key string,
	what leanInput) (*http.Request, error) {
	to := &captured{Context: ctx}
	var err error
	switch op {
	case leanHead:
		_, err = l.client.HeadObject(to, &s3.HeadObjectInput{
			Bucket:      &l.bucket,
			Key:         &key,
			IfMatch:     what.match,
			IfNoneMatch: what.none,
		})
	case leanGet:
		_, err = l.client.GetObject(to, &s3.GetObjectInput{
			Bucket:      &l.bucket,
			Key:         &key,
			Range:       what.span,
			IfMatch:     what.match,
			IfNoneMatch: what.none,
		})
	case leanPut:
		in := *what.put.in
		in.Bucket, in.Key = &l.bucket, &key
		in.IfMatch, in.IfNoneMatch = what.match, what.none
		in.Body, in.ContentLength = what.put.body, &what.put.size
		_, err = l.client.PutObject(to, &in)
	case leanDelete:
		_, err = l.client.DeleteObject(to, &s3.DeleteObjectInput{
			Bucket:  &l.bucket,
			Key:     &key,
			IfMatch: what.match,
		})
	}
	return to.request, err
}

// requestTime returns when a request of the SDK's was signed.
func requestTime(r *http.Request) (time.Time, error) {
	if r.Header.Get("Authorization") == "" {
		return time.Time{}, nil
	}
	return time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
}

// clock has how far the service's clock is ahead, by the last response with a date. The
// SDK keeps the same for its requests.
type clock struct {
	off   bool
	ahead atomic.Int64
	last  atomic.Pointer[dated]
}

// dated is a parsed header Date.
type dated struct {
	text string
	at   time.Time
}

// maxRequestTime is how long a request may take if its response's date is used, as in
// the SDK.
const maxRequestTime = 15 * time.Minute

// read sets the clock by a response to a request that was made at a time.
func (c *clock) read(h http.Header, sentAt time.Time) {
	text := h.Get("Date")
	if c.off || text == "" || h.Get("Age") != "" {
		return
	}
	date := c.last.Load()
	if date == nil || date.text != text {
		at, err := smithyhttp.ParseTime(text)
		if err != nil {
			return
		}
		date = &dated{
			text: text,
			at:   at,
		}
		c.last.Store(date)
	}
	if took := time.Since(sentAt); took <= maxRequestTime {
		c.ahead.Store(int64(date.at.Sub(sentAt.Add(took / 2))))
	}
}
