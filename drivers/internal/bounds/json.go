package bounds

import "bytes"

// MaxValues is the largest number of commas between the values of a document in JSON. A
// page of 1,000 entries with fifty fields each has a fourth of that.
const MaxValues = 200_000

// JSON reports whether a document has at most [MaxValues] values, each of which takes a
// parser many times the two bytes of "1,". Commas in strings don't count.
func JSON(document []byte) bool {
	if bytes.Count(document, comma) <= MaxValues {
		return true
	}
	values := 0
	for {
		i := bytes.IndexByte(document, '"')
		if i < 0 {
			return values+bytes.Count(document, comma) <= MaxValues
		}
		if values += bytes.Count(document[:i], comma); values > MaxValues {
			return false
		}
		if document = document[i+1:]; !skipString(&document) {
			return true // cut off, which the parser reports
		}
	}
}

var comma = []byte(",")

// skipString cuts the document after the end of a string. It returns false if the
// string has no end.
func skipString(document *[]byte) bool {
	for d := *document; ; {
		i := bytes.IndexAny(d, `"\`)
		switch {
		case i < 0, d[i] == '\\' && i+1 == len(d):
			return false
		case d[i] == '"':
			*document = d[i+1:]
			return true
		}
		d = d[i+2:] // after the escape
	}
}
