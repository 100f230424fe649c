package crypt_test

import (
	"bytes"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/crypt"
)

// secret returns a key for tests, which must not be used elsewhere.
func secret(n byte) crypt.Secret {
	s := bytes.Repeat([]byte{n}, 32)
	s[0] ^= 0xff
	return s
}

func key(id string, n byte) crypt.Key { return crypt.Key{ID: id, Secret: secret(n)} }

func wrap(opts *crypt.Options) func(files.Bucket) files.Bucket {
	return func(b files.Bucket) files.Bucket {
		c, err := crypt.New(b, opts)
		if err != nil {
			panic(err)
		}
		return c
	}
}

// cryptFeatures returns the Features that the package comment promises.
func cryptFeatures(f files.Features) files.Features {
	f.ServerCopy, f.Digests, f.ForeignKeys = false, false, false
	f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = false, false, false, false
	f.MaxSize, f.MaxUnknownSize = crypt.MostPlain(f.MaxSize), crypt.MostPlain(f.MaxUnknownSize)
	return f
}

func TestConformance(t *testing.T) {
	conformance.RunWrapper(t, wrap(&crypt.Options{Keys: []crypt.Key{key("1", 1)}}),
		&conformance.WrapperOptions{Features: cryptFeatures})
}

func TestConformanceNames(t *testing.T) {
	longtest.Only(t, "TestConformance has the contents")
	conformance.RunWrapper(t, wrap(&crypt.Options{
		Keys:    []crypt.Key{key("1", 1)},
		NameKey: secret(2),
	}), &conformance.WrapperOptions{
		Features: func(f files.Features) files.Features {
			f = cryptFeatures(f)
			f.AnyName, f.Ordered = false, false
			return f
		},
		Known: map[string]string{
			"N4/deep": "100 elements don't fit once each has grown by 16 bytes",
		},
	})
}
