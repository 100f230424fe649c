package compress_test

import (
	"errors"
	"testing"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/compress"
)

// wrap returns b with compression, or b itself if it stores no attributes.
func wrap(opts *compress.Options) func(files.Bucket) files.Bucket {
	return func(b files.Bucket) files.Bucket {
		c, err := compress.New(b, opts)
		switch {
		case err == nil:
			return c
		case errors.Is(err, files.ErrUnsupported) && !b.Features().Attributes:
			return files.Wrap(b, files.Hooks{})
		}
		panic(err)
	}
}

func features(f files.Features) files.Features {
	if !f.Attributes {
		return f
	}
	f.ServerCopy, f.Digests, f.ForeignKeys = false, false, false
	f.SignGet, f.SignPut, f.SignDelete, f.SignContentType = false, false, false, false
	f.MaxSize, f.MaxUnknownSize = compress.MostPlain(f.MaxSize), 0
	return f
}

func TestConformance(t *testing.T) {
	conformance.RunWrapper(t, wrap(nil), &conformance.WrapperOptions{
		Features: features,
		Known:    known,
	})
}

var known = map[string]string{
	"P7/limit":                 "the package's own metadata takes 53 of the 1900 bytes",
	"P7/header-limit":          "uses up all metadata",
	"P7/header-limit-in-parts": "uses up all metadata",
}

func TestConformanceFastest(t *testing.T) {
	longtest.Only(t, "TestConformance has the contents")
	conformance.RunWrapper(t, wrap(&compress.Options{Level: 1}),
		&conformance.WrapperOptions{Features: features, Known: known})
}
