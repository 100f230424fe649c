package driver

import "cloudfiles.dev/files/internal/contenttype"

// SniffLen is how many bytes of the content the sniffer looks at.
const SniffLen = contenttype.SniffLen

// ContentType is [files.ContentType]: it returns the content type of a file for which
// the caller gave none (P6).
func ContentType(name string, head []byte) string { return contenttype.Of(name, head) }

// TypeByName returns the content type if the name's extension alone decides it, so that
// no content need be read ahead, and false otherwise. The table is the same on every
// machine: it never asks the system. The extension is what follows the last dot of the
// last element, in upper or lower case; a name that only begins with a dot (".profile")
// has none.
func TypeByName(name string) (string, bool) { return contenttype.ByName(name) }
