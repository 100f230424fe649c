package s3

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// PutOptions are S3's options of a Put or a Copy, for files.PutOptions.Native and
// files.CopyOptions.Native. An empty field means the bucket's or S3's default. Options
// that S3 refuses, such as a retention in a bucket without Object Lock, are ErrInvalid
// and change nothing.
type PutOptions struct {
	// StorageClass is the class, such as STANDARD_IA.
	StorageClass types.StorageClass
	// Tags are the object's tags, at most 10. nil means those of the bucket's Defaults; if
	// these are nil too, a Copy keeps the source's tags. An empty map that isn't nil means
	// no tags.
	Tags map[string]string
	// Encryption is AES256 (S3's own keys), aws:kms or aws:kms:dsse. For the latter
	// two, KMSKeyID is the key, and BucketKey reduces S3's requests to KMS.
	Encryption types.ServerSideEncryption
	KMSKeyID   string
	BucketKey  bool
	// Lock (GOVERNANCE or COMPLIANCE) protects the version until RetainUntil. LegalHold
	// protects it without an end. All need Object Lock.
	Lock        types.ObjectLockMode
	RetainUntil time.Time
	LegalHold   bool
	// ACL is a canned access list, such as bucket-owner-full-control.
	ACL types.ObjectCannedACL
}

// NativeOption returns the type's name.
func (PutOptions) NativeOption() string { return "s3.PutOptions" }

var _ driver.NativeChecker = (*backend)(nil)

// CheckNative accepts a PutOptions.
func (b *backend) CheckNative(_ files.Op, o files.NativeOption) error {
	p, ok := putOptions(o)
	if !ok {
		return driver.UnknownNative(o)
	}
	return p.check()
}

func putOptions(o files.NativeOption) (*PutOptions, bool) {
	switch p := o.(type) {
	case PutOptions:
		return &p, true
	case *PutOptions:
		return p, p != nil
	}
	return nil, false
}

func (p *PutOptions) check() error {
	bad := func(field string, v any) error {
		return driver.Errorf(files.ErrInvalid, "s3.PutOptions: %s is %q, which S3 doesn't have",
			field, v)
	}
	switch {
	case p.StorageClass != "" && !slices.Contains(p.StorageClass.Values(), p.StorageClass):
		return bad("StorageClass", p.StorageClass)
	case p.Encryption != "" && !slices.Contains(p.Encryption.Values(), p.Encryption):
		return bad("Encryption", p.Encryption)
	case p.Lock != "" && !slices.Contains(p.Lock.Values(), p.Lock):
		return bad("Lock", p.Lock)
	case p.ACL != "" && !slices.Contains(p.ACL.Values(), p.ACL):
		return bad("ACL", p.ACL)
	case (p.Lock == "") != p.RetainUntil.IsZero():
		return driver.Errorf(files.ErrInvalid,
			"s3.PutOptions: Lock and RetainUntil are given together or not at all")
	case (p.KMSKeyID != "" || p.BucketKey) && !strings.HasPrefix(string(p.Encryption), "aws:"):
		return driver.Errorf(files.ErrInvalid,
			"s3.PutOptions: KMSKeyID and BucketKey need an Encryption by KMS")
	case len(p.Tags) > 10:
		return driver.Errorf(files.ErrInvalid, "s3.PutOptions: there are %d tags, more than 10",
			len(p.Tags))
	}
	return nil
}

// native returns the bucket's options, overridden by those of a call.
func (b *backend) native(options []files.NativeOption) *PutOptions {
	if len(options) == 0 {
		return &b.opts.Defaults
	}
	m := b.opts.Defaults
	for _, o := range options {
		p, ok := putOptions(o)
		if !ok {
			continue // CheckNative has refused it
		}
		m.merge(p)
	}
	return &m
}

func (p *PutOptions) merge(q *PutOptions) {
	if q.StorageClass != "" {
		p.StorageClass = q.StorageClass
	}
	if q.Tags != nil {
		p.Tags = q.Tags
	}
	if q.Encryption != "" {
		p.Encryption, p.KMSKeyID, p.BucketKey = q.Encryption, q.KMSKeyID, q.BucketKey
	}
	if q.Lock != "" {
		p.Lock, p.RetainUntil = q.Lock, q.RetainUntil
	}
	if q.LegalHold {
		p.LegalHold = true
	}
	if q.ACL != "" {
		p.ACL = q.ACL
	}
}

// tagging returns the tags in the header's form; nil for none.
func (p *PutOptions) tagging() *string {
	if len(p.Tags) == 0 {
		return nil
	}
	v := url.Values{}
	for k, t := range p.Tags {
		v.Set(k, t)
	}
	return aws.String(strings.ReplaceAll(v.Encode(), "+", "%20"))
}

func (p *PutOptions) kmsKey() *string { return strPtr(p.KMSKeyID) }

func (p *PutOptions) bucketKey() *bool {
	if !p.BucketKey {
		return nil
	}
	return &p.BucketKey
}

func (p *PutOptions) retainUntil() *time.Time {
	if p.RetainUntil.IsZero() {
		return nil
	}
	return &p.RetainUntil
}

func (p *PutOptions) legalHold() types.ObjectLockLegalHoldStatus {
	if p.LegalHold {
		return types.ObjectLockLegalHoldStatusOn
	}
	return ""
}

// strPtr returns a pointer to s; nil for "".
func strPtr(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
