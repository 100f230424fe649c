// Package bounds recognizes documents that no service sends, before they are given to a
// parser, which would need many times their size in memory.
package bounds

import (
	"bytes"
)

const (
	// MaxDepth is the largest depth of nested elements. Services' documents have fewer
	// than ten levels.
	MaxDepth = 1000
	// MaxTag is the largest length in bytes of a tag with all its attributes.
	MaxTag = 64 << 10
	// MaxElements is the largest number of elements. A page of 5,000 entries with
	// thirty elements each has three fifths of that.
	MaxElements = 250_000
)

// XML reports whether encoding/xml can read a document in about as much memory as its
// size. A few MiB of nested elements, of attributes or of empty entries would take it a
// hundred times that. XML scans only the tags, which is quick, and doesn't recognize
// comments and CDATA.
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
			return len(document) <= MaxTag // cut off, which the parser reports
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
