package gocloud

import (
	"context"
	"reflect"
	"time"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
)

const (
	mib = 1 << 20
	tib = 1 << 40
	// s3Part is the default part size of Go CDK's S3 uploads; there are at most s3Parts
	// parts.
	s3Part  = 8 * mib
	s3Parts = 10_000
	// azureBlock and azureBlocks are the same for Azure.
	azureBlock  = 8 * mib
	azureBlocks = 50_000
)

// featuresOf returns what a bucket of the driver can do, without a request.
func featuresOf(b *blob.Bucket, p provider) files.Features {
	f := files.Features{
		MaxName:        p.maxName(),
		TimeResolution: time.Second,
		Attributes:     true,
		ForeignKeys:    !p.single,
	}
	switch p.kind {
	case kindMem:
		f.TimeResolution = time.Nanosecond
		// Its own copy keeps the time of the source (V2), so copies stream.
		f.Atomic, f.IfAbsent, f.OneVersionReads, f.Ordered, f.DirBesideFile = true, true, true,
			true, true
		f.AnyName, f.StatNoBucket = true, true
		noMD5 := p.setting("options", "NoMD5")
		f.Digests = noMD5.Kind() == reflect.Bool && !noMD5.Bool()
	case kindFile:
		f.TimeResolution = time.Nanosecond
		f.OneVersionReads, f.Ordered, f.AnyName, f.StatNoBucket = true, true, true, true
		metadata := p.setting("opts", "Metadata")
		f.Attributes = metadata.Kind() == reflect.String && metadata.Len() == 0
		f.Digests = f.Attributes
		signer := p.setting("opts", "URLSigner")
		f.SignGet = signer.Kind() == reflect.Interface && !signer.IsNil()
		f.SignPut, f.SignDelete, f.SignContentType = f.SignGet, f.SignGet, f.SignGet
	case kindS3:
		service(&f)
		f.Ordered, f.ServerCopy = true, true
		f.SignGet, f.SignPut, f.SignContentType, f.AnyName = true, true, true, true
		f.MaxSize, f.MaxUnknownSize = 5*tib, s3Part*s3Parts
	case kindGCS:
		service(&f)
		f.Ordered, f.ServerCopy, f.VersionPerPut, f.Digests, f.StatNoBucket = true, true, true,
			true, true
		f.MaxSize = 5 * tib
		// With an identity the URL is signed by a key, or by a function of the
		// caller's, which must not be called as a test.
		id := p.setting("opts", "GoogleAccessID")
		f.SignGet = id.Kind() == reflect.String && id.Len() > 1 // "-" is anonymous
		f.SignPut, f.SignDelete, f.SignContentType = f.SignGet, f.SignGet, f.SignGet
	case kindAzure:
		service(&f)
		f.VersionPerPut, f.StatNoBucket = true, true
		f.MaxSize, f.MaxUnknownSize = azureBlocks*4000*mib, azureBlock*azureBlocks
		f.SignGet = signs(b)
		f.SignPut, f.SignDelete = f.SignGet, f.SignGet
	case kindBridge:
		takeBridgeFeatures(b, p, &f)
	}
	if p.single {
		f.ServerCopy = false // Copy's source is always the one key
	}
	return f
}

// service sets what the three clouds have in common.
func service(f *files.Features) {
	f.Atomic = true
	f.Durable = true
	f.Versions = true
	f.IfAbsent = true
	f.ReadConditions = true
	f.OneVersionReads = true
	f.DirBesideFile = true
}

// signs signs a URL to find out: azureblob signs with a key that it holds, or reports
// that it has none.
func signs(b *blob.Bucket) bool {
	_, err := b.SignedURL(context.Background(), "x", &blob.SignedURLOptions{Expiry: time.Minute})
	return err == nil
}
