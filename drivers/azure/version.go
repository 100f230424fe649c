package azure

import (
	"strings"

	"cloudfiles.dev/drivers/internal/etag"
	"cloudfiles.dev/files"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// version is the Version for a response's ETag.
func version(e *azcore.ETag) files.Version { return etag.Version(string(value(e))) }

// etagOf is the ETag for a Version. A text that can't be a file's version, such as "*"
// or a list, must match no file, and must not be refused as a list.
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

// usable returns nil for a version that If-Match can name. A weak one never matches
// there.
func usable(v files.Version) error {
	if etag.Weak(v) {
		return etag.ErrWeak()
	}
	return nil
}
