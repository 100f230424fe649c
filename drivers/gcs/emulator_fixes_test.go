package gcs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/files"
)

// documented is a proxy for fake-gcs-server that fixes its differences from Google's
// documentation (see serverFaults). It also breaks connections and damages content if a
// case requests it.
type documented struct {
	origin  *url.URL
	self    string // its own URL
	proxy   *httputil.ReverseProxy
	writes  sync.Mutex // makes a condition and the request one step
	mu      sync.Mutex
	cuts    map[string]int64  // bucket and prefix to the bytes after which a body breaks
	damaged map[string]string // bucket/object to the generation that is damaged
	parts   map[string]*parts // uploads in parts, by their IDs
	xml     xmlUploads
	xmlIDs  int
}

// startDocumented starts the proxy. The stores of the test are opened through its URL, self.
func startDocumented(t *testing.T, origin string) *documented {
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	d := &documented{
		origin:  u,
		cuts:    map[string]int64{},
		damaged: map[string]string{},
		parts:   map[string]*parts{},
	}
	d.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u)
			r.Out.Host = u.Host // the server finds the bucket by it
			r.Out.Header.Del("X-Forwarded-Host")
		},
		ModifyResponse: d.fix,
		FlushInterval:  -1, // what precedes a cut arrives
		ErrorLog:       log.New(io.Discard, "", 0),
		Transport:      &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
	}
	srv := httptest.NewServer(d)
	t.Cleanup(srv.Close)
	d.self = srv.URL
	return d
}

// target is the bucket and object of a request.
type target struct {
	bucket, object string
	json           bool
	rewrite        []string // bucket and object of a copy's target
}

func targetOf(r *http.Request) target {
	path := r.URL.EscapedPath()
	rest, isJSON := strings.CutPrefix(path, "/storage/v1/b/")
	if !isJSON {
		rest, _ = strings.CutPrefix(path, "/upload/storage/v1/b/")
	}
	parts := strings.Split(rest, "/")
	unescape := func(i int) string {
		if i >= len(parts) {
			return ""
		}
		s, _ := url.PathUnescape(parts[i])
		return s
	}
	t := target{bucket: unescape(0), json: isJSON}
	switch {
	case isJSON:
		t.object = unescape(2)
		if len(parts) == 8 && parts[3] == "rewriteTo" {
			t.rewrite = []string{unescape(5), unescape(7)}
		}
	case rest == path: // the XML API
		bucket, object, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		t.bucket, t.object = bucket, object
	}
	return t
}

func (d *documented) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := targetOf(r)
	if r.Header.Get(asStranger) != "" && !signedWell(r) {
		xmlError(w, http.StatusForbidden, "SignatureDoesNotMatch")
		return
	}
	if r.Method != "GET" {
		d.writes.Lock()
		defer d.writes.Unlock()
	}
	q := r.URL.Query()
	switch {
	case t.rewrite != nil:
		d.rewrite(w, r, t)
		return
	case !t.json && (q.Has("uploads") || q.Has("uploadId")):
		d.xmlUpload(w, r, t)
		return
	case r.Method == "DELETE" && t.json && !d.holds(w, t.bucket, t.object,
		q.Get("ifGenerationMatch")):
		return
	case (r.Method == "GET" || r.Method == "PUT") && !t.json && !d.holds(w, t.bucket, t.object,
		r.Header.Get("X-Goog-If-Generation-Match")):
		return
	case r.Method == "PUT" && !t.json && !inRange(r):
		xmlError(w, http.StatusBadRequest, "EntityTooLarge")
		return
	case r.Method == "PUT" && q.Get("upload_id") != "":
		d.part(w, r, q.Get("upload_id"))
		return
	case r.Method == "GET" && t.json && t.object == "" && q.Get("delimiter") != "":
		d.list(w, r, t)
		return
	}
	d.proxy.ServeHTTP(w, r)
}

// inRange decides x-goog-content-length-range, which the emulator doesn't know.
func inRange(r *http.Request) bool {
	low, high, ok := strings.Cut(r.Header.Get("X-Goog-Content-Length-Range"), ",")
	if !ok {
		return true
	}
	from, err1 := strconv.ParseInt(low, 10, 64)
	to, err2 := strconv.ParseInt(high, 10, 64)
	return err1 == nil && err2 == nil && from <= r.ContentLength && r.ContentLength <= to
}

// stat returns the object's resource, or nil.
func (d *documented) stat(bucket, object string) map[string]any {
	resp, err := http.Get(d.origin.String() + "/storage/v1/b/" + url.PathEscape(bucket) + "/o/" +
		url.PathEscape(object))
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	var o map[string]any
	if resp.StatusCode != http.StatusOK || json.NewDecoder(resp.Body).Decode(&o) != nil {
		return nil
	}
	return o
}

// holds reports whether a precondition on the generation holds; "" is none. If it
// doesn't, it sends the response. A missing object has generation 0.
func (d *documented) holds(w http.ResponseWriter, bucket, object, want string) bool {
	if want == "" {
		return true
	}
	have := "0"
	if o := d.stat(bucket, object); o != nil {
		have, _ = o["generation"].(string)
	}
	if have == want {
		return true
	}
	jsonError(w, http.StatusPreconditionFailed, "conditionNotMet",
		"At least one of the pre-conditions you specified did not hold.")
	return false
}

func jsonError(w http.ResponseWriter, status int, reason, message string) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	fmt.Fprintf(w,
		`{"error":{"code":%d,"message":%q,`+
			`"errors":[{"message":%[2]q,"domain":"global","reason":%q}]}}`,
		status, message, reason)
}

func xmlError(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml; charset=UTF-8")
	w.WriteHeader(status)
	fmt.Fprintf(w,
		"<?xml version='1.0' encoding='UTF-8'?><Error><Code>%s</Code><Message>of "+
			"this.</Message></Error>", code)
}

// rewrite copies under conditions; a body replaces all attributes.
func (d *documented) rewrite(w http.ResponseWriter, r *http.Request, t target) {
	q := r.URL.Query()
	source := d.stat(t.bucket, t.object)
	if source == nil {
		jsonError(w, http.StatusNotFound, "notFound", d.missing(t))
		return
	}
	if !d.holds(w, t.rewrite[0], t.rewrite[1],
		q.Get("ifGenerationMatch")) || !d.holds(w, t.bucket, t.object,
		q.Get("ifSourceGenerationMatch")) {
		return
	}
	attributes := map[string]any{}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &attributes); err != nil {
			jsonError(w, http.StatusBadRequest, "parseError", "Parse Error")
			return
		}
	} else {
		for _, k := range []string{
			"contentType", "cacheControl", "contentDisposition", "contentEncoding",
			"contentLanguage", "metadata",
		} {
			if v, ok := source[k]; ok {
				attributes[k] = v
			}
		}
	}
	o := d.store(t, attributes)
	if o == nil {
		jsonError(w, http.StatusNotFound, "notFound", d.missing(target{bucket: t.rewrite[0]}))
		return
	}
	json.NewEncoder(w).Encode(map[string]any{
		"kind":     "storage#rewriteResponse",
		"done":     true,
		"resource": o,
	})
}

// store writes the source's content under the target's name.
func (d *documented) store(t target, attributes map[string]any) map[string]any {
	req, err := http.NewRequest("GET", d.origin.String()+"/"+t.bucket+"/"+url.PathEscape(t.object),
		nil)
	if err != nil {
		return nil
	}
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := d.proxy.Transport.RoundTrip(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil
	}
	text, err := json.Marshal(attributes)
	if err != nil {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b,
		"--xyxyxyxyxyxy\r\nContent-Type: "+
			"application/json\r\n\r\n%s\r\n--xyxyxyxyxyxy\r\nContent-Type: "+
			"%s\r\n\r\n%s\r\n--xyxyxyxyxyxy--\r\n", text, attributes["contentType"], content)
	resp, err = http.Post(d.origin.String()+"/upload/storage/v1/b/"+t.rewrite[0]+
		"/o?uploadType=multipart&name="+url.QueryEscape(t.rewrite[1]),
		"multipart/related; boundary=xyxyxyxyxyxy", &b)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	var o map[string]any
	if resp.StatusCode != http.StatusOK || json.NewDecoder(resp.Body).Decode(&o) != nil {
		return nil
	}
	return o
}

// list makes a page of at most maxResults objects and prefixes together, in order.
func (d *documented) list(w http.ResponseWriter, r *http.Request, t target) {
	q := r.URL.Query()
	all, prefix := url.Values{
		"prefix":      {q.Get("prefix")},
		"startOffset": {q.Get("startOffset")},
	}, q.Get("prefix")
	if token := q.Get("pageToken"); token != "" {
		all.Set("startOffset", token)
	}
	resp, err := http.Get(d.origin.String() + "/storage/v1/b/" + url.PathEscape(t.bucket) + "/o?" +
		all.Encode())
	if err != nil {
		return
	}
	defer resp.Body.Close()
	var answer struct {
		Items []map[string]any `json:"items"`
	}
	if resp.StatusCode != http.StatusOK || json.NewDecoder(resp.Body).Decode(&answer) != nil {
		jsonError(w, http.StatusNotFound, "notFound", d.missing(target{bucket: t.bucket}))
		return
	}
	size := 1000
	if n, err := strconv.Atoi(q.Get("maxResults")); err == nil {
		size = min(n, size)
	}
	var items []map[string]any
	var prefixes []string
	next := ""
	for _, o := range answer.Items {
		name, _ := o["name"].(string)
		first, _, isDir := strings.Cut(name[len(prefix):], "/")
		entry := name
		if isDir {
			entry = prefix + first + "/"
		}
		if slices.Contains(prefixes, entry) && isDir {
			continue
		}
		if len(items)+len(prefixes) == size {
			next = entry
			break
		}
		if isDir {
			prefixes = append(prefixes, entry)
		} else {
			items = append(items, o)
		}
	}
	json.NewEncoder(w).Encode(map[string]any{
		"kind":          "storage#objects",
		"items":         items,
		"prefixes":      prefixes,
		"nextPageToken": next,
	})
}

// missing is the message for a missing bucket or object.
func (d *documented) missing(t target) string {
	resp, err := http.Get(d.origin.String() + "/storage/v1/b/" + url.PathEscape(t.bucket))
	if err == nil {
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return "No such object: " + t.bucket + "/" + t.object
		}
	}
	return "The specified bucket does not exist."
}

// fix changes the server's responses: the meaning of a 404, the position of an upload,
// and what a case breaks.
func (d *documented) fix(resp *http.Response) error {
	r := resp.Request
	t := targetOf(r)
	if rest, ok := strings.CutPrefix(resp.Header.Get("Location"), d.origin.String()); ok {
		resp.Header.Set("Location", d.self+rest)
	}
	if resp.StatusCode == http.StatusNotFound && t.bucket != "" {
		rec := httptest.NewRecorder()
		switch message := d.missing(t); {
		case t.json || strings.HasPrefix(r.URL.Path, "/upload/"):
			jsonError(rec, http.StatusNotFound, "notFound", message)
		case strings.Contains(message, "bucket does not"):
			xmlError(rec, http.StatusNotFound, "NoSuchBucket")
		default:
			xmlError(rec, http.StatusNotFound, "NoSuchKey")
		}
		resp.Body.Close()
		resp.Header, resp.Body, resp.ContentLength = rec.Header(), io.NopCloser(rec.Body),
			int64(rec.Body.Len())
		return nil
	}
	if !t.json && r.Method == "GET" && resp.StatusCode/100 == 2 {
		d.harm(resp, t)
	}
	return nil
}

// harm damages or cuts the body, if a case requests it.
func (d *documented) harm(resp *http.Response, t target) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.damaged[t.bucket+"/"+t.object]; g != "" &&
		g == resp.Header.Get("X-Goog-Generation") && resp.ContentLength > 0 {
		resp.Body = &harmed{ReadCloser: resp.Body, flip: resp.ContentLength / 2, cut: -1}
	}
	for prefix, n := range d.cuts {
		if strings.HasPrefix(t.bucket+"/"+t.object, prefix) && n >= 0 {
			resp.Body = &harmed{ReadCloser: resp.Body, flip: -1, cut: n}
		}
	}
}

// harmed is a body with one byte changed, or one that breaks off.
type harmed struct {
	io.ReadCloser
	off, flip, cut int64
}

func (h *harmed) Read(p []byte) (int, error) {
	if h.cut >= 0 {
		if h.off == h.cut {
			return 0, io.ErrUnexpectedEOF // then the proxy closes the connection
		}
		p = p[:min(int64(len(p)), h.cut-h.off)]
	}
	n, err := h.ReadCloser.Read(p)
	if at := h.flip - h.off; h.flip >= 0 && at >= 0 && at < int64(n) {
		p[at] ^= 0x10
	}
	h.off += int64(n)
	return n, err
}

func (d *documented) cut(t conformance.T, b files.Bucket, n int64) {
	bucket, prefix := bucketOf(t, b)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cuts[bucket+"/"+prefix] = n
}

func (d *documented) damage(t conformance.T, b files.Bucket, name string) {
	bucket, prefix := bucketOf(t, b)
	o := d.stat(bucket, prefix+name)
	if o == nil {
		t.Fatalf("%q, which is to be damaged, doesn't exist", name)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.damaged[bucket+"/"+prefix+name], _ = o["generation"].(string)
}

// vanish deletes the bucket with its contents.
func (d *documented) vanish(t conformance.T, b files.Bucket) {
	if _, err := files.DeleteAll(t.Context(), b); err != nil {
		t.Fatalf("deleting all files: %v", err)
	}
	bucket, _ := bucketOf(t, b)
	req, err := http.NewRequestWithContext(t.Context(), "DELETE",
		d.origin.String()+"/storage/v1/b/"+bucket, nil)
	if err != nil {
		t.Fatalf("the request that deletes the bucket: %v", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("the bucket was not deleted: %v", err)
	}
	resp.Body.Close()
}
