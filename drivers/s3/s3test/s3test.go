// Package s3test has what the conformance suite needs for a store that speaks S3's
// protocol, besides the driver: stored content that is damaged (Damage), connections
// that break (Cut), a bucket that is deleted (Vanish), and the number of unfinished
// uploads (Leftovers). It uses the SDK's client, so it works with any driver of such a
// store, and it changes nothing in the store except the buckets that it makes.
package s3test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Store is a store whose credentials may make and delete buckets. Options and Open must
// be set. Its methods are safe for concurrent use.
type Store struct {
	// Options reach the store: endpoint, region, credentials, path style. The
	// HTTPClient is not used.
	Options s3.Options
	// Transport sends the requests; nil is http.DefaultTransport.
	Transport http.RoundTripper
	// Open makes the driver's bucket of that name, whose requests go through the
	// client: its HTTPClient is the Wire that Cut and Damage break.
	Open func(client *s3.Client, bucket string) files.Bucket

	opened sync.Map // files.Bucket to *handle
}

type handle struct {
	name string
	wire *Wire
}

// Harness returns a harness for conformance.Run. Each case has its own bucket, which is
// deleted at the end. The caller adds the names, raw keys, URLs and known failures
// of the server.
func (s *Store) Harness() conformance.Harness {
	return conformance.Harness{
		Name: "s3",
		// Putting more takes a server seconds.
		MaxFiles: 1500,
		Limit:    4 * time.Minute, // all cases that run at once share the server
		New:      func(t conformance.T) files.Bucket { return s.open(s.create(t)) },
		Second:   func(_ conformance.T, b files.Bucket) files.Bucket { return s.open(s.Name(b)) },
		Damage: func(t conformance.T, b files.Bucket, name string) {
			base, prefix := conformance.Base(b)
			s.of(base).wire.Damage(s.of(base).name, prefix+name)
		},
		Cut: func(_ conformance.T, b files.Bucket, n int64) {
			base, _ := conformance.Base(b)
			s.of(base).wire.Cut(n)
		},
		Leftovers: func(t conformance.T, b files.Bucket) int {
			all, err := Uploads(context.WithoutCancel(t.Context()), s.client(nil), s.Name(b))
			if err != nil {
				t.Fatalf("list the unfinished uploads: %v", err)
			}
			return len(all)
		},
		Vanish: func(t conformance.T, b files.Bucket) {
			if err := Vanish(t.Context(), s.client(nil), s.Name(b)); err != nil {
				t.Fatalf("delete a bucket: %v", err)
			}
		},
	}
}

// Name returns the name of a bucket of the harness in the store.
func (s *Store) Name(b files.Bucket) string {
	base, _ := conformance.Base(b)
	return s.of(base).name
}

func (s *Store) of(b files.Bucket) *handle {
	h, ok := s.opened.Load(b)
	if !ok {
		panic("s3test: the harness has not opened that bucket")
	}
	return h.(*handle)
}

func (s *Store) client(c s3.HTTPClient) *s3.Client {
	o := s.Options.Copy()
	if o.HTTPClient = c; c == nil {
		o.HTTPClient = &Wire{Next: s.Transport}
	}
	return s3.New(o)
}

func (s *Store) open(name string) files.Bucket {
	w := &Wire{Next: s.Transport}
	b := s.Open(s.client(w), name)
	s.opened.Store(b, &handle{name: name, wire: w})
	return b
}

// create makes an empty bucket.
func (s *Store) create(t conformance.T) string {
	t.Helper()
	name := "s3test-" + strings.ToLower(rand.Text())
	admin := s.client(nil)
	if _, err := admin.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatalf("make a bucket for the test: %v", err)
	}
	t.Cleanup(func() { Vanish(context.WithoutCancel(t.Context()), admin, name) })
	return name
}

// Upload is an upload in parts that was neither completed nor aborted.
type Upload struct{ Key, ID string }

// Uploads lists the unfinished uploads of a bucket.
func Uploads(ctx context.Context, client *s3.Client, bucket string) (all []Upload, err error) {
	pages := s3.NewListMultipartUploadsPaginator(client,
		&s3.ListMultipartUploadsInput{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return all, err
		}
		for _, u := range page.Uploads {
			all = append(all, Upload{aws.ToString(u.Key), aws.ToString(u.UploadId)})
		}
	}
	return all, nil
}

// Vanish deletes a bucket and everything in it.
func Vanish(ctx context.Context, client *s3.Client, bucket string) error {
	uploads, err := Uploads(ctx, client, bucket)
	if err != nil {
		return err
	}
	for _, u := range uploads {
		_, err := client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
			Bucket:   &bucket,
			Key:      &u.Key,
			UploadId: &u.ID,
		})
		if err != nil {
			return err
		}
	}
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		var all []types.ObjectIdentifier
		for _, o := range page.Contents {
			all = append(all, types.ObjectIdentifier{Key: o.Key})
		}
		if len(all) == 0 {
			continue
		}
		out, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: &bucket,
			Delete: &types.Delete{Objects: all},
		})
		if err == nil && len(out.Errors) > 0 {
			err = fmt.Errorf("%d objects of %s can't be deleted", len(out.Errors), bucket)
		}
		if err != nil {
			return err
		}
	}
	_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket})
	return err
}
