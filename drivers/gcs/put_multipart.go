package gcs

import (
	"crypto/rand"
	"net/http"

	"cloudfiles.dev/files/driver"
)

// multipart makes the request that uploads an object at once (RFC 2387): its resource
// with the checksum, and its content.
func (u *upload) multipart(part *driver.Part) (*call, error) {
	r := newResource(u.req.Attributes, u.writeID, u.native)
	r.CRC32C = toBase64(u.req.Content.Digest().CRC32C)
	text, err := r.encode()
	if err != nil {
		return nil, err
	}
	t := r.ContentType
	if !headerValue(t) {
		t = "application/octet-stream" // the resource has the right one
	}
	u.query.Set("uploadType", "multipart")
	boundary := rand.Text()
	return &call{
		op:     opPut,
		conds:  u.conds,
		method: "POST",
		url:    u.b.uploads(),
		query:  u.query,
		last:   true,
		payload: &payload{
			before: "--" + boundary + "\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n" +
				string(text) + "\r\n--" + boundary + "\r\nContent-Type: " + t + "\r\n\r\n",
			part:  part,
			after: "\r\n--" + boundary + "--\r\n",
		},
		header: http.Header{"Content-Type": {"multipart/related; boundary=" + boundary}},
	}, nil
}
