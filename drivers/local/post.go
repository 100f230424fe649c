package local

import (
	"context"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// PostSigner is a Signer that also signs upload forms.
type PostSigner interface {
	Signer
	// SignPost signs a form for files with that name. The options are checked and their
	// defaults set before the call.
	SignPost(ctx context.Context, name string, opts driver.PostOptions) (driver.PostForm, error)
}

var _ driver.PostSigner = (*backend)(nil)

// SignPost implements driver.PostSigner.
func (b *backend) SignPost(ctx context.Context, name string,
	opts driver.PostOptions) (driver.PostForm, error) {
	s, ok := b.opts.Signer.(PostSigner)
	if !ok {
		return driver.PostForm{}, driver.Errorf(files.ErrUnsupported,
			"the bucket's signer can't sign forms")
	}
	return s.SignPost(ctx, name, opts)
}
