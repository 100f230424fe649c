package fileshttp

import (
	"math"
	"strings"

	"cloudfiles.dev/files"
)

// parseRange returns the one range of the field. ok is false if the response is the
// whole file: there is no field, another unit, several ranges or a mistake.
func parseRange(s string) (r files.Range, ok bool) {
	unit, set, found := strings.Cut(s, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return files.Range{}, false
	}
	spec := ""
	for part := range strings.SplitSeq(set, ",") {
		part = strings.Trim(part, " \t")
		switch {
		case part == "":
		case spec != "":
			return files.Range{}, false
		default:
			spec = part
		}
	}
	first, last, found := strings.Cut(spec, "-")
	if !found {
		return files.Range{}, false
	}
	from, ok1 := parsePos(first)
	to, ok2 := parsePos(last)
	switch {
	case first == "" && ok2:
		return files.Last(to), true
	case ok1 && (last == "" || to == math.MaxInt64):
		return files.From(from), true
	case ok1 && ok2 && from <= to:
		return files.Bytes(from, to-from+1), true
	}
	return files.Range{}, false
}

// parsePos parses a number of digits; a number that is too large becomes the largest.
func parsePos(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	n := int64(0)
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		if n > (math.MaxInt64-9)/10 {
			n = math.MaxInt64 // for all further digits
			continue
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
