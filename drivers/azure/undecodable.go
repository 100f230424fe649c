package azure

import (
	"bytes"
	"encoding/xml"
	"net/url"
	"strconv"
	"strings"

	"cloudfiles.dev/drivers/internal/oddtext"
)

// A name in a page may be encoded (since the service's version 2021-02-12), and the SDK
// fails the whole page for a name that it can't decode. Such a name is marked instead,
// with a prefix that no name of the service can have, and is listed as a raw key (L7).
// https://learn.microsoft.com/rest/api/storageservices/list-blobs
const undecodableMark = "\x00undecodable\x00"

// undecodable returns the page's text of a marked name.
func undecodable(name string) (raw string, marked bool) {
	return strings.CutPrefix(name, undecodableMark)
}

// markUndecodable marks the names that can't be decoded. It returns the page itself if
// there are none.
func markUndecodable(page []byte) []byte {
	const open, shut = "<Name ", "</Name>"
	if !bytes.Contains(page, []byte(open)) {
		return page
	}
	mark := oddtext.XML([]byte(undecodableMark))
	var b []byte
	for rest := page; ; {
		i := bytes.Index(rest, []byte(open))
		if i < 0 {
			if b == nil {
				return page
			}
			return append(b, rest...)
		}
		attributes, inner, ended := bytes.Cut(rest[i+len(open):], []byte(">"))
		value, _, shuts := bytes.Cut(inner, []byte(shut))
		if !ended || !shuts || bytes.HasSuffix(attributes, []byte("/")) ||
			!isEncoded(attributes) || decodes(value) {
			n := i + len(open)
			if b != nil {
				b = append(b, rest[:n]...)
			}
			rest = rest[n:]
			continue
		}
		if b == nil {
			b = append(make([]byte, 0, len(page)+len(mark)), page[:len(page)-len(rest)]...)
		}
		b = append(append(append(b, rest[:i]...), "<Name>"...), mark...)
		b = append(append(b, value...), shut...)
		rest = inner[len(value)+len(shut):]
	}
}

// isEncoded reports whether the element's attributes say that its value is encoded, or
// say something that the SDK can't read.
func isEncoded(attributes []byte) bool {
	var e struct {
		Encoded string `xml:"Encoded,attr"`
	}
	if xml.Unmarshal([]byte("<Name "+string(attributes)+"/>"), &e) != nil || e.Encoded == "" {
		return false
	}
	is, err := strconv.ParseBool(strings.TrimSpace(e.Encoded))
	return is || err != nil
}

// decodes reports whether the SDK can decode the value, or can't parse it at all.
func decodes(value []byte) bool {
	var text string
	if xml.Unmarshal([]byte("<Name>"+string(value)+"</Name>"), &text) != nil {
		return true
	}
	_, err := url.QueryUnescape(text)
	return err == nil
}
