package azure

import (
	"strings"

	"cloudfiles.dev/drivers/internal/etag"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// version is the version of a response's ETag.
func version(e *azcore.ETag) files.Version { return etag.Version(string(value(e))) }

// etagOf is the ETag of a version. What no file has as its version, such as "*" or a list
// of several, must not stand for any, nor be refused as a list.
func etagOf(v files.Version) *azcore.ETag {
	e := azcore.ETag(`"` + string(v) + `"`)
	switch {
	case etag.Weak(v):
		e = azcore.ETag(v)
	case v == "*" || strings.ContainsFunc(string(v), func(c rune) bool {
		return c <= ' ' || c > '~' || c == '"' || c == ','
	}):
		e = `"none"`
	}
	return &e
}

// usable returns nil for what If-Match can name: no weak version ever matches there.
func usable(v files.Version) error {
	if etag.Weak(v) {
		return etag.ErrWeak()
	}
	return nil
}
