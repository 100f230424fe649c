package fileshttp

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Handler serves a bucket, or a directory of it. The URL's path without its first slash
// is the file's name: use http.StripPrefix if the handler isn't mounted at the root. A
// Handler is safe for concurrent use; its fields must not change while it is in use.
//
// By default it responds to GET and HEAD of files, and nothing can be changed or
// listed.
//
// It authenticates nobody, and serves uploads with the content type that the client
// gave. If browsers load files that strangers have uploaded, serve them from a separate
// host, or set Content-Disposition or Content-Security-Policy on the ResponseWriter
// before the Handler gets it.
type Handler struct {
	// Bucket is the bucket that is served. The handler does not close it.
	Bucket files.Bucket
	// Dir is the directory that is served; "" is the whole bucket. No path leads
	// outside of it.
	Dir string
	// Index, such as "index.html", is the name of the file that is served for a path
	// that is empty or ends in a slash.
	Index string
	// Listing serves a list of files for a path that is empty or ends in a slash,
	// unless the Index exists there. The list is HTML, or JSON if the request accepts
	// it, in pages of 1,000 entries.
	Listing bool
	// MaxUpload lets PUT store files of at most MaxUpload bytes; with 0 PUT is 405.
	//
	// The content streams to the bucket. Nothing is stored if the upload is cut off, is
	// too large, or does not match its Content-Length, Content-MD5, Content-Digest or
	// Repr-Digest (sha-256 or md5). Content-Type, Content-Disposition, Content-Encoding
	// and Content-Language are stored with the file.
	//
	// If-None-Match: * stores only a new file, and If-Match only replaces that version.
	// The response has the new ETag. Its status is 201 if the file is new and 204
	// otherwise; without a condition, finding that out takes one more Stat.
	MaxUpload int64
	// AllowDelete lets DELETE remove files; without it DELETE is 405. The status is
	// 204, even if there was no file, unless If-Match is given.
	AllowDelete bool
	// CORS says which pages of other origins may use the handler; nil allows none.
	CORS *CORS
	ServeOptions
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.CORS.Answer(w, r, h.allow()) || h.withoutBucket(w, r, h.Bucket) {
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	switch {
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		h.serve(w, r, path)
	case r.Method == http.MethodPut && h.MaxUpload > 0:
		h.put(w, r, path)
	case r.Method == http.MethodDelete && h.AllowDelete:
		h.delete(w, r, path)
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", h.allow())
		w.WriteHeader(http.StatusNoContent)
	default:
		refuseMethod(w, h.allow())
	}
}

func (h *Handler) allow() string {
	a := "GET, HEAD, OPTIONS"
	if h.MaxUpload > 0 {
		a += ", PUT"
	}
	if h.AllowDelete {
		a += ", DELETE"
	}
	return a
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, path string) {
	isDir := path == "" || strings.HasSuffix(path, "/")
	dir := path
	switch {
	case isDir && h.Index != "":
		path += h.Index
	case isDir && h.Listing:
		h.list(w, r, path)
		return
	case isDir:
		refuse(w, http.StatusNotFound)
		return
	}
	name, err := h.name(path, files.OpGet)
	if err != nil {
		h.failRead(w, r, err)
		return
	}
	opts := h.ServeOptions
	switch {
	case isDir && h.Listing:
		opts.missing = func() bool {
			h.list(w, r, dir)
			return true
		}
	case h.Index != "" || h.Listing:
		opts.missing = func() bool { return h.redirectDir(w, r, name) }
	}
	ServeFile(w, r, h.Bucket, name, &opts)
}

// redirectDir redirects from a directory to its path with a slash, as net/http does.
// That takes a listing of one entry.
func (h *Handler) redirectDir(w http.ResponseWriter, r *http.Request, name string) bool {
	for _, err := range h.Bucket.List(r.Context(), name, &files.ListOptions{
		Limit:     1,
		NamesOnly: true,
	}) {
		if err != nil {
			break
		}
		to := url.URL{Path: "./" + path.Base(r.URL.Path) + "/", RawQuery: r.URL.RawQuery}
		w.Header().Set("Location", to.String())
		refuse(w, http.StatusMovedPermanently)
		return true
	}
	return false
}

// name returns the file's name in the bucket. The path is checked without Dir, so that
// it can't lead outside of Dir.
func (h *Handler) name(path string, op files.Op) (string, error) {
	if err := files.CheckName(path); err != nil {
		return "", driver.NewError(op, path, err)
	}
	return h.dirPrefix() + path, nil
}

// dirPrefix returns the prefix of all names.
func (h *Handler) dirPrefix() string {
	if h.Dir == "" || strings.HasSuffix(h.Dir, "/") {
		return h.Dir
	}
	return h.Dir + "/"
}
