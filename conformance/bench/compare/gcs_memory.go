package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// gcsMemory is the part of Google Cloud Storage that transfers of large files use, in
// memory: resumable and multipart uploads of the JSON API, multipart uploads and
// downloads of the XML API. fake-gcs-server has no multipart uploads of the XML API, and
// finds buckets by the header Host, which a relay changes.
// https://cloud.google.com/storage/docs/json_api and
// https://cloud.google.com/storage/docs/xml-api/reference-methods
type gcsMemory struct {
	mu      sync.Mutex
	objects map[string]*gcsObject // by bucket and name
	uploads map[string]*gcsUpload
	last    int64 // the last generation or upload
}

// gcsObject is an object: its resource in the JSON API, and its content.
type gcsObject struct {
	resource map[string]any
	pieces   [][]byte
	size     int64
	crc      uint32
	gen      int64
	time     time.Time
}

// gcsUpload is an upload that has not been completed.
type gcsUpload struct {
	key   string
	o     *gcsObject
	parts map[int][]byte // of the XML API
}

// startGCSMemory starts the server, with one bucket.
func startGCSMemory() (target, func(), error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return target{}, nil, err
	}
	srv := &http.Server{Handler: &gcsMemory{
		objects: map[string]*gcsObject{},
		uploads: map[string]*gcsUpload{},
	}}
	go srv.Serve(l)
	endpoint := "http://" + l.Addr().String()
	return target{
		Service:  "gcs",
		Name:     "a server in memory",
		Endpoint: endpoint,
		URL:      "gs://bench",
		Bucket:   "bench",
		Env:      map[string]string{"STORAGE_EMULATOR_HOST": l.Addr().String()},
	}, func() { srv.Close() }, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (o *gcsObject) add(p []byte) {
	o.pieces = append(o.pieces, p)
	o.size += int64(len(p))
	o.crc = crc32.Update(o.crc, castagnoli, p)
}

func (o *gcsObject) hash() string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, o.crc))
}

// json returns the object's resource.
func (o *gcsObject) json(key string) []byte {
	bucket, name, _ := strings.Cut(key, "/")
	r := map[string]any{"contentType": "application/octet-stream"}
	for k, v := range o.resource {
		r[k] = v
	}
	r["kind"], r["bucket"], r["name"] = "storage#object", bucket, name
	r["size"], r["crc32c"] = strconv.FormatInt(o.size, 10), o.hash()
	r["generation"], r["metageneration"] = strconv.FormatInt(o.gen, 10), "1"
	r["etag"] = fmt.Sprintf("e%d", o.gen)
	r["updated"] = o.time.Format(time.RFC3339Nano)
	r["timeCreated"] = r["updated"]
	text, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return text
}

// store makes the object visible.
func (s *gcsMemory) store(key string, o *gcsObject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	o.gen, o.time = 1_700_000_000_000_000+s.last, time.Now().UTC()
	s.objects[key] = o
}

func (s *gcsMemory) object(key string) *gcsObject {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[key]
}

// begin returns the ID of a new upload.
func (s *gcsMemory) begin(u *gcsUpload) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	id := strconv.FormatInt(s.last, 10)
	s.uploads[id] = u
	return id
}

func (s *gcsMemory) upload(id string) *gcsUpload {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.uploads[id]
}

func (s *gcsMemory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, q := r.URL.EscapedPath(), r.URL.Query()
	if rest, ok := strings.CutPrefix(path, "/upload/storage/v1/b/"); ok {
		bucket, _, _ := strings.Cut(rest, "/")
		s.postJSON(w, r, bucket, q)
		return
	}
	rest, isJSON := strings.CutPrefix(path, "/storage/v1/b/")
	bucket, name, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	if isJSON {
		name = strings.TrimPrefix(name, "o/")
	}
	name, err := url.PathUnescape(name)
	if err != nil {
		http.Error(w, "bad name", http.StatusBadRequest)
		return
	}
	key := bucket + "/" + name
	switch {
	case q.Has("uploads") || q.Has("uploadId"):
		s.uploadXML(w, r, key, q)
	case isJSON && q.Get("alt") != "media":
		s.stat(w, r, key)
	default:
		s.download(w, r, key)
	}
}

func (s *gcsMemory) stat(w http.ResponseWriter, r *http.Request, key string) {
	o := s.object(key)
	if o == nil || r.Method != http.MethodGet {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"error":{"code":404,"message":"No such object","errors":[`+
			`{"reason":"notFound","message":"No such object"}]}}`)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(o.json(key))
}

// download sends the content, or a range of it.
func (s *gcsMemory) download(w http.ResponseWriter, r *http.Request, key string) {
	o := s.object(key)
	if o == nil {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "<?xml version='1.0' encoding='UTF-8'?><Error><Code>NoSuchKey</Code>"+
			"<Message>The specified key does not exist.</Message></Error>")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Accept-Ranges", "bytes")
	h.Set("ETag", fmt.Sprintf(`"e%d"`, o.gen))
	h.Set("Last-Modified", o.time.Format(http.TimeFormat))
	h.Set("X-Goog-Generation", strconv.FormatInt(o.gen, 10))
	h.Set("X-Goog-Metageneration", "1")
	h.Set("X-Goog-Hash", "crc32c="+o.hash())
	h.Set("X-Goog-Stored-Content-Encoding", "identity")
	h.Set("X-Goog-Stored-Content-Length", strconv.FormatInt(o.size, 10))
	h.Set("X-Goog-Storage-Class", "STANDARD")
	first, last, status := int64(0), o.size-1, http.StatusOK
	if text, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		from, to, _ := strings.Cut(text, "-")
		n, err := strconv.ParseInt(from, 10, 64)
		if err != nil || n >= o.size {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		first, status = n, http.StatusPartialContent
		if n, err := strconv.ParseInt(to, 10, 64); err == nil {
			last = min(last, n)
		}
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, o.size))
	}
	h.Set("Content-Length", strconv.FormatInt(last-first+1, 10))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	at := int64(0)
	for _, p := range o.pieces {
		from := max(first-at, 0)
		to := min(last+1-at, int64(len(p)))
		if from < to {
			if _, err := w.Write(p[from:to]); err != nil {
				return
			}
		}
		at += int64(len(p))
	}
}

// postJSON serves the uploads of the JSON API.
func (s *gcsMemory) postJSON(w http.ResponseWriter, r *http.Request, bucket string,
	q url.Values) {
	if id := q.Get("upload_id"); id != "" {
		s.continueJSON(w, r, s.upload(id))
		return
	}
	o := &gcsObject{}
	name := func() string {
		n, _ := o.resource["name"].(string)
		if n == "" {
			n = q.Get("name")
		}
		return bucket + "/" + n
	}
	if q.Get("uploadType") == "resumable" {
		json.NewDecoder(r.Body).Decode(&o.resource)
		q.Set("upload_id", s.begin(&gcsUpload{key: name(), o: o}))
		w.Header().Set("Location", "http://"+r.Host+r.URL.Path+"?"+q.Encode())
		return
	}
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	parts := multipart.NewReader(r.Body, params["boundary"])
	resource, err2 := parts.NextPart()
	if err != nil || err2 != nil || json.NewDecoder(resource).Decode(&o.resource) != nil {
		http.Error(w, "bad multipart content", http.StatusBadRequest)
		return
	}
	content, err := parts.NextPart()
	if err == nil {
		var p []byte
		if p, err = io.ReadAll(content); err == nil {
			o.add(p)
		}
	}
	if err != nil {
		http.Error(w, "bad multipart content", http.StatusBadRequest)
		return
	}
	s.store(name(), o)
	w.Write(o.json(name()))
}

// continueJSON receives a part of a resumable upload, whose parts come in order.
func (s *gcsMemory) continueJSON(w http.ResponseWriter, r *http.Request, u *gcsUpload) {
	var first, last int64
	of := r.Header.Get("Content-Range") // "bytes 0-99/*", "bytes 100-149/150" or "bytes */150"
	span, total, _ := strings.Cut(strings.TrimPrefix(of, "bytes "), "/")
	p, err := io.ReadAll(r.Body)
	if u == nil || err != nil {
		http.Error(w, "no such upload", http.StatusNotFound)
		return
	}
	if n, _ := fmt.Sscanf(span, "%d-%d", &first, &last); n == 2 && first != u.o.size {
		http.Error(w, "not the next part", http.StatusBadRequest)
		return
	}
	u.o.add(p)
	if total == strconv.FormatInt(u.o.size, 10) || of == "" {
		s.store(u.key, u.o)
		w.Write(u.o.json(u.key))
		return
	}
	w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", u.o.size-1))
	if r.Header.Get("X-GUploader-No-308") == "yes" { // Google's client
		w.Header().Set("X-Http-Status-Code-Override", "308")
		return
	}
	w.WriteHeader(http.StatusPermanentRedirect) // it means "resume" here
}

// uploadXML serves the multipart uploads of the XML API.
func (s *gcsMemory) uploadXML(w http.ResponseWriter, r *http.Request, key string, q url.Values) {
	if q.Has("uploads") {
		u := &gcsUpload{key: key, o: &gcsObject{}, parts: map[int][]byte{}}
		metadata := map[string]any{}
		for k := range r.Header {
			if k, ok := strings.CutPrefix(k, "X-Goog-Meta-"); ok {
				metadata[strings.ToLower(k)] = r.Header.Get("X-Goog-Meta-" + k)
			}
		}
		u.o.resource = map[string]any{"metadata": metadata}
		fmt.Fprintf(w, "<?xml version='1.0' encoding='UTF-8'?><InitiateMultipartUploadResult>"+
			"<UploadId>%s</UploadId></InitiateMultipartUploadResult>", s.begin(u))
		return
	}
	u := s.upload(q.Get("uploadId"))
	if u == nil {
		http.Error(w, "no such upload", http.StatusNotFound)
		return
	}
	etag := func(p []byte) string {
		return fmt.Sprintf(`"%08x"`, crc32.Checksum(p, castagnoli))
	}
	switch r.Method {
	case http.MethodPut:
		n, err := strconv.Atoi(q.Get("partNumber"))
		p, err2 := io.ReadAll(r.Body)
		if err != nil || err2 != nil {
			http.Error(w, "bad part", http.StatusBadRequest)
			return
		}
		w.Header().Set("ETag", etag(p))
		s.mu.Lock()
		u.parts[n] = p
		s.mu.Unlock()
	case http.MethodPost:
		var list struct {
			Part []struct{ PartNumber int }
		}
		if err := xml.NewDecoder(r.Body).Decode(&list); err != nil {
			http.Error(w, "bad list", http.StatusBadRequest)
			return
		}
		for _, p := range list.Part {
			u.o.add(u.parts[p.PartNumber])
		}
		s.store(key, u.o)
		w.Header().Set("X-Goog-Generation", strconv.FormatInt(u.o.gen, 10))
		w.Header().Set("X-Goog-Hash", "crc32c="+u.o.hash())
		io.WriteString(w, "<?xml version='1.0' encoding='UTF-8'?>"+
			"<CompleteMultipartUploadResult><Key>k</Key><ETag>&quot;e&quot;</ETag>"+
			"</CompleteMultipartUploadResult>")
	default: // an upload that is given up
		w.WriteHeader(http.StatusNoContent)
	}
}
