//go:build unix

package s3

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"
)

// BenchmarkPeers has calls through the driver beside the same on the bare SDK and on the bare Go CDK, on one server: go test -run '^$' -bench Peers
// -count 6. cpu-ns/op is this process's, without the server's.
func BenchmarkPeers(b *testing.B) {
	server := testserver.Start(b, testserver.Versitygw)
	if server.User {
		b.Skip("a user's bucket is no place for benchmarks")
	}
	s := &subject{server: server}
	s.admin = s.client(http.DefaultClient, server.Endpoint)
	const name = "bench-peers"
	if _, err := s.admin.CreateBucket(b.Context(), &s3.CreateBucketInput{Bucket: aws.String(name)}); err != nil {
		b.Fatal(err)
	}
	client := s.client(&http.Client{Transport: transport64}, server.Endpoint)
	ours := New(client, name, nil)
	defer ours.Close()
	theirs, err := s3blob.OpenBucket(b.Context(), client, name, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer theirs.Close()
	kib := make([]byte, 1024)
	discard := func(r io.ReadCloser) error {
		defer r.Close()
		_, err := io.Copy(io.Discard, r)
		return err
	}
	key := aws.String("a.txt")
	for _, c := range []struct {
		call               string
		driver, sdk, gocdk func(ctx context.Context) error
	}{
		{"put",
			func(ctx context.Context) error { _, err := files.PutBytes(ctx, ours, *key, kib, nil); return err },
			func(ctx context.Context) error {
				_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(name), Key: key, Body: bytes.NewReader(kib), ContentType: aws.String("text/plain")})
				return err
			},
			func(ctx context.Context) error {
				return theirs.WriteAll(ctx, *key, kib, &blob.WriterOptions{ContentType: "text/plain"})
			}},
		{"get",
			func(ctx context.Context) error {
				r, err := ours.Get(ctx, *key, nil)
				if err != nil {
					return err
				}
				return discard(r)
			},
			func(ctx context.Context) error {
				out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(name), Key: key})
				if err != nil {
					return err
				}
				return discard(out.Body)
			},
			func(ctx context.Context) error {
				r, err := theirs.NewReader(ctx, *key, nil)
				if err != nil {
					return err
				}
				return discard(r)
			}},
		{"stat",
			func(ctx context.Context) error { _, err := ours.Stat(ctx, *key, nil); return err },
			func(ctx context.Context) error {
				_, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(name), Key: key})
				return err
			},
			func(ctx context.Context) error { _, err := theirs.Attributes(ctx, *key); return err }},
		{"putdelete",
			func(ctx context.Context) error {
				if _, err := files.PutBytes(ctx, ours, "b.txt", kib, nil); err != nil {
					return err
				}
				return ours.Delete(ctx, "b.txt", nil)
			},
			func(ctx context.Context) error {
				_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(name), Key: aws.String("b.txt"), Body: bytes.NewReader(kib), ContentType: aws.String("text/plain")})
				if err != nil {
					return err
				}
				_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(name), Key: aws.String("b.txt")})
				return err
			},
			func(ctx context.Context) error {
				if err := theirs.WriteAll(ctx, "b.txt", kib, &blob.WriterOptions{ContentType: "text/plain"}); err != nil {
					return err
				}
				return theirs.Delete(ctx, "b.txt")
			}},
	} {
		for _, by := range []struct {
			name string
			f    func(ctx context.Context) error
		}{{"driver", c.driver}, {"sdk", c.sdk}, {"gocdk", c.gocdk}} {
			b.Run(c.call+"/"+by.name, func(b *testing.B) {
				b.ReportAllocs()
				begin := cpu(b)
				for b.Loop() {
					if err := by.f(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(cpu(b)-begin)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// cpu is the time that this process has computed, in nanoseconds.
func cpu(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
