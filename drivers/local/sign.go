package local

import (
	"context"
	"net/url"
	"os"
	"sync"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Signer makes the signed URLs of a bucket (W1). A folder has no server, so the URLs
// lead to a handler that the program serves. Package localhttp has both; it is separate
// because it needs net/http and the Go CDK. A Signer is safe for concurrent use.
type Signer interface {
	// SignURL signs a URL for the file with that name, which is legal. It makes no
	// request. The options Method (GET, PUT or DELETE), Expiry (above 0) and
	// ContentType (only for PUT) are checked, and their defaults set, before the call.
	// The others are only given to an OptionSigner.
	SignURL(ctx context.Context, name string, opts files.SignOptions) (files.SignedURL, error)
}

// OptionSigner is a Signer that binds all options of files.SignOptions: the method HEAD,
// the response's headers, the size, and IfAbsent. With any other Signer they are
// errors.ErrUnsupported.
type OptionSigner interface {
	Signer
	SignsOptions()
}

// signerMaker makes the Signer for the URL parameters base_url and secret_key_path.
var signerMaker struct {
	sync.Mutex
	make func(base *url.URL, secret []byte) (Signer, error)
}

// RegisterSigner sets the function that makes a Signer from the URL parameters base_url
// and secret_key_path. Package localhttp calls it from init. It panics if a function is
// already set.
func RegisterSigner(maker func(base *url.URL, secret []byte) (Signer, error)) {
	signerMaker.Lock()
	defer signerMaker.Unlock()
	if maker == nil || signerMaker.make != nil {
		panic("local: RegisterSigner called with nil, or twice")
	}
	signerMaker.make = maker
}

// signer returns the Signer for the parameters, or nil if they are missing.
func signer(p *driver.Params) (Signer, error) {
	base, path := p.String("base_url", ""), p.String("secret_key_path", "")
	if base == "" && path == "" {
		return nil, nil
	}
	signerMaker.Lock()
	maker := signerMaker.make
	signerMaker.Unlock()
	if maker == nil {
		return nil, driver.Errorf(files.ErrInvalid,
			"parameter base_url: the program must import _ "+
				"cloudfiles.dev/drivers/local/localhttp to sign URLs")
	}
	if base == "" || path == "" {
		return nil, driver.Errorf(files.ErrInvalid,
			"parameters base_url and secret_key_path belong together: one is missing or empty")
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, driver.Errorf(files.ErrInvalid,
			"parameter base_url is malformed; want a URL such as https://host/files")
	}
	secret, err := os.ReadFile(path)
	if err != nil {
		return nil, driver.WithCause(files.ErrInvalid, err,
			"parameter secret_key_path: the file can't be read")
	}
	return maker(u, secret)
}

// SignURL implements driver.Signer. It is called only for what Features reports.
func (b *backend) SignURL(ctx context.Context, name string,
	opts files.SignOptions) (files.SignedURL, error) {
	if b.opts.Signer == nil {
		return files.SignedURL{}, files.ErrUnsupported
	}
	return b.opts.Signer.SignURL(ctx, name, opts)
}
