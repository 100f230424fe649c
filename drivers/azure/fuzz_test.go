package azure

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/internal/span"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// answeredBy is a bucket whose service has one response to all requests.
func answeredBy(t *testing.T, a *answering) files.Bucket {
	opts := &container.ClientOptions{ClientOptions: azcore.ClientOptions{
		Transport: a,
	}}
	client, err := container.NewClientWithNoCredential("http://127.0.0.1:1/container", opts)
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(client, &Options{Retry: once1})
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

// answering is an HTTP client that has one response to all requests.
type answering struct {
	status int
	header http.Header
	body   []byte
}

func (a *answering) Do(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		io.Copy(io.Discard, req.Body)
		req.Body.Close()
	}
	resp := &http.Response{
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.header.Clone(),
		Body:          http.NoBody,
		ContentLength: int64(len(a.body)),
		Request:       req,
	}
	if n, err := strconv.ParseInt(a.header.Get("Content-Length"), 10, 64); err == nil {
		resp.ContentLength = n
	}
	if req.Method != http.MethodHead {
		resp.Body = io.NopCloser(bytes.NewReader(a.body))
	}
	return resp, nil
}

// once1 makes one attempt.
var once1 = &retry.Policy{Attempts: 1, Delay: time.Millisecond, MaxDelay: time.Millisecond}

// readHeader reads "Key: value" lines.
func readHeader(text string) http.Header {
	h := http.Header{}
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok {
			h.Add(k, strings.TrimSpace(v))
		}
	}
	return h
}

// mustBeKnown fails if an error has no sentinel.
func mustBeKnown(t *testing.T, what string, err error) {
	t.Helper()
	var e *files.Error
	if err == nil {
		return
	}
	if !errors.As(err, &e) || files.KindOf(err) == nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%s: %T without a sentinel: %v", what, err, err)
	}
	if len(err.Error()) > 4<<10 {
		t.Errorf("%s: the error's text has %d bytes, want at most 4096 bytes", what,
			len(err.Error()))
	}
}

// holdListing checks a listing against L1 and L8.
func holdListing(t *testing.T, b files.Bucket, o *files.ListOptions) {
	t.Helper()
	last, n := "", 0
	for e, err := range b.List(t.Context(), "dir", o) {
		if err != nil {
			mustBeKnown(t, "list", err)
			return
		}
		if e.Name <= last || !strings.HasPrefix(e.Name, "dir/") || e.Size < 0 {
			t.Errorf("%q of %d bytes after %q, want more than %q, a text that begins with %q and "+
				"at least 0", e.Name, e.Size, last, last, "dir/")
		}
		if last = e.Name; n > 10_000 {
			t.Fatal("the listing doesn't end")
		}
		n++
	}
}

// FuzzListing: no page makes a listing that breaks the contract.
func FuzzListing(f *testing.F) {
	for _, s := range listings {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		b := answeredBy(t, &answering{status: 200, header: documentHeader, body: page})
		holdListing(t, b, nil)
		holdListing(t, b, &files.ListOptions{Shallow: true})
		_, next, err := files.ListPage(t.Context(), b, "dir", "", 2, nil)
		if mustBeKnown(t, "page", err); err == nil && next != "" {
			_, _, err = files.ListPage(t.Context(), b, "dir", next, 2, nil)
			mustBeKnown(t, "the next page", err)
		}
	})
}

// FuzzErrors: no error's body becomes a success or an error without a sentinel.
func FuzzErrors(f *testing.F) {
	for _, s := range errorBodies {
		f.Add(404, "Content-Type: application/xml\n", []byte(s))
		f.Add(503, "Retry-After: 3\n", []byte(s))
		f.Add(412, "Retry-After: Fri, 02 Jan 2026 03:04:05 GMT\n", []byte(s))
	}
	f.Fuzz(func(t *testing.T, status int, header string, body []byte) {
		if status < 400 || status > 599 {
			return
		}
		b := answeredBy(t, &answering{status: status, header: readHeader(header), body: body})
		_, err := files.ReadAll(t.Context(), b, "a", nil)
		if err == nil {
			t.Error("Get = nil")
		}
		mustBeKnown(t, "get", err)
		_, err = files.PutString(t.Context(), b, "a", "x", nil)
		if err == nil {
			t.Error("Put = nil")
		}
		mustBeKnown(t, "put", err)
		_, err = b.Stat(t.Context(), "a", nil)
		if err == nil {
			t.Error("Stat = nil")
		}
		mustBeKnown(t, "stat", err)
		holdListing(t, b, nil)
		mustBeKnown(t, "delete", b.Delete(t.Context(), "a", nil))
		_, err = files.DeleteMany(t.Context(), b, slices.Values([]string{"a", "b"}))
		mustBeKnown(t, "delete many", err)
	})
}

// FuzzHeaders: the Info from a file's headers is complete, or there is an error.
func FuzzHeaders(f *testing.F) {
	for _, s := range headers {
		f.Add(200, s, []byte("content"))
		f.Add(206, s+"Content-Range: bytes 2-4/7\n", []byte("nte"))
		f.Add(206, s+"Content-Range: bytes 0--1/0\n", []byte(""))
	}
	f.Fuzz(func(t *testing.T, status int, header string, body []byte) {
		if status != 200 && status != 206 {
			return
		}
		b := answeredBy(t, &answering{status: status, header: readHeader(header), body: body})
		info, err := b.Stat(t.Context(), "a", nil)
		if mustBeKnown(t, "stat", err); err == nil && (info.Size < 0 || info.Name != "a") {
			t.Errorf("Stat = %+v", info)
		}
		for _, r := range []files.Range{{}, files.Bytes(2, 3), files.Last(3), files.From(7)} {
			body, err := b.Get(t.Context(), "a", &files.GetOptions{Range: r})
			if mustBeKnown(t, "get", err); err != nil {
				continue
			}
			off, n := r.Resolve(body.Info().Size)
			got, err := body.ReadAll()
			if mustBeKnown(t, "read",
				err); err == nil && (int64(len(got)) != n || body.Offset() != off) {
				t.Errorf("%v of %d: %d bytes from %d", r, body.Info().Size, len(got), body.Offset())
			}
			body.Close()
		}
	})
}

// FuzzContentRange: a range that is read is valid.
func FuzzContentRange(f *testing.F) {
	for _, s := range []string{
		"bytes 0-0/1", "bytes 10-14/27", "bytes */7", "bytes 1-2/*", "bytes 0--1/0", "items 1-2/3",
		"bytes 99999999999999999999-1/2", "bytes 5-3/9", "bytes -1-3/9", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, ok := span.Parse(s)
		if ok && (r.First < 0 || r.Last < r.First || r.Size != -1 && r.Size <= r.Last) {
			t.Errorf("Content-Range %q is parsed as %d-%d/%d", s, r.First, r.Last, r.Size)
		}
	})
}
