package gocloud

import (
	"fmt"
	"strconv"
	"strings"

	"cloudfiles.dev/files/driver"
)

// A key of Go CDK is any text; a name obeys rule N1. nameOf and keyOf are inverse to
// each other. The escaping is Go CDK's own, "__0x2f__" for a slash, and is used only if
// N1 refuses the key, so an ordinary key is its own name. A legal key that looks
// escaped is its own name too, unless the key that it decodes to has that name.

const escapeMark = "__0x"

// nameOf returns the name of a key.
func nameOf(key string) string {
	if driver.CheckNameMax(key, len(key)) == nil && !taken(key) {
		return key
	}
	return escapeKey(key)
}

// keyOf returns the key of a legal name.
func keyOf(name string) string {
	if taken(name) {
		return unescapeName(name)
	}
	return name
}

// taken reports whether the name belongs to the key that it decodes to. The recursion
// ends because decoding shortens the name.
func taken(name string) bool {
	if !strings.Contains(name, escapeMark) {
		return false
	}
	key := unescapeName(name)
	return key != name && nameOf(key) == name
}

// escapeKey escapes what N1 refuses, and every "_" that begins an escape's prefix.
func escapeKey(key string) string {
	var b strings.Builder
	element := 0 // where in b the current element begins
	runes := []rune(key)
	for i, r := range runes {
		current := b.String()[element:]
		dots := current == "." || current == ".."
		escape := false
		switch {
		case r < ' ', r == 0x7f:
			escape = true
		case r == '/':
			escape = i == 0 || i == len(runes)-1 || runes[i-1] == '/' || dots
		case r == '_':
			escape = strings.HasPrefix(string(runes[i:min(i+len(escapeMark), len(runes))]),
				escapeMark)
		case r == '.':
			// otherwise the last element would be only dots
			escape = i == len(runes)-1 && (current == "" || current == ".")
		}
		if escape {
			fmt.Fprintf(&b, "__%#x__", r)
			continue
		}
		b.WriteRune(r)
		if r == '/' {
			element = b.Len()
		}
	}
	return b.String()
}

// unescapeName decodes the escapes that escapeKey writes.
func unescapeName(name string) string {
	var b strings.Builder
	for name != "" {
		i := strings.Index(name, escapeMark)
		if i < 0 {
			break
		}
		b.WriteString(name[:i])
		name = name[i:]
		r, n := escaped(name)
		if n == 0 {
			r, n = '_', 1
		}
		b.WriteRune(r)
		name = name[n:]
	}
	b.WriteString(name)
	return b.String()
}

// escaped returns the character whose escape the text begins with, and the escape's
// length, or 0.
func escaped(s string) (rune, int) {
	rest, ok := strings.CutPrefix(s, escapeMark)
	if !ok {
		return 0, 0
	}
	digits, _, ok := strings.Cut(rest, "__")
	v, err := strconv.ParseUint(digits, 16, 8)
	if !ok || err != nil || v >= 0x20 && v != 0x7f && v != '/' && v != '_' && v != '.' {
		return 0, 0
	}
	if e := fmt.Sprintf("__%#x__", v); strings.HasPrefix(s, e) {
		return rune(v), len(e)
	}
	return 0, 0 // escapeKey doesn't write it so
}
