package gcs

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode"

	"cloudfiles.dev/files"
)

// The metadata of this package, which is hidden.
const (
	// markKey holds the random text of conditional puts.
	markKey = "cloudfiles-mark"
	// carriedKey holds the attributes that no header can carry, as base64url of JSON.
	carriedKey    = "cloudfiles-attributes"
	carriedHeader = "Cloudfiles-Attributes" // as in a response's headers
)

// carried are attributes in the form in which carriedKey stores them.
type carried struct {
	ContentType        string            `json:"t,omitempty"`
	CacheControl       string            `json:"c,omitempty"`
	ContentDisposition string            `json:"d,omitempty"`
	ContentEncoding    string            `json:"e,omitempty"`
	ContentLanguage    string            `json:"l,omitempty"`
	Metadata           map[string]string `json:"m,omitempty"`
}

// encodeMetadata returns the metadata to store for the attributes: their metadata, the
// carried attributes if needed, and the mark if there is one.
func encodeMetadata(a files.Attributes, mark string) map[string]string {
	whole := true
	for _, v := range []string{
		a.ContentType, a.CacheControl, a.ContentDisposition, a.ContentEncoding, a.ContentLanguage,
	} {
		whole = whole && headerValue(v)
	}
	for k, v := range a.Metadata {
		whole = whole && headerName(k) && headerValue(v) && k != markKey && k != carriedKey
	}
	if whole && mark == "" {
		return a.Metadata
	}
	m := make(map[string]string, len(a.Metadata)+2)
	for k, v := range a.Metadata {
		m[k] = v
	}
	for k, v := range a.Metadata {
		if k == markKey || strings.ContainsFunc(v, unicode.IsControl) {
			// only carried: a caller's own key of that name, and a value that would
			// break the response of a server that sends it as a header
			delete(m, k)
		}
	}
	if mark != "" {
		m[markKey] = mark
	}
	if !whole {
		// A struct of valid UTF-8 strings can always be marshalled.
		text, _ := json.Marshal(carried{
			a.ContentType, a.CacheControl, a.ContentDisposition, a.ContentEncoding,
			a.ContentLanguage, a.Metadata,
		})
		m[carriedKey] = base64.RawURLEncoding.EncodeToString(text)
	}
	return m
}

// decodeAttributes returns the attributes for what is stored, or for what the headers
// say of it. The carried attributes count only if the metadata hasn't been changed since.
func decodeAttributes(a files.Attributes, metageneration int64) files.Attributes {
	if len(a.Metadata) == 0 {
		a.Metadata = nil
		return a
	}
	m := make(map[string]string, len(a.Metadata))
	for k, v := range a.Metadata {
		f := lower(k)
		// Other programs may write keys that differ only in case: the choice is always
		// the same.
		if old, twice := m[f]; !twice || v < old {
			m[f] = v
		}
	}
	if text, ok := m[carriedKey]; ok && metageneration == 1 {
		var c carried
		if raw, err := base64.RawURLEncoding.DecodeString(text); err == nil && json.Unmarshal(raw,
			&c) == nil {
			return files.Attributes{
				ContentType:        c.ContentType,
				CacheControl:       c.CacheControl,
				ContentDisposition: c.ContentDisposition,
				ContentEncoding:    c.ContentEncoding,
				ContentLanguage:    c.ContentLanguage,
				Metadata:           c.Metadata,
			}
		}
	}
	delete(m, markKey)
	delete(m, carriedKey)
	if len(m) == 0 {
		m = nil
	}
	a.Metadata = m
	return a
}

// lower folds ASCII letters, as files.Attributes.Normalize does.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// headerName reports whether the key can be the end of a header's name, that is, a token
// (RFC 9110, section 5.6.2) in lower case.
func headerName(k string) bool {
	for i := range len(k) {
		c := k[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~",
			c) >= 0) {
			return false
		}
	}
	return true
}

// headerValue reports whether a header carries the value unchanged: printable ASCII
// without leading or trailing spaces.
func headerValue(v string) bool {
	for i := range len(v) {
		if v[i] < ' ' || v[i] > '~' {
			return false
		}
	}
	return v == "" || v[0] != ' ' && v[len(v)-1] != ' '
}
