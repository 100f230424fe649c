package s3

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
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// answeredBy returns a bucket whose service has one response to everything.
func answeredBy(t *testing.T, a *answering) files.Bucket {
	endpoint := "http://127.0.0.1:1"
	client := s3.New(s3.Options{
		Region:       "us-east-1",
		BaseEndpoint: &endpoint,
		UsePathStyle: true,
		HTTPClient:   a,
		Credentials:  credentials.NewStaticCredentialsProvider("id", "key", ""),
	})
	b := New(client, "bucket", &Options{Profile: amazon, Retry: once1})
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

// answering is an HTTP client that has one response to everything.
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

// once1 makes no retries.
var once1 = &retry.Policy{Attempts: 1, Delay: time.Millisecond, MaxDelay: time.Millisecond}

// readHeader parses lines "Key: value".
func readHeader(text string) http.Header {
	h := http.Header{}
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok {
			h.Add(k, strings.TrimSpace(v))
		}
	}
	return h
}

// mustBeKnown fails the test if an error has no sentinel.
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

// holdListing checks L1 and L8 on a listing.
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

// FuzzErrors: no error's body makes a success, or an error without a sentinel.
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
			t.Error("a get succeeds")
		}
		mustBeKnown(t, "get", err)
		_, err = files.PutString(t.Context(), b, "a", "x", nil)
		if err == nil {
			t.Error("a put succeeds")
		}
		mustBeKnown(t, "put", err)
		_, err = b.Stat(t.Context(), "a", nil)
		if err == nil {
			t.Error("a stat succeeds")
		}
		mustBeKnown(t, "stat", err)
		holdListing(t, b, nil)
		mustBeKnown(t, "delete", b.Delete(t.Context(), "a", nil))
		_, err = files.DeleteMany(t.Context(), b, slices.Values([]string{"a", "b"}))
		mustBeKnown(t, "delete many", err)
	})
}

// FuzzHeaders: the headers of a file make a whole Info, or an error.
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

// FuzzContentRange: a Content-Range that Parse accepts is a valid range.
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
