package localhttp

import (
	"context"
	"net/http"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/fileshttp"
)

var _ local.PostSigner = (*Signer)(nil)

// SignPost implements local.PostSigner. The form's URL is the base, which NewHandler's
// handler must be reached by.
func (s *Signer) SignPost(_ context.Context, name string,
	opts driver.PostOptions) (driver.PostForm, error) {
	return s.forms(nil).SignPost(name, opts)
}

// forms are those of a bucket, which is only needed to take one.
func (s *Signer) forms(b files.Bucket) *fileshttp.Forms {
	return &fileshttp.Forms{Bucket: b, Secret: s.secret, URL: s.base}
}

// post takes a form. Its size is bounded by the form and by MaxUpload.
func (h *handler) post(w http.ResponseWriter, r *http.Request) {
	if h.opts.MaxUpload == 0 {
		w.Header().Set("Allow", h.allow())
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	f := h.opts.Signer.forms(h.files.Bucket)
	f.MaxSize, f.OnError = h.opts.MaxUpload, h.opts.OnError
	f.ServeHTTP(w, r)
}
