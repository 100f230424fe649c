package bounds

import "bytes"

// MaxValues is how many commas a document in JSON has at most between its values. A
// page of 1,000 entries with fifty fields each has a fourth of that.
const MaxValues = 200_000

// JSON reports whether a document has no more values than [MaxValues], each of which
// takes a parser many times the two bytes that "1," has. It is a quick look, in which
// names' own commas don't count.
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
			return true // cut off, which the parser tells
		}
	}
}

var comma = []byte(",")

// skipString goes on after the end of a string, if it has one.
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
		d = d[i+2:] // behind what is escaped
	}
}
