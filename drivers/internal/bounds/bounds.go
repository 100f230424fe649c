// Package bounds recognises documents that no service sends, before a parser sees them,
// which would keep many times what it reads.
package bounds

import (
	"bytes"
)

const (
	// MaxDepth is how deep the elements of a document nest at most. Services' documents
	// have fewer than ten levels.
	MaxDepth = 1000
	// MaxTag is how long a tag is at most, with all its attributes, in bytes.
	MaxTag = 64 << 10
	// MaxElements is how many elements a document has at most. A page of 5,000 entries
	// with thirty each has three fifths of that.
	MaxElements = 250_000
)

// XML reports whether a document is one that encoding/xml reads in memory of about its
// own size: a few MiB of elements that nest, of attributes, or of entries that have
// nothing, would take it a hundred. It is a quick look at the tags alone, for documents
// without comments and CDATA of their own kind.
func XML(document []byte) bool {
	depth, elements := 0, 0
	for {
		i := bytes.IndexByte(document, '<')
		if i < 0 {
			return true
		}
		document = document[i+1:]
		end := bytes.IndexByte(document[:min(len(document), MaxTag)], '>')
		if end < 0 {
			return len(document) <= MaxTag // cut off, which the parser tells
		}
		tag := document[:end]
		document = document[end+1:]
		switch {
		case len(tag) == 0, tag[0] == '?', tag[0] == '!':
		case tag[0] == '/':
			depth--
		case tag[len(tag)-1] != '/':
			depth++
			elements++
		default:
			elements++
		}
		if depth > MaxDepth || elements > MaxElements {
			return false
		}
	}
}
