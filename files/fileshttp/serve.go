package fileshttp

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"

	"cloudfiles.dev/files"
)

// ServeFile responds to a GET or HEAD request with the file, under the request's
// conditions and range, or with an error's status, as the package documentation says.
// Other methods are 405. The caller chooses and checks the name: ServeFile ignores the
// URL. opts may be nil.
func ServeFile(w http.ResponseWriter, r *http.Request, b files.Bucket, name string,
	opts *ServeOptions) {
	if opts.withoutBucket(w, r, b) {
		return
	}
	switch r.Method {
	case http.MethodGet:
		serveGet(w, r, b, name, opts)
	case http.MethodHead:
		info, err := b.Stat(r.Context(), name, nil)
		if err != nil {
			opts.failRead(w, r, err)
			return
		}
		if status := parseConditions(r.Header).failed(info); status != 0 {
			respondWithout(w, status, info)
			return
		}
		setHeaders(w, info)
		setLength(w, info.Size)
		w.WriteHeader(http.StatusOK)
	default:
		refuseMethod(w, "GET, HEAD")
	}
}

func serveGet(w http.ResponseWriter, r *http.Request, b files.Bucket, name string,
	opts *ServeOptions) {
	cond := parseConditions(r.Header)
	var get files.GetOptions
	get.Growing = opts != nil && opts.Growing
	var ranged bool
	if lines := r.Header["Range"]; len(lines) == 1 {
		get.Range, ranged = parseRange(lines[0])
	}
	body, err := b.Get(r.Context(), name, &get)
	if err == nil && ranged && !cond.rangeHolds(body.Info()) && cond.failed(body.Info()) == 0 {
		// The client has a part of another version, so it must get this version whole.
		body.Close()
		get.Range, ranged = files.Range{}, false
		body, err = b.Get(r.Context(), name, &get)
	}
	if err != nil {
		opts.failRead(w, r, err)
		return
	}
	defer body.Close()
	info := body.Info()
	if status := cond.failed(info); status != 0 {
		respondWithout(w, status, info)
		return
	}
	status := http.StatusOK
	if ranged && info.Size > 0 {
		if body.Len() == 0 {
			setDefault(w.Header(), "Accept-Ranges", "bytes")
			w.Header().Set("Content-Range", "bytes */"+strconv.FormatInt(info.Size, 10))
			refuse(w, http.StatusRequestedRangeNotSatisfiable)
			return
		}
		status = http.StatusPartialContent
		first := body.Offset()
		w.Header().Set("Content-Range",
			"bytes "+strconv.FormatInt(first,
				10)+"-"+strconv.FormatInt(first+body.Len()-1,
				10)+"/"+strconv.FormatInt(info.Size, 10))
	}
	setHeaders(w, info)
	if status == http.StatusPartialContent ||
		w.Header().Get("Content-Encoding") == info.ContentEncoding {
		setLength(w, body.Len()) // otherwise a wrapper of w encodes and sets the length
	}
	out := &lateHeader{w: w, status: status}
	if _, err := body.WriteTo(out); err != nil {
		abort(out, r, opts, err)
		return
	}
	out.begin()
}

// lateHeader writes the header with the first bytes of the body. Until then the
// response can still be an error.
type lateHeader struct {
	w      http.ResponseWriter
	status int
	begun  bool
}

func (l *lateHeader) begin() {
	if !l.begun {
		l.begun = true
		l.w.WriteHeader(l.status)
	}
}

func (l *lateHeader) Write(p []byte) (int, error) {
	l.begin()
	return l.w.Write(p)
}

// abort ends a response whose body failed. If the response has begun, it panics with
// http.ErrAbortHandler, so that the client doesn't take the response for whole.
func abort(out *lateHeader, r *http.Request, opts *ServeOptions, err error) {
	if !out.begun {
		for _, k := range [...]string{"Content-Range", "Accept-Ranges"} {
			out.w.Header().Del(k)
		}
		opts.fail(out.w, r, err)
		return
	}
	opts.report(r, err)
	if _, own := errors.AsType[*files.Error](err); own &&
		r.Context().Value(http.ServerContextKey) != nil {
		panic(http.ErrAbortHandler)
	}
}

// respondWithout responds with 304 or 412 and the fields that this status requires.
func respondWithout(w http.ResponseWriter, status int, info files.Info) {
	if status != http.StatusNotModified {
		refuse(w, status)
		return
	}
	h := w.Header()
	setDefault(h, "Etag", ETag(info.Version))
	setDefault(h, "Cache-Control", info.CacheControl)
	if info.Version == "" {
		setLastModified(h, info)
	}
	for _, k := range [...]string{"Content-Type", "Content-Length", "Content-Encoding"} {
		h.Del(k)
	}
	w.WriteHeader(status)
}

// setHeaders sets the file's fields. It keeps fields that were set before.
func setHeaders(w http.ResponseWriter, info files.Info) {
	h := w.Header()
	ct := info.ContentType
	if ct == "" {
		ct = "application/octet-stream"
	}
	setDefault(h, "Content-Type", ct)
	setDefault(h, "Cache-Control", info.CacheControl)
	setDefault(h, "Content-Disposition", info.ContentDisposition)
	setDefault(h, "Content-Encoding", info.ContentEncoding)
	setDefault(h, "Content-Language", info.ContentLanguage)
	setDefault(h, "Etag", ETag(info.Version))
	setDefault(h, "Accept-Ranges", "bytes")
	setDefault(h, "X-Content-Type-Options", "nosniff")
	setLastModified(h, info)
	if sum, err := hex.DecodeString(info.Digest.SHA256); err == nil && len(sum) > 0 {
		setDefault(h, "Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":")
	}
}

func setLength(w http.ResponseWriter, n int64) {
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
}

// setDefault sets a field if value is not empty and the field isn't set.
func setDefault(h http.Header, key, value string) {
	if _, set := h[key]; !set && value != "" {
		h.Set(key, value)
	}
}
