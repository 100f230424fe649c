package s3

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/faultrun"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/drivers/s3/s3test"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// subject is a server, with what the tests need to use it.
type subject struct {
	server *testserver.Server
	opts   Options // the options that the server needs
	admin  *s3.Client

	handles sync.Map // of the buckets that were opened
}

var buckets atomic.Int64

// handle is what the harness has of a bucket.
type handle struct {
	name     string
	prefix   string
	wire     *s3test.Wire
	requests *atomic.Int64
}

// counting counts the requests of a client.
type counting struct {
	s3.HTTPClient
	n atomic.Int64
}

func (c *counting) Do(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.HTTPClient.Do(r)
}

func newSubject(t *testing.T, server string, opts Options) *subject {
	t.Helper()
	if opts.Profile == nil {
		opts.Profile = amazon // the server stands for it
	}
	s := &subject{server: testserver.Start(t, server), opts: opts}
	if s.server.User {
		t.Skip("these tests make buckets, but not in a user's account")
	}
	s.admin = s.client(http.DefaultClient, s.server.Endpoint)
	return s
}

// client returns an SDK client without any of the driver's settings.
func (s *subject) client(c s3.HTTPClient, endpoint string) *s3.Client {
	return s3.New(s3.Options{
		Region:       s.server.Region,
		BaseEndpoint: &endpoint,
		UsePathStyle: true,
		HTTPClient:   c,
		Credentials: credentials.NewStaticCredentialsProvider(s.server.AccessKey,
			s.server.SecretKey, ""),
	})
}

// create makes an empty bucket.
func (s *subject) create(t conformance.T) string {
	t.Helper()
	name := fmt.Sprintf("s3-%d-%s", buckets.Add(1), strings.ToLower(s.server.AccessKey[:8]))
	if _, err := s.admin.CreateBucket(t.Context(),
		&s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatalf("bucket %s: %v", name, err)
	}
	return name
}

// open opens a bucket with its own Wire, which can break.
func (s *subject) open(name string) files.Bucket {
	w := &s3test.Wire{Next: transport64}
	o := s.opts
	o.Retry = &retry.Policy{Attempts: 3}
	c := &counting{HTTPClient: w}
	b := New(s.client(c, s.server.Endpoint), name, &o)
	s.handles.Store(b, handle{name: name, wire: w, requests: &c.n})
	return b
}

func (s *subject) of(b files.Bucket) handle {
	h, _ := s.handles.Load(b)
	return h.(handle)
}

var transport64 = func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	return t
}()

var transport64Client = &http.Client{Transport: transport64}

// maxFiles is how many files a case may put. Putting more takes a server seconds.
const maxFiles = 1500

func (s *subject) harness(foreign ...string) conformance.Harness {
	return conformance.Harness{
		Name:     "s3",
		Server:   s.server.Name + " " + s.server.Version,
		MaxFiles: maxFiles,
		Limit:    4 * time.Minute, // all cases that run at once share the server
		New:      func(t conformance.T) files.Bucket { return s.open(s.create(t)) },
		Second: func(t conformance.T, b files.Bucket) files.Bucket {
			return s.open(s.of(b).name)
		},
		Damage: func(_ conformance.T, b files.Bucket, name string) {
			h := s.of(b)
			h.wire.Damage(h.name, h.prefix+name)
		},
		Cut:       func(_ conformance.T, b files.Bucket, n int64) { s.of(b).wire.Cut(n) },
		Leftovers: func(t conformance.T, b files.Bucket) int { return s.uploads(t, s.of(b).name) },
		Requests:  func(_ conformance.T, b files.Bucket) int64 { return s.of(b).requests.Load() },
		Vanish:    func(t conformance.T, b files.Bucket) { s.vanish(t, b) },
		Foreign: func(t conformance.T, b files.Bucket, key, content string) {
			name := s.of(b).name
			if _, err := s.admin.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: &name,
				Key:    &key,
				Body:   strings.NewReader(content),
			}); err != nil {
				t.Fatalf("putting the foreign object %q: %v", key, err)
			}
		},
		ForeignKeys: foreign,
		Send:        send,
		URL: func(t conformance.T) string {
			return "s3://" + s.create(t) + "?use_path_style=true&region=" + s.server.Region +
				"&endpoint=" + url.QueryEscape(s.server.Endpoint)
		},
		Secrets: func(b files.Bucket) []string {
			return []string{s.of(b).name, s.server.SecretKey, s.server.AccessKey, s.server.Endpoint}
		},
	}
}

// uploads counts the unfinished uploads of a bucket.
func (s *subject) uploads(t conformance.T, name string) int { return len(s.unfinished(t, name)) }

// unfinished lists the unfinished uploads of a bucket.
func (s *subject) unfinished(t conformance.T, name string) (all []faultrun.Upload) {
	t.Helper()
	pages := s3.NewListMultipartUploadsPaginator(s.admin,
		&s3.ListMultipartUploadsInput{Bucket: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Fatalf("listing the unfinished uploads: %v", err)
		}
		for _, u := range page.Uploads {
			all = append(all, faultrun.Upload{Key: *u.Key, ID: *u.UploadId})
		}
	}
	return all
}

// vanish deletes the bucket.
func (s *subject) vanish(t conformance.T, b files.Bucket) {
	name := s.of(b).name
	out, err := s.admin.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &name})
	if err != nil {
		t.Fatalf("listing the bucket to empty it: %v", err)
	}
	var all []types.ObjectIdentifier
	for _, o := range out.Contents {
		all = append(all, types.ObjectIdentifier{Key: o.Key})
	}
	if _, err := s.admin.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{
		Bucket: &name,
		Delete: &types.Delete{Objects: all},
	}); err != nil {
		t.Fatalf("emptying the bucket: %v", err)
	}
	if _, err := s.admin.DeleteBucket(t.Context(),
		&s3.DeleteBucketInput{Bucket: &name}); err != nil {
		t.Fatalf("deleting the bucket: %v", err)
	}
}

// send sends a signed request.
func send(t conformance.T, _ files.Bucket, signed files.SignedURL, content []byte) (int, []byte) {
	req, err := http.NewRequestWithContext(t.Context(), signed.Method, signed.URL,
		bytes.NewReader(content))
	if err != nil {
		t.Fatalf("the signed request: %v", err)
	}
	for k, v := range signed.Header {
		req.Header[k] = v
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("sending the signed request: %v", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the response to the signed request: %v", err)
	}
	return resp.StatusCode, answer
}
