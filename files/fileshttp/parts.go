package fileshttp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Parts signs and accepts the parts of uploads that others send (package files/signing),
// for buckets whose store has no server. It is an http.Handler, and safe for concurrent
// use; its fields must not change while it is in use.
//
// ServeHTTP compares a request with its signed URL: the name, the upload, the part's
// number and size, and the time. If anything differs, nothing is stored and the
// response is 403, or 400 for the size. If the part was stored, the response is 200
// with an ETag.
type Parts struct {
	// Bucket is the bucket that stores the parts. Its driver must be a
	// driver.PartReceiver.
	Bucket files.Bucket
	// Secret is the signing key. Everybody who has it can sign parts.
	Secret []byte
	// URL is the URL at which this handler is served, without a query.
	URL string
	// MaxSize, if not 0, is the size in bytes of the largest file whose parts are
	// accepted, whatever was signed.
	MaxSize int64
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// OnError, if not nil, is called with the error of each refused or failed request.
	OnError func(r *http.Request, err error)
}

// The parameters of a signed part.
const (
	partUpload    = "upload"
	partNumber    = "part"
	partName      = "name"
	partSize      = "size"
	partTotal     = "total" // the size of the file
	partExpires   = "expires"
	partSignature = "signature"
)

// IsPart reports whether the URL of the request is that of a part. It doesn't check the
// signature; only ServeHTTP does.
func IsPart(r *http.Request) bool {
	q := r.URL.Query()
	return q.Has(partUpload) && q.Has(partNumber)
}

func (p *Parts) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

// SignPart signs the request that sends a part. It expects a number and an expiry that
// package driver has checked. The expiry is truncated to whole seconds.
func (p *Parts) SignPart(u *driver.Upload, number int,
	expiry time.Duration) (files.SignedURL, error) {
	at, err := url.Parse(p.URL)
	if err != nil {
		return files.SignedURL{}, driver.Errorf(files.ErrInvalid,
			"the base of signed URLs is malformed")
	}
	_, size := u.Part(number)
	expires := p.now().UTC().Add(expiry).Truncate(time.Second)
	q := url.Values{
		partUpload:  {u.ID},
		partNumber:  {strconv.Itoa(number)},
		partName:    {u.Name},
		partSize:    {strconv.FormatInt(size, 10)},
		partTotal:   {strconv.FormatInt(u.Size, 10)},
		partExpires: {strconv.FormatInt(expires.Unix(), 10)},
	}
	q.Set(partSignature, p.signature(q))
	at.RawQuery = q.Encode()
	return files.SignedURL{
		Method:  http.MethodPut,
		URL:     at.String(),
		Header:  map[string][]string{},
		Expires: expires,
	}, nil
}

// signature is over all parameters.
func (p *Parts) signature(q url.Values) string {
	all := maps.Clone(q)
	all.Del(partSignature)
	mac := hmac.New(sha256.New, p.Secret)
	fmt.Fprintf(mac, "part %q", all.Encode()) // no other signed text begins with "part "
	return hex.EncodeToString(mac.Sum(nil))
}

// ServeHTTP stores a part that is sent by a signed request.
func (p *Parts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPut {
		w.Header().Set("Allow", http.MethodPut)
		http.Error(w, "fileshttp: a part is sent by PUT", http.StatusMethodNotAllowed)
		return
	}
	tag, err := p.take(r)
	if err == nil {
		w.Header().Set("ETag", strconv.Quote(tag))
		w.WriteHeader(http.StatusOK)
		return
	}
	if p.OnError != nil {
		p.OnError(r, err)
	}
	status := Status(err)
	text := http.StatusText(status)
	if own, ok := errors.AsType[*refusal](err); ok {
		status, text = own.status, own.text
	} else if files.KindOf(err) == files.ErrCorrupt {
		status, text = http.StatusBadRequest, "the content has another size than was signed"
	}
	http.Error(w, "fileshttp: the part: "+text, status)
}

// take stores the part.
func (p *Parts) take(r *http.Request) (tag string, err error) {
	q := r.URL.Query()
	for _, values := range q {
		if len(values) != 1 {
			return "", refused(http.StatusForbidden, "a parameter is given twice")
		}
	}
	if !hmac.Equal([]byte(p.signature(q)), []byte(q.Get(partSignature))) {
		return "", refused(http.StatusForbidden, "the signature is wrong")
	}
	number, err1 := strconv.Atoi(q.Get(partNumber))
	size, err2 := strconv.ParseInt(q.Get(partSize), 10, 64)
	total, err3 := strconv.ParseInt(q.Get(partTotal), 10, 64)
	expires, err4 := strconv.ParseInt(q.Get(partExpires), 10, 64)
	switch {
	case errors.Join(err1, err2, err3, err4) != nil:
		return "", refused(http.StatusForbidden, "what was signed is not a part")
	case p.now().Unix() > expires:
		return "", refused(http.StatusForbidden, "it has expired")
	case p.MaxSize > 0 && total > p.MaxSize:
		return "", refused(http.StatusRequestEntityTooLarge, "the file is too large")
	case r.ContentLength >= 0 && r.ContentLength != size:
		return "", refused(http.StatusBadRequest, "it has %d bytes, and was signed for %d",
			r.ContentLength, size)
	}
	return driver.ReceivePart(r.Context(), p.Bucket, q.Get(partName), q.Get(partUpload), number,
		size, r.Body)
}
