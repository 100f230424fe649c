package azure

import (
	"net/http"
	"testing"

	"cloudfiles.dev/drivers/internal/oddservice"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// answeredBy is a bucket whose service has one response to all requests.
func answeredBy(t *testing.T, a *oddservice.Fixed) files.Bucket {
	opts := &container.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: a,
	}}
	client, err := container.NewClientWithNoCredential("http://127.0.0.1:1/container", opts)
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(client, &Options{Retry: oddservice.Once})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

var documentHeader = http.Header{
	"Content-Type":    {"application/xml"},
	"X-Ms-Request-Id": {"1"},
}

var listings = []string{
	"<EnumerationResults><Blobs><Blob><Name>dir/a</Name><Properties><Etag>0x1</Etag>" +
		"<Content-Length>3</Content-Length><Last-Modified>Fri, 02 Jan 2026 03:04:05 GMT" +
		"</Last-Modified></Properties></Blob></Blobs><NextMarker/></EnumerationResults>",
	"<EnumerationResults><Blobs><BlobPrefix><Name>dir/d/</Name></BlobPrefix></Blobs>" +
		"<NextMarker>t</NextMarker></EnumerationResults>",
	"<EnumerationResults><Blobs><Blob><Name Encoded=\"true\">dir/%01</Name><Properties>" +
		"<Content-Length>-5</Content-Length></Properties></Blob></Blobs></EnumerationResults>",
	"<EnumerationResults/>", "<Error><Code>ServerBusy</Code></Error>", "<html>", "",
}

var errorBodies = []string{
	"<Error><Code>BlobNotFound</Code><Message>m</Message></Error>",
	"<?xml version=\"1.0\"?><Error><Code>ContainerNotFound</Code></Error>",
	"<Error><Code>ConditionNotMet</Code></Error>", "<Error/>", "<html>404</html>", "{}", "",
}

var headers = []string{
	"Etag: \"0x1\"\nLast-Modified: Fri, 02 Jan 2026 03:04:05 GMT\nX-Ms-Blob-Type: BlockBlob\n" +
		"X-Ms-Request-Id: 1\nX-Ms-Version: 2020-01-01\n",
	"Etag: W/\"0x1\"\nLast-Modified: 2022-10-12 17:50:00\nX-Ms-Meta-K: v\nContent-Length: 9\n",
	"Etag: \"0x1\"\nContent-Md5: AAAAAAAAAAAAAAAAAAAAAA==\nX-Ms-Meta-Cloudfilesdigest: n7_c0\n",
	"",
}

// FuzzListing: no page makes a listing that breaks the contract.
func FuzzListing(f *testing.F) { oddservice.FuzzListing(f, answeredBy, documentHeader, listings) }

// FuzzErrors: no error's body becomes a success or an error without a sentinel.
func FuzzErrors(f *testing.F) { oddservice.FuzzErrors(f, answeredBy, errorBodies) }

// FuzzHeaders: the Info from a file's headers is complete, or there is an error.
func FuzzHeaders(f *testing.F) { oddservice.FuzzHeaders(f, answeredBy, headers) }
