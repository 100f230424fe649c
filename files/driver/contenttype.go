package driver

import "cloudfiles.dev/files/internal/contenttype"

// SniffLen is how many bytes of the content the sniffer looks at.
const SniffLen = contenttype.SniffLen

// ContentType is [files.ContentType]: the content type of a file that the caller gave
// none for (P6).
func ContentType(name string, head []byte) string { return contenttype.Of(name, head) }

// TypeByName returns the content type that the name's extension alone decides, so that
// nothing need be read ahead, or false. The table is the same on every machine: it asks
// nobody else. The extension is what follows the last dot of the last element, upper or
// lower case; a name that only begins with a dot (".profile") has none.
func TypeByName(name string) (string, bool) { return contenttype.ByName(name) }
