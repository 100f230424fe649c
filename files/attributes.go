package files

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// Normalize checks the attributes and returns them with the metadata's keys
// folded, sharing no map with a. It returns ErrInvalid for what can't be stored
// everywhere (P7):
//
//   - a key that is empty or not UTF-8, or two keys that fold to one;
//   - a value that isn't UTF-8;
//   - more bytes than MaxMetadata;
//   - headers that are too long or not printable ASCII.
func (a Attributes) Normalize() (Attributes, error) {
	if err := checkHeaders(&a); err != nil {
		return Attributes{}, err
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

func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
