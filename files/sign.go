package files

import (
	"context"
	"log/slog"
	"time"
)

// SignOptions describe what a signed URL allows (W1).
type SignOptions struct {
	// Method is GET, PUT or DELETE; "" is GET.
	Method string
	// Expiry is how long the URL works; 0 is 15 minutes. An expiry beyond what the
	// service allows is ErrInvalid.
	Expiry time.Duration
	// ContentType is the content type that a PUT must send.
	ContentType string
}

// Op returns the operation of the method, such as OpSignGet, and ErrInvalid for a
// method that can't be signed.
func (o SignOptions) Op() (Op, error) {
	switch o.Method {
	case "", "GET":
		return OpSignGet, nil
	case "PUT":
		return OpSignPut, nil
	case "DELETE":
		return OpSignDelete, nil
	}
	return OpSignGet, invalid("method %q can't be signed; want GET, PUT or DELETE", o.Method)
}

// SignedURL is a request that its holder may send. The URL alone is not enough: Method
// and Header belong to it. Its String and its log value hide the signature.
type SignedURL struct {
	Method string
	URL    string
	// Header holds the headers that must be sent.
	Header  map[string][]string
	Expires time.Time
}

// String hides the query, which holds the signature.
func (s SignedURL) String() string { return s.Method + " " + RedactURL(s.URL) }

// LogValue hides the query.
func (s SignedURL) LogValue() slog.Value { return slog.StringValue(s.String()) }

// SignURL returns a request for the file that works without credentials until it
// expires. It makes no request itself.
//
// Errors: ErrUnsupported if the bucket can't sign for the method (Features.SignGet,
// SignPut, SignDelete), ErrInvalid for an unknown method or an expiry out of bounds.
func SignURL(ctx context.Context, b Bucket, name string, opts *SignOptions) (SignedURL, error) {
	ctx, b = given(ctx, b)
	if s, ok := b.(urlSigner); ok {
		return s.SignURL(ctx, name, opts)
	}
	op := OpSignGet
	if opts != nil {
		op, _ = opts.Op()
	}
	if err := checkName(name, b.Features().maxName()); err != nil {
		return SignedURL{}, NewError(op, name, err)
	}
	return SignedURL{}, NewError(op, name, ErrUnsupported)
}
