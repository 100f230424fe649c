package hostile

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
)

// azureStore responds as Blob Storage does, with the container as the path's first
// element: https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
type azureStore struct{ *memory }

func newAzureStore() Store { return &azureStore{newMemory()} }

// Clone returns a store with the same contents.
func (s *azureStore) Clone() Store { return &azureStore{s.clone()} }

func azureTag(o *object) string { return fmt.Sprintf(`"0x%X"`, o.version) }

func (s *azureStore) refuse(w http.ResponseWriter, r *http.Request, status int, code string) {
	h, body := azureRefusal(r, status, code, "")
	for k, v := range h {
		w.Header()[k] = v
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		io.WriteString(w, body)
	}
}

func (s *azureStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := whole(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serve(w, r, body)
}

func (s *azureStore) serve(w http.ResponseWriter, r *http.Request, body []byte) {
	h := w.Header()
	h.Set("X-Ms-Request-Id", "5f0c0b1e-501e-0000-0000-000000000000")
	h.Set("X-Ms-Version", r.Header.Get("X-Ms-Version"))
	_, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	q := r.URL.Query()
	switch comp := q.Get("comp"); {
	case name == "" && comp == "list":
		s.page(w, q)
	case name == "" && comp == "batch":
		s.batch(w, r, body)
	case name == "":
		s.refuse(w, r, 400, "UnsupportedQueryParameter")
	case comp == "block":
		u := s.uploads[name]
		if u == nil {
			u = &upload{name: name, parts: map[string][]byte{}}
			s.uploads[name] = u
		}
		u.parts[q.Get("blockid")] = body
		w.WriteHeader(201)
	case comp == "blocklist" && r.Method == http.MethodPut:
		s.blocks(w, r, name, body)
	case comp != "":
		s.refuse(w, r, 400, "UnsupportedQueryParameter")
	case r.Method == http.MethodPut:
		s.write(w, r, name, body)
	default:
		s.blob(w, r, name)
	}
}

// allowed reports whether the conditions of a write hold. If not, it refuses the request.
func (s *azureStore) allowed(w http.ResponseWriter, r *http.Request, name string) bool {
	o, m := s.objects[name], r.Header.Get("If-Match")
	switch {
	case r.Header.Get("If-None-Match") == "*" && o != nil:
		s.refuse(w, r, 409, "BlobAlreadyExists")
		return false
	case m != "" && (o == nil || m != azureTag(o)):
		s.refuse(w, r, 412, "ConditionNotMet")
		return false
	}
	return true
}

// azureHeaders has the response's header for each header of a request that sets it.
var azureHeaders = map[string]string{
	"X-Ms-Blob-Content-Type":        "Content-Type",
	"X-Ms-Blob-Cache-Control":       "Cache-Control",
	"X-Ms-Blob-Content-Disposition": "Content-Disposition",
	"X-Ms-Blob-Content-Encoding":    "Content-Encoding",
	"X-Ms-Blob-Content-Language":    "Content-Language",
	"X-Ms-Blob-Content-Md5":         "Content-Md5",
}

func (s *azureStore) kept(r *http.Request) http.Header {
	h := keep(r.Header, "X-Ms-Meta-")
	for from, to := range azureHeaders {
		if v := r.Header.Get(from); v != "" {
			h.Set(to, v)
		}
	}
	return h
}

func (s *azureStore) made(w http.ResponseWriter, o *object) {
	w.Header().Set("ETag", azureTag(o))
	w.Header().Set("Last-Modified", o.time.Format(http.TimeFormat))
	w.Header().Set("X-Ms-Request-Server-Encrypted", "true")
	w.WriteHeader(201)
}

// write serves Put Blob and Put Blob From URL.
func (s *azureStore) write(w http.ResponseWriter, r *http.Request, name string, body []byte) {
	h := s.kept(r)
	if from := r.Header.Get("X-Ms-Copy-Source"); from != "" {
		u, err := url.Parse(from)
		if err != nil {
			s.refuse(w, r, 400, "InvalidHeaderValue")
			return
		}
		_, source, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
		o, m := s.objects[source], r.Header.Get("X-Ms-Source-If-Match")
		switch {
		case o == nil:
			s.refuse(w, r, 404, "CannotVerifyCopySource")
			return
		case m != "" && m != azureTag(o):
			s.refuse(w, r, 412, "SourceConditionNotMet")
			return
		}
		body = o.data
	}
	if !s.allowed(w, r, name) {
		return
	}
	if h.Get("Content-Md5") == "" {
		m := md5.Sum(body)
		h.Set("Content-Md5", base64.StdEncoding.EncodeToString(m[:]))
	}
	delete(s.uploads, name)
	s.made(w, s.put(name, body, h))
}

// blocks serves Put Block List.
func (s *azureStore) blocks(w http.ResponseWriter, r *http.Request, name string, body []byte) {
	var list struct{ Latest []string }
	u := s.uploads[name]
	if xml.Unmarshal(body, &list) != nil || u == nil {
		s.refuse(w, r, 400, "InvalidBlockList")
		return
	}
	var data []byte
	for _, id := range list.Latest {
		part, ok := u.parts[id]
		if !ok {
			s.refuse(w, r, 400, "InvalidBlockList")
			return
		}
		data = append(data, part...)
	}
	if s.allowed(w, r, name) {
		delete(s.uploads, name)
		s.made(w, s.put(name, data, s.kept(r)))
	}
}

// blob serves GET, HEAD and DELETE.
func (s *azureStore) blob(w http.ResponseWriter, r *http.Request, name string) {
	o, h := s.objects[name], w.Header()
	if o == nil {
		s.refuse(w, r, 404, "BlobNotFound")
		return
	}
	if m := r.Header.Get("If-Match"); m != "" && m != azureTag(o) {
		s.refuse(w, r, 412, "ConditionNotMet")
		return
	}
	if r.Method == http.MethodDelete {
		delete(s.objects, name)
		w.WriteHeader(202)
		return
	}
	if m := r.Header.Get("If-None-Match"); m != "" && m == azureTag(o) {
		h.Set("X-Ms-Error-Code", "ConditionNotMet")
		w.WriteHeader(304)
		return
	}
	for k, v := range o.header {
		h[k] = v
	}
	h.Set("ETag", azureTag(o))
	h.Set("Last-Modified", o.time.Format(http.TimeFormat))
	h.Set("X-Ms-Blob-Type", "BlockBlob")
	h.Set("X-Ms-Server-Encrypted", "true")
	h.Set("Accept-Ranges", "bytes")
	rng := r.Header.Get("X-Ms-Range")
	if rng == "" {
		rng = r.Header.Get("Range")
	}
	if rng != "" {
		h.Set("X-Ms-Blob-Content-Md5", h.Get("Content-Md5"))
		h.Del("Content-Md5")
	}
	serve(w, r, o, rng, func() { s.refuse(w, r, 416, "InvalidRange") })
}

// batch serves Blob Batch, for deletions.
func (s *azureStore) batch(w http.ResponseWriter, r *http.Request, body []byte) {
	_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	var out bytes.Buffer
	m := multipart.NewWriter(&out)
	for {
		p, err := parts.NextRawPart()
		if err != nil {
			break
		}
		in, err := http.ReadRequest(bufio.NewReader(p))
		if err != nil {
			s.refuse(w, r, 400, "InvalidInput")
			return
		}
		status, text := 202, "Accepted"
		if _, name, _ := strings.Cut(strings.TrimPrefix(in.URL.Path, "/"),
			"/"); s.objects[name] != nil {
			delete(s.objects, name)
		} else {
			status, text = 404, "Not Found"
		}
		part, _ := m.CreatePart(textproto.MIMEHeader{
			"Content-Type": {"application/http"},
			"Content-Id":   {p.Header.Get("Content-Id")},
		})
		fmt.Fprintf(part, "HTTP/1.1 %d %s\r\n", status, text)
		if status == 404 {
			io.WriteString(part, "x-ms-error-code: BlobNotFound\r\n")
		}
		io.WriteString(part, "x-ms-version: 2020-01-01\r\nContent-Length: 0\r\n\r\n")
	}
	m.Close()
	w.Header().Set("Content-Type", "multipart/mixed; boundary="+m.Boundary())
	w.WriteHeader(202)
	w.Write(out.Bytes())
}

// page serves List Blobs.
func (s *azureStore) page(w http.ResponseWriter, q url.Values) {
	after := q.Get("marker")
	if start := q.Get("startFrom"); start != "" && after == "" {
		after = start[:len(start)-1] + string(start[len(start)-1]-1) + "\xff" // just in front of it
	}
	most, err := strconv.Atoi(q.Get("maxresults"))
	if err != nil {
		most = 5000
	}
	names, more := s.list(q.Get("prefix"), q.Get("delimiter"), after, most)
	p := Page{Prefix: q.Get("prefix"), Shallow: q.Get("delimiter") != "", More: more}
	for _, name := range names {
		e := PageEntry{Name: name}
		if o := s.objects[name]; o != nil {
			e.Size, e.Version = int64(len(o.data)), strings.Trim(azureTag(o), `"`)
			e.Time = o.time.Format(http.TimeFormat)
		}
		p.Entries = append(p.Entries, e)
	}
	if more {
		p.Token = names[len(names)-1]
	}
	kind, text := azurePage(p)
	w.Header().Set("Content-Type", kind)
	io.WriteString(w, text)
}
