package driver

import "cloudfiles.dev/files/internal/contenttype"

// SniffLen is how many bytes of the content decide its type.
const SniffLen = contenttype.SniffLen

// ContentType returns the content type that Put chooses for a file if PutOptions give
// none (P6). It is the same on every driver and every machine. The name's extension
// decides if a fixed table has it; otherwise the first SniffLen bytes of the content
// decide.
//
// head is the beginning of the content: at least its first SniffLen bytes, or all of a
// shorter content. It may be longer, and it may be nil if the name decides. ContentType
// never returns "". The name need not be a legal one.
func ContentType(name string, head []byte) string { return contenttype.Of(name, head) }

// TypeByName returns the content type if the name's extension alone decides it, so that
// no content need be read in advance, and false otherwise. The table is the same on
// every machine, because the system's table isn't used. The extension is what follows
// the last dot of the last element, in upper or lower case; a name that only begins
// with a dot (".profile") has none.
func TypeByName(name string) (string, bool) { return contenttype.ByName(name) }
