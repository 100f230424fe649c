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

// Programs ask whether a file is there, and whether it has changed, so a "no" is as
// common as a success. Its error is made here as the SDK makes it, of the same types.
// Nothing repeats a request after one.

// maxAnswer is how long S3's document of an error is that is read here, in bytes.
const maxAnswer = 4 << 10

// answerDoc is the document of an error, with what the SDK reads of it.
type answerDoc struct {
	Code      string
	Message   *answerText
	RequestID string `xml:"RequestId"`
	HostID    string `xml:"HostId"`
	Region    string
}

// answerText is the text of an element, which is read here if it is nothing but text: the
// SDK fails for what the standard library reads.
type answerText struct {
	Text string `xml:",chardata"`
	XML  string `xml:",innerxml"`
}

// refused is the error of the SDK for a response that says no, or nil if the SDK has to
// judge. What was read of the body is in its place then.
func (l *lean) refused(f *form, r *http.Request, resp *http.Response) error {
	if f.errors == nil || f.operation == "" || resp.Body == nil || elsewhere(r, resp) {
		return nil
	}
	h := resp.Header
	var doc answerDoc
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
			api = readAnswer(resp, &doc)
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
		err = &refusal{err, f.readings}
	}
	return &smithy.OperationError{
		ServiceID:     s3.ServiceID,
		OperationName: f.operation,
		Err:           err,
	}
}

// errorOf is the type of what a chain of the SDK's has for a response, with the request's
// ids. It isn't exported; nil if it isn't as it was.
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

// ofStatus is the SDK's error for a response that has a status alone.
func ofStatus(status int) error {
	text := http.StatusText(status)
	return &smithy.GenericAPIError{
		Code:    strings.ReplaceAll(text, " ", ""),
		Message: text,
	}
}

// readAnswer reads S3's document of an error, of NoSuchKey and PreconditionFailed alone.
func readAnswer(resp *http.Response, doc *answerDoc) error {
	if resp.ContentLength <= 0 || resp.ContentLength > maxAnswer {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
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
	var of answerDoc
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

// failed is a reader that has failed.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }
