package localhttp

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"gocloud.dev/blob/driver"
	"gocloud.dev/blob/fileblob"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
)

func init() {
	local.RegisterSigner(func(base *url.URL, secret []byte) (local.Signer, error) {
		s, err := NewSigner(base, secret)
		if err != nil {
			return nil, err // a nil Signer, not a Signer with a nil *Signer
		}
		return s, nil
	})
}

// Signer signs URLs as fileblob's URLSignerHMAC does, and verifies them. It is safe for
// concurrent use.
type Signer struct {
	hmac   *fileblob.URLSignerHMAC
	secret []byte
	base   string
}

var _ local.Signer = (*Signer)(nil)

// NewSigner returns a Signer of URLs that begin with base, which may be relative. It
// signs with a copy of the secret. Anybody who knows the secret can sign; 32 random
// bytes are a good secret.
//
// Errors: files.ErrInvalid for an empty secret, or a base that is nil or has a query or
// fragment.
func NewSigner(base *url.URL, secret []byte) (*Signer, error) {
	switch {
	case len(secret) == 0:
		return nil, files.Errorf(files.ErrInvalid, "the secret key of signed URLs is empty")
	case base == nil:
		return nil, files.Errorf(files.ErrInvalid, "the base of signed URLs is nil")
	// a parameter might be mistaken for a signed one
	case base.RawQuery != "" || base.Fragment != "":
		return nil, files.Errorf(files.ErrInvalid,
			"the base of signed URLs has a query or fragment")
	}
	secret = bytes.Clone(secret)
	return &Signer{
		hmac:   fileblob.NewURLSignerHMAC(base, secret),
		secret: secret,
		base:   base.String(),
	}, nil
}

// SignURL implements local.Signer. The expiry is truncated to seconds.
func (s *Signer) SignURL(ctx context.Context, name string,
	opts files.SignOptions) (files.SignedURL, error) {
	u, err := s.hmac.URLFromKey(ctx, name, &driver.SignedURLOptions{
		Method:                   opts.Method,
		Expiry:                   opts.Expiry,
		ContentType:              opts.ContentType,
		EnforceAbsentContentType: opts.Method == http.MethodPut && opts.ContentType == "",
	})
	if err != nil {
		return files.SignedURL{}, err
	}
	signed := files.SignedURL{Method: opts.Method, URL: u.String()}
	if opts.ContentType != "" {
		signed.Header = map[string][]string{"Content-Type": {opts.ContentType}}
	}
	if sec, err := strconv.ParseInt(u.Query().Get("expiry"), 10, 64); err == nil {
		signed.Expires = time.Unix(sec, 0).UTC()
	}
	return signed, nil
}

// Verify returns the name that a request may use. Its URL must have been signed with
// the secret, for its method and, for PUT, for its content type, and must not have
// expired. A HEAD request may use a URL that was signed for GET. Otherwise the error is
// files.ErrPermission, which doesn't say what failed.
//
// The URL's scheme, host and path are ignored: they are not signed, and proxies change
// them.
func (s *Signer) Verify(r *http.Request) (name string, err error) {
	refused := files.Errorf(files.ErrPermission,
		"the URL's signature does not allow the request, or has expired")
	name, err = s.hmac.KeyFromURL(r.Context(), r.URL)
	if err != nil {
		return "", refused
	}
	q := r.URL.Query()
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	signed := q.Get("method")
	if signed == "" { // as in fileblob's test handler
		signed = http.MethodGet
	}
	if method != signed {
		return "", refused
	}
	// A PUT that was signed without a content type must have none, or the holder of the
	// URL could choose one.
	if types := r.Header.Values("Content-Type"); method == http.MethodPut && (len(types) > 1 ||
		r.Header.Get("Content-Type") != q.Get("contentType")) {
		return "", refused
	}
	return name, nil
}
