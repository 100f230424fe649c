package files

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// MaxMetadata is how many bytes all metadata of a file may have, keys and values counted as URL-escaped, which
// is how S3 carries and limits them (P7).
const MaxMetadata = 1900

// NormalizeAttributes checks attributes and returns them with the metadata's keys folded, sharing no map with a.
// What can't be stored everywhere is ErrInvalid (P7): a key that is empty or not UTF-8, two keys that fold to one,
// a value that isn't UTF-8, too many bytes, and control characters in the headers.
func NormalizeAttributes(a Attributes) (Attributes, error) {
	for _, h := range [...]struct{ name, v string }{{"content type", a.ContentType}, {"Cache-Control", a.CacheControl}, {"Content-Disposition", a.ContentDisposition},
		{"Content-Encoding", a.ContentEncoding}, {"Content-Language", a.ContentLanguage}} {
		if h.v == "" {
			continue
		}
		if !utf8.ValidString(h.v) || strings.ContainsFunc(h.v, isControl) {
			return Attributes{}, invalid("%s is not plain text", h.name)
		}
		if h.v != strings.TrimSpace(h.v) {
			return Attributes{}, invalid("%s begins or ends with a space", h.name)
		}
	}
	if len(a.Metadata) == 0 {
		a.Metadata = nil
		return a, nil
	}
	m, total := make(map[string]string, len(a.Metadata)), 0
	for k, v := range a.Metadata {
		f := foldASCII(k)
		switch _, twice := m[f]; {
		case k == "":
			return Attributes{}, invalid("a metadata key is empty")
		case !utf8.ValidString(k):
			return Attributes{}, invalid("metadata key %q is not valid UTF-8", k)
		case !utf8.ValidString(v):
			return Attributes{}, invalid("the value of metadata key %q is not valid UTF-8", k)
		case twice:
			return Attributes{}, invalid("two metadata keys fold to %q", f)
		}
		m[f] = v
		total += len(url.QueryEscape(f)) + len(url.QueryEscape(v))
	}
	if total > MaxMetadata {
		return Attributes{}, invalid("metadata has %d bytes, more than %d", total, MaxMetadata)
	}
	a.Metadata = m
	return a, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
