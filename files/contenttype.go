package files

import "cloudfiles.dev/files/internal/contenttype"

// SniffLen is how many bytes of the content at most decide its type, where its name
// doesn't.
const SniffLen = contenttype.SniffLen

// ContentType returns the content type that Put chooses for a file where PutOptions
// give none (P6), the same on every driver and every machine: by the name's extension
// where its fixed table has it, else by the first SniffLen bytes of the content. head
// is the content's beginning: at least its first SniffLen bytes, or all of a shorter
// content; more does no harm, and where the name decides, head may be nil. It never
// returns "". The name need not be a legal one.
func ContentType(name string, head []byte) string { return contenttype.Of(name, head) }
