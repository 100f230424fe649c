package s3test_test

import (
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/drivers/s3"
	"cloudfiles.dev/drivers/s3/s3test"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Example runs the conformance suite on a store, in a test, with the cases that need
// Damage, Cut, Vanish and Leftovers.
func Example() {
	_ = func(t *testing.T) {
		endpoint := "http://127.0.0.1:7070"
		store := &s3test.Store{
			Options: awss3.Options{
				Region:       "us-east-1",
				BaseEndpoint: &endpoint,
				UsePathStyle: true,
				Credentials:  credentials.NewStaticCredentialsProvider("id", "secret", ""),
			},
			Open: func(client *awss3.Client, bucket string) files.Bucket {
				return s3.New(client, bucket, nil)
			},
		}
		conformance.Run(t, store.Harness())
	}
	// Output:
}

// TestHarness: Damage, Cut and Vanish have their effects, and Leftovers counts uploads.
func TestHarness(t *testing.T) {
	server := testserver.Start(t, testserver.Versitygw)
	if server.User {
		t.Skip("no bucket is made in a user's account")
	}
	profile, ok := s3.ProfileNamed("versitygw")
	if !ok {
		t.Fatal("no profile")
	}
	store := &s3test.Store{
		Options: awss3.Options{
			Region:       server.Region,
			BaseEndpoint: &server.Endpoint,
			UsePathStyle: true,
			Credentials: credentials.NewStaticCredentialsProvider(
				server.AccessKey, server.SecretKey, ""),
		},
		Open: func(client *awss3.Client, bucket string) files.Bucket {
			return s3.New(client, bucket, &s3.Options{
				Profile: &profile,
				Retry:   &retry.Policy{Attempts: 2, Delay: time.Millisecond},
			})
		},
	}
	h := store.Harness()
	b := h.New(t)
	defer b.Close()
	ctx := t.Context()
	if _, err := files.PutString(ctx, b, "a", "content", nil); err != nil {
		t.Fatal(err)
	}
	second := h.Second(t, b)
	defer second.Close()
	h.Damage(t, b, "a")
	if _, err := files.ReadString(ctx, b, "a", nil); files.KindOf(err) != files.ErrCorrupt {
		t.Errorf("a damaged file: %v, want ErrCorrupt", err)
	}
	if s, err := files.ReadString(ctx, second, "a", nil); err != nil || s != "content" {
		t.Errorf("through another handle: %q, %v, want %q and nil", s, err, "content")
	}
	h.Cut(t, second, 0)
	if _, err := files.ReadString(ctx, second, "a",
		nil); files.KindOf(err) != files.ErrUnavailable {
		t.Errorf("a connection that breaks: %v, want ErrUnavailable", err)
	}
	h.Cut(t, second, -1)
	if n := h.Leftovers(t, b); n != 0 {
		t.Errorf("%d uploads are left", n)
	}
	h.Vanish(t, b)
	if _, err := files.ReadString(ctx, second, "a", nil); files.KindOf(err) != files.ErrNoBucket {
		t.Errorf("a bucket that is gone: %v, want ErrNoBucket", err)
	}
}
