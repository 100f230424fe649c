package localhttp

import (
	"net/http"
	"net/url"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/fileshttp"
)

// Options are the options of NewHandler. The zero value takes the bucket's own Signer
// and refuses PUT.
type Options struct {
	// Signer verifies the URLs. nil is the Signer of the bucket, which a layer that
	// renames or restricts hides: a handler must serve the names that were signed, and
	// through a Sub-bucket or a prefix= they are others.
	Signer *Signer
	// MaxUpload is the largest file in bytes that a signed PUT or form may store; 0
	// refuses every one with 405.
	MaxUpload int64
	// CORS says which pages of other origins may use signed URLs from a browser, whose
	// preflight requests are then answered; nil lets none. A preflight request carries
	// no method to verify, so it is no sign that a URL is valid.
	CORS *fileshttp.CORS
	fileshttp.ServeOptions
}

// NewHandler returns the handler of the bucket's signed URLs. Mount it where the
// Signer's base URL leads. It answers GET, HEAD, PUT and DELETE of a file through
// fileshttp, with conditions and ranges, if the URL was signed for that method, name
// and (PUT) content type and has not expired. It takes the signed forms of package
// signing. Anything else is 403. It doesn't close the bucket. opts may be nil.
//
// Errors: files.ErrUnsupported if no Signer is given and the bucket shows none of this
// package; files.ErrInvalid for a negative MaxUpload.
func NewHandler(b files.Bucket, opts *Options) (http.Handler, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.MaxUpload < 0 {
		return nil, files.Errorf(files.ErrInvalid, "negative MaxUpload %d", o.MaxUpload)
	}
	if o.Signer == nil {
		s, _ := files.As[local.Signer](b)
		var ok bool
		if o.Signer, ok = s.(*Signer); !ok {
			return nil, files.Errorf(files.ErrUnsupported,
				"the bucket shows no signer of localhttp; give it to Options.Signer")
		}
	}
	return &handler{o, &fileshttp.Handler{
		Bucket:       b,
		MaxUpload:    o.MaxUpload,
		AllowDelete:  true,
		ServeOptions: o.ServeOptions,
	}}, nil
}

type handler struct {
	opts  Options
	files *fileshttp.Handler
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.opts.CORS.Answer(w, r, h.allow()) {
		return
	}
	if r.Method == http.MethodPost {
		h.post(w, r)
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
	inner := *r // as http.StripPrefix does it
	inner.URL = &url.URL{Path: "/" + name}
	h.files.ServeHTTP(w, &inner)
}

// allow are the methods that a URL may be signed for.
func (h *handler) allow() string {
	if h.opts.MaxUpload > 0 {
		return "GET, HEAD, PUT, POST, DELETE"
	}
	return "GET, HEAD, DELETE"
}
