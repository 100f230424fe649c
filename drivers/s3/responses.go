package s3

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/drivers/internal/bounds"
	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// How many bytes of a response are read at most. A page of 1,000 keys, each byte of
// them escaped, has 4 MiB.
const (
	maxPage  = 32 * mib
	maxError = 4 * mib
)

// notS3 is in the text of every error for a response that isn't the service's.
const notS3 = "this isn't an S3 endpoint, or something in front of it answered"

// promise is what the protocol promises about the successful response to an operation.
type promise struct {
	roots []string // the document's root element, one of these; none: there is no body
	etag  bool     // in the header
}

// promises has the operations that the driver uses. checkResponse has GetObject and
// HeadObject. See
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
var promises = map[string]promise{
	"PutObject":               {etag: true},
	"UploadPart":              {etag: true},
	"DeleteObject":            {},
	"AbortMultipartUpload":    {},
	"ListObjectsV2":           {roots: []string{"ListBucketResult"}},
	"ListParts":               {roots: []string{"ListPartsResult"}},
	"ListMultipartUploads":    {roots: []string{"ListMultipartUploadsResult"}},
	"DeleteObjects":           {roots: []string{"DeleteResult"}},
	"CreateMultipartUpload":   {roots: []string{"InitiateMultipartUploadResult"}},
	"CompleteMultipartUpload": {roots: []string{"CompleteMultipartUploadResult"}},
	"CopyObject":              {roots: []string{"CopyObjectResult"}},
	"UploadPartCopy":          {roots: []string{"CopyPartResult", "CopyObjectResult"}},
	"GetObjectTagging":        {roots: []string{"Tagging"}},
}

// badResponse is a response that the SDK must not read: it isn't S3's, or it is an
// error of S3 with a status of success.
type badResponse struct {
	status  int
	code    string // of an error of S3
	message string
	bare    bool   // it has no body
	torn    bool   // a part of its body came
	why     string // what is missing
}

var _ smithy.APIError = (*badResponse)(nil)

func (t *badResponse) Error() string {
	return "response " + strconv.Itoa(t.status) + " " + t.code + t.why
}
func (t *badResponse) ErrorCode() string             { return t.code }
func (t *badResponse) ErrorMessage() string          { return t.message }
func (t *badResponse) ErrorFault() smithy.ErrorFault { return smithy.FaultUnknown }

// missingPromise returns the error for a success that lacks what the protocol promises.
func missingPromise(why string) error { return &badResponse{status: http.StatusOK, why: why} }

// checkResponses lets only S3's responses reach the SDK. It reads no more of them than
// a response of S3 can have, and fixes details for which the SDK would refuse the whole
// response.
func checkResponses(k *known, c *clock) func(*s3.Options) {
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			operation := stack.ID()
			// A part is sent at once. The service accepted the upload when it began,
			// and waiting for 100 Continue would cost each part another round trip.
			if k.noExpect.Load() || operation == "UploadPart" {
				if err := stack.Finalize.Add(expectNothing(), middleware.After); err != nil {
					return err
				}
			}
			return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc(
				"cloudfiles.Responses",
				func(
					ctx context.Context, in middleware.DeserializeInput,
					next middleware.DeserializeHandler,
				) (middleware.DeserializeOutput, middleware.Metadata, error) {
					sentAt := time.Now()
					out, md, err := next.HandleDeserialize(ctx, in)
					resp, ok := out.RawResponse.(*smithyhttp.Response)
					if err != nil || !ok || resp == nil {
						return out, md, err
					}
					c.read(resp.Header, sentAt)
					if req, ok := in.Request.(*smithyhttp.Request); ok &&
						isOtherHost(req.Request, resp.Response) {
						resp.Body.Close()
						return out, md, &badResponse{
							status: resp.StatusCode,
							why:    "it came from another host",
						}
					}
					if resp.StatusCode == http.StatusExpectationFailed {
						k.noExpect.Store(true)
					}
					repairHeader(resp.Header)
					p, _ := ctx.Value(pageKey{}).(*listPage)
					err = checkResponse(operation, resp, k.profile.NoETags, p)
					if bad, ok := err.(*badResponse); err == nil || ok && bad.code != "" {
						k.readServer(resp.Header) // a proxy's header says nothing about the store
					}
					return out, md, err
				}), middleware.After)
		})
	}
}

// expectNothing leaves out Expect: 100-continue.
func expectNothing() middleware.FinalizeMiddleware {
	return middleware.FinalizeMiddlewareFunc("cloudfiles.Expect", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		if req, ok := in.Request.(*smithyhttp.Request); ok {
			req.Header.Del("Expect")
		}
		return next.HandleFinalize(ctx, in)
	})
}

// isOtherHost reports whether an HTTP client has followed a redirect off the endpoint.
func isOtherHost(req *http.Request, resp *http.Response) bool {
	if resp.Request == nil || resp.Request.URL == nil {
		return false
	}
	a, b := req.URL, resp.Request.URL
	return a.Host != b.Host || a.Scheme != b.Scheme
}

// checkResponse returns an error for a response that the operation can't have. It first
// reads small bodies whole. Of a listing it reads what p can, which may be nil.
func checkResponse(operation string, resp *smithyhttp.Response, noETags bool,
	p *listPage) error {
	status, tag := resp.StatusCode, strings.Trim(resp.Header.Get("ETag"), `"`) != "" || noETags
	bad := func(why string) error {
		resp.Body.Close()
		return &badResponse{status: status, why: why}
	}
	switch {
	case operation == "HeadObject":
		switch {
		case status >= 400 && isPage(resp.Header):
			return bad("it is a web page")
		case status >= 200 && status < 300 && status != http.StatusOK:
			return bad("a status that no object has")
		case status >= 300 && status < 400 && status != http.StatusNotModified &&
			resp.Header.Get("X-Amz-Bucket-Region") == "": // S3's redirects have it
			return bad("a redirect")
		case status == http.StatusOK && !tag:
			return bad("without an ETag")
		case status == http.StatusOK && resp.ContentLength < 0:
			return bad("without a length")
		}
		return nil
	case status == http.StatusNotModified:
		return nil
	case operation == "GetObject" && (status == http.StatusOK ||
		status == http.StatusPartialContent):
		ranged := resp.Header.Get("Content-Range") != ""
		switch {
		case !tag:
			return bad("without an ETag")
		case status == http.StatusPartialContent && !ranged:
			return bad("a part without a Content-Range")
		case resp.ContentLength < 0 && !ranged:
			return bad("without a length")
		}
		return nil
	case operation == "GetObject" && status < 300:
		return bad("a status that no object has")
	case status >= 200 && status < 300:
		return checkSuccess(operation, resp, tag, p)
	}
	return checkErrorResponse(resp)
}

// isPage reports whether the response is a web server's page.
func isPage(h http.Header) bool {
	return strings.HasPrefix(h.Get("Content-Type"), "text/html") && h.Get("X-Amz-Request-Id") == ""
}

// checkSuccess is for successes that have a document or no body.
func checkSuccess(operation string, resp *smithyhttp.Response, tag bool, page *listPage) error {
	limit := int64(maxError)
	if operation == "ListObjectsV2" || operation == "DeleteObjects" {
		limit = maxPage
	}
	body, err := readBody(resp, limit)
	if err != nil {
		return err
	}
	p, known := promises[operation]
	if !known {
		return nil
	}
	bad := func(why string) error { return &badResponse{status: resp.StatusCode, why: why} }
	root := rootOf(body)
	switch {
	case root == "Error":
		if e, ok := errorDocument(body); ok {
			return &badResponse{status: resp.StatusCode, code: e.Code, message: e.Message}
		}
		return bad("an error without a code")
	case len(p.roots) == 0 && len(bytes.TrimSpace(body)) > 0:
		return bad("with a body, which it never has")
	case len(p.roots) > 0 && !slices.Contains(p.roots, root):
		return bad("without the element " + p.roots[0])
	case p.etag && !tag:
		return bad("without an ETag")
	}
	if operation == "ListObjectsV2" {
		if !hasChild(body) {
			return bad("an empty element")
		}
		if rest, ok := page.scan(body); ok {
			body = rest
		}
		body = repairPage(body)
	} else {
		body = repairDocument(body)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// checkErrorResponse leaves S3's errors to the SDK.
func checkErrorResponse(resp *smithyhttp.Response) error {
	body, err := readBody(resp, maxError)
	if err != nil {
		t := &badResponse{status: resp.StatusCode, why: "it is too long", torn: true}
		if long, ok := err.(*badResponse); ok {
			return long
		}
		return &tornResponse{t, err}
	}
	e, ok := errorDocument(body)
	if !ok {
		return &badResponse{status: resp.StatusCode, bare: len(bytes.TrimSpace(body)) == 0}
	}
	if t := trimValues(body); len(t) < len(body) {
		resp.Body = io.NopCloser(bytes.NewReader(t))
	}
	if e.Region != "" && resp.Header.Get("X-Amz-Bucket-Region") == "" {
		resp.Header.Set("X-Amz-Bucket-Region", e.Region)
	}
	return nil
}

// tornResponse is a response whose body broke.
type tornResponse struct {
	bad   *badResponse
	cause error
}

func (t *tornResponse) Error() string   { return "the response broke: " + t.cause.Error() }
func (t *tornResponse) Unwrap() []error { return []error{t.bad, t.cause} }

// readBody reads up to limit bytes, and replaces the body by them.
func readBody(resp *smithyhttp.Response, limit int64) ([]byte, error) {
	body, err := bounds.ReadAll(resp.Body, limit)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	switch {
	case err == bounds.ErrTooLong:
		return nil, &badResponse{status: resp.StatusCode, why: "it is longer than " +
			strconv.FormatInt(limit/mib, 10) + " MiB"}
	case err != nil:
		return nil, fmt.Errorf("the body of a response: %w", err)
	case !bounds.XML(body):
		resp.Body = http.NoBody
		return nil, &badResponse{
			status: resp.StatusCode,
			why:    "it has more elements than it can have",
		}
	}
	return body, nil
}

// rootOf returns the name of a document's root element, or "" if body isn't a document.
// It reads documents in S3's form without a decoder, whose allocations count in small
// calls.
func rootOf(body []byte) string {
	if name := plainRoot(body); name != "" {
		return name
	}
	for d := xml.NewDecoder(bytes.NewReader(body)); ; {
		token, err := d.RawToken()
		if err != nil {
			return ""
		}
		switch t := token.(type) {
		case xml.StartElement:
			return t.Name.Local
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 && !bytes.Equal(t, []byte("\uFEFF")) {
				return ""
			}
		}
	}
}

// plainRoot returns the name of a root element with at most a declaration before it, or
// "" if the document begins in another way.
func plainRoot(body []byte) string {
	if rest, declared := bytes.CutPrefix(body, []byte("<?xml ")); declared {
		_, after, ended := bytes.Cut(rest, []byte("?>"))
		if !ended {
			return ""
		}
		body = bytes.TrimLeft(after, " \t\r\n")
	}
	rest, found := bytes.CutPrefix(body, []byte("<"))
	if !found {
		return ""
	}
	n := 0
	for n < len(rest) && ('a' <= rest[n] && rest[n] <= 'z' || 'A' <= rest[n] && rest[n] <= 'Z') {
		n++
	}
	if n == len(rest) || rest[n] != '>' && rest[n] != ' ' {
		return ""
	}
	return string(rest[:n])
}

// hasChild reports whether a document's root contains an element. Every page contains
// at least the one that says whether it is the last.
func hasChild(body []byte) bool {
	starts := 0
	for d := xml.NewDecoder(bytes.NewReader(body)); ; {
		token, err := d.RawToken()
		if err != nil {
			return false
		}
		if _, ok := token.(xml.StartElement); ok {
			if starts++; starts > 1 {
				return true
			}
		}
	}
}

// errorDoc is S3's document of an error:
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
type errorDoc struct {
	Code, Message, Region string
}

// errorDocument reads S3's document of an error; it returns false for anything else.
func errorDocument(body []byte) (errorDoc, bool) {
	var e errorDoc
	if rootOf(body) != "Error" || xml.Unmarshal(body, &e) != nil {
		return errorDoc{}, false
	}
	e.Code = strings.TrimSpace(e.Code)
	return e, e.Code != ""
}

// requireVersion returns an error for a success without a version, if the store has
// versions.
func (b *backend) requireVersion(v files.Version) error {
	if v == "" && !b.known.profile.NoETags {
		return missingPromise("without an ETag")
	}
	return nil
}
