package s3

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"

	"cloudfiles.dev/drivers/internal/bounds"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Programs often check whether a file exists or has changed, so these errors are as
// common as a success. They are made here as the SDK makes them, of the same types. No
// request is retried after one.

// maxLeanError is the length in bytes of the longest document of an error that is read
// here.
const maxLeanError = 4 << 10

// leanErrorDoc has the elements that the SDK reads of S3's document of an error.
type leanErrorDoc struct {
	Code      string
	Message   *leanErrorText
	RequestID string `xml:"RequestId"`
	HostID    string `xml:"HostId"`
	Region    string
}

// leanErrorText is the text of an element. It is used here only if the element has
// nothing but text, because the SDK fails for other content and the standard library
// doesn't.
type leanErrorText struct {
	Text string `xml:",chardata"`
	XML  string `xml:",innerxml"`
}

// refused returns the SDK's error for a plain error response, or nil if the SDK must
// read the response. The body is then as it was.
func (l *lean) refused(f *form, r *http.Request, resp *http.Response) error {
	if f.errors == nil || f.operation == "" || resp.Body == nil || isOtherHost(r, resp) {
		return nil
	}
	h := resp.Header
	var doc leanErrorDoc
	var api error
	switch resp.StatusCode {
	case http.StatusNotModified:
		if resp.Body == http.NoBody {
			api = ofStatus(resp.StatusCode)
		}
	case http.StatusNotFound, http.StatusPreconditionFailed:
		switch {
		case f.method == http.MethodHead && (isPage(h) || resp.Body != http.NoBody):
		case f.method == http.MethodHead && resp.StatusCode == http.StatusNotFound:
			api = &types.NotFound{}
		case f.method == http.MethodHead:
			api = ofStatus(resp.StatusCode)
		case f.method == http.MethodGet:
			api = readLeanError(resp, &doc)
		}
	}
	if api == nil {
		return nil
	}
	repairHeader(h)
	made := reflect.New(f.errors)
	made.Elem().FieldByName("ResponseError").Set(reflect.ValueOf(&awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: resp},
			Err:      api,
		},
		RequestID: cmp.Or(h.Get("X-Amz-Request-Id"), doc.RequestID),
	}))
	made.Elem().FieldByName("HostID").SetString(cmp.Or(h.Get("X-Amz-Id-2"), doc.HostID))
	err := made.Interface().(error)
	if l.creds != nil {
		err = &attemptError{err, f.readings}
	}
	return &smithy.OperationError{
		ServiceID:     s3.ServiceID,
		OperationName: f.operation,
		Err:           err,
	}
}

// errorOf returns the type of the SDK's error for a response with the request's IDs,
// which isn't exported. It returns nil if the type isn't as expected.
func errorOf(err error) reflect.Type {
	for ; err != nil; err = errors.Unwrap(err) {
		t := reflect.TypeOf(err)
		if !isType(err, "*s3shared.ResponseError") || t.Elem().NumField() != 2 {
			continue
		}
		of, one := t.Elem().FieldByName("ResponseError")
		id, two := t.Elem().FieldByName("HostID")
		if one && two && of.Type == reflect.TypeFor[*awshttp.ResponseError]() &&
			id.Type.Kind() == reflect.String {
			return t.Elem()
		}
	}
	return nil
}

// ofStatus returns the SDK's error for a response that has only a status.
func ofStatus(status int) error {
	text := http.StatusText(status)
	return &smithy.GenericAPIError{
		Code:    strings.ReplaceAll(text, " ", ""),
		Message: text,
	}
}

// readLeanError reads S3's document of NoSuchKey or PreconditionFailed. It returns nil
// for any other response.
func readLeanError(resp *http.Response, doc *leanErrorDoc) error {
	if resp.ContentLength <= 0 || resp.ContentLength > maxLeanError {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxLeanError))
	back := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), back), back}
	if err != nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(body), failed{err}), back}
		return nil
	}
	var of leanErrorDoc
	if int64(len(body)) != resp.ContentLength || !bounds.XML(body) || plainRoot(body) != "Error" ||
		len(trimValues(body)) != len(body) || xml.Unmarshal(body, &of) != nil || of.Region != "" {
		return nil
	}
	if of.Message == nil || of.Message.Text == "" || strings.Contains(of.Message.XML, "<") ||
		bytes.Count(body, []byte("<Message")) != 1 {
		return nil
	}
	switch {
	case of.Code == "NoSuchKey" && resp.StatusCode == http.StatusNotFound:
		err = &types.NoSuchKey{Message: &of.Message.Text}
	case of.Code == "PreconditionFailed" && resp.StatusCode == http.StatusPreconditionFailed:
		err = &smithy.GenericAPIError{
			Code:    of.Code,
			Message: of.Message.Text,
		}
	default:
		return nil
	}
	back.Close()
	resp.Body = http.NoBody
	*doc = of
	return err
}

// failed is a reader that returns an error.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }
