package gocloud

import (
	"reflect"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
)

// kind is a Go CDK driver that is known here.
type kind uint8

const (
	kindOther kind = iota
	kindMem
	kindFile
	kindS3
	kindGCS
	kindAzure
	kindBridge // this package's, made by ToBlob
)

var kinds = map[string]kind{
	"gocloud.dev/blob/memblob.bucket":   kindMem,
	"gocloud.dev/blob/fileblob.bucket":  kindFile,
	"gocloud.dev/blob/s3blob.bucket":    kindS3,
	"gocloud.dev/blob/gcsblob.bucket":   kindGCS,
	"gocloud.dev/blob/azureblob.bucket": kindAzure,

	"cloudfiles.dev/drivers/gocloud.bridge": kindBridge,
}

// provider is what is known about the driver behind a *blob.Bucket.
type provider struct {
	kind   kind
	prefix int // length of the prefix that blob.PrefixedBucket puts in front of keys
	// blob.SingleKeyBucket: every key means the same object, and there is no listing
	single bool
	base   reflect.Value // the driver's own struct
}

// identify finds the driver's package. As can't show it: memblob has no type for it,
// and the clouds' types would link their SDKs. Instead identify inspects the types of
// the unexported fields, and the values of only a few settings. A Go CDK with another
// layout is kindOther, for which little is claimed.
func identify(b *blob.Bucket) provider {
	var p provider
	v := deref(reflect.ValueOf(b)).FieldByName("b")
	for {
		if v = deref(v); v.Kind() != reflect.Struct {
			return p
		}
		switch name := v.Type().PkgPath() + "." + v.Type().Name(); name {
		case "gocloud.dev/blob/driver.prefixedBucket":
			if f := v.FieldByName("prefix"); f.Kind() == reflect.String {
				p.prefix += f.Len()
			}
		case "gocloud.dev/blob/driver.singleKeyBucket":
			p.single = true
		default:
			p.kind, p.base = kinds[name], v
			return p
		}
		v = v.FieldByName("base")
	}
}

func deref(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

// setting returns a field of the driver's options, or the zero Value.
func (p provider) setting(options, name string) reflect.Value {
	if p.base.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	if o := deref(p.base.FieldByName(options)); o.Kind() == reflect.Struct {
		return o.FieldByName(name)
	}
	return reflect.Value{}
}

// exactTimes reports whether times distinguish versions, because they are the clock's.
func (p provider) exactTimes() bool { return p.kind == kindMem || p.kind == kindBridge }

// remote reports whether the response to a commit can be lost.
func (p provider) remote() bool { return p.kind != kindMem && p.kind != kindFile }

// maxName is the longest name that fits after the prefix.
func (p provider) maxName() int { return max(files.MaxName-p.prefix, 1) }
