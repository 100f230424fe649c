package gcs

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
)

// parts is an upload in parts: what the service has kept, and its response to the last
// part.
type parts struct {
	kept int64
	last *httptest.ResponseRecorder
}

// part receives a part of an upload. The server appends whatever it receives. The
// service "ignores any bytes you send at an offset that Cloud Storage has already
// persisted", keeps nothing of a request that breaks off before 256 KiB, and repeats
// its response for a complete upload
// (https://cloud.google.com/storage/docs/performing-resumable-uploads). The caller
// holds writes.
func (d *documented) part(w http.ResponseWriter, r *http.Request, id string) {
	u := d.parts[id]
	if u == nil {
		u = &parts{}
		d.parts[id] = u
	}
	content, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	var first, last int64
	if _, err := fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/", &first,
		&last); err != nil || first > u.kept || last-first+1 != int64(len(content)) {
		jsonError(w, http.StatusBadRequest, "invalid", "Invalid Content-Range.")
		return
	}
	switch {
	case u.last != nil: // complete
	case last < u.kept:
		w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", u.kept-1))
		w.WriteHeader(http.StatusPermanentRedirect)
		return
	default:
		r.Body = io.NopCloser(bytes.NewReader(content[u.kept-first:]))
		r.ContentLength = last + 1 - u.kept
		r.Header.Del("Content-Length")
		rec := httptest.NewRecorder()
		d.proxy.ServeHTTP(rec, r)
		if rec.Code == http.StatusPermanentRedirect {
			u.kept = last + 1
		} else {
			u.last = rec
		}
		write(w, rec)
		return
	}
	write(w, u.last)
}

func write(w http.ResponseWriter, rec *httptest.ResponseRecorder) {
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	w.Write(rec.Body.Bytes())
}
