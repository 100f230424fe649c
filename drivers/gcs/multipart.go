package gcs

import (
	"crypto/rand"
	"io"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// multipart is the body of an upload in one request: the object's resource and its content (RFC 2387), in one buffer. The
// resource's checksum is filled in when the content is known, so that nothing is copied.
type multipart struct {
	boundary string
	buf      []byte
	sum      int // where the checksum is
	start    int // where the content is
}

// noSum stands for a checksum that isn't known yet: base64 of four bytes.
const noSum = "AAAAAA=="

const (
	// firstBuffer is what is made room for where the size isn't known.
	firstBuffer = 4 * kib
	// trailer is the length of what is behind the content.
	trailer = len("\r\n--") + 26 + len("--\r\n")
)

func (u *upload) newMultipart() (*multipart, error) {
	r := newResource(u.req.Attributes, u.mark, u.native)
	r.CRC32C = noSum
	text, err := r.encode()
	if err != nil {
		return nil, err
	}
	t := r.ContentType
	if !headerValue(t) {
		t = "application/octet-stream" // the resource has the right one
	}
	m := &multipart{boundary: rand.Text()}
	room := int64(firstBuffer)
	if u.req.Size >= 0 {
		room = min(u.req.Size, int64(u.b.part)) + 1
	}
	m.buf = make([]byte, 0, len(text)+len(t)+len(m.boundary)*2+128+int(room)+trailer)
	m.add("--", m.boundary, "\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n", string(text))
	m.sum = len(m.buf) - len(noSum) - len(`"}`)
	m.add("\r\n--", m.boundary, "\r\nContent-Type: ", t, "\r\n\r\n")
	m.start = len(m.buf)
	return m, nil
}

func (m *multipart) add(parts ...string) {
	for _, p := range parts {
		m.buf = append(m.buf, p...)
	}
}

// content is what fill has read.
func (m *multipart) content() []byte { return m.buf[m.start:] }

// fill reads the content up to the part size, and one byte more, which tells whether it goes on.
func (m *multipart) fill(content *driver.Upload, part int) (whole bool, err error) {
	end := m.start + part + 1
	for idle := 0; len(m.buf) < end; {
		if cap(m.buf)-len(m.buf) <= trailer {
			grown := make([]byte, len(m.buf), min(2*cap(m.buf), end+trailer))
			copy(grown, m.buf)
			m.buf = grown
		}
		n, err := content.Read(m.buf[len(m.buf):min(cap(m.buf)-trailer, end)])
		m.buf = m.buf[:len(m.buf)+n]
		if err == io.EOF {
			return len(m.buf) < end, nil
		}
		if err != nil {
			return false, err
		}
		if idle++; n > 0 {
			idle = 0
		} else if idle == maxIdle {
			return false, errShort
		}
	}
	return false, nil
}

// maxIdle is how often in a row a Read may give nothing.
const maxIdle = 100

// finish fills in the checksum and closes the body.
func (m *multipart) finish(d files.Digest) {
	copy(m.buf[m.sum:], toBase64(d.CRC32C))
	m.add("\r\n--", m.boundary, "--\r\n")
}
