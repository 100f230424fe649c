package proxy

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"testing/iotest"
)

// uploadIDs is how a service names its uploads in parts.
type uploadIDs struct {
	begins string                     // the kind of requests whose response names a new one
	named  func(*http.Request) string // the one that a request names, or ""
	told   func(answer []byte) string // the new one
}

// s3Uploads:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
var s3Uploads = &uploadIDs{
	begins: "CreateMultipartUpload",
	named:  func(r *http.Request) string { return r.URL.Query().Get("uploadId") },
	told: func(answer []byte) string {
		var result struct {
			XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
			UploadID string   `xml:"UploadId"`
		}
		if xml.Unmarshal(answer, &result) != nil {
			return ""
		}
		return result.UploadID
	},
}

// noteUpload records which upload the server began, before a fault gets the response.
func (p *Proxy) noteUpload(rec *Record, resp *http.Response) {
	ids := p.service.upload
	if ids == nil || rec.Kind != ids.begins || resp.StatusCode != http.StatusOK {
		return
	}
	const most = 64 << 10
	answer, err := io.ReadAll(io.LimitReader(resp.Body, most))
	rest := io.Reader(resp.Body)
	if err != nil {
		rest = iotest.ErrReader(err)
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(answer), rest), resp.Body}
	id := ids.told(answer)
	p.update(func() { rec.Upload, rec.length = id, int64(len(answer)) })
}

// Lost reports, of a request whose response names a new upload, whether that response
// came back to the client with less than it had, or with an error. The client can't
// know the upload then.
func (r *Record) Lost() bool {
	return r.Err != "" || r.Status != http.StatusOK || r.Received < r.length
}
