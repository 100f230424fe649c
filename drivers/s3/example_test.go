package s3_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"cloudfiles.dev/drivers/s3"
	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// credentials are for the examples. A program uses the SDK's chain,
// config.LoadDefaultConfig.
var credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "example"}, nil
})

// New takes the program's own client, with its credentials, transport or middleware.
// Close doesn't change it.
func ExampleNew() {
	client := sdk.New(sdk.Options{Region: "eu-central-1", Credentials: credentials})
	b := s3.New(client, "my-bucket", &s3.Options{PartSize: 16 << 20})
	defer b.Close()
	f := b.Features()
	fmt.Println(f.IfVersion, f.VersionPerPut, f.SignGet)
	// Output: true false true
}

// A call can have options of S3 alone. A bucket of another service refuses them.
func ExamplePutOptions() {
	// instead of S3
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		fmt.Println(r.Method, r.URL.Path, r.Header.Get("X-Amz-Storage-Class"),
			r.Header.Get("X-Amz-Tagging"))
		w.Header().Set("ETag", `"1"`)
	}))
	defer store.Close()
	client := sdk.New(sdk.Options{
		Region:       "us-east-1",
		BaseEndpoint: &store.URL,
		UsePathStyle: true,
		Credentials:  credentials,
	})
	amazon, _ := s3.ProfileNamed("aws") // the server stands for it
	b := s3.New(client, "my-bucket", &s3.Options{Profile: &amazon})
	defer b.Close()

	info, err := b.Put(context.Background(), "reports/may.pdf", strings.NewReader("%PDF-1.7"),
		&files.PutOptions{
			Native: []files.NativeOption{s3.PutOptions{
				StorageClass: types.StorageClassStandardIa,
				Tags:         map[string]string{"team": "sales"},
			}},
		})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Size, info.ContentType, info.Version)
	// Output:
	// PUT /my-bucket/reports/may.pdf STANDARD_IA team=sales
	// 8 application/pdf 1
}

// With this form a browser uploads an image of at most 5 MiB under a name that the
// program chose.
func ExampleSignPost() {
	client := sdk.New(sdk.Options{Region: "eu-central-1", Credentials: credentials})
	b := s3.New(client, "my-bucket", nil)
	defer b.Close()
	form, err := s3.SignPost(context.Background(), b, "uploads/42.png", &s3.PostOptions{
		Expiry:      10 * time.Minute,
		MaxSize:     5 << 20,
		ContentType: "image/png",
	})
	if err != nil {
		log.Fatal(err)
	}
	var fields []string
	for name := range form.Fields {
		fields = append(fields, name)
	}
	slices.Sort(fields)
	fmt.Println(form)
	fmt.Println(fields)
	fmt.Println(form.Fields["key"], form.Fields["Content-Type"])
	// Output:
	// POST https://my-bucket.s3.eu-central-1.amazonaws.com
	// [Content-Type X-Amz-Algorithm X-Amz-Credential X-Amz-Date X-Amz-Signature key policy]
	// uploads/42.png image/png
}
