package fileshttp

import (
	"strings"

	"cloudfiles.dev/files"
)

// ETag returns the entity tag of a version, with its quotes, or "" for an empty
// version. It is strong, because equal versions mean equal content. Spaces, which tags
// cannot have, are escaped.
func ETag(v files.Version) string {
	if v == "" {
		return ""
	}
	return `"` + escaper.Replace(string(v)) + `"`
}

var (
	escaper   = strings.NewReplacer("%", "%25", " ", "%20")
	unescaper = strings.NewReplacer("%25", "%", "%20", " ")
)

// tag is an entity tag of a request.
type tag struct {
	weak bool
	text string // between the quotes
}

// version returns the version that has this tag as its ETag; ok is false if there is
// none.
func (t tag) version() (files.Version, bool) {
	v := files.Version(unescaper.Replace(t.text))
	return v, v != "" && ETag(v) == `"`+t.text+`"`
}

// tags is the parsed value of an If-Match or If-None-Match field.
type tags struct {
	given bool
	any   bool // "*"
	list  []tag
}

// parseTags parses the field's lines. It ignores everything after a mistake.
func parseTags(lines []string) tags {
	s := strings.TrimSpace(strings.Join(lines, ","))
	t := tags{given: len(lines) > 0}
	if s == "*" {
		t.any = true
		return t
	}
	for {
		s = strings.TrimLeft(s, " \t,")
		one, rest, ok := parseTag(s)
		if !ok {
			return t
		}
		t.list = append(t.list, one)
		if s = strings.TrimLeft(rest, " \t"); s != "" && s[0] != ',' {
			return t
		}
	}
}

// parseTag parses one entity tag at the beginning of s.
func parseTag(s string) (t tag, rest string, ok bool) {
	s, t.weak = strings.CutPrefix(s, "W/")
	if !strings.HasPrefix(s, `"`) {
		return tag{}, s, false
	}
	t.text, rest, ok = strings.Cut(s[1:], `"`)
	for i := range len(t.text) {
		if c := t.text[i]; c <= ' ' || c == 0x7f {
			return tag{}, s, false
		}
	}
	return t, rest, ok
}

// match compares strongly or weakly (RFC 9110, 8.8.3.2) with the version of a file that
// exists.
func (t tags) match(v files.Version, weakly bool) bool {
	if t.any {
		return true
	}
	for _, one := range t.list {
		if got, ok := one.version(); ok && got == v && (weakly || !one.weak) {
			return true
		}
	}
	return false
}
