package gcs

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// xmlUploads are the unfinished uploads of the XML API by their IDs. The server has no
// such uploads: https://cloud.google.com/storage/docs/multipart-uploads
type xmlUploads map[string]*xmlStored

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type xmlStored struct {
	target     target
	attributes map[string]any
	parts      map[string][]byte
}

// xmlUpload handles a request of such an upload. The caller holds writes, unless it is a
// read.
func (d *documented) xmlUpload(w http.ResponseWriter, r *http.Request, t target) {
	if r.Method == http.MethodGet {
		d.writes.Lock()
		defer d.writes.Unlock()
	}
	if d.xml == nil {
		d.xml = xmlUploads{}
	}
	q := r.URL.Query()
	if r.Header.Get("X-Goog-If-Generation-Match") != "" { // "not supported in the requests"
		xmlError(w, http.StatusNotImplemented, "NotImplemented")
		return
	}
	if q.Has("uploads") && r.Method == http.MethodGet {
		d.listXML(w, t.bucket, q)
		return
	}
	if q.Has("uploads") {
		if d.missing(target{bucket: t.bucket}) == "The specified bucket does not exist." {
			xmlError(w, http.StatusNotFound, "NoSuchBucket")
			return
		}
		d.xmlIDs++
		id := "id" + strconv.Itoa(d.xmlIDs)
		d.xml[id] = &xmlStored{t, headerAttributes(r.Header), map[string][]byte{}}
		fmt.Fprintf(w, "<?xml version='1.0' encoding='UTF-8'?><InitiateMultipartUploadResult>"+
			"<UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
		return
	}
	u := d.xml[q.Get("uploadId")]
	switch {
	case u == nil || u.target.bucket != t.bucket || u.target.object != t.object:
		xmlError(w, http.StatusNotFound, "NoSuchUpload")
	case r.Method == http.MethodGet:
		u.list(w, q)
	case r.Method == http.MethodPut:
		content, err := io.ReadAll(r.Body)
		sum := crc32.Checksum(content, castagnoli)
		want := "crc32c=" + base64Of(binary.BigEndian.AppendUint32(nil, sum))
		hash := r.Header.Get("X-Goog-Hash")
		if r.Header.Get(asStranger) != "" && hash == "" { // a signed part
			hash = want
		}
		switch {
		case err != nil:
			panic(http.ErrAbortHandler)
		case hash != want:
			xmlError(w, http.StatusBadRequest, "BadDigest")
		default:
			u.parts[q.Get("partNumber")] = content
			w.Header().Set("ETag", `"`+strconv.FormatUint(uint64(sum), 16)+`"`)
		}
	case r.Method == http.MethodDelete:
		delete(d.xml, q.Get("uploadId"))
		w.WriteHeader(http.StatusNoContent)
	default:
		d.completeXML(w, r, u, q.Get("uploadId"))
	}
}

func headerAttributes(h http.Header) map[string]any {
	a, m := map[string]any{}, map[string]string{}
	for header, field := range map[string]string{
		"Content-Type": "contentType", "Cache-Control": "cacheControl",
		"Content-Disposition": "contentDisposition", "Content-Encoding": "contentEncoding",
		"Content-Language": "contentLanguage",
	} {
		if v := h.Get(header); v != "" {
			a[field] = v
		}
	}
	for k := range h {
		if name, ok := strings.CutPrefix(k, "X-Goog-Meta-"); ok {
			m[strings.ToLower(name)] = h.Get(k)
		}
	}
	a["metadata"] = m
	return a
}

// contentTypeOf is the content type from the upload's first request. The server would
// use that of the content's part.
func contentTypeOf(attributes map[string]any) string {
	if t, ok := attributes["contentType"].(string); ok {
		return t
	}
	return "application/octet-stream"
}

// completeXML joins the parts.
func (d *documented) completeXML(w http.ResponseWriter, r *http.Request, u *xmlStored, id string) {
	var list struct {
		Parts []xmlPart `xml:"Part"`
	}
	if err := xml.NewDecoder(r.Body).Decode(&list); err != nil || len(list.Parts) == 0 {
		xmlError(w, http.StatusBadRequest, "MalformedXML")
		return
	}
	var all bytes.Buffer
	for i, p := range list.Parts {
		content, ok := u.parts[strconv.Itoa(p.Number)]
		sum := strconv.FormatUint(uint64(crc32.Checksum(content, castagnoli)), 16)
		switch {
		case !ok || p.ETag != `"`+sum+`"`:
			xmlError(w, http.StatusBadRequest, "InvalidPart")
			return
		case i < len(list.Parts)-1 && len(content) < minXMLPart:
			xmlError(w, http.StatusBadRequest, "EntityTooSmall")
			return
		}
		all.Write(content)
	}
	text, err := json.Marshal(u.attributes)
	if err != nil {
		return
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "--xyxyxyxyxyxy\r\nContent-Type: application/json\r\n\r\n%s\r\n"+
		"--xyxyxyxyxyxy\r\nContent-Type: %s\r\n\r\n", text, contentTypeOf(u.attributes))
	b.Write(all.Bytes())
	b.WriteString("\r\n--xyxyxyxyxyxy--\r\n")
	resp, err := http.Post(d.origin.String()+"/upload/storage/v1/b/"+u.target.bucket+
		"/o?uploadType=multipart&name="+url.QueryEscape(u.target.object),
		"multipart/related; boundary=xyxyxyxyxyxy", &b)
	if err != nil || resp.StatusCode != http.StatusOK {
		xmlError(w, http.StatusInternalServerError, "InternalError")
		return
	}
	resp.Body.Close()
	delete(d.xml, id)
	io.WriteString(w, "<?xml version='1.0' encoding='UTF-8'?><CompleteMultipartUploadResult>"+
		"<Key>k</Key><ETag>&quot;e&quot;</ETag></CompleteMultipartUploadResult>")
}
