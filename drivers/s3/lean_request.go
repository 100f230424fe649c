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

// leanOp is an operation that lean makes.
type leanOp uint8

const (
	leanHead leanOp = iota
	leanGet
	leanDelete
	leanPut

	leanOps = iota
)

// asked is what differs between two requests of an operation, beside the key.
type asked struct {
	span, match, none *string
	put               *leanPutting // of a Put
}

// form is what a request is made of.
type form struct {
	method  string
	url     url.URL // its paths end where the key begins
	host    string
	header  http.Header // without what the signer sets
	late    http.Header // that is sent and not signed
	service string      // that the signature is for; "" if there is none
	region  string
	hash    string // of the body
	values  any    // the SDK's of the context
	// operation is its name, and errors the type of the SDK's error for a response, nil
	// if such an error can't be made here.
	operation string
	errors    reflect.Type
	// readings is how often the credentials were read again: the user agent says where
	// they are from.
	readings int
}

// formKey is the key of the request that the form is taken of.
const formKey = "cloudfiles-form"

// signerSets are the headers that the signer sets.
var signerSets = []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token"}

// formOf takes a request of the SDK's apart.
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

// request is a request of the form, signed for a time.
func (l *lean) request(ctx context.Context, f *form, key string, what asked,
	at time.Time) (*http.Request, error) {
	u := f.url
	u.Path += key
	u.RawPath = appendEscaped(u.RawPath, key)
	// One array for the values, which are the request's own.
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

// escapedOnce is what S3's signatures have of their own.
func escapedOnce(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }

var errUnsigned = errors.New("the request is signed, and there are no credentials")

// unretrieved is the failure to get credentials.
type unretrieved struct{ error }

func (u *unretrieved) Unwrap() error { return u.error }

// Retrieve implements aws.CredentialsProvider: it fails in the same way again.
func (u *unretrieved) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, u.error
}

// appendEscaped escapes a key as the SDK does: everything but RFC 3986's unreserved
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

// stackValues is the key by which the SDK keeps its values in a context. It isn't
// exported, but a context is asked for it.
var stackValues = func() any {
	asked := &keyOf{Context: context.Background()}
	middleware.GetStackValue(asked, "")
	return asked.key
}()

type keyOf struct {
	context.Context
	key any
}

func (k *keyOf) Value(key any) any {
	k.key = key
	return nil
}

// captured is a context whose request isn't sent, but kept.
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

// capture is the request that the SDK would send, nil if there is none, and its error for
// one that fails.
func (l *lean) capture(ctx context.Context, op leanOp, key string,
	what asked) (*http.Request, error) {
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

// requestTime is when a request of the SDK's was signed.
func requestTime(r *http.Request) (time.Time, error) {
	if r.Header.Get("Authorization") == "" {
		return time.Time{}, nil
	}
	return time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
}

// clock is how far the service's clock is ahead, by the last response that said so, as
// the SDK keeps it for its own requests.
type clock struct {
	off   bool
	ahead atomic.Int64
	last  atomic.Pointer[dated]
}

// dated is the last header Date that was read.
type dated struct {
	text string
	at   time.Time
}

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// longest is how long a request may take whose response's date is trusted, as the SDK
// has it.
const longest = 15 * time.Minute

// read learns from a response to a request that was made at a time.
func (c *clock) read(h http.Header, asked time.Time) {
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
	if took := time.Since(asked); took <= longest {
		c.ahead.Store(int64(date.at.Sub(asked.Add(took / 2))))
	}
}
