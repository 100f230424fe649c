package miniotest_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/drivers/s3"
	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
)

// nameless removes the header Server, as a proxy may.
type nameless struct{}

func (nameless) Do(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		resp.Header.Del("Server")
	}
	return resp, err
}

// TestRefusedNames: a name that MinIO refuses is ErrUnsupported from every method, with
// its profile, and also if nothing shows that the store is MinIO.
func TestRefusedNames(t *testing.T) {
	server := testserver.Start(t, testserver.Minio)
	for _, store := range []string{"minio", "unknown"} {
		profile, _ := s3.ProfileNamed(store)
		b := s3.New(sdk.New(sdk.Options{
			Region:       server.Region,
			BaseEndpoint: &server.Endpoint,
			UsePathStyle: true,
			HTTPClient:   nameless{},
			Credentials: credentials.NewStaticCredentialsProvider(
				server.AccessKey, server.SecretKey, ""),
		}), server.Bucket, &s3.Options{Profile: &profile})
		defer b.Close()
		ctx := t.Context()
		for _, name := range []string{"a/ .. /b", `a\..\b`, strings.Repeat("long", 64)} {
			_, put := files.PutString(ctx, b, name, "x", nil)
			_, create := files.PutString(ctx, b, name, "x", &files.PutOptions{If: files.IfAbsent()})
			_, stat := b.Stat(ctx, name, nil)
			_, get := files.ReadAll(ctx, b, name, nil)
			_, empty := b.Get(ctx, name, &files.GetOptions{Range: files.Bytes(0, 0)})
			remove := b.Delete(ctx, name, nil)
			for method, err := range map[string]error{
				"Put":             put,
				"Put (if absent)": create,
				"Stat":            stat,
				"Get":             get,
				"Get of no bytes": empty,
				"Delete":          remove,
			} {
				if !errors.Is(err, files.ErrUnsupported) {
					t.Errorf("%s, %s of %q: %v, want ErrUnsupported", store, method, name, err)
				}
			}
		}
	}
}
