package gcs

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// maxExpiry is the longest validity of a signed URL
// (https://cloud.google.com/storage/docs/access-control/signed-urls#expiration).
const maxExpiry = 7 * 24 * time.Hour

// signer signs as a service account.
type signer struct {
	id   string
	sign func([]byte) ([]byte, error)
}

// newSigner makes the signer that the options allow, or nil. Without a key, signing would
// need a request to another service, which W1 forbids.
func newSigner(o *Options) (*signer, error) {
	switch {
	case o.AccessID == "" || o.PrivateKey == nil && o.SignBytes == nil:
		return nil, nil
	case o.SignBytes != nil:
		return &signer{o.AccessID, o.SignBytes}, nil
	}
	key, err := parseKey(o.PrivateKey)
	if err != nil {
		return nil, err
	}
	return &signer{o.AccessID, func(text []byte) ([]byte, error) {
		sum := sha256.Sum256(text)
		return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	}}, nil
}

// parseKey reads an RSA key in PEM form, PKCS #1 or #8.
func parseKey(text []byte) (*rsa.PrivateKey, error) {
	if block, _ := pem.Decode(text); block != nil {
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return key, nil
		}
		if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if key, ok := key.(*rsa.PrivateKey); ok {
				return key, nil
			}
		}
	}
	return nil, driver.Errorf(files.ErrInvalid, "the private key is not an RSA key in PEM form")
}

// SignURL signs by version 4, which binds method, host, name, expiry and all options.
func (b *backend) SignURL(ctx context.Context, name string,
	opts files.SignOptions) (files.SignedURL, error) {
	headers, query := bound(opts)
	return b.sign(name, opts, headers, query)
}

// sign signs a request with these headers and parameters.
func (b *backend) sign(name string, opts files.SignOptions, headers []string,
	query url.Values) (files.SignedURL, error) {
	by := b.signing()
	if by == nil {
		return files.SignedURL{}, files.ErrUnsupported
	}
	if opts.Expiry > maxExpiry {
		return files.SignedURL{}, driver.Errorf(files.ErrInvalid,
			"expiry %v is beyond the service's %v", opts.Expiry, maxExpiry)
	}
	if opts.Method == "PUT" {
		if err := checkStorable(name); err != nil {
			return files.SignedURL{}, err
		}
	}
	s := files.SignedURL{
		Method:  opts.Method,
		Expires: time.Now().Add(opts.Expiry).UTC(),
		Header:  map[string][]string{},
	}
	var failed error
	o := &storage.SignedURLOptions{
		GoogleAccessID: by.id,
		Method:         opts.Method,
		Expires:        s.Expires,
		ContentType:    opts.ContentType,
		Headers:        headers,
		Scheme:         storage.SigningSchemeV4,
		Insecure:       b.scheme == "http",
		Hostname:       b.host,
		SignBytes: func(text []byte) (sum []byte, err error) {
			sum, failed = by.sign(text)
			return sum, failed
		},
	}
	object := name
	if b.base != "" {
		// The SDK has no path in front of the bucket, but it can sign for a host whose
		// names have any path: "the path to the resource is everything that follows the
		// host name"
		// (https://cloud.google.com/storage/docs/authentication/canonical-requests).
		o.Hostname, o.Style = "", storage.BucketBoundHostname(b.host)
		object = strings.TrimPrefix(b.base, "/") + "/" + b.bucket + "/" + name
	}
	if b.project != "" {
		// A client of the URL sends none of this package's headers, so the project is
		// in the query, where it is signed
		// (https://cloud.google.com/storage/docs/xml-api/reference-headers#xgooguserproject,
		// https://cloud.google.com/storage/docs/using-requester-pays; gsutil signurl
		// does the same).
		query.Set("userProject", b.project)
	}
	o.QueryParameters = query
	u, err := storage.SignedURL(b.bucket, object, o)
	switch {
	case err != nil && failed != nil:
		return files.SignedURL{}, driver.WithCause(nil, failed, "the signing function failed")
	case err != nil:
		return files.SignedURL{}, driver.WithCause(files.ErrInvalid, err, "the URL can't be signed")
	}
	s.URL = u
	if opts.ContentType != "" {
		s.Header["Content-Type"] = []string{opts.ContentType}
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ":")
		s.Header[http.CanonicalHeaderKey(k)] = []string{v}
	}
	return s, nil
}

// bound returns the headers and parameters that the options are signed by
// (https://cloud.google.com/storage/docs/xml-api/reference-headers).
func bound(opts files.SignOptions) (headers []string, query url.Values) {
	query = url.Values{}
	if opts.ResponseType != "" {
		query.Set("response-content-type", opts.ResponseType)
	}
	if opts.ResponseDisposition != "" {
		query.Set("response-content-disposition", opts.ResponseDisposition)
	}
	if opts.Size > 0 {
		n := strconv.FormatInt(opts.Size, 10)
		headers = append(headers, "x-goog-content-length-range:"+n+","+n)
	}
	if opts.IfAbsent {
		headers = append(headers, "x-goog-if-generation-match:0")
	}
	return headers, query
}
