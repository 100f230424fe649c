package s3

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/largecalls"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/resume"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestNoUploadLeft: the context of each call that uploads in parts ends while the upload is
// begun, or while a part is sent, and the server takes 300 ms for each request that removes
// the upload. After the call, and the function of resume.Settle if the call doesn't wait by
// itself, the server lists no unfinished upload (X2).
func TestNoUploadLeft(t *testing.T) {
	t.Parallel()
	for _, server := range []string{testserver.Versitygw, testserver.Minio} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			s := newSubject(t, server, Options{})
			calls := largecalls.All(t, noise(24<<20), 5<<20)
			for _, kind := range []string{"UploadPart", "CreateMultipartUpload"} {
				for what, call := range calls {
					s.cancelled(t, kind, what, call)
				}
			}
			inParts := largecalls.Settled(func(ctx context.Context, b files.Bucket) error {
				inner := driver.Unwrap(b).(*backend)
				inner.copyLimit = 5 << 20
				must(inner.sdk.PutObject(t.Context(), &s3.PutObjectInput{
					Bucket: &inner.bucket,
					Key:    aws.String("small"),
					Body:   bytes.NewReader(noise(6 << 20)),
				}))
				_, err := files.Copy(ctx, b, "a", b, "small", nil)
				return err
			})
			for _, kind := range []string{"UploadPartCopy", "CreateMultipartUpload"} {
				s.cancelled(t, kind, "Copy in parts", inParts)
			}
		})
	}
}

// cancelled ends the context of a call at its request of a kind, and checks what the
// server lists after the call.
func (s *subject) cancelled(t *testing.T, kind, what string,
	call func(context.Context, files.Bucket) error) {
	t.Helper()
	b, p, name := s.proxied(t, Options{PartSize: 5 << 20})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p.Add(proxy.Rule{
		Kinds: []string{"AbortMultipartUpload"},
		Fault: proxy.Latency(300 * time.Millisecond),
	})
	p.Add(proxy.Rule{ // as for a source of more than 5 GiB
		Kinds: []string{"CopyObject"},
		Fault: proxy.S3.Refuse(400, "InvalidRequest", "The specified copy source is larger than "+
			"the maximum allowable size for a copy source: 5368709120"),
	})
	p.Add(proxy.Rule{Kinds: []string{kind}, Nth: 1, Fault: proxy.Fault{
		Name: "the context ends",
		Do: func(x *proxy.Exchange, next proxy.Send) (*http.Response, error) {
			cancel()
			return next(x.Request)
		},
	}})
	if err := call(ctx, b); !errors.Is(err, context.Canceled) {
		t.Errorf("%s, cancelled at %s: %v, want context.Canceled", what, kind, err)
	}
	direct := New(s.admin, name, &s.opts)
	defer direct.Close()
	for u, err := range resume.Uploads(t.Context(), direct, "") {
		t.Errorf("%s, cancelled at %s: left is %+v, %v", what, kind, u, err)
	}
}
