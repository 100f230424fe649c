package azure

import (
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// version is an ETag without its quotes. A weak one, which something in front of the
// service made of it, stays as it is: W/"…".
func version(e *azcore.ETag) files.Version {
	if v := files.Version(value(e)); isWeak(v) {
		return v
	}
	return files.Version(strings.Trim(string(value(e)), `"`))
}

// isWeak reports whether the version names no certain bytes (RFC 9110, section 8.8.1).
func isWeak(v files.Version) bool {
	return len(v) > 4 && strings.HasPrefix(string(v), `W/"`) && v[len(v)-1] == '"'
}

// same compares two versions weakly, as If-None-Match does (RFC 9110, section 8.8.3.2).
func same(a, b files.Version) bool { return a != "" && opaqueTag(a) == opaqueTag(b) }

func opaqueTag(v files.Version) string {
	if isWeak(v) {
		return string(v[3 : len(v)-1])
	}
	return string(v)
}

// etag is the ETag of a version. What no file has as its version, such as "*" or a list
// of several, must not stand for any.
func etag(v files.Version) *azcore.ETag {
	e := azcore.ETag(`"` + string(v) + `"`)
	switch {
	case isWeak(v):
		e = azcore.ETag(v)
	case v == "*" || strings.ContainsFunc(string(v), func(c rune) bool {
		return c <= ' ' || c > '~' || c == '"'
	}):
		e = `"none"`
	}
	return &e
}

// weakError is for a version that is compared strongly, which no weak one passes.
func weakError() error {
	return files.Errorf(files.ErrUnsupported,
		"the version is weak, so it names no certain bytes: "+
			"something in front of the service changes its ETags")
}

// usable returns nil for what If-Match can name: no weak version ever matches there.
func usable(v files.Version) error {
	if isWeak(v) {
		return weakError()
	}
	return nil
}

// compare compares the version of an answer: what ignores conditions on reads sends
// another version, or the caller's own.
func compare(req driver.OpenRequest, v files.Version) error {
	switch {
	case req.IfVersion != "" && isWeak(v) && same(v, req.IfVersion):
		return weakError()
	case req.IfVersion != "" && v != req.IfVersion:
		return files.ErrPrecondition
	case req.IfNotVersion != "" && same(v, req.IfNotVersion):
		return files.ErrNotModified
	}
	return nil
}
