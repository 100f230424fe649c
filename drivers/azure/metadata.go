package azure

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Metadata keys must be C# identifiers, so other characters are written as __0x<hex>__,
// and values are URL-escaped. Go CDK's azureblob does both too, so each reads what the
// other wrote.

// The keys of this package, which Info doesn't show: the digest, and the mark by which a
// conditional Put finds its own write.
const (
	digestKey = "cloudfiles_digest"
	markKey   = "cloudfiles_mark"
)

// encodeMetadata makes a request's metadata.
func encodeMetadata(m map[string]string) map[string]*string {
	out := make(map[string]*string, len(m)+2)
	for k, v := range m {
		v = url.PathEscape(v)
		out[encodeKey(k)] = &v
	}
	return out
}

// decodeMetadata reads a response's metadata, whose keys may have any case.
func decodeMetadata(m map[string]*string) map[string]string {
	var out map[string]string
	for k, v := range m {
		k = strings.ToLower(k)
		if k == digestKey || k == markKey || v == nil {
			continue
		}
		text, err := url.PathUnescape(*v)
		if err != nil {
			text = *v // another program's, which isn't escaped
		}
		if out == nil {
			out = make(map[string]string, len(m))
		}
		out[decodeKey(k)] = text
	}
	return out
}

// reservedValue returns the value of a key of this package.
func reservedValue(m map[string]*string, key string) string {
	for k, v := range m {
		if strings.EqualFold(k, key) && v != nil {
			return *v
		}
	}
	return ""
}

func encodeKey(k string) string {
	var s strings.Builder
	for i, c := range k {
		_, _, escape := cutEscape(k[i:])
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9' && i > 0, c == '_' &&
			!escape && !isReservedKey(k):
			s.WriteRune(c)
		default:
			fmt.Fprintf(&s, "__%#x__", c)
		}
	}
	return s.String()
}

// isReservedKey reports whether a caller's key equals one of this package's: its
// underscores are escaped.
func isReservedKey(k string) bool { return k == digestKey || k == markKey }

func decodeKey(k string) string {
	var s strings.Builder
	for k != "" {
		if c, n, ok := cutEscape(k); ok {
			s.WriteRune(c)
			k = k[n:]
			continue
		}
		c, n := utf8.DecodeRuneInString(k)
		s.WriteRune(c)
		k = k[n:]
	}
	return s.String()
}

// cutEscape reads __0x<hex>__ at the beginning of s and returns its length.
func cutEscape(s string) (c rune, n int, ok bool) {
	digits, found := strings.CutPrefix(s, "__0x")
	if !found {
		return 0, 0, false
	}
	digits, _, found = strings.Cut(digits, "__")
	v, err := strconv.ParseUint(digits, 16, 31)
	if !found || err != nil || !utf8.ValidRune(rune(v)) {
		return 0, 0, false
	}
	return rune(v), len("__0x") + len(digits) + len("__"), true
}
