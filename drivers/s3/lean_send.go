package s3

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithytime "github.com/aws/smithy-go/time"
)

// interceptKey is the key of the interceptor, which responds in place of the HTTP client,
// in the context of the SDK's request.
type interceptKey struct{}

type interceptor interface {
	// intercept returns the response or error, and whether it responds.
	intercept(r *http.Request) (*http.Response, error, bool)
}

// replay is the result of a request that the SDK takes over: the SDK's first attempt
// gets it. Until then the context's end doesn't count, because the result has already
// come.
type replay struct {
	context.Context
	resp  *http.Response
	err   error
	since int // renewable.attempt before it was signed
	used  atomic.Bool
	// repeated: the SDK has made a request itself.
	repeated atomic.Bool
}

func (r *replay) Value(key any) any {
	if key == (interceptKey{}) {
		return r
	}
	return r.Context.Value(key)
}

func (r *replay) Done() <-chan struct{} {
	if !r.used.Load() {
		return nil
	}
	return r.Context.Done()
}

func (r *replay) Err() error {
	if !r.used.Load() {
		return nil
	}
	return r.Context.Err()
}

func (r *replay) intercept(*http.Request) (*http.Response, error, bool) {
	if r.used.Swap(true) {
		r.repeated.Store(true)
		return nil, nil, false
	}
	return r.resp, r.err, true
}

// settings are the options of the SDK's call.
func (r *replay) settings(o *s3.Options) {
	if u, ok := errors.AsType[*unretrieved](r.err); ok {
		o.Credentials = u // so that they are not fetched twice
	}
}

// end closes the response if the SDK didn't use it.
func (r *replay) end() {
	if !r.used.Swap(true) && r.resp != nil {
		r.resp.Body.Close()
	}
}

// attemptOf returns renewable.attempt as it was before the request of this context was
// signed.
func (r *renewable) attemptOf(ctx context.Context) int {
	if again, ok := ctx.Value(interceptKey{}).(*replay); ok && !again.used.Load() {
		return again.since
	}
	return r.attempt()
}

// send makes a request. It returns the response if its status and header are a plain
// success, the error if it is a plain error, and otherwise a replay for the SDK.
func (l *lean) send(ctx context.Context, f *form, key string, what leanInput) (
	*http.Response, *replay, error,
) {
	inner := ctx
	if l.readsValues {
		inner = context.WithValue(ctx, stackValues, f.values)
	}
	sentAt := time.Now()
	r, err := l.request(inner, f, key, what, sentAt.Add(time.Duration(l.clock.ahead.Load())))
	if err != nil {
		rest := &replay{
			Context: ctx,
			err:     err,
			since:   f.readings,
		}
		_, ok := err.(*unretrieved)
		rest.used.Store(!ok) // the SDK makes the request
		return nil, rest, nil
	}
	resp, err := l.http.Do(r)
	if err == nil {
		l.clock.read(resp.Header, sentAt)
		if l.isPlain(r, resp) {
			repairHeader(resp.Header)
			l.known.readServer(resp.Header)
			return resp, nil, nil
		}
		if no := l.refused(f, r, resp); no != nil {
			l.known.readServer(resp.Header)
			return nil, nil, no
		}
	}
	return nil, &replay{
		Context: ctx,
		resp:    resp,
		err:     err,
		since:   f.readings,
	}, nil
}

// isPlain reports whether a response is a success that the SDK needn't check.
func (l *lean) isPlain(r *http.Request, resp *http.Response) bool {
	if resp.Body == nil || isOtherHost(r, resp) {
		return false
	}
	h := resp.Header
	tag := strings.Trim(h.Get("ETag"), `"`) != "" || l.noETags
	length, known := plainLength(resp)
	switch r.Method {
	case http.MethodDelete:
		return resp.StatusCode == http.StatusNoContent && resp.Body == http.NoBody
	case http.MethodPut:
		return resp.StatusCode == http.StatusOK && tag && resp.Body == http.NoBody
	case http.MethodHead:
		return resp.StatusCode == http.StatusOK && tag && known
	}
	switch ranged := h.Get("Content-Range") != ""; resp.StatusCode {
	case http.StatusOK:
		return tag && !ranged && known && length == resp.ContentLength
	case http.StatusPartialContent:
		return tag && ranged && known && length == resp.ContentLength
	}
	return false
}

// plainLength returns the value of the header Content-Length, if it is plain digits.
func plainLength(resp *http.Response) (int64, bool) {
	v := resp.Header["Content-Length"]
	if len(v) != 1 || len(v[0]) > 1 && v[0][0] == '0' {
		return 0, false // the SDK takes it for octal
	}
	n, err := strconv.ParseInt(v[0], 10, 64)
	return n, err == nil && n >= 0
}

// answered reports whether the service answered a request with a success or a plain
// error.
func answered(err error) bool {
	if err == nil {
		return true
	}
	a := responseOf(err)
	return a.isS3 && (a.status == http.StatusNotFound || a.status == http.StatusNotModified ||
		a.status == http.StatusPreconditionFailed)
}

// headObject is HeadObject by the SDK or by lean.
func (b *backend) headObject(ctx context.Context,
	in *s3.HeadObjectInput) (*s3.HeadObjectOutput, error) {
	f := b.lean.form(ctx, leanHead, *in.Bucket, *in.Key)
	if f == nil {
		out, err := b.client.HeadObject(ctx, in)
		if answered(err) {
			b.lean.makeForm(ctx, leanHead, *in.Bucket)
		}
		return out, err
	}
	resp, rest, no := b.lean.send(ctx, f, *in.Key, leanInput{
		match: in.IfMatch,
		none:  in.IfNoneMatch,
	})
	if rest != nil {
		defer rest.end()
		return b.client.HeadObject(rest, in, rest.settings)
	}
	if no != nil {
		return nil, no
	}
	resp.Body.Close()
	h := fields{resp.Header}
	return &s3.HeadObjectOutput{
		ContentLength:      h.length(),
		ContentType:        h.get("Content-Type"),
		CacheControl:       h.get("Cache-Control"),
		ContentDisposition: h.get("Content-Disposition"),
		ContentEncoding:    h.get("Content-Encoding"),
		ContentLanguage:    h.get("Content-Language"),
		ETag:               h.get("Etag"),
		LastModified:       h.time("Last-Modified"),
		Metadata:           h.metadata(),
		PartsCount:         h.int32("X-Amz-Mp-Parts-Count"),
		ChecksumType:       types.ChecksumType(aws.ToString(h.get("X-Amz-Checksum-Type"))),
		ChecksumCRC32C:     h.get("X-Amz-Checksum-Crc32c"),
		ChecksumCRC32:      h.get("X-Amz-Checksum-Crc32"),
		ChecksumCRC64NVME:  h.get("X-Amz-Checksum-Crc64nvme"),
		ChecksumSHA256:     h.get("X-Amz-Checksum-Sha256"),
	}, nil
}

// getObject is GetObject by the SDK or by lean.
func (b *backend) getObject(ctx context.Context,
	in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	f := b.lean.form(ctx, leanGet, *in.Bucket, *in.Key)
	if f == nil {
		out, err := b.client.GetObject(ctx, in)
		if answered(err) {
			b.lean.makeForm(ctx, leanGet, *in.Bucket)
		}
		return out, err
	}
	resp, rest, no := b.lean.send(ctx, f, *in.Key, leanInput{
		span:  in.Range,
		match: in.IfMatch,
		none:  in.IfNoneMatch,
	})
	if rest != nil {
		defer rest.end()
		return b.client.GetObject(rest, in, rest.settings)
	}
	if no != nil {
		return nil, no
	}
	h := fields{resp.Header}
	return &s3.GetObjectOutput{
		Body:               resp.Body,
		ContentLength:      h.length(),
		ContentRange:       h.get("Content-Range"),
		ContentType:        h.get("Content-Type"),
		CacheControl:       h.get("Cache-Control"),
		ContentDisposition: h.get("Content-Disposition"),
		ContentEncoding:    h.get("Content-Encoding"),
		ContentLanguage:    h.get("Content-Language"),
		ETag:               h.get("Etag"),
		LastModified:       h.time("Last-Modified"),
		Metadata:           h.metadata(),
		PartsCount:         h.int32("X-Amz-Mp-Parts-Count"),
		ChecksumType:       types.ChecksumType(aws.ToString(h.get("X-Amz-Checksum-Type"))),
		ChecksumCRC32C:     h.get("X-Amz-Checksum-Crc32c"),
		ChecksumCRC32:      h.get("X-Amz-Checksum-Crc32"),
		ChecksumCRC64NVME:  h.get("X-Amz-Checksum-Crc64nvme"),
		ChecksumSHA256:     h.get("X-Amz-Checksum-Sha256"),
	}, nil
}

// deleteObject is DeleteObject by the SDK or by lean.
func (b *backend) deleteObject(ctx context.Context, in *s3.DeleteObjectInput) error {
	f := b.lean.form(ctx, leanDelete, *in.Bucket, *in.Key)
	if f == nil {
		_, err := b.client.DeleteObject(ctx, in)
		if answered(err) {
			b.lean.makeForm(ctx, leanDelete, *in.Bucket)
		}
		return err
	}
	resp, rest, no := b.lean.send(ctx, f, *in.Key, leanInput{match: in.IfMatch})
	if rest != nil {
		defer rest.end()
		_, err := b.client.DeleteObject(rest, in, rest.settings)
		return err
	}
	if no != nil {
		return no
	}
	resp.Body.Close()
	return nil
}

// fields reads a header as the SDK does, after repairHeader, which removes everything
// for which the SDK would fail a response.
type fields struct{ h http.Header }

func (r fields) get(name string) *string {
	v := r.h[name]
	if len(v) == 0 {
		return nil
	}
	v[0] = strings.TrimSpace(v[0])
	return &v[0]
}

func (r fields) length() *int64 {
	n, err := strconv.ParseInt(aws.ToString(r.get("Content-Length")), 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

func (r fields) int32(name string) *int32 {
	v := r.get(name)
	if v == nil {
		return nil
	}
	n, err := strconv.ParseInt(*v, 0, 32)
	if err != nil {
		return nil
	}
	return aws.Int32(int32(n))
}

func (r fields) time(name string) *time.Time {
	v := r.get(name)
	if v == nil {
		return nil
	}
	t, err := smithytime.ParseHTTPDate(*v)
	if err != nil {
		return nil
	}
	return &t
}

func (r fields) metadata() map[string]string {
	const prefix = "X-Amz-Meta-"
	var m map[string]string
	for name, v := range r.h {
		if len(name) < len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
			continue
		}
		if m == nil {
			m = map[string]string{}
		}
		m[strings.ToLower(name[len(prefix):])] = strings.TrimSpace(v[0])
	}
	return m
}
