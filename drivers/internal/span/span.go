// Package span compares the part of a file that a response has with the part that was
// requested (G3, G5).
package span

import (
	"strconv"
	"strings"

	"cloudfiles.dev/files"
)

// Span is the value of a Content-Range: the bytes from First to Last inclusive of a
// file of Size bytes. Size is -1 if the header has "*" in its place.
type Span struct{ First, Last, Size int64 }

// Len returns the number of bytes in the span.
func (s Span) Len() int64 { return s.Last - s.First + 1 }

// Parse parses a Content-Range such as "bytes 10-14/27" (RFC 9110 §14.4). ok is false
// for a range that no file has, and for another unit than bytes.
func Parse(text string) (s Span, ok bool) {
	unit, rest, _ := strings.Cut(text, " ")
	if !strings.EqualFold(unit, "bytes") {
		return s, false
	}
	part, size, _ := strings.Cut(rest, "/")
	first, last, _ := strings.Cut(part, "-")
	ok = number(first, &s.First) && number(last, &s.Last) && s.First <= s.Last
	if size == "*" {
		s.Size = -1
		return s, ok
	}
	return s, ok && number(size, &s.Size) && s.Last < s.Size
}

// number parses digits. Unlike ParseInt it takes no sign.
func number(s string, n *int64) bool {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return false
	}
	var err error
	*n, err = strconv.ParseInt(s, 10, 64)
	return err == nil
}

// Fit finds the range r of a file of size bytes in a response's body, which has the
// length bytes of the file from first on. off and n are the resolved range. before
// is how many bytes of the body precede it, if a server sends the whole file or more
// than was requested. ok is false if the body doesn't contain the range.
func Fit(r files.Range, first, length, size int64) (off, n, before int64, ok bool) {
	off, n = r.Resolve(size)
	if n == 0 {
		return off, 0, 0, true
	}
	before = off - first
	return off, n, before, before >= 0 && before <= length && n <= length-before
}
