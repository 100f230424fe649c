// Package etag compares the ETags of answers as RFC 9110 has it. It has nothing to do
// with how a service quotes them.
package etag

import (
	"strings"

	"cloudfiles.dev/files"
)

// Weak reports whether the version is a weak ETag, W/"…", which names no certain bytes
// (section 8.8.1). A proxy that compresses makes such ones of a service's own.
func Weak(v files.Version) bool {
	return len(v) > 4 && strings.HasPrefix(string(v), `W/"`) && v[len(v)-1] == '"'
}

// Same compares two versions weakly, as If-None-Match does (section 8.8.3.2). An empty
// version is like no other.
func Same(a, b files.Version) bool { return a != "" && opaque(a) == opaque(b) }

// Version is the version of an ETag: without its quotes, or as it is if it is weak.
func Version(s string) files.Version {
	if Weak(files.Version(s)) {
		return files.Version(s)
	}
	return files.Version(strings.Trim(s, `"`))
}

// ErrWeak is for a version that would have to be compared strongly, which no weak one
// passes.
func ErrWeak() error {
	return files.Errorf(files.ErrUnsupported,
		"the version is weak, so it names no certain bytes: "+
			"something in front of the service changes its ETags")
}

// Compare compares the version of a response to a read with the conditions that were
// sent, "" for none: a service that ignores conditions sends another version, or the
// caller's own (G4, G8).
func Compare(is, isNot, v files.Version) error {
	switch {
	case is != "" && v == "":
		return files.Errorf(files.ErrUnsupported, "the service tells no version")
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
