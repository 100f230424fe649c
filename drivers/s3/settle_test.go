package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/fstest"
	"time"

	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/resume"
	"cloudfiles.dev/files/transfer"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestNoUploadLeft: the context of a Put, of a copy, of resume.Upload without a token, of a
// PutFS and of a transfer ends in the middle of an upload in parts, and the server takes
// 300 ms for each request that removes the upload. After the function of resume.Settle,
// and after the PutFS and the transfer, which wait by themselves, the server lists no
// unfinished upload (X2). The end may also come while the upload is begun.
func TestNoUploadLeft(t *testing.T) {
	t.Parallel()
	for _, server := range []string{testserver.Versitygw, testserver.Minio} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			s := newSubject(t, server, Options{})
			for _, kind := range []string{"UploadPart", "CreateMultipartUpload"} {
				s.cancelled(t, kind, "Put", func(ctx context.Context, b files.Bucket) error {
					ctx, settled := resume.Settle(ctx)
					defer settled()
					content := struct{ io.Reader }{bytes.NewReader(noise(24 << 20))}
					_, err := b.Put(ctx, "a", content, nil)
					return err
				})
				s.cancelled(t, kind, "NewWriter", func(ctx context.Context, b files.Bucket) error {
					ctx, settled := resume.Settle(ctx)
					defer settled()
					w := files.NewWriter(ctx, b, "a", nil)
					defer w.Close()
					if _, err := w.Write(noise(24 << 20)); err != nil {
						return err
					}
					_, err := w.Commit()
					return err
				})
				s.cancelled(t, kind, "Copy", func(ctx context.Context, b files.Bucket) error {
					src := mem.New(nil)
					must(files.PutBytes(t.Context(), src, "a", noise(24<<20), nil))
					ctx, settled := resume.Settle(ctx)
					defer settled()
					_, err := files.Copy(ctx, b, "a", src, "a", nil)
					return err
				})
				s.cancelled(t, kind, "Upload", func(ctx context.Context, b files.Bucket) error {
					ctx, settled := resume.Settle(ctx)
					defer settled()
					content := noise(24 << 20)
					_, err := resume.Upload(ctx, b, "a", bytes.NewReader(content),
						int64(len(content)), nil)
					return err
				})
				s.cancelled(t, kind, "PutFS", func(ctx context.Context, b files.Bucket) error {
					tree := fstest.MapFS{"a": {Data: noise(24 << 20)}, "b": {Data: noise(24 << 20)}}
					_, err := files.PutFS(ctx, b, "", tree, nil)
					return err
				})
				s.cancelled(t, kind, "CopyFile", func(ctx context.Context, b files.Bucket) error {
					src := mem.New(nil)
					must(src.Put(t.Context(), "a", bytes.NewReader(noise(24<<20)), nil))
					_, err := transfer.CopyFile(ctx, b, "a", src, "a", nil)
					return err
				})
			}
			for _, kind := range []string{"UploadPartCopy", "CreateMultipartUpload"} {
				s.cancelled(t, kind, "Copy in parts", func(ctx context.Context,
					b files.Bucket) error {
					inner := driver.Unwrap(b).(*backend)
					inner.copyLimit = 5 << 20
					must(inner.sdk.PutObject(t.Context(), &s3.PutObjectInput{
						Bucket: &inner.bucket,
						Key:    aws.String("small"),
						Body:   bytes.NewReader(noise(6 << 20)),
					}))
					ctx, settled := resume.Settle(ctx)
					defer settled()
					_, err := files.Copy(ctx, b, "a", b, "small", nil)
					return err
				})
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
