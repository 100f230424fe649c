package oddtext

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON returns the document with everything in its strings that JSON can't hold, or
// that a parser takes for U+FFFD, changed so that [Restore] restores it: unescaped
// control characters, invalid UTF-8, and halves of surrogate pairs. It returns the
// document itself if nothing is wrong with it.
func JSON(document []byte) []byte {
	if plainJSON(document) {
		return document
	}
	var b bytes.Buffer
	b.Grow(len(document) + 64)
	inside := false
	for rest := document; len(rest) > 0; {
		stands, n := []byte(nil), 0
		if inside {
			stands, n = oddJSON(rest)
		}
		switch {
		case n > 0 && stands == nil:
			b.Write(rest[:n])
		case n > 0 && len(stands) == 1 && stands[0] < ' ':
			fmt.Fprintf(&b, `\u%04x`, stands[0])
		case n > 0:
			for _, c := range stands {
				b.WriteRune(first + rune(c))
			}
		case inside && rest[0] == '\\' && len(rest) > 1:
			n = 2
			b.Write(rest[:n])
		default:
			_, n = utf8.DecodeRune(rest)
			b.Write(rest[:n])
			if rest[0] == '"' {
				inside = !inside
			}
		}
		rest = rest[n:]
	}
	return b.Bytes()
}

// plainJSON is a quick check. If it returns true, there is nothing to change.
func plainJSON(document []byte) bool {
	for _, c := range document {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return utf8.Valid(document) && !bytes.Contains(document, []byte("\xF4\x8F")) &&
		!bytes.Contains(document, []byte(`\ud`)) && !bytes.Contains(document, []byte(`\uD`))
}

// oddJSON reads what a string can't hold at the beginning of p. It returns the bytes
// that this stands for, or nil for a whole pair of surrogates. n is its length in p, or
// 0 if there is nothing odd.
func oddJSON(p []byte) (stands []byte, n int) {
	r, size := utf8.DecodeRune(p)
	switch {
	case r == utf8.RuneError && size <= 1, r < ' ':
		return p[:1], 1
	case r >= first && r <= last:
		return p[:size], size
	case r != '\\':
		return nil, 0
	}
	high, ok := escaped(p)
	if !ok || !utf16.IsSurrogate(high) {
		return nil, 0
	}
	if low, ok := escaped(p[6:]); ok {
		if r := utf16.DecodeRune(high, low); r >= first {
			return utf8.AppendRune(nil, r), 12
		} else if r != utf8.RuneError {
			return nil, 12
		}
	}
	return half(high), 6
}

// escaped reads "\ud800".
func escaped(p []byte) (rune, bool) {
	if len(p) < 6 || p[0] != '\\' || p[1] != 'u' {
		return 0, false
	}
	u, err := strconv.ParseUint(string(p[2:6]), 16, 16)
	return rune(u), err == nil
}

// half returns half of a character, in the form that UTF-8 would have.
func half(c rune) []byte {
	return []byte{0xE0 | byte(c>>12), 0x80 | byte(c>>6)&0x3F, 0x80 | byte(c)&0x3F}
}
