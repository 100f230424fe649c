package localhttp

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strconv"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"gocloud.dev/blob/fileblob"
)

// The parameters of the options that Go CDK's signer doesn't have. Its signature covers
// none of them, so a URL that has any is signed by another key, which is made of the
// secret and of them: without one of them, or with another value, the URL is not valid.
const (
	paramType        = "responseType"
	paramDisposition = "responseDisposition"
	paramSize        = "size"
	paramAbsent      = "ifAbsent"
)

// extraOf returns those parameters; none if none of the options is given.
func extraOf(o files.SignOptions) url.Values {
	q := url.Values{}
	for k, v := range map[string]string{
		paramType:        o.ResponseType,
		paramDisposition: o.ResponseDisposition,
	} {
		if v != "" {
			q.Set(k, v)
		}
	}
	if o.Size > 0 {
		q.Set(paramSize, strconv.FormatInt(o.Size, 10))
	}
	if o.IfAbsent {
		q.Set(paramAbsent, "true")
	}
	return q
}

// extraIn returns those parameters of a query.
func extraIn(q url.Values) url.Values {
	extra := url.Values{}
	for _, k := range [...]string{paramType, paramDisposition, paramSize, paramAbsent} {
		if v, ok := q[k]; ok {
			extra[k] = v
		}
	}
	return extra
}

// signer returns what signs and checks URLs with these parameters.
func (s *Signer) signer(extra url.Values) *fileblob.URLSignerHMAC {
	if len(extra) == 0 {
		return s.hmac
	}
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("localhttp options\x00" + extra.Encode()))
	return fileblob.NewURLSignerHMAC(s.at, mac.Sum(nil))
}

// Verify returns the name that a request may use. Its URL must have been signed with
// the secret, for its method and, if that is PUT, for its content type and what else
// was bound: its size, and the header If-None-Match. The URL must not have expired. A
// HEAD may use what was signed for GET. Otherwise the error is files.ErrPermission, which
// doesn't say which of these failed.
//
// The URL's scheme, host and path are ignored: they are not signed, and proxies change
// them. A handler also sets the headers of [Signer.ResponseHeader].
func (s *Signer) Verify(r *http.Request) (name string, err error) {
	refused := driver.Errorf(files.ErrPermission,
		"the URL's signature does not allow the request, or has expired")
	q := r.URL.Query()
	extra := extraIn(q)
	name, err = s.signer(extra).KeyFromURL(r.Context(), r.URL)
	if err != nil {
		return "", refused
	}
	signed := q.Get("method")
	if signed == "" { // as fileblob's own test handler reads it
		signed = http.MethodGet
	}
	if r.Method != signed && (r.Method != http.MethodHead || signed != http.MethodGet) {
		return "", refused
	}
	if r.Method == http.MethodPut && !putAllowed(r, q, extra) {
		return "", refused
	}
	return name, nil
}

// putAllowed compares a PUT with what was signed.
func putAllowed(r *http.Request, q, extra url.Values) bool {
	// A PUT that was signed without a type must have none, or its holder could choose
	// one.
	if types := r.Header.Values("Content-Type"); len(types) > 1 ||
		r.Header.Get("Content-Type") != q.Get("contentType") {
		return false
	}
	if size, ok := extra[paramSize]; ok &&
		(len(size) != 1 || strconv.FormatInt(r.ContentLength, 10) != size[0]) {
		return false
	}
	absent := r.Header.Values("If-None-Match")
	return !extra.Has(paramAbsent) || len(absent) == 1 && absent[0] == "*"
}

// ResponseHeader returns the headers that the response to a GET must have because its
// URL was signed with them. Verify must have allowed the request.
func (s *Signer) ResponseHeader(r *http.Request) http.Header {
	h := http.Header{}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return h
	}
	q := r.URL.Query()
	for param, field := range map[string]string{
		paramType:        "Content-Type",
		paramDisposition: "Content-Disposition",
	} {
		if v := q.Get(param); v != "" {
			h.Set(field, v)
		}
	}
	return h
}
