package filestest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/fileshttp"
)

var (
	_ driver.Signer     = (*instrumented)(nil)
	_ driver.PostSigner = (*instrumented)(nil)
)

// The parameters of a signed URL.
const (
	paramMethod      = "method"
	paramExpires     = "expires"
	paramType        = "type"
	paramResponse    = "response-type"
	paramDisposition = "response-disposition"
	paramSize        = "size"
	paramAbsent      = "if-absent"
	paramSignature   = "signature"
)

// SignURL implements driver.Signer. The URL works with Client and Handler.
func (b *instrumented) SignURL(_ context.Context, name string,
	o files.SignOptions) (files.SignedURL, error) {
	if most := b.personality.maxExpiry; most > 0 && o.Expiry > most {
		return files.SignedURL{}, driver.Errorf(files.ErrInvalid,
			"an expiry of %v is more than 7 days", o.Expiry)
	}
	expires := b.fake.Clock.Now().UTC().Add(o.Expiry).Truncate(time.Second)
	signed := files.SignedURL{
		Method:  o.Method,
		Expires: expires,
	}
	query := url.Values{
		paramMethod:  {o.Method},
		paramExpires: {strconv.FormatInt(expires.Unix(), 10)},
	}
	signed.Header = bind(query, o)
	query.Set(paramSignature, b.fake.signature(name, query))
	u := url.URL{Path: "/" + name, RawQuery: query.Encode()}
	signed.URL = b.fake.base() + u.String()
	return signed, nil
}

// bind adds the options to the query, and returns the headers that must be sent.
func bind(query url.Values, o files.SignOptions) http.Header {
	header := http.Header{}
	for k, v := range map[string]string{
		paramType:        o.ContentType,
		paramResponse:    o.ResponseType,
		paramDisposition: o.ResponseDisposition,
	} {
		if v != "" {
			query.Set(k, v)
		}
	}
	if o.ContentType != "" {
		header.Set("Content-Type", o.ContentType)
	}
	if o.Size > 0 {
		query.Set(paramSize, strconv.FormatInt(o.Size, 10))
	}
	if o.IfAbsent {
		query.Set(paramAbsent, "true")
		header.Set("If-None-Match", "*")
	}
	return header
}

// SignPost implements driver.PostSigner. The form works with Client and Handler.
func (b *instrumented) SignPost(_ context.Context, name string,
	o driver.PostOptions) (driver.PostForm, error) {
	if !b.Features().SignContentType { // Azure, which has no forms either
		return driver.PostForm{}, driver.Errorf(files.ErrUnsupported,
			"not every cloud has forms; the fake signs them as GCS, MinIO or another does "+
				"(filestest.As)")
	}
	if most := b.personality.maxExpiry; most > 0 && o.Expiry > most {
		return driver.PostForm{}, driver.Errorf(files.ErrInvalid,
			"an expiry of %v is more than 7 days", o.Expiry)
	}
	return b.fake.forms().SignPost(name, o)
}

// forms signs and takes the fake's upload forms.
func (b *Bucket) forms() *fileshttp.Forms {
	return &fileshttp.Forms{
		Bucket: b.seen,
		Secret: b.secret[:],
		URL:    b.base() + "/",
		Now:    b.Clock.Now,
	}
}

// signature is over the name and all parameters.
func (b *Bucket) signature(name string, query url.Values) string {
	all := maps.Clone(query)
	all.Del(paramSignature)
	mac := hmac.New(sha256.New, b.secret[:])
	fmt.Fprintf(mac, "%q %q", name, all.Encode())
	return hex.EncodeToString(mac.Sum(nil))
}

// verify returns the name that the request may use, or why it may not.
func (b *Bucket) verify(r *http.Request) (name string, err error) {
	name = strings.TrimPrefix(r.URL.Path, "/")
	query := r.URL.Query()
	for _, values := range query {
		if len(values) != 1 {
			return "", fmt.Errorf("a parameter is given twice")
		}
	}
	expires, err := strconv.ParseInt(query.Get(paramExpires), 10, 64)
	switch want := b.signature(name, query); {
	case err != nil || !hmac.Equal([]byte(want), []byte(query.Get(paramSignature))):
		return "", fmt.Errorf("the signature is wrong")
	case query.Get(paramMethod) != r.Method && !(b.headByGet &&
		query.Get(paramMethod) == http.MethodGet && r.Method == http.MethodHead):
		return "", fmt.Errorf("it is signed for %s", query.Get(paramMethod))
	case b.Clock.Now().Truncate(time.Second).After(time.Unix(expires, 0)):
		return "", fmt.Errorf("it has expired")
	case r.Method == http.MethodPut && query.Has(paramType) &&
		r.Header.Get("Content-Type") != query.Get(paramType):
		return "", fmt.Errorf("it is signed for the content type %s", query.Get(paramType))
	case r.Method == http.MethodPut && query.Has(paramSize) &&
		strconv.FormatInt(r.ContentLength, 10) != query.Get(paramSize):
		return "", fmt.Errorf("it is signed for %s bytes", query.Get(paramSize))
	case r.Method == http.MethodPut && query.Has(paramAbsent) &&
		!slices.Equal(r.Header.Values("If-None-Match"), []string{"*"}):
		return "", fmt.Errorf("it is signed for the header If-None-Match: *")
	}
	return name, nil
}

// headByGet reports whether a HEAD may use a URL that was signed for GET: what signs for
// a disk or for Azure allows it. The signatures of S3 and GCS cover the method.
func (p Personality) headByGet() bool { return p.costs == nil || p.name == "Azure" }

// answers are the statuses with which a service answers what has succeeded; 0 is that of
// package fileshttp, as package localhttp serves it.
type answers struct{ put, delete int }

// answers returns what the services' references say of PutObject and DeleteObject, of an
// XML upload to GCS, and of Put Blob and Delete Blob.
func (p Personality) answers() answers {
	switch {
	case p.costs == nil:
		return answers{}
	case p.name == "Azure":
		return answers{put: http.StatusCreated, delete: http.StatusAccepted}
	}
	return answers{put: http.StatusOK, delete: http.StatusNoContent}
}

// answering replaces the status of a PUT and a DELETE that succeed.
type answering struct {
	http.ResponseWriter
	method string
	as     answers
}

// WriteHeader implements http.ResponseWriter.
func (w *answering) WriteHeader(code int) {
	as := map[string]int{http.MethodPut: w.as.put, http.MethodDelete: w.as.delete}[w.method]
	if as != 0 && code >= 200 && code < 300 {
		code = as
	}
	w.ResponseWriter.WriteHeader(code)
}

// Unwrap is for http.ResponseController.
func (w *answering) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Handler returns the handler of this fake's signed URLs. It accepts GET and HEAD with
// conditions and ranges, PUT of a file or a part of an upload, and DELETE. The status
// of a PUT and a DELETE that succeed is the service's: 200 and 204 on S3, GCS and
// MinIO, 201 and 202 on Azure. A request that isn't signed, or differs from what was
// signed, gets 403 and changes nothing. CORS is off. A HEAD needs a URL that was signed
// for HEAD, as on S3 and GCS, whose signatures cover the method; with the personalities
// Azure and Disk a URL for GET also works. To sign URLs for a server of your own, see
// SignFor.
func (b *Bucket) Handler() http.Handler {
	serve := &fileshttp.Handler{
		Bucket:      b.seen,
		MaxUpload:   1 << 40,
		AllowDelete: true,
	}
	forms, parts := b.forms(), b.signedParts()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			forms.ServeHTTP(w, r)
			return
		}
		if isPart(r) {
			parts.ServeHTTP(w, r)
			return
		}
		name, err := b.verify(r)
		if err != nil {
			http.Error(w, "filestest: the signed URL: "+err.Error(), http.StatusForbidden)
			return
		}
		for param, field := range map[string]string{
			paramResponse:    "Content-Type",
			paramDisposition: "Content-Disposition",
		} {
			if v := r.URL.Query().Get(param); v != "" {
				w.Header().Set(field, v)
			}
		}
		inner := *r
		inner.URL = &url.URL{Path: "/" + name}
		serve.ServeHTTP(&answering{ResponseWriter: w, method: r.Method, as: b.answers}, &inner)
	})
}

// SignFor makes URLs that are signed from now on begin with base, such as the URL of an
// httptest.Server that serves Handler. A base that isn't an http or https URL, or that has
// a query or a fragment, fails the test.
func (b *Bucket) SignFor(base string) {
	b.t.Helper()
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
		u.RawQuery != "" || u.Fragment != "" {
		b.errorf("filestest: SignFor(%q): the base must be a URL such as http://127.0.0.1:8080",
			base)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.signBase = strings.TrimSuffix(base, "/")
}

// base is what signed URLs begin with.
func (b *Bucket) base() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.signBase != "" {
		return b.signBase
	}
	return "http://" + b.host + ".invalid"
}

// Client returns a client that sends requests with this fake's signed URLs to the fake,
// without a network. It also works in a synctest bubble. A request to any other host is
// an error.
func (b *Bucket) Client() *http.Client { return &http.Client{Transport: transport{b}} }

type transport struct{ b *Bucket }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if base := t.b.base(); r.URL.Scheme+"://"+r.URL.Host != base {
		return nil, fmt.Errorf("filestest: %s is not a host of this fake, whose signed URLs begin "+
			"with %s", r.URL.Host, base)
	}
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	out := &recorder{header: http.Header{}}
	t.b.Handler().ServeHTTP(out, in)
	out.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", out.code, http.StatusText(out.code)),
		StatusCode:    out.code,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        out.sent,
		Body:          io.NopCloser(&out.body),
		ContentLength: int64(out.body.Len()),
		Request:       r,
	}, nil
}

// recorder is an http.ResponseWriter that keeps the response.
type recorder struct {
	header, sent http.Header
	code         int
	body         bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(code int) {
	if r.code == 0 && code >= 200 {
		r.code, r.sent = code, r.header.Clone()
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}
