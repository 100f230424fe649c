package gcs

import (
	"context"
	"net/http"
	"strings"
	"time"

	"cloud.google.com/go/storage"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

var _ driver.PostSigner = (*backend)(nil)

// SignPost signs a form with a policy document of version 4
// (https://cloud.google.com/storage/docs/xml-api/post-object-forms). A form can't set
// Content-Language, and has no userProject.
func (b *backend) SignPost(_ context.Context, name string,
	o driver.PostOptions) (driver.PostForm, error) {
	by := b.signing()
	open := strings.HasSuffix(o.ContentType, "/")
	switch {
	case by == nil, b.base != "", b.project != "":
		return driver.PostForm{}, driver.Errorf(files.ErrUnsupported,
			"the bucket can't sign forms")
	case o.Attributes.ContentLanguage != "":
		return driver.PostForm{}, driver.Errorf(files.ErrUnsupported,
			"a form can't set Content-Language")
	case o.Expiry > maxExpiry:
		return driver.PostForm{}, driver.Errorf(files.ErrInvalid,
			"expiry %v is beyond the service's %v", o.Expiry, maxExpiry)
	}
	if err := checkStorable(name); err != nil {
		return driver.PostForm{}, err
	}
	a := o.Attributes
	if !open {
		a.ContentType = o.ContentType
	}
	metadata := map[string]string{}
	for k, v := range encodeMetadata(a, "") {
		if open && k == carriedKey {
			return driver.PostForm{}, driver.Errorf(files.ErrUnsupported,
				"metadata that isn't ASCII needs a form with one content type")
		}
		metadata["x-goog-meta-"+k] = v
	}
	fields := &storage.PolicyV4Fields{
		CacheControl:           a.CacheControl,
		ContentType:            a.ContentType,
		ContentDisposition:     a.ContentDisposition,
		ContentEncoding:        a.ContentEncoding,
		Metadata:               metadata,
		RedirectToURLOnSuccess: o.Redirect,
	}
	if o.Redirect == "" && o.Status != http.StatusNoContent { // the default
		fields.StatusCodeOnSuccess = o.Status
	}
	conditions := []storage.PostPolicyV4Condition{
		storage.ConditionContentLengthRange(uint64(o.MinSize), uint64(o.MaxSize)),
	}
	if open {
		conditions = append(conditions,
			storage.ConditionStartsWith("$content-type", o.ContentType))
	}
	object := name
	if o.Below {
		object = "" // so that the SDK binds no key
		conditions = append(conditions, storage.ConditionStartsWith("$key", name+"/"))
	}
	expires := time.Now().Add(o.Expiry).UTC()
	var failed error
	p, err := storage.GenerateSignedPostPolicyV4(b.bucket, object, &storage.PostPolicyV4Options{
		GoogleAccessID: by.id,
		Expires:        expires,
		Insecure:       b.scheme == "http",
		Hostname:       b.host,
		Fields:         fields,
		Conditions:     conditions,
		SignRawBytes: func(text []byte) (sum []byte, err error) {
			sum, failed = by.sign(text)
			return sum, failed
		},
	})
	switch {
	case err != nil && failed != nil:
		return driver.PostForm{}, driver.WithCause(nil, failed, "the signing function failed")
	case err != nil:
		return driver.PostForm{}, driver.WithCause(files.ErrInvalid, err,
			"the form can't be signed")
	}
	if o.Below {
		p.Fields["key"] = name + "/" + driver.FormFileName
	}
	return driver.PostForm{URL: p.URL, Fields: p.Fields, Expires: expires}, nil
}

// signing returns the current signer, or nil.
func (b *backend) signing() *signer {
	by := b.signer
	if by != nil && b.signsByCredentials {
		if read := b.tokens.signer.Load(); read != nil {
			by = read
		}
	}
	return by
}
