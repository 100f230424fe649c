package s3

import (
	"net/url"
	"strconv"
	"strings"

	"cloudfiles.dev/drivers/internal/etag"
	"cloudfiles.dev/files"
	"github.com/aws/aws-sdk-go-v2/aws"
)

// S3 carries metadata as headers, in ASCII and without case in keys. This package
// escapes it as s3blob of the Go CDK does, so programs on either one read what the
// other wrote: keys and values are URL-escaped. Text in a key that looks like s3blob's
// own escape, "__0x5f__", is escaped in that form, since s3blob undoes such escapes
// last.

// markKey is the key of the random mark of a conditional Put, which Info doesn't show.
const markKey = "cloudfiles-mark"

// encodeMetadata escapes the metadata, and adds the mark unless it is empty.
func encodeMetadata(m map[string]string, mark string) map[string]string {
	if len(m) == 0 && mark == "" {
		return nil
	}
	stored := make(map[string]string, len(m)+1)
	for k, v := range m {
		stored[escapeKey(k)] = url.PathEscape(v)
	}
	if mark != "" {
		stored[markKey] = mark
	}
	return stored
}

// escapeKey escapes a metadata key. A header's name can't have "@", ":" and "=".
func escapeKey(key string) string {
	if plainKey(key) {
		return key
	}
	key = url.PathEscape(key)
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		switch c := key[i]; {
		case c == '@' || c == ':' || c == '=':
			b.WriteByte('%')
			b.WriteString(strings.ToUpper(strconv.FormatUint(uint64(c), 16)))
		case c == '_' && isHexEscape(key[i:]):
			b.WriteString("__0x5f__")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// plainKey reports whether the key needs no escape.
func plainKey(key string) bool {
	for i := 0; i < len(key); i++ {
		c := key[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.') && (c != '_' ||
			isHexEscape(key[i:])) {
			return false
		}
	}
	return true
}

// hexEscape reads an escape such as "__0x2f__" at the beginning of s. It returns the
// rune and the escape's length.
func hexEscape(s string) (r rune, n int, ok bool) {
	rest, ok := strings.CutPrefix(s, "__0x")
	if !ok {
		return 0, 0, false
	}
	digits, after, ok := strings.Cut(rest, "_")
	if !ok || !strings.HasPrefix(after, "_") {
		return 0, 0, false
	}
	v, err := strconv.ParseInt(digits, 16, 32)
	if err != nil {
		return 0, 0, false
	}
	return rune(v), len("__0x") + len(digits) + 2, true
}

func isHexEscape(s string) bool {
	_, _, ok := hexEscape(s)
	return ok
}

// decodeMetadata undoes the escapes of s3blob and of this package, and leaves out the
// mark. Text that isn't an escape is returned as it is.
func decodeMetadata(stored map[string]string) map[string]string {
	var m map[string]string
	for k, v := range stored {
		if k == markKey {
			continue
		}
		if m == nil {
			m = make(map[string]string, len(stored))
		}
		m[unescapeKey(k)] = unescape(v)
	}
	return m
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

func unescapeKey(key string) string {
	key = unescape(key)
	if !strings.Contains(key, "__0x") {
		return key
	}
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		if r, n, ok := hexEscape(key[i:]); ok {
			b.WriteRune(r)
			i += n - 1
		} else {
			b.WriteByte(key[i])
		}
	}
	return b.String()
}

// version returns the version of a response's ETag.
func version(e *string) files.Version { return etag.Version(aws.ToString(e)) }

// checkVersion returns an error for a version that If-Match can't name: a weak one
// never matches there, and a string that no file can have as its version isn't current.
func (b *backend) checkVersion(v files.Version) error {
	switch {
	case etag.Weak(v):
		return etag.ErrWeak()
	case !b.isVersion(v):
		return files.ErrPrecondition
	}
	return nil
}

// isVersion reports whether a file can have the version. In a header any other string
// could mean more, such as any version or one of several. "*" isn't a version even in
// quotes, because gateways remove them.
func (b *backend) isVersion(v files.Version) bool {
	if v == "*" {
		return false
	}
	for i := range len(v) {
		if v[i] <= ' ' || v[i] > '~' || v[i] == '"' || b.known.bare.Load() && (v[i] == '*' ||
			v[i] == ',') {
			return false
		}
	}
	return true
}

// etagOf returns the ETag of a version; nil for "".
func etagOf(v files.Version) *string {
	if v == "" {
		return nil
	}
	s := `"` + string(v) + `"`
	if etag.Weak(v) {
		s = string(v)
	}
	return &s
}
