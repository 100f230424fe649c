package hostile

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// gcsStore responds as Cloud Storage does: by its JSON API, and to reads by the XML API.
// https://cloud.google.com/storage/docs/json_api and
// https://cloud.google.com/storage/docs/xml-api
type gcsStore struct{ *memory }

func newGCSStore() Store { return &gcsStore{newMemory()} }

// Clone returns a store with the same contents.
func (s *gcsStore) Clone() Store { return &gcsStore{s.clone()} }

// gcsFields has the header of the content for each field of a resource that sets it.
var gcsFields = map[string]string{
	"contentType":        "Content-Type",
	"cacheControl":       "Cache-Control",
	"contentDisposition": "Content-Disposition",
	"contentEncoding":    "Content-Encoding",
	"contentLanguage":    "Content-Language",
}

const gcsMeta = "X-Goog-Meta-"

func (s *gcsStore) refuse(w http.ResponseWriter, r *http.Request, status int, code, text string) {
	h, body := gcsRefusal(r, status, code, text)
	for k, v := range h {
		w.Header()[k] = v
	}
	w.WriteHeader(status)
	io.WriteString(w, body)
}

func (s *gcsStore) respond(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	json.NewEncoder(w).Encode(v)
}

// resource returns the JSON API's resource of an object.
func (s *gcsStore) resource(name string, o *object) map[string]any {
	m := md5.Sum(o.data)
	r := map[string]any{
		"kind":           "storage#object",
		"name":           name,
		"bucket":         "bucket",
		"size":           strconv.Itoa(len(o.data)),
		"generation":     strconv.FormatInt(o.version, 10),
		"metageneration": "1",
		"updated":        o.time.Format(time.RFC3339Nano),
		"crc32c":         crc32c(o.data),
		"md5Hash":        base64.StdEncoding.EncodeToString(m[:]),
	}
	meta := map[string]string{}
	for k, v := range o.header {
		if key, ok := strings.CutPrefix(k, gcsMeta); ok {
			meta[key] = v[0]
		}
	}
	if len(meta) > 0 {
		r["metadata"] = meta
	}
	for field, header := range gcsFields {
		if v := o.header.Get(header); v != "" {
			r[field] = v
		}
	}
	return r
}

// kept returns the headers that a resource sets.
func (s *gcsStore) kept(text []byte) http.Header {
	var in map[string]any
	json.Unmarshal(text, &in)
	h := http.Header{}
	for field, header := range gcsFields {
		if v, ok := in[field].(string); ok {
			h.Set(header, v)
		}
	}
	if meta, ok := in["metadata"].(map[string]any); ok {
		for k, v := range meta {
			if v, ok := v.(string); ok {
				h[gcsMeta+k] = []string{v}
			}
		}
	}
	return h
}

const (
	gcsObjects = "/storage/v1/b/"
	gcsUploads = "/upload/storage/v1/b/"
)

func (s *gcsStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := whole(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("X-Guploader-Uploadid", "ABPtcPo")
	q := r.URL.Query()
	rest, isObject := strings.CutPrefix(r.URL.Path, gcsObjects)
	switch {
	case strings.HasPrefix(r.URL.Path, gcsUploads):
		s.upload(w, r, q, body)
	case !isObject:
		s.content(w, r)
	default:
		_, name, _ := strings.Cut(rest, "/o")
		name = strings.TrimPrefix(name, "/")
		from, to, rewrites := strings.Cut(name, "/rewriteTo/b/")
		switch {
		case name == "" && r.Method == http.MethodGet:
			s.page(w, q)
		case rewrites:
			_, to, _ = strings.Cut(to, "/o/")
			s.rewrite(w, r, from, to, q, body)
		default:
			s.object(w, r, name, q)
		}
	}
}

// object serves the JSON API's requests for one object.
func (s *gcsStore) object(w http.ResponseWriter, r *http.Request, name string, q url.Values) {
	o := s.objects[name]
	switch {
	case o == nil:
		s.refuse(w, r, 404, "notFound", "No such object: bucket/"+name)
	case !s.allowed(w, r, name, q):
	case r.Method == http.MethodDelete:
		delete(s.objects, name)
		w.WriteHeader(204)
	case r.Method == http.MethodGet && q.Get("alt") == "media":
		w.Header().Set("X-Goog-Generation", strconv.FormatInt(o.version, 10))
		serve(w, r, o, r.Header.Get("Range"), func() { s.refuse(w, r, 416, "invalid", "") })
	case r.Method == http.MethodGet:
		s.respond(w, s.resource(name, o))
	default:
		s.refuse(w, r, 405, "methodNotAllowed", "")
	}
}

// allowed reports whether the JSON API's conditions hold. If not, it refuses the request.
func (s *gcsStore) allowed(w http.ResponseWriter, r *http.Request, name string, q url.Values) bool {
	var now int64
	if o := s.objects[name]; o != nil {
		now = o.version
	}
	m := q.Get("ifGenerationMatch")
	if want, err := strconv.ParseInt(m, 10, 64); m != "" && (err != nil || want != now) {
		s.refuse(w, r, 412, "conditionNotMet", "At least one of the pre-conditions did not hold.")
		return false
	}
	if g := q.Get("generation"); g != "" && g != strconv.FormatInt(now, 10) {
		s.refuse(w, r, 404, "notFound", "No such object: bucket/"+name)
		return false
	}
	return true
}

// upload serves an upload in one request, or a step of an upload in parts.
func (s *gcsStore) upload(w http.ResponseWriter, r *http.Request, q url.Values, body []byte) {
	id := q.Get("upload_id")
	u := s.uploads[id]
	switch {
	case id != "" && u == nil:
		s.refuse(w, r, 404, "notFound", "")
	case id != "" && r.Method == http.MethodDelete:
		delete(s.uploads, id)
		w.WriteHeader(499)
	case id != "":
		s.part(w, r, u, body)
	case q.Get("uploadType") == "resumable":
		if !s.allowed(w, r, q.Get("name"), q) {
			return
		}
		id := strconv.FormatInt(s.next(), 10)
		s.uploads[id] = &upload{
			name:  q.Get("name"),
			parts: map[string][]byte{},
			head:  s.kept(body),
			query: q,
		}
		w.Header().Set("Location",
			"http://"+r.Host+r.URL.Path+"?uploadType=resumable&upload_id="+id)
		w.Header().Set("X-Guploader-Uploadid", id)
	default:
		_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
		var texts [][]byte
		for {
			p, err := parts.NextPart()
			if err != nil {
				break
			}
			text, _ := io.ReadAll(p)
			texts = append(texts, text)
		}
		if len(texts) != 2 {
			s.refuse(w, r, 400, "badRequest", "")
			return
		}
		if s.allowed(w, r, q.Get("name"), q) {
			s.respond(w,
				s.resource(q.Get("name"), s.put(q.Get("name"), texts[1], s.kept(texts[0]))))
		}
	}
}

// part serves a part of an upload.
func (s *gcsStore) part(w http.ResponseWriter, r *http.Request, u *upload, body []byte) {
	data := u.parts[""]
	span, total, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Content-Range"), "bytes "), "/")
	if from, _, ok := strings.Cut(span, "-"); ok {
		first, err := strconv.Atoi(from)
		if err != nil || first > len(data) {
			s.refuse(w, r, 503, "backendError", "")
			return
		}
		if skip := len(data) - first; skip < len(body) {
			data = append(data[:len(data):len(data)], body[skip:]...)
		}
		u.parts[""] = data
	}
	if u.query.Get("done") != "" {
		s.respond(w, s.resource(u.name, s.objects[u.name]))
		return
	}
	if total != strconv.Itoa(len(data)) {
		if len(data) > 0 {
			w.Header().Set("Range", "bytes=0-"+strconv.Itoa(len(data)-1))
		}
		w.WriteHeader(http.StatusPermanentRedirect)
		return
	}
	if s.allowed(w, r, u.name, u.query) {
		u.query.Set("done", "1")
		s.respond(w, s.resource(u.name, s.put(u.name, data, u.head)))
	}
}

// rewrite serves a copy.
func (s *gcsStore) rewrite(
	w http.ResponseWriter, r *http.Request, from, to string, q url.Values, body []byte,
) {
	o := s.objects[from]
	if o == nil {
		s.refuse(w, r, 404, "notFound", "No such object: bucket/"+from)
		return
	}
	m := q.Get("ifSourceGenerationMatch")
	if m != "" && m != strconv.FormatInt(o.version, 10) {
		s.refuse(w, r, 412, "conditionNotMet", "At least one of the pre-conditions did not hold.")
		return
	}
	if !s.allowed(w, r, to, q) {
		return
	}
	h := o.header
	if len(body) > 0 {
		h = s.kept(body)
	}
	made := s.put(to, o.data, h)
	s.respond(w, map[string]any{
		"kind":                "storage#rewriteResponse",
		"done":                true,
		"objectSize":          strconv.Itoa(len(o.data)),
		"totalBytesRewritten": strconv.Itoa(len(o.data)),
		"resource":            s.resource(to, made),
	})
}

// page serves a page of a listing.
func (s *gcsStore) page(w http.ResponseWriter, q url.Values) {
	after := q.Get("pageToken")
	if start := q.Get("startOffset"); start != "" && after == "" {
		after = start[:len(start)-1] + string(start[len(start)-1]-1) + "\xff" // just in front of it
	}
	most, err := strconv.Atoi(q.Get("maxResults"))
	if err != nil {
		most = 1000
	}
	names, more := s.list(q.Get("prefix"), q.Get("delimiter"), after, most)
	p := Page{Prefix: q.Get("prefix"), Shallow: q.Get("delimiter") != "", More: more}
	for _, name := range names {
		e := PageEntry{Name: name}
		if o := s.objects[name]; o != nil {
			e.Size, e.Version = int64(len(o.data)), strconv.FormatInt(o.version, 10)
			e.Time = o.time.Format(time.RFC3339Nano)
		}
		p.Entries = append(p.Entries, e)
	}
	if more {
		p.Token = names[len(names)-1]
	}
	kind, text := gcsPage(p)
	w.Header().Set("Content-Type", kind)
	io.WriteString(w, text)
}

// content serves the XML API's GET and HEAD.
func (s *gcsStore) content(w http.ResponseWriter, r *http.Request) {
	_, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	o := s.objects[name]
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		s.refuse(w, r, 405, "MethodNotAllowed", "")
		return
	case o == nil:
		s.refuse(w, r, 404, "NoSuchKey", "The specified key does not exist.")
		return
	}
	generation := strconv.FormatInt(o.version, 10)
	if m := r.Header.Get("X-Goog-If-Generation-Match"); m != "" && m != generation {
		s.refuse(w, r, 412, "PreconditionFailed", "")
		return
	}
	h := w.Header()
	for k, v := range o.header {
		h[http.CanonicalHeaderKey(k)] = v
	}
	m := md5.Sum(o.data)
	sum := base64.StdEncoding.EncodeToString(m[:])
	h.Set("ETag", `"`+sum+`"`)
	h.Set("X-Goog-Generation", generation)
	h.Set("X-Goog-Metageneration", "1")
	h.Set("X-Goog-Stored-Content-Encoding", "identity")
	h.Set("X-Goog-Stored-Content-Length", strconv.Itoa(len(o.data)))
	h["X-Goog-Hash"] = []string{"crc32c=" + crc32c(o.data), "md5=" + sum}
	h.Set("X-Goog-Storage-Class", "STANDARD")
	h.Set("Last-Modified", o.time.Format(http.TimeFormat))
	serve(w, r, o, r.Header.Get("Range"), func() { s.refuse(w, r, 416, "InvalidRange", "") })
}
