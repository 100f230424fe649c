package files

import (
	"context"
	"log/slog"
	"time"
)

// SignOptions describe what a signed URL allows (W1). What the bucket can't bind is
// errors.ErrUnsupported: no option is ignored.
type SignOptions struct {
	// Method is GET, HEAD, PUT or DELETE; "" is GET.
	Method string
	// Expiry is how long the URL works; 0 is 15 minutes. An expiry beyond what the
	// service allows is ErrInvalid.
	Expiry time.Duration
	// ContentType is the content type that a PUT must send (Features.SignContentType).
	ContentType string
	// ResponseType and ResponseDisposition are the Content-Type and the
	// Content-Disposition of the response to a GET, whatever the file's own are
	// (Features.SignResponse): `attachment; filename="report.pdf"` lets a browser save
	// the file under that name. "" leaves the file's own.
	ResponseType        string
	ResponseDisposition string
	// Size is how many bytes a PUT must send, neither more nor fewer
	// (Features.SignSize); 0 allows any number. Clients send the header Content-Length,
	// which says so, on their own, so it isn't in SignedURL.Header.
	Size int64
	// MaxSize is how many bytes a PUT may send at most. Most services have no such limit
	// for signed URLs, so it is always ErrUnsupported. SignPost of package files/signing
	// signs a form with a largest size.
	MaxSize int64
	// IfAbsent lets a PUT store only a new file (Features.SignIfAbsent). If the file
	// exists already, the service responds with 412 or 409.
	IfAbsent bool
}

// Op returns the operation for the method: OpSignGet for GET and HEAD, OpSignPut or
// OpSignDelete. It returns ErrInvalid for a method that can't be signed.
func (o SignOptions) Op() (Op, error) {
	switch o.Method {
	case "", "GET", "HEAD":
		return OpSignGet, nil
	case "PUT":
		return OpSignPut, nil
	case "DELETE":
		return OpSignDelete, nil
	}
	return OpSignGet, invalid("method %q can't be signed; want GET, HEAD, PUT or DELETE", o.Method)
}

// SignedURL is a request that its holder may send. The URL alone is not enough: Method
// and Header belong to it. Its String and its log value hide the signature.
type SignedURL struct {
	Method string `json:"method"`
	URL    string `json:"url"`
	// Header holds the headers that must be sent.
	Header map[string][]string `json:"header,omitempty"`
	// Expires is when the URL stops working.
	Expires time.Time `json:"expires"`
}

// String hides the query, which holds the signature.
func (s SignedURL) String() string { return s.Method + " " + RedactURL(s.URL) }

// LogValue hides the query.
func (s SignedURL) LogValue() slog.Value { return slog.StringValue(s.String()) }

// SignURL returns a request for the file that works without credentials until it
// expires. It makes no request itself.
//
// Errors: ErrUnsupported if the bucket can't sign for the method (Features.SignGet,
// SignHead, SignPut, SignDelete) or can't bind an option; ErrInvalid for an unknown
// method, an expiry out of bounds, or an option that the method doesn't have; ErrTooLarge
// for a Size beyond what the bucket takes.
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
		return SignedURL{}, newError(op, name, err)
	}
	return SignedURL{}, newError(op, name, ErrUnsupported)
}
