package hostile

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// s3Store responds as S3 does, with path-style URLs, as one bucket of any name:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
type s3Store struct{ *memory }

func newS3Store() Store { return &s3Store{newMemory()} }

// Clone returns a store with the same contents.
func (s *s3Store) Clone() Store { return &s3Store{s.clone()} }

const s3Space = `xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`

// sum is the header of the one checksum that the store keeps.
const sum = "X-Amz-Checksum-Crc32c"

func (s *s3Store) refuse(w http.ResponseWriter, status int, code string) {
	h, body := s3Refusal(status, code, "")
	for k, v := range h {
		w.Header()[k] = v
	}
	w.WriteHeader(status)
	w.Write([]byte(body))
}

func (s *s3Store) respond(w http.ResponseWriter, root, inside string) {
	w.Header().Set("Content-Type", "application/xml")
	io.WriteString(w, xml.Header+"<"+root+" "+s3Space+">"+inside+"</"+root+">")
}

// etag returns the object's ETag: the content's MD5, as on S3, or the one of its parts.
func (s *s3Store) etag(o *object) string {
	if tag := o.header.Get("ETag"); tag != "" { // uploaded in parts
		return tag
	}
	m := md5.Sum(o.data)
	return `"` + hex.EncodeToString(m[:]) + `"`
}

func (s *s3Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := whole(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("X-Amz-Request-Id", "4442587FB7D0A2F9")
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	q := r.URL.Query()
	switch {
	case key == "" && r.Method == http.MethodGet && q.Has("list-type"):
		s.page(w, q)
	case key == "" && r.Method == http.MethodPost && q.Has("delete"):
		s.deleteMany(w, body)
	case key == "":
		s.refuse(w, 501, "NotImplemented")
	case q.Has("uploads"):
		id := strconv.FormatInt(s.next(), 10)
		s.uploads[id] = &upload{name: key, parts: map[string][]byte{}, head: s.kept(r)}
		s.respond(w, "InitiateMultipartUploadResult", "<UploadId>"+id+"</UploadId>")
	case q.Has("uploadId"):
		s.upload(w, r, key, body)
	case q.Has("tagging"):
		s.respond(w, "Tagging", "<TagSet></TagSet>")
	case r.Method == http.MethodPut:
		s.write(w, r, key, body)
	default:
		s.object(w, r, key)
	}
}

// object serves GET, HEAD and DELETE.
func (s *s3Store) object(w http.ResponseWriter, r *http.Request, key string) {
	o := s.objects[key]
	switch {
	case r.Method == http.MethodDelete:
		if m := r.Header.Get("If-Match"); m != "" && (o == nil || m != s.etag(o)) {
			s.refuse(w, 412, "PreconditionFailed")
			return
		}
		delete(s.objects, key)
		w.WriteHeader(204)
		return
	case o == nil:
		s.refuse(w, 404, "NoSuchKey")
		return
	}
	h := w.Header()
	for k, v := range o.header {
		h[k] = v
	}
	if r.Header.Get("X-Amz-Checksum-Mode") == "" {
		h.Del(sum)
	}
	h.Set("ETag", s.etag(o))
	h.Set("Last-Modified", o.time.Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	if m := r.Header.Get("If-Match"); m != "" && m != s.etag(o) {
		s.refuse(w, 412, "PreconditionFailed")
		return
	}
	if m := r.Header.Get("If-None-Match"); m != "" && m == s.etag(o) {
		w.WriteHeader(304)
		return
	}
	rng := r.Header.Get("Range")
	if rng != "" {
		h.Del(sum)
	}
	serve(w, r, o, rng, func() { s.refuse(w, 416, "InvalidRange") })
}

// allowed reports whether the conditions of a write hold. If not, it refuses the request.
func (s *s3Store) allowed(w http.ResponseWriter, r *http.Request, key string) bool {
	o, m := s.objects[key], r.Header.Get("If-Match")
	if r.Header.Get("If-None-Match") == "*" && o != nil || m != "" && (o == nil || m != s.etag(o)) {
		s.refuse(w, 412, "PreconditionFailed")
		return false
	}
	return true
}

// kept returns the request's headers that are stored with an object.
func (s *s3Store) kept(r *http.Request) http.Header {
	return keep(r.Header, append(slices.Clone(attributeHeaders), "X-Amz-Meta-")...)
}

// write serves PutObject and CopyObject.
func (s *s3Store) write(w http.ResponseWriter, r *http.Request, key string, body []byte) {
	if !s.allowed(w, r, key) {
		return
	}
	h := s.kept(r)
	if from := r.Header.Get("X-Amz-Copy-Source"); from != "" {
		o := s.source(w, r, from)
		if o == nil {
			return
		}
		if r.Header.Get("X-Amz-Metadata-Directive") != "REPLACE" {
			h = o.header.Clone()
			h.Del("ETag")
		}
		h[sum] = o.header[sum]
		to := s.put(key, o.data, h)
		s.respond(w, "CopyObjectResult", "<LastModified>"+to.time.Format(time.RFC3339)+
			"</LastModified><ETag>"+xmlText(s.etag(to))+"</ETag>")
		return
	}
	h.Set(sum, crc32c(body))
	o := s.put(key, body, h)
	w.Header().Set("ETag", s.etag(o))
	w.Header().Set(sum, h.Get(sum))
}

func (s *s3Store) source(w http.ResponseWriter, r *http.Request, from string) *object {
	from, _ = url.PathUnescape(from)
	_, name, _ := strings.Cut(strings.TrimPrefix(from, "/"), "/")
	o, m := s.objects[name], r.Header.Get("X-Amz-Copy-Source-If-Match")
	switch {
	case o == nil:
		s.refuse(w, 404, "NoSuchKey")
		return nil
	case m != "" && m != s.etag(o):
		s.refuse(w, 412, "PreconditionFailed")
		return nil
	}
	return o
}

// upload serves a part, or the end of an upload.
func (s *s3Store) upload(w http.ResponseWriter, r *http.Request, key string, body []byte) {
	q := r.URL.Query()
	id := q.Get("uploadId")
	u := s.uploads[id]
	switch {
	case u == nil:
		s.refuse(w, 404, "NoSuchUpload")
	case r.Method == http.MethodDelete:
		delete(s.uploads, id)
		w.WriteHeader(204)
	case r.Method == http.MethodPut:
		u.parts[q.Get("partNumber")] = body
		w.Header().Set("ETag", s.etag(&object{data: body}))
		w.Header().Set(sum, crc32c(body))
	case r.Method == http.MethodPost:
		if !s.allowed(w, r, key) {
			return
		}
		size, n := 0, 0
		for _, part := range u.parts {
			size += len(part)
		}
		data, sums := make([]byte, 0, size), []byte(nil)
		for ; u.parts[strconv.Itoa(n+1)] != nil; n++ {
			part := u.parts[strconv.Itoa(n+1)]
			m := md5.Sum(part)
			data, sums = append(data, part...), append(sums, m[:]...)
		}
		m := md5.Sum(sums)
		u.head.Set("ETag", fmt.Sprintf(`"%x-%d"`, m, n))
		u.head.Set(sum, crc32c(data))
		u.head.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
		o := s.put(key, data, u.head)
		delete(s.uploads, id)
		s.respond(w, "CompleteMultipartUploadResult", "<Key>"+xmlText(key)+"</Key><ETag>"+
			xmlText(s.etag(o))+"</ETag><ChecksumCRC32C>"+crc32c(data)+"</ChecksumCRC32C>"+
			"<ChecksumType>FULL_OBJECT</ChecksumType>")
	default:
		s.refuse(w, 405, "MethodNotAllowed")
	}
}

func (s *s3Store) deleteMany(w http.ResponseWriter, body []byte) {
	var in struct {
		Quiet  bool
		Object []struct{ Key string }
	}
	if xml.Unmarshal(body, &in) != nil {
		s.refuse(w, 400, "MalformedXML")
		return
	}
	var deleted bytes.Buffer
	for _, o := range in.Object {
		delete(s.objects, o.Key)
		if !in.Quiet {
			deleted.WriteString("<Deleted><Key>" + xmlText(o.Key) + "</Key></Deleted>")
		}
	}
	s.respond(w, "DeleteResult", deleted.String())
}

// page serves ListObjectsV2.
func (s *s3Store) page(w http.ResponseWriter, q url.Values) {
	after := max(q.Get("start-after"), q.Get("continuation-token"))
	most, err := strconv.Atoi(q.Get("max-keys"))
	if err != nil {
		most = 1000
	}
	names, more := s.list(q.Get("prefix"), q.Get("delimiter"), after, most)
	p := Page{Prefix: q.Get("prefix"), Shallow: q.Get("delimiter") != "", More: more}
	for _, name := range names {
		e := PageEntry{Name: name}
		if o := s.objects[name]; o != nil {
			e.Size, e.Version, e.Time = int64(len(o.data)), s.etag(o), o.time.Format(time.RFC3339)
		}
		p.Entries = append(p.Entries, e)
	}
	if more {
		p.Token = names[len(names)-1]
	}
	h, text := s3Page(p)
	w.Header().Set("Content-Type", h)
	io.WriteString(w, text)
}

func xmlText(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(s))
	return b.String()
}
