package gocloud

import (
	"net/url"
	"testing"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
)

func openFile(t *testing.T, dir string, o *fileblob.Options) *blob.Bucket {
	t.Helper()
	if o == nil {
		o = &fileblob.Options{NoTempDir: true}
	}
	b, err := fileblob.OpenBucket(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// TestFeatures: drivers are distinguished by the types of Go CDK's unexported fields,
// which a new version may change.
func TestFeatures(t *testing.T) {
	dir := t.TempDir()
	signer := fileblob.NewURLSignerHMAC(&url.URL{Scheme: "http", Host: "localhost"}, []byte("k"))
	for _, c := range []struct {
		name string
		b    *blob.Bucket
		kind kind
		want func(f files.Features) bool
	}{
		{"memblob", memblob.OpenBucket(nil), kindMem, func(f files.Features) bool {
			return f.Atomic && f.IfAbsent && f.Ordered && f.Digests && !f.ServerCopy &&
				!f.Versions && !f.SignGet && !f.Durable && f.MaxName == 1024
		}},
		{
			"memblob without MD5",
			memblob.OpenBucket(&memblob.Options{NoMD5: true}),
			kindMem,
			func(f files.Features) bool {
				return !f.Digests
			},
		},
		{
			"with a prefix",
			blob.PrefixedBucket(blob.PrefixedBucket(memblob.OpenBucket(nil), "abc/"), "de"),
			kindMem,
			func(f files.Features) bool {
				return f.MaxName == 1018
			},
		},
		{
			"of one key",
			blob.SingleKeyBucket(memblob.OpenBucket(nil), "k"),
			kindMem,
			func(f files.Features) bool {
				return !f.ForeignKeys && !f.ServerCopy
			},
		},
		{"fileblob", openFile(t, dir, nil), kindFile, func(f files.Features) bool {
			return !f.Atomic && !f.IfAbsent && f.Ordered && f.Digests && f.Attributes &&
				!f.SignGet && !f.DirBesideFile
		}},
		{
			"fileblob that signs",
			openFile(t, dir, &fileblob.Options{URLSigner: signer}),
			kindFile,
			func(f files.Features) bool {
				return f.SignGet && f.SignPut && f.SignDelete
			},
		},
		{
			"fileblob without metadata",
			openFile(t, dir, &fileblob.Options{Metadata: fileblob.MetadataDontWrite}),
			kindFile,
			func(f files.Features) bool {
				return !f.Attributes && !f.Digests
			},
		},
	} {
		if got := identify(c.b).kind; got != c.kind {
			t.Errorf("%s: kind %d, want %d", c.name, got, c.kind)
		}
		if f := New(c.b, nil).Features(); !c.want(f) {
			t.Errorf("%s: Features = %+v", c.name, f)
		}
	}
}

func TestOptionsFeatures(t *testing.T) {
	b := New(blob.PrefixedBucket(memblob.OpenBucket(nil), "p/"), &Options{Features: &files.Features{
		IfVersion:         true,
		DeleteIfVersion:   true,
		PutReturnsVersion: true,
		Durable:           true,
	}})
	if f := b.Features(); f.IfVersion || f.DeleteIfVersion || f.PutReturnsVersion || !f.Durable ||
		f.MaxName != 1022 || f.TimeResolution <= 0 {
		t.Errorf("Features = %+v", f)
	}
}
