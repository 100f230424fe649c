// Package oddtext lets a page of a listing be read whose names have what XML or JSON
// can't hold: one name that others stored must not fail a whole page, nor come as
// another one.
package oddtext

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A byte that XML can't hold is taken for a character while the page is read, first and
// it, and [Restore] turns it back. Those characters are of the last plane for private
// use; where a page has them itself, their own bytes are taken so, too.
const (
	first = 0x10FF00
	last  = 0x10FFFF
)

// XML is the document with everything that XML can't hold put so that it can: control
// characters, invalid UTF-8, U+FFFE, U+FFFF and surrogates, as they are or as "&#x1;",
// and an "&" that begins nothing. The document itself is returned if nothing is wrong
// with it.
func XML(document []byte) []byte {
	if plain(document) {
		return document
	}
	var b bytes.Buffer
	b.Grow(len(document) + 64)
	literal := false // in a section where "&" begins nothing
	for rest := document; len(rest) > 0; {
		if literal && bytes.HasPrefix(rest, []byte("]]>")) {
			literal = false
		}
		literal = literal || bytes.HasPrefix(rest, []byte("<![CDATA["))
		bad, n := odd(rest)
		switch {
		case n == 0, literal && rest[0] == '&':
			_, size := utf8.DecodeRune(rest)
			b.Write(rest[:size])
			rest = rest[size:]
			continue
		case bad == nil:
			b.WriteString("&amp;")
		}
		for _, c := range bad {
			b.WriteRune(first + rune(c))
		}
		rest = rest[n:]
	}
	return b.Bytes()
}

// plain is a quick look, whose result holds if it finds nothing.
func plain(document []byte) bool {
	for i, c := range document {
		if c < ' ' || c == '&' {
			if _, n := odd(document[i:]); n > 0 {
				return false
			}
		}
	}
	return utf8.Valid(document) && !bytes.Contains(document, []byte("\xEF\xBF")) &&
		!bytes.Contains(document, []byte("\xF4\x8F"))
}

// odd reads what XML can't hold at the beginning: the bytes that it stands for, or nil
// for an "&" that begins nothing. n is its length; 0 if there is nothing of the kind.
func odd(p []byte) (stands []byte, n int) {
	r, size := utf8.DecodeRune(p)
	switch {
	case r == utf8.RuneError && size <= 1:
		return p[:1], 1
	case !held(r):
		return p[:size], size
	case r != '&':
		return nil, 0
	}
	end := bytes.IndexByte(p[:min(len(p), maxReference)], ';')
	if end < 0 {
		return nil, 1
	}
	name, numbered := strings.CutPrefix(string(p[1:end]), "#")
	if !numbered {
		switch name {
		case "amp", "lt", "gt", "quot", "apos":
			return nil, 0
		}
		return nil, 1
	}
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(name), "x"); ok {
		name, base = hex, 16
	}
	u, err := strconv.ParseUint(name, base, 32)
	switch c := rune(u); {
	case err != nil || u > utf8.MaxRune:
		return nil, 1
	case c >= 0xD800 && c <= 0xDFFF: // half of a character, in the form that UTF-8 would have
		return half(c), end + 1
	case !held(c):
		return utf8.AppendRune(nil, c), end + 1
	}
	return nil, 0
}

// maxReference is how long a reference to a character is at most, leading zeros included.
const maxReference = 64

// held reports whether XML can hold the character, and it stands for itself.
func held(c rune) bool {
	blank := c == '\t' || c == '\n' || c == '\r'
	return (c >= ' ' || blank) && c != 0xFFFE && c != 0xFFFF && c < first
}

// Restore gives a text of such a document its bytes back.
func Restore(s string) string {
	if !strings.Contains(s, "\xF4\x8F") {
		return s
	}
	b := make([]byte, 0, len(s))
	for _, c := range s {
		if c >= first && c <= last {
			b = append(b, byte(c-first))
		} else {
			b = utf8.AppendRune(b, c)
		}
	}
	return string(b)
}
