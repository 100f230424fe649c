package local

import (
	"encoding/binary"
	"maps"
	"slices"

	"cloudfiles.dev/files"
)

// maxRecord is how long a record with attributes may be, in bytes. Every file system
// with extended attributes has room for that. A record without attributes is longer
// only if its content type is.
const maxRecord = 512

// attributeFields returns the text fields, in the order of the record.
func attributeFields(a *files.Attributes) [5]*string {
	return [...]*string{
		&a.ContentType, &a.CacheControl, &a.ContentDisposition, &a.ContentEncoding,
		&a.ContentLanguage,
	}
}

// appendAttributes appends the fields and then the metadata's keys and values, each
// with its length (uvarint) before it.
func appendAttributes(b []byte, a *files.Attributes) []byte {
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	for _, f := range attributeFields(a) {
		text(*f)
	}
	for _, k := range slices.Sorted(maps.Keys(a.Metadata)) {
		text(k)
		text(a.Metadata[k])
	}
	return b
}

func decodeAttributes(b []byte, a *files.Attributes) error {
	bad := false
	all := string(b) // the fields share this string
	text := func() string {
		n, w := binary.Uvarint(b)
		if w <= 0 || n > uint64(len(b)-w) {
			b, bad = nil, true
			return ""
		}
		s := all[len(all)-len(b)+w:][:n]
		b = b[w+int(n):]
		return s
	}
	for _, f := range attributeFields(a) {
		*f = text()
	}
	for len(b) > 0 {
		if a.Metadata == nil {
			a.Metadata = map[string]string{}
		}
		k := text()
		a.Metadata[k] = text()
	}
	if bad {
		return errRecord
	}
	return nil
}
