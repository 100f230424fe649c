package localhttp

import (
	"maps"
	"net/http"
	"net/url"
	"reflect"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/fileshttp"
)

// Options are the options of NewHandler. The zero value uses the bucket's Signer and
// refuses uploads.
type Options struct {
	// Signer verifies the URLs. If it is nil, the bucket's Signer does. A layer that
	// renames or restricts hides the bucket's Signer, because the handler must serve
	// the names that were signed, and a Sub bucket or prefix= has others.
	Signer *Signer
	// MaxUpload is the size in bytes of the largest file that a signed PUT, form or
	// upload in parts may store. If it is 0, every upload is refused with status 405.
	MaxUpload int64
	// CORS says which pages of other origins may use signed URLs in a browser. The
	// handler then responds to their preflight requests. If CORS is nil, no such page
	// may use them. A preflight request is not verified, so its response doesn't show
	// that a URL is valid.
	CORS *fileshttp.CORS
	fileshttp.ServeOptions
}

// NewHandler returns the handler of the bucket's signed URLs. Mount it at the Signer's
// base URL. It serves GET, HEAD, PUT and DELETE of a file through fileshttp, with
// conditions and ranges, if the URL was signed for that method, name and (PUT) content
// type and has not expired. It accepts the signed forms, and the signed parts of uploads,
// of package signing. It refuses anything else with status 403. It doesn't close the
// bucket. opts may be nil.
//
// Errors: files.ErrUnsupported if Options.Signer is nil and the bucket has no Signer of
// this package; files.ErrInvalid for a nil bucket, a negative MaxUpload, and a Signer that
// NewSigner didn't return.
func NewHandler(b files.Bucket, opts *Options) (http.Handler, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	switch {
	case nilBucket(b):
		return nil, driver.Errorf(files.ErrInvalid, "the bucket is nil")
	case o.MaxUpload < 0:
		return nil, driver.Errorf(files.ErrInvalid, "negative MaxUpload %d", o.MaxUpload)
	case o.Signer != nil && o.Signer.hmac == nil:
		return nil, driver.Errorf(files.ErrInvalid, "the Signer isn't one of NewSigner")
	}
	if o.Signer == nil {
		s, _ := files.As[local.Signer](b)
		var ok bool
		if o.Signer, ok = s.(*Signer); !ok {
			return nil, driver.Errorf(files.ErrUnsupported,
				"the bucket has no Signer of package localhttp; set Options.Signer")
		}
	}
	return &handler{o, &fileshttp.Handler{
		Bucket:       b,
		MaxUpload:    o.MaxUpload,
		AllowDelete:  true,
		ServeOptions: o.ServeOptions,
	}}, nil
}

// nilBucket reports whether the bucket is nil, or a nil pointer.
func nilBucket(b files.Bucket) bool {
	v := reflect.ValueOf(b)
	return b == nil || v.Kind() == reflect.Pointer && v.IsNil()
}

type handler struct {
	opts  Options
	files *fileshttp.Handler
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.opts.CORS.Answer(w, r, h.allow()) {
		return
	}
	if isForm(r) {
		h.post(w, r)
		return
	}
	if fileshttp.IsPart(r) {
		h.part(w, r)
		return
	}
	name, err := h.opts.Signer.Verify(r)
	if err != nil {
		if h.opts.OnError != nil {
			h.opts.OnError(r, err)
		}
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		return
	}
	maps.Copy(w.Header(), h.opts.Signer.ResponseHeader(r))
	inner := *r // as http.StripPrefix does
	inner.URL = &url.URL{Path: "/" + name}
	h.files.ServeHTTP(w, &inner)
}

// allow returns the methods that a URL may be signed for.
func (h *handler) allow() string {
	if h.opts.MaxUpload > 0 {
		return "GET, HEAD, PUT, POST, DELETE"
	}
	return "GET, HEAD, DELETE"
}
