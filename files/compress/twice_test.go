package compress_test

import (
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/compress"
	"cloudfiles.dev/files/crypt"
	"cloudfiles.dev/files/mirror"
	"cloudfiles.dev/files/mount"
	"cloudfiles.dev/files/overlay"
)

// TestCompressedAlready: New refuses a bucket that is compressed already, whatever is in
// between, and no other.
func TestCompressedAlready(t *testing.T) {
	ok := func(b files.Bucket, err error) files.Bucket {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	inner := open(t, mem.New(nil), nil)
	encrypted := func(b files.Bucket) files.Bucket {
		secret := crypt.Secret("a secret of 32 bytes, for a test")
		return ok(crypt.New(b, &crypt.Options{Keys: []crypt.Key{{ID: "1", Secret: secret}}}))
	}
	for what, b := range map[string]files.Bucket{
		"itself":       inner,
		"another name": ok(files.Sub(inner, "dir")),
		"encrypted":    encrypted(inner),
		"mounted": ok(mount.New(map[string]files.Bucket{
			"":     mem.New(nil),
			"text": inner,
		})),
		"the first member": ok(overlay.New([]files.Bucket{inner, mem.New(nil)}, nil)),
		"a lower member":   ok(overlay.New([]files.Bucket{mem.New(nil), inner}, nil)),
		"the second":       ok(mirror.New(mem.New(nil), inner)),
	} {
		if b, err := compress.New(b, nil); b != nil || files.KindOf(err) != files.ErrInvalid {
			t.Errorf("over a bucket that is compressed (%s) New = %v, %v, want ErrInvalid", what,
				b, err)
		}
	}
	for _, b := range map[string]files.Bucket{
		"a directory of that name": ok(files.Sub(mem.New(nil), "compress zstd")),
		"a place of that name": ok(mount.New(map[string]files.Bucket{
			"":              mem.New(nil),
			"compress zstd": mem.New(nil),
		})),
		"encrypted": encrypted(mem.New(nil)),
	} {
		below := open(t, b, nil)
		put(t, below, "a", text(5000), nil)
		want(t, below, "a", text(5000))
	}
}
