package s3

import (
	"net/http"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// answeredBy returns a bucket whose service has one response to all requests.
func answeredBy(t *testing.T, a *oddservice.Fixed) files.Bucket {
	endpoint := "http://127.0.0.1:1"
	client := s3.New(s3.Options{
		Region:       "us-east-1",
		BaseEndpoint: &endpoint,
		UsePathStyle: true,
		HTTPClient:   a,
		Credentials:  credentials.NewStaticCredentialsProvider("id", "key", ""),
	})
	b := New(client, "bucket", &Options{Profile: amazon, Retry: oddservice.Once})
	t.Cleanup(func() { b.Close() })
	return b
}

var documentHeader = http.Header{"Content-Type": {"application/xml"}}

var listings = []string{
	"<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>dir/a</Key><Size>3</Size>" +
		"<ETag>&quot;1&quot;</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified>" +
		"</Contents>" +
		"<Contents><Key>dir/b%2Fc</Key><Size>4</Size></Contents></ListBucketResult>",
	"<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>" +
		"<NextContinuationToken>t</NextContinuationToken><CommonPrefixes><Prefix>dir/d/</Prefix>" +
		"</CommonPrefixes></ListBucketResult>",
	"<ListBucketResult><IsTruncated>false</IsTruncated>" +
		"<Contents><Key>dir/&#x1;</Key><Size>-5</Size></Contents></ListBucketResult>",
	"<ListBucketResult></ListBucketResult>", "<Error><Code>SlowDown</Code></Error>", "<html>", "",
}

var errorBodies = []string{
	"<Error><Code>NoSuchKey</Code><Message>m</Message><Region>eu-west-1</Region></Error>",
	"<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code></Error>",
	"<Error><Code>PreconditionFailed</Code></Error>", "<Error/>", "<html>404</html>", "{}", "",
}

var headers = []string{
	"Etag: \"1\"\nLast-Modified: Fri, 02 Jan 2026 03:04:05 GMT\nContent-Type: text/plain\n",
	"Etag: W/\"1\"\nLast-Modified: 2022-10-12 17:50:00\nX-Amz-Meta-K: v\nContent-Length: 9\n",
	"Etag: \"1-2\"\nX-Amz-Checksum-Crc32c: AAAAAA==\nX-Amz-Mp-Parts-Count: x\n",
	"",
}

// FuzzListing: no page makes a listing that breaks the contract.
func FuzzListing(f *testing.F) { oddservice.FuzzListing(f, answeredBy, documentHeader, listings) }

// FuzzErrors: no error's body becomes a success or an error without a sentinel.
func FuzzErrors(f *testing.F) { oddservice.FuzzErrors(f, answeredBy, errorBodies) }

// FuzzHeaders: the Info from a file's headers is complete, or there is an error.
func FuzzHeaders(f *testing.F) { oddservice.FuzzHeaders(f, answeredBy, headers) }
