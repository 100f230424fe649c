package gcs

import (
	"net/url"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// PutOptions are Cloud Storage's own options of a Put or a Copy, for
// files.PutOptions.Native and files.CopyOptions.Native. An empty field leaves the
// bucket's default. Options that the service refuses, such as a retention in a bucket
// without retention, are ErrInvalid and change nothing. Source:
// https://cloud.google.com/storage/docs/json_api/v1/objects.
type PutOptions struct {
	// StorageClass is STANDARD, NEARLINE, COLDLINE or ARCHIVE.
	StorageClass string
	// KMSKeyName is the resource name of the key that encrypts:
	// projects/P/locations/L/keyRings/R/cryptoKeys/K.
	KMSKeyName string
	// PredefinedACL is a set of access controls, such as publicRead, in a bucket
	// without uniform access.
	PredefinedACL string
	// CustomTime is a time that lifecycle rules can use.
	CustomTime time.Time
	// TemporaryHold and EventBasedHold keep the object from being deleted or replaced
	// while they are set.
	TemporaryHold, EventBasedHold bool
	// Retention, which is Unlocked or Locked, keeps the object until RetainUntil. A
	// Locked retention can't be shortened. Set both fields or neither.
	Retention   string
	RetainUntil time.Time
}

// NativeOption returns the type's name.
func (PutOptions) NativeOption() string { return "gcs.PutOptions" }

var _ driver.NativeChecker = (*backend)(nil)

// CheckNative accepts a PutOptions.
func (b *backend) CheckNative(_ files.Op, o files.NativeOption) error {
	p, ok := putOptions(o)
	switch {
	case !ok:
		return driver.UnknownNative(o)
	case (p.Retention == "") != p.RetainUntil.IsZero():
		return driver.Errorf(files.ErrInvalid,
			"gcs.PutOptions: Retention and RetainUntil are given together or not at all")
	case p.Retention != "" && p.Retention != "Locked" && p.Retention != "Unlocked":
		return driver.Errorf(files.ErrInvalid,
			"gcs.PutOptions: Retention is %q, neither Locked nor Unlocked", p.Retention)
	}
	return nil
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

// nativeOf merges the options of a call; nil means none.
func nativeOf(options []files.NativeOption) *PutOptions {
	var m *PutOptions
	for _, o := range options {
		p, ok := putOptions(o)
		if !ok {
			continue // CheckNative has refused it
		}
		if m == nil {
			m = &PutOptions{}
		}
		m.merge(p)
	}
	return m
}

func (p *PutOptions) merge(q *PutOptions) {
	or := func(to *string, v string) {
		if v != "" {
			*to = v
		}
	}
	or(&p.StorageClass, q.StorageClass)
	or(&p.KMSKeyName, q.KMSKeyName)
	or(&p.PredefinedACL, q.PredefinedACL)
	if !q.CustomTime.IsZero() {
		p.CustomTime = q.CustomTime
	}
	p.TemporaryHold, p.EventBasedHold = p.TemporaryHold || q.TemporaryHold, p.EventBasedHold ||
		q.EventBasedHold
	if q.Retention != "" {
		p.Retention, p.RetainUntil = q.Retention, q.RetainUntil
	}
}

// addQuery sets the options that are parameters of the request. For a copy these are the
// target's.
func (p *PutOptions) addQuery(q url.Values, kms, acl string) {
	if p == nil {
		return
	}
	if p.KMSKeyName != "" {
		q.Set(kms, p.KMSKeyName)
	}
	if p.PredefinedACL != "" {
		q.Set(acl, p.PredefinedACL)
	}
}

// retention is an object's retention as it is sent.
type retention struct {
	Mode  string    `json:"mode"`
	Until time.Time `json:"retainUntilTime"`
}

// addTo sets the options that are part of the object's resource.
func (p *PutOptions) addTo(r *resource) {
	if p == nil {
		return
	}
	r.StorageClass, r.TemporaryHold, r.EventBasedHold = p.StorageClass, p.TemporaryHold,
		p.EventBasedHold
	r.CustomTime = p.CustomTime.UTC()
	if p.Retention != "" {
		r.Retention = &retention{p.Retention, p.RetainUntil.UTC()}
	}
}

// inResource reports whether the options need a resource in the request.
func (p *PutOptions) inResource() bool {
	if p == nil {
		return false
	}
	q := *p
	q.KMSKeyName, q.PredefinedACL = "", ""
	return q != PutOptions{}
}
