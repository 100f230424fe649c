package s3

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudfiles.dev/conformance/faultrun"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/proxy"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestFaultRun: a twentieth of all requests fails, in every way, and no acknowledged
// write is lost.
func TestFaultRun(t *testing.T) {
	t.Parallel()
	s := newSubject(t, testserver.Versitygw, Options{})
	var retries atomic.Int64
	policy := &retry.Policy{
		Delay:    time.Millisecond,
		MaxDelay: 20 * time.Millisecond,
		OnRetry:  func(context.Context, int, time.Duration, error) { retries.Add(1) },
	}
	b, p, name := s.proxied(t, Options{PartSize: minPart, Retry: policy})
	ops := longtest.N(t, 1500, 10_000)
	if testing.Short() {
		ops = 500
	}
	// versitygw stages new content beside the file that it overwrites, and lists it for
	// a moment; S3 doesn't.
	b = files.Wrap(b, files.Hooks{Entry: func(_ *files.Call, e files.Entry) bool {
		return !strings.Contains(e.Name, ".sgwtmp.")
	}})
	faultrun.Run(t, faultrun.Config{
		Bucket: b,
		Proxy:  p,
		Ops:    ops,
		Large:  minPart + 100_000,
		// versitygw reads the size and the attributes one after the other: 11 of 9,172
		// Stats beside replacements were mixtures.
		StatMixes: true,
		Leftovers: func() []faultrun.Upload { return s.unfinished(t, name) },
		Retries:   retries.Load,
	})
}

// offline returns a bucket at an endpoint without a server.
func offline(endpoint string) files.Bucket {
	return New(offlineClient(endpoint), "bucket", &Options{
		Profile: amazon, // the server stands for it
		Retry:   &retry.Policy{Delay: time.Millisecond, MaxDelay: 5 * time.Millisecond},
	})
}

func offlineClient(endpoint string) *s3.Client {
	return s3.New(s3.Options{
		Region:       "us-east-1",
		BaseEndpoint: &endpoint,
		UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("AKIASECRETID", "s3cr3tkey",
			"s3ss10ntoken"),
	})
}

var offlineSecrets = []string{"AKIASECRETID", "s3cr3tkey", "s3ss10ntoken", "X-Amz-", "127.0.0.1"}

// TestBadInput: a wrong setting is a clear error.
func TestBadInput(t *testing.T) {
	t.Parallel()
	faultrun.BadInput(t, proxy.S3, offline, offlineSecrets)
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

// TestMissingBucket: every call that doesn't begin with a HEAD distinguishes a missing
// bucket from a missing file (E3).
func TestMissingBucket(t *testing.T) {
	t.Parallel()
	s := newSubject(t, testserver.Versitygw, Options{})
	b := s.open("no-such-bucket")
	defer b.Close()
	_, get := b.Get(t.Context(), "a", nil)
	_, put := b.Put(t.Context(), "a", strings.NewReader("x"), nil)
	_, large := b.Put(t.Context(), "a", bytes.NewReader(noise(DefaultPartSize+1)), nil)
	_, cp := files.Copy(t.Context(), b, "a", b, "b", nil)
	_, full := files.Copy(t.Context(), b, "a", b, "b", &files.CopyOptions{FullInfo: true})
	_, itself := files.Copy(t.Context(), b, "a", b, "a", nil)
	_, move := files.Move(t.Context(), b, "a", b, "b", nil)
	_, none := b.Get(t.Context(), "a", &files.GetOptions{Range: files.Bytes(0, 0)})
	_, unknown := b.Get(t.Context(), "a", &files.GetOptions{IfVersion: "no version"})
	_, many := files.DeleteMany(t.Context(), b, func(yield func(string) bool) { yield("a") })
	var list error
	for _, list = range b.List(t.Context(), "", nil) {
	}
	for what, err := range map[string]error{
		"get":                          get,
		"put":                          put,
		"put in parts":                 large,
		"copy":                         cp,
		"copy with the whole Info":     full,
		"copy onto itself":             itself,
		"move":                         move,
		"get of no bytes":              none,
		"get if of what is no version": unknown,
		"delete many":                  many,
		"delete":                       b.Delete(t.Context(), "a", nil),
		"list":                         list,
		"check":                        files.Check(t.Context(), b),
	} {
		if !errors.Is(err, files.ErrNoBucket) || errors.Is(err, files.ErrNotExist) {
			t.Errorf("%s: %v, want ErrNoBucket, not ErrNotExist", what, err)
		}
	}
}

// TestSignedURLs: a signed URL binds what was signed, and its life has limits.
func TestSignedURLs(t *testing.T) {
	s := newSubject(t, testserver.Versitygw, Options{})
	b, _, _ := s.proxied(t, Options{})
	for _, life := range []time.Duration{maxExpiry + time.Second, time.Millisecond} {
		if _, err := files.SignURL(t.Context(), b, "a",
			&files.SignOptions{Expiry: life}); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%v: %v, want ErrInvalid", life, err)
		}
	}
	short := New(s3.New(s3.Options{Region: "us-east-1", Credentials: expiring{}}), "bucket", nil)
	if _, err := files.SignURL(t.Context(), short, "a",
		&files.SignOptions{Expiry: time.Hour}); !errors.Is(err,
		files.ErrInvalid) || strings.Contains(err.Error(), "secret") {
		t.Errorf("beyond the credentials' life: %v, want ErrInvalid and no %q", err, "secret")
	}
	if _, err := files.SignURL(t.Context(), short, "a",
		&files.SignOptions{Expiry: time.Minute}); err != nil {
		t.Errorf("SignURL(a) = %v, want nil", err)
	}
	signed := must(files.SignURL(t.Context(), b, "a", &files.SignOptions{
		Method:      "PUT",
		ContentType: "text/plain",
	}))
	if got := http.Header(signed.Header).Get("Content-Type"); got != "text/plain" {
		t.Errorf("the headers to send are %v", signed.Header)
	}
	if u := must(url.Parse(signed.URL)); strings.Contains(u.RawQuery, "hecksum") {
		t.Errorf("the URL binds a checksum: %v", u.Query())
	}
	if f := New(s3.New(s3.Options{Region: "us-east-1"}), "bucket",
		nil).Features(); f.SignGet || f.SignPut || f.SignDelete {
		t.Error("Features claim signing without credentials")
	}
}

// expiring provides credentials that expire in half an hour.
type expiring struct{}

func (expiring) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{
		AccessKeyID:     "id",
		SecretAccessKey: "secret",
		CanExpire:       true,
		Expires:         time.Now().Add(30 * time.Minute),
	}, nil
}
