package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// leanResult is what an HTTP client returns: a response, or an error.
type leanResult struct {
	status int
	header []string // "Name: value"
	body   string
	torn   bool   // the body breaks at its end
	from   string // another URL than the request's
	err    error
	// ends: the caller's context ends meanwhile.
	ends bool
	// once: the requests after it succeed.
	once bool
	// unread: the connections of the requests after it break before anything is sent.
	unread bool
}

func (a leanResult) answer(r *http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	h := http.Header{}
	for _, line := range a.header {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	body := a.body
	if r.Method == http.MethodHead {
		body = ""
	}
	resp := responseTo(r, a.status, h, body)
	if a.torn {
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(body),
			broken{io.ErrUnexpectedEOF}))
	}
	resp.ContentLength = -1
	if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil {
		resp.ContentLength = n
	}
	if a.from != "" {
		u, _ := url.Parse(a.from)
		resp.Request = &http.Request{URL: u}
	}
	return resp, nil
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

var errReset = &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}

// leanResults are what services, proxies and networks may send.
func leanResults() map[string]leanResult {
	all := map[string]leanResult{
		"nothing":      {err: io.ErrUnexpectedEOF},
		"reset":        {err: errReset},
		"dial":         {err: &net.OpError{Op: "dial", Err: errors.New("refused")}},
		"no host":      {err: &net.DNSError{Err: "no such host", IsNotFound: true}},
		"reset once":   {err: errReset, once: true},
		"ended":        {err: context.Canceled, ends: true},
		"reset, ended": {err: errReset, ends: true},
		"404, ended":   {status: 404, body: xmlError("NoSuchKey"), ends: true},
		"200, ended": {
			status: 200,
			header: []string{"ETag: \"1\"", "Content-Length: 3"},
			body:   "abc",
			ends:   true,
		},
		"torn error": {status: 500, body: xmlError("InternalError")[:40], torn: true},
		"page":       {status: 404, header: []string{"Content-Type: text/html"}, body: "<html>"},
		"page 200":   {status: 200, header: []string{"Content-Type: text/html"}, body: "<html>"},
		"elsewhere": {
			status: 200,
			header: []string{"ETag: \"1\"", "Content-Length: 3"},
			body:   "abc",
			from:   "https://other.example/a",
		},
		"region": {
			status: 301,
			header: []string{"X-Amz-Bucket-Region: us-west-2"},
			body:   xmlError("PermanentRedirect"),
		},
		"skew": {
			status: 403,
			header: []string{"Date: Sat, 01 Jan 2000 01:00:00 GMT"},
			body:   xmlError("RequestTimeTooSkewed"),
		},
		"skew once": {
			status: 403,
			header: []string{"Date: Sat, 01 Jan 2000 01:00:00 GMT"},
			body:   xmlError("RequestTimeTooSkewed"),
			once:   true,
		},
		"skew, then a reset": {
			status: 403,
			header: []string{"Date: Sat, 01 Jan 2000 01:00:00 GMT"},
			body:   xmlError("RequestTimeTooSkewed"),
			unread: true,
		},
		"slow": {
			status: 503,
			header: []string{"Retry-After: 2", "Server: S"},
			body:   xmlError("SlowDown"),
		},
		"ids": {
			status: 403,
			header: []string{"X-Amz-Request-Id: R1", "X-Amz-Id-2: H1"},
			body:   xmlError("AccessDenied"),
		},
		"ids of a miss": {
			status: 404,
			header: []string{"X-Amz-Request-Id: R1", "X-Amz-Id-2: H1"},
			body:   xmlError("NoSuchKey"),
		},
	}
	for _, status := range []int{
		204, 206, 301, 302, 304, 307, 400, 401, 403, 404, 405, 408, 409, 411, 412, 413, 416, 417,
		429, 499, 500, 501, 502, 503, 507,
	} {
		name := strconv.Itoa(status)
		all[name] = leanResult{status: status}
		all[name+" once"] = leanResult{status: status, once: true}
		all[name+", page"] = leanResult{status: status, body: "<html>no</html>"}
		all[name+", length"] = leanResult{status: status, header: []string{"Content-Length: 0"}}
	}
	for status, codes := range map[int][]string{
		200: {"InternalError"},
		400: {"InvalidArgument", "ExpiredToken", "AuthorizationHeaderMalformed"},
		403: {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "Odd code"},
		404: {"NoSuchKey", "NoSuchBucket", "NoSuchVersion"},
		412: {"PreconditionFailed"},
		416: {"InvalidRange"},
		500: {"InternalError"},
	} {
		for _, code := range codes {
			name, body := strconv.Itoa(status)+" "+code, xmlError(code)
			all[name] = leanResult{status: status, body: body}
			all[name+", length"] = leanResult{status: status, header: sized(body), body: body}
			all[name+", ids"] = leanResult{
				status: status,
				header: append(sized(body), "X-Amz-Request-Id: R1", "X-Amz-Id-2: H1"),
				body:   body,
			}
			if code != "NoSuchKey" && code != "PreconditionFailed" && code != "AccessDenied" {
				continue
			}
			for what, in := range map[string]string{
				"no message":    "<Error><Code>" + code + "</Code></Error>",
				"empty message": "<Error><Code>" + code + "</Code><Message></Message></Error>",
				"region": "<Error><Code>" + code + "</Code><Message>m</Message>" +
					"<Region>eu-west-1</Region></Error>",
				"spaces": "<Error><Code> " + code + " </Code><Message> m </Message></Error>",
				"more": "<Error><Code>" + code + "</Code><Message>a&amp;<![CDATA[b]]></Message>" +
					"<RequestId>r</RequestId><HostId>h</HostId><Key>&#xe4;</Key></Error>",
				"nested": "<Error><Code>" + code + "</Code><Message>a<b>c</b></Message></Error>",
				"twice": "<Error><Code>" + code + "</Code><Message>a</Message>" +
					"<Message>b</Message></Error>",
				"escaped": "<Error><Code>" + code + "</Code><Message>a&amp;b &#233;</Message>" +
					"<HostId>h</HostId></Error>",
				"cut": "<Error><Code>" + code + "</Code><Message>m</Message>",
			} {
				all[name+", "+what] = leanResult{status: status, header: sized(in), body: in}
			}
		}
	}
	all["404, torn"] = leanResult{
		status: 404,
		header: []string{"Content-Length: 1000"},
		body:   xmlError("NoSuchKey"),
		torn:   true,
	}
	all["404, short"] = leanResult{
		status: 404,
		header: []string{"Content-Length: 1000"},
		body:   xmlError("NoSuchKey"),
	}
	fine := func(name string, status int, header ...string) {
		all["success: "+name] = leanResult{
			status: status,
			header: append(header, "Server: S", "Accept-Ranges: bytes"),
			body:   "abc",
		}
	}
	const etag, length = "ETag: \"1\"", "Content-Length: 3"
	fine("all attributes", 200, etag, length, "Content-Type:  a/b ", "Cache-Control: c",
		"Content-Disposition: d", "Content-Encoding: gzip", "Content-Language: e",
		"Last-Modified: Wed, 28 Oct 2026 22:32:00 GMT", "X-Amz-Meta-A: 1", "X-Amz-Meta-B-c: "+
			"\u00a02 ",
		"X-Amz-Checksum-Crc32c: y/Q5Jg==", "X-Amz-Checksum-Type: FULL_OBJECT",
		"X-Amz-Mp-Parts-Count: 3", "Expires: never")
	fine("checksums", 200, etag, length, "X-Amz-Checksum-Crc32: y/Q5Jg==",
		"X-Amz-Checksum-Crc64nvme: rosUhgp5mIg=", "X-Amz-Checksum-Sha256: "+
			"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
	fine("composite", 200, "ETag: \"1-2\"", length, "X-Amz-Checksum-Crc32c: y/Q5Jg==-2",
		"X-Amz-Checksum-Type: COMPOSITE")
	fine("odd time", 200, etag, length, "Last-Modified: Wed, 28 October 2026 22:32:00 +0200")
	fine("no time", 200, etag, length, "Last-Modified: never")
	fine("odd numbers", 200, etag, length, "X-Amz-Mp-Parts-Count: x", "X-Amz-Missing-Meta: y",
		"X-Amz-Delete-Marker: z")
	fine("weak", 200, "ETag: W/\"1\"", length)
	fine("without an ETag", 200, length)
	fine("empty ETag", 200, "ETag: \"\"", length)
	fine("two ETags", 200, etag, "ETag: \"2\"", length)
	fine("without a length", 200, etag)
	fine("octal length", 200, etag, "Content-Length: 03")
	fine("odd length", 200, etag, "Content-Length: x")
	fine("part", 206, etag, length, "Content-Range: bytes 2-4/10")
	fine("part of an unknown size", 206, etag, length, "Content-Range: bytes 2-4/*")
	fine("odd part", 206, etag, length, "Content-Range: x")
	fine("part without a range", 206, etag, length)
	fine("part without a length", 206, etag, "Content-Range: bytes 2-4/10")
	fine("range of a whole", 200, etag, length, "Content-Range: bytes 0-2/3")
	fine("date", 200, etag, length, "Date: Sat, 01 Jan 2000 00:00:03 GMT")
	fine("odd date", 200, etag, length, "Date: today")
	return all
}

func sized(body string) []string { return []string{"Content-Length: " + strconv.Itoa(len(body))} }

// leanOutcomes are calls of the driver, whose results are compared.
var leanOutcomes = map[string]func(ctx context.Context, b *backend) (any, error){
	"stat": func(ctx context.Context, b *backend) (any, error) {
		info, err := b.Stat(ctx, driver.Key{Name: "a"})
		return info, err
	},
	"get": func(ctx context.Context, b *backend) (any, error) {
		return opened(b.Open(ctx, driver.OpenRequest{
			Key: driver.Key{Name: "a"},
		}))
	},
	"get a range": func(ctx context.Context, b *backend) (any, error) {
		return opened(b.Open(ctx, driver.OpenRequest{
			Key:   driver.Key{Name: "a"},
			Range: files.Bytes(2, 3),
		}))
	},
	"get a version": func(ctx context.Context, b *backend) (any, error) {
		return opened(b.Open(ctx, driver.OpenRequest{
			Key:       driver.Key{Name: "a"},
			IfVersion: "1",
		}))
	},
	"get another version": func(ctx context.Context, b *backend) (any, error) {
		return opened(b.Open(ctx, driver.OpenRequest{
			Key:          driver.Key{Name: "a"},
			IfNotVersion: "2",
		}))
	},
	"put": func(ctx context.Context, b *backend) (any, error) {
		info, err := driver.New(b).Put(ctx, "a", strings.NewReader("123456789"), nil)
		return info, err
	},
	"put over a version": func(ctx context.Context, b *backend) (any, error) {
		info, err := driver.New(b).Put(ctx, "a", strings.NewReader("123456789"),
			&files.PutOptions{If: files.IfVersion("1")})
		return info, err
	},
	"put a new file": func(ctx context.Context, b *backend) (any, error) {
		info, err := driver.New(b).Put(ctx, "a", strings.NewReader("123456789"),
			&files.PutOptions{If: files.IfAbsent()})
		return info, err
	},
	"delete": func(ctx context.Context, b *backend) (any, error) {
		return nil, b.Delete(ctx, driver.Key{Name: "a"}, "")
	},
	"delete a version": func(ctx context.Context, b *backend) (any, error) {
		return nil, b.Delete(ctx, driver.Key{Name: "a"}, "1")
	},
}

func opened(o driver.Object, err error) (any, error) {
	if err != nil || o.Body == nil {
		return o, err
	}
	p, rerr := io.ReadAll(o.Body)
	o.Body.Close()
	o.Body = nil
	return fmt.Sprintf("%+v, %q, %v", o, p, rerr), nil
}

// chain describes an error with all errors that it wraps.
func chain(err error) string {
	if err == nil {
		return "nil"
	}
	s := fmt.Sprintf("%T %q", err, err)
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		s += "\n" + chain(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range e.Unwrap() {
			s += "\n(" + chain(e) + ")"
		}
	}
	var id s3.ResponseError
	if errors.As(err, &id) {
		s += "\nids " + id.ServiceRequestID() + " " + id.ServiceHostID()
	}
	return s
}

// TestLeanReadsPlainErrors: the response that a file is missing, or has not changed,
// needs nothing of the SDK.
func TestLeanReadsPlainErrors(t *testing.T) {
	missing, other := xmlError("NoSuchKey"), xmlError("PreconditionFailed")
	for _, c := range []struct {
		op leanOp
		a  leanResult
	}{
		{leanHead, leanResult{status: 404}},
		{leanHead, leanResult{status: 304}},
		{leanHead, leanResult{status: 412}},
		{leanGet, leanResult{status: 304}},
		{leanGet, leanResult{status: 404, header: sized(missing), body: missing}},
		{leanGet, leanResult{status: 412, header: sized(other), body: other}},
	} {
		_, b := leanBackends(nil, nil, &inMemory{answer: c.a.answer})
		f := b.lean.form(t.Context(), c.op, "bucket", "a")
		if _, rest, no := b.lean.send(t.Context(), f, "a", leanInput{}); rest != nil || no == nil {
			t.Errorf("operation %d, %d: %v", c.op, c.a.status, no)
		}
	}
}

// TestLeanResponses: whatever comes, lean requests end as the SDK's do: with the same
// Info and content, the same chain of errors, and after as many requests.
func TestLeanResponses(t *testing.T) {
	t.Parallel()
	for does, do := range leanOutcomes {
		for name, a := range leanResults() {
			synctest.Test(t, func(t *testing.T) {
				outcome := func(lean bool) string {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					n := 0
					fails := func() error {
						if a.unread && n > 0 {
							n++
							return errReset
						}
						return nil
					}
					wire := &inMemory{
						fails: fails,
						answer: func(r *http.Request) (*http.Response, error) {
							n++
							if a.once && n > 1 {
								return allFound(r)
							}
							if a.ends {
								cancel()
							}
							return a.answer(r)
						},
					}
					c, opts := leanClient(nil, nil, wire)
					opts.Retry = &retry.Policy{Attempts: 3, Delay: time.Nanosecond}
					opts.SDKOnly = !lean
					got, err := do(ctx, newBackend(c, "bucket", opts))
					return fmt.Sprintf("%+v\n%s\n%d requests", got, chain(err), n)
				}
				if want, got := outcome(false), outcome(true); got != want {
					t.Errorf("%s, %s: got\n%s\nwant\n%s", does, name, got, want)
				}
			})
		}
	}
}
