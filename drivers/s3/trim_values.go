package s3

import "bytes"

// trimmed are the elements whose values don't include white space around them: numbers,
// booleans, times and words. Names and tokens may include it.
var trimmed = map[string]bool{
	"Size":           true,
	"MaxKeys":        true,
	"KeyCount":       true,
	"IsTruncated":    true,
	"EncodingType":   true,
	"ETag":           true,
	"LastModified":   true,
	"DeleteMarker":   true,
	"ChecksumType":   true,
	"ChecksumCRC32":  true,
	"ChecksumCRC32C": true,
	"ChecksumSHA256": true,
	"UploadId":       true,
	"Code":           true,
}

// trimValues removes the white space around values, for which the SDK would fail a
// whole response. It returns the document itself if there is none.
func trimValues(document []byte) []byte {
	var b []byte
	done := 0                             // how much of the document b has
	for from, name := 0, []byte(nil); ; { // from is after a tag of that name
		n := bytes.IndexByte(document[from:], '<')
		if n < 0 {
			break
		}
		value := document[from : from+n]
		if n > 0 && (value[0] <= ' ' || value[n-1] <= ' ') && trimmed[string(name)] {
			b = append(append(b, document[done:from]...), bytes.TrimSpace(value)...)
			done = from + n
		}
		begin, end := from+n+1, []byte(">")
		switch rest := document[begin:]; {
		case bytes.HasPrefix(rest, []byte("!--")):
			end = []byte("-->")
		case bytes.HasPrefix(rest, []byte("![CDATA[")):
			end = []byte("]]>")
		}
		n = bytes.Index(document[begin:], end)
		if n < 0 {
			break
		}
		name, from = tagName(document[begin:begin+n]), begin+n+len(end)
	}
	if done == 0 {
		return document
	}
	return append(b, document[done:]...)
}

// tagName returns the name of an element without its namespace; tag is the text between
// the brackets.
func tagName(tag []byte) []byte {
	if i := bytes.IndexAny(tag, " \t\r\n"); i >= 0 {
		tag = tag[:i]
	}
	return tag[bytes.IndexByte(tag, ':')+1:]
}
