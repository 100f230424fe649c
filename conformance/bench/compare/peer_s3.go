package main

import (
	"context"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/minio/minio-go/v7"
	miniocredentials "github.com/minio/minio-go/v7/pkg/credentials"
	"gocloud.dev/blob/s3blob"
)

var s3Peers = []peer{
	{
		name:    "cloudfiles",
		service: "s3",
		open:    openUs,
	},
	{
		name:    "Go CDK",
		service: "s3",
		module:  "gocloud.dev",
		open: func(ctx context.Context, t target) (client, error) {
			b, err := s3blob.OpenBucket(ctx, s3Client(t), t.Bucket, nil)
			return cdk{b}, err
		},
	},
	{
		name:    "transfer manager",
		service: "s3",
		module:  "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager",
		open: func(_ context.Context, t target) (client, error) {
			return openAWS(t, func(*transfermanager.Options) {}), nil
		},
	},
	{
		name:    "transfer manager, 32 × 8 MiB",
		service: "s3",
		module:  "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager",
		open: func(_ context.Context, t target) (client, error) {
			return openAWS(t, func(o *transfermanager.Options) {
				o.Concurrency, o.PartSizeBytes = 32, 8<<20
			}), nil
		},
	},
	{
		name:    "minio-go",
		service: "s3",
		module:  "github.com/minio/minio-go/v7",
		open: func(_ context.Context, t target) (client, error) {
			c, err := minio.New(t.host(), &minio.Options{
				Creds:  miniocredentials.NewStaticV4(t.AccessKey, t.SecretKey, ""),
				Region: t.Region,
			})
			return minioClient{
				c:      c,
				bucket: t.Bucket,
			}, err
		},
	},
	thanosPeer,
	rclonePeers[0],
	rclonePeers[1],
}

func s3Client(t target) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &t.Endpoint,
		Region:       t.Region,
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(t.AccessKey, t.SecretKey, ""),
	})
}

// awsClient is a client of AWS's SDK with its transfer manager.
type awsClient struct {
	s3      *s3.Client
	manager *transfermanager.Client
	bucket  *string
}

func openAWS(t target, set func(*transfermanager.Options)) client {
	c := s3Client(t)
	return awsClient{
		s3:      c,
		manager: transfermanager.New(c, set),
		bucket:  &t.Bucket,
	}
}

func (c awsClient) put(ctx context.Context, name string, content io.ReadSeeker, _ int64) error {
	_, err := c.manager.UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: c.bucket,
		Key:    &name,
		Body:   content,
	})
	return err
}

func (c awsClient) get(ctx context.Context, name string, w io.Writer) error {
	out, err := c.manager.GetObject(ctx, &transfermanager.GetObjectInput{
		Bucket: c.bucket,
		Key:    &name,
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, out.Body)
	return err
}

func (c awsClient) getAt(ctx context.Context, name string, w io.WriterAt, _ int64) error {
	_, err := c.manager.DownloadObject(ctx, &transfermanager.DownloadObjectInput{
		Bucket:   c.bucket,
		Key:      &name,
		WriterAt: w,
	})
	return err
}

func (c awsClient) stat(ctx context.Context, name string) error {
	_, err := c.s3.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: c.bucket,
		Key:    &name,
	})
	return err
}

func (c awsClient) del(ctx context.Context, name string) error {
	_, err := c.s3.DeleteObject(ctx, &s3.DeleteObjectInput{
		Bucket: c.bucket,
		Key:    &name,
	})
	return err
}

func (c awsClient) list(ctx context.Context, dir string, _ int) (n int, err error) {
	pages := s3.NewListObjectsV2Paginator(c.s3, &s3.ListObjectsV2Input{
		Bucket: c.bucket,
		Prefix: aws.String(dir + "/"),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return n, err
		}
		n += len(page.Contents)
	}
	return n, nil
}

// minioClient is a client of MinIO's SDK.
type minioClient struct {
	c      *minio.Client
	bucket string
}

func (c minioClient) put(ctx context.Context, name string, content io.ReadSeeker,
	size int64) error {
	_, err := c.c.PutObject(ctx, c.bucket, name, content, size, minio.PutObjectOptions{
		ContentType: octetStream,
	})
	return err
}

func (c minioClient) get(ctx context.Context, name string, w io.Writer) error {
	o, err := c.c.GetObject(ctx, c.bucket, name, minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	defer o.Close()
	_, err = io.Copy(w, o)
	return err
}

func (c minioClient) getAt(ctx context.Context, name string, w io.WriterAt, _ int64) error {
	return c.get(ctx, name, &inOrder{w: w})
}

func (c minioClient) stat(ctx context.Context, name string) error {
	_, err := c.c.StatObject(ctx, c.bucket, name, minio.StatObjectOptions{})
	return err
}

func (c minioClient) del(ctx context.Context, name string) error {
	return c.c.RemoveObject(ctx, c.bucket, name, minio.RemoveObjectOptions{})
}

func (c minioClient) list(ctx context.Context, dir string, _ int) (n int, err error) {
	for o := range c.c.ListObjects(ctx, c.bucket, minio.ListObjectsOptions{
		Prefix:    dir + "/",
		Recursive: true,
	}) {
		if o.Err != nil {
			return n, o.Err
		}
		n++
	}
	return n, nil
}
