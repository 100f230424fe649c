package localhttp

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"gocloud.dev/blob/driver"
	"gocloud.dev/blob/fileblob"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
	cfdriver "cloudfiles.dev/files/driver"
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
	at     *url.URL
	secret []byte
	base   string
}

var _ local.OptionSigner = (*Signer)(nil)

// SignsOptions implements local.OptionSigner.
func (s *Signer) SignsOptions() {}

// NewSigner returns a Signer of URLs that begin with base, which may be relative. It
// signs with a copy of the secret. Anybody who knows the secret can sign; 32 random
// bytes are a good secret.
//
// Errors: files.ErrInvalid for an empty secret, or a base that is nil or has a query or
// fragment.
func NewSigner(base *url.URL, secret []byte) (*Signer, error) {
	switch {
	case len(secret) == 0:
		return nil, cfdriver.Errorf(files.ErrInvalid, "the secret key of signed URLs is empty")
	case base == nil:
		return nil, cfdriver.Errorf(files.ErrInvalid, "the base of signed URLs is nil")
	// a parameter might be mistaken for a signed one
	case base.RawQuery != "" || base.Fragment != "":
		return nil, cfdriver.Errorf(files.ErrInvalid,
			"the base of signed URLs has a query or fragment")
	}
	secret = bytes.Clone(secret)
	return &Signer{
		hmac:   fileblob.NewURLSignerHMAC(base, secret),
		at:     new(*base),
		secret: secret,
		base:   base.String(),
	}, nil
}

// SignURL implements local.Signer. The expiry is truncated to seconds.
func (s *Signer) SignURL(ctx context.Context, name string,
	opts files.SignOptions) (files.SignedURL, error) {
	extra := extraOf(opts)
	u, err := s.signer(extra).URLFromKey(ctx, name, &driver.SignedURLOptions{
		Method:                   opts.Method,
		Expiry:                   opts.Expiry,
		ContentType:              opts.ContentType,
		EnforceAbsentContentType: opts.Method == http.MethodPut && opts.ContentType == "",
	})
	if err != nil {
		return files.SignedURL{}, err
	}
	if len(extra) > 0 {
		q := u.Query()
		maps.Copy(q, extra)
		u.RawQuery = q.Encode()
	}
	signed := files.SignedURL{Method: opts.Method, URL: u.String()}
	if opts.ContentType != "" {
		signed.Header = map[string][]string{"Content-Type": {opts.ContentType}}
	}
	if opts.IfAbsent {
		if signed.Header == nil {
			signed.Header = map[string][]string{}
		}
		signed.Header["If-None-Match"] = []string{"*"}
	}
	if sec, err := strconv.ParseInt(u.Query().Get("expiry"), 10, 64); err == nil {
		signed.Expires = time.Unix(sec, 0).UTC()
	}
	return signed, nil
}
