// Package etag compares the ETags of responses by RFC 9110, however a service quotes
// them.
package etag

import (
	"strings"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// Weak reports whether the version is a weak ETag, W/"…", which doesn't identify the
// exact bytes (section 8.8.1). A proxy that compresses makes weak ETags of a service's.
func Weak(v files.Version) bool {
	return len(v) > 4 && strings.HasPrefix(string(v), `W/"`) && v[len(v)-1] == '"'
}

// Same compares two versions weakly, as If-None-Match does (section 8.8.3.2). An empty
// version is never the same as another.
func Same(a, b files.Version) bool { return a != "" && opaque(a) == opaque(b) }

// Version returns the version of an ETag: the text without its quotes, or the whole of
// a weak one.
func Version(s string) files.Version {
	if Weak(files.Version(s)) {
		return files.Version(s)
	}
	return files.Version(strings.Trim(s, `"`))
}

// ErrWeak returns the error for a weak version that would have to be compared strongly,
// since no weak version matches then.
func ErrWeak() error {
	return driver.Errorf(files.ErrUnsupported,
		"the version is a weak ETag, which doesn't identify the exact bytes: "+
			"something in front of the service changes its ETags")
}

// Compare compares the version of a response to a read with the conditions that were
// sent, "" for none. A service that ignores conditions may send another version than
// is, or the version isNot (G4, G8).
func Compare(is, isNot, v files.Version) error {
	switch {
	case is != "" && v == "":
		return driver.Errorf(files.ErrUnsupported, "the service's response has no version")
	case is != "" && Weak(v) && Same(v, is):
		return ErrWeak()
	case is != "" && v != is:
		return files.ErrPrecondition
	case isNot != "" && Same(v, isNot):
		return files.ErrNotModified
	}
	return nil
}

func opaque(v files.Version) string {
	if Weak(v) {
		return string(v[3 : len(v)-1])
	}
	return string(v)
}
