package localhttp

import (
	"context"
	"net/http"
	"time"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/fileshttp"
)

var _ local.PartSigner = (*Signer)(nil)

// SignPart implements local.PartSigner. The part's URL is the base URL with parameters,
// at which NewHandler's handler must be mounted. The expiry is truncated to seconds.
func (s *Signer) SignPart(_ context.Context, u *driver.Upload, n int,
	expiry time.Duration) (files.SignedURL, error) {
	return s.parts(nil).SignPart(u, n, expiry)
}

// parts returns the signed parts of the bucket, which is needed only to accept one.
func (s *Signer) parts(b files.Bucket) *fileshttp.Parts {
	return &fileshttp.Parts{Bucket: b, Secret: s.secret, URL: s.base}
}

// part accepts a part. MaxUpload limits the size of the whole file.
func (h *handler) part(w http.ResponseWriter, r *http.Request) {
	if h.opts.MaxUpload == 0 {
		h.refuseUpload(w)
		return
	}
	p := h.opts.Signer.parts(h.files.Bucket)
	p.MaxSize, p.OnError = h.opts.MaxUpload, h.opts.OnError
	p.ServeHTTP(w, r)
}
