package proxy

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"testing/iotest"
)

// uploadIDs describes how a service names its multipart uploads.
type uploadIDs struct {
	begins string                     // the kind of requests whose response names a new upload
	named  func(*http.Request) string // the upload that a request names, or ""
	begun  func(body []byte) string   // the new upload that a response names, or ""
}

// s3Uploads follows
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html.
var s3Uploads = &uploadIDs{
	begins: "CreateMultipartUpload",
	named:  func(r *http.Request) string { return r.URL.Query().Get("uploadId") },
	begun: func(body []byte) string {
		var result struct {
			XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
			UploadID string   `xml:"UploadId"`
		}
		if xml.Unmarshal(body, &result) != nil {
			return ""
		}
		return result.UploadID
	},
}

// noteUpload records which upload the server began, before a fault handles the
// response.
func (p *Proxy) noteUpload(rec *Record, resp *http.Response) {
	ids := p.service.upload
	if ids == nil || rec.Kind != ids.begins || resp.StatusCode != http.StatusOK {
		return
	}
	const most = 64 << 10
	body, err := io.ReadAll(io.LimitReader(resp.Body, most))
	rest := io.Reader(resp.Body)
	if err != nil {
		rest = iotest.ErrReader(err)
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), resp.Body}
	id := ids.begun(body)
	p.update(func() { rec.Upload, rec.length = id, int64(len(body)) })
}

// Lost reports whether the response, if it names a new upload, reached the client
// incomplete or with an error. In that case the client can't know the upload.
func (r *Record) Lost() bool {
	return r.Err != "" || r.Status != http.StatusOK || r.Received < r.length
}
