package s3

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"testing"

	"cloudfiles.dev/drivers/internal/baseline"
	"cloudfiles.dev/drivers/internal/testserver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob/s3blob"
)

// BenchmarkBaselines compares calls through the driver with the same calls on the bare
// SDK and on the bare Go CDK.
func BenchmarkBaselines(b *testing.B) { baseline.Bench(b, baselines(b)...) }

// TestAllocations: a call allocates at most 1.1 times as often as on the bare SDK, and
// no more often than on the bare Go CDK.
func TestAllocations(t *testing.T) { baseline.Allocations(t, nil, baselines(t)...) }

// baselines returns the driver, the bare SDK and the bare Go CDK on one client. It has
// the SDK's defaults, so it adds and checks checksums, as the driver does.
func baselines(t testing.TB) []baseline.Client {
	t.Helper()
	server := testserver.Start(t, testserver.Versitygw)
	if server.User {
		t.Skip("benchmarks don't run on a user's bucket")
	}
	s := &subject{server: server}
	s.admin = s.client(http.DefaultClient, server.Endpoint)
	name := s.create(t)
	client := s3.New(s.client(transport64Client, server.Endpoint).Options(), func(o *s3.Options) {
		// as config.LoadDefaultConfig sets them
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
	})
	ours := New(client, name, nil)
	t.Cleanup(func() { ours.Close() })
	theirs, err := s3blob.OpenBucket(t.Context(), client, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	return []baseline.Client{baseline.Driver(ours), bareSDK(client, &name), baseline.GoCDK(theirs)}
}

// bareSDK calls the SDK as a program would.
func bareSDK(client *s3.Client, bucket *string) baseline.Client {
	read := func(ctx context.Context, in *s3.GetObjectInput) error {
		out, err := client.GetObject(ctx, in)
		if err != nil {
			return err
		}
		return baseline.Discard(out.Body)
	}
	return baseline.Client{
		Name: "sdk",
		Put: func(ctx context.Context, name string, content []byte) error {
			_, err := client.PutObject(ctx, &s3.PutObjectInput{
				Bucket:      bucket,
				Key:         &name,
				Body:        bytes.NewReader(content),
				ContentType: aws.String(baseline.ContentType),
			})
			return err
		},
		Get: func(ctx context.Context, name string) error {
			return read(ctx, &s3.GetObjectInput{Bucket: bucket, Key: &name})
		},
		Range: func(ctx context.Context, name string, off, n int64) error {
			return read(ctx, &s3.GetObjectInput{
				Bucket: bucket,
				Key:    &name,
				Range:  aws.String(fmt.Sprintf("bytes=%d-%d", off, off+n-1)),
			})
		},
		Stat: func(ctx context.Context, name string) error {
			_, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: &name})
			return err
		},
		Delete: func(ctx context.Context, name string) error {
			_, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: &name})
			return err
		},
		Copy: func(ctx context.Context, dst, src string) error {
			_, err := client.CopyObject(ctx, &s3.CopyObjectInput{
				Bucket:     bucket,
				Key:        &dst,
				CopySource: aws.String(*bucket + "/" + src),
			})
			return err
		},
		List: func(ctx context.Context, dir string) (n int, err error) {
			for p := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{
				Bucket: bucket,
				Prefix: &dir,
			}); p.HasMorePages(); {
				page, err := p.NextPage(ctx)
				if err != nil {
					return n, err
				}
				n += len(page.Contents)
			}
			return n, nil
		},
	}
}
