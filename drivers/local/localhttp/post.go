package localhttp

import (
	"context"
	"mime"
	"net/http"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/fileshttp"
)

var _ local.PostSigner = (*Signer)(nil)

// SignPost implements local.PostSigner. The form's URL is the base URL, at which
// NewHandler's handler must be mounted.
func (s *Signer) SignPost(_ context.Context, name string,
	opts driver.PostOptions) (driver.PostForm, error) {
	return s.forms(nil).SignPost(name, opts)
}

// forms returns the signed forms of the bucket, which is needed only to accept one.
func (s *Signer) forms(b files.Bucket) *fileshttp.Forms {
	return &fileshttp.Forms{Bucket: b, Secret: s.secret, URL: s.base}
}

// isForm reports whether the request sends a form. Any other POST is a request that no
// URL is signed for.
func isForm(r *http.Request) bool {
	t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.Method == http.MethodPost && t == "multipart/form-data"
}

// post accepts a form. The form and MaxUpload limit its size.
func (h *handler) post(w http.ResponseWriter, r *http.Request) {
	if h.opts.MaxUpload == 0 {
		h.refuseUpload(w)
		return
	}
	f := h.opts.Signer.forms(h.files.Bucket)
	f.MaxSize, f.OnError = h.opts.MaxUpload, h.opts.OnError
	f.ServeHTTP(w, r)
}

// refuseUpload is the response of a handler that accepts no uploads.
func (h *handler) refuseUpload(w http.ResponseWriter) {
	w.Header().Set("Allow", h.allow())
	http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
}
