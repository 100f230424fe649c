package files

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"cloudfiles.dev/files/internal/names"
)

// CheckName returns nil for a legal name, and otherwise an error that is ErrInvalidName
// and says what is wrong (N1). A legal name is 1 to 1,024 bytes of valid UTF-8. It has
// elements separated by "/", none of them empty, "." or "..", and no control characters
// (U+0000 to U+001F and U+007F).
func CheckName(name string) error { return checkName(name, MaxName) }

func checkName(name string, max int) error { return nameError(names.Problem(name, max)) }

func nameError(problem string) error {
	if problem == "" {
		return nil
	}
	return errorf(ErrInvalidName, "%s", problem)
}

// CheckElement is CheckName for one element, which is a name without "/". Use it for a
// tenant's id, for example, before the id becomes a directory.
func CheckElement(element string) error {
	if i := strings.IndexByte(element, '/'); i >= 0 {
		return errorf(ErrInvalidName, "slash at byte %d of an element", i)
	}
	return CheckName(element)
}

func checkDir(dir string, max int) (string, error) {
	dir, problem := names.Dir(dir, max)
	return dir, nameError(problem)
}

// SafeName makes a legal one-element name from an untrusted file name, such as a
// browser sends with an upload. It does not make names unique.
//
//   - It takes the part after the last slash or backslash.
//   - It replaces invalid UTF-8, control characters and invisible formatting characters
//     by "_".
//   - It cuts the name to 255 bytes and keeps its extension.
//   - It removes leading and trailing spaces and trailing dots.
//   - It returns "file" if nothing is left.
func SafeName(untrusted string) string {
	s := untrusted
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(s, "_"))
	const max = 255
	trim := func(s string) string {
		return strings.TrimRightFunc(strings.TrimSpace(s), func(r rune) bool {
			return r == '.' || unicode.IsSpace(r)
		})
	}
	if s = trim(s); len(s) > max {
		ext := path.Ext(s)
		if len(ext) > 32 {
			ext = ""
		}
		s = trim(cutUTF8(s[:len(s)-len(ext)], max-len(ext)) + ext)
	}
	if s == "" {
		return "file"
	}
	return s
}

// cutUTF8 returns the longest prefix of s, which is longer than n bytes, of at most n
// bytes that ends between characters.
func cutUTF8(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// checkTarget checks the name, or, if a raw key is given, that there is no name (L7).
func checkTarget(name, key string, max int) error {
	if key == "" {
		return checkName(name, max)
	}
	if name != "" {
		return errorf(ErrInvalidName, "name and key are both given")
	}
	return nil
}

// join puts a name after a directory; "" is no directory.
func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}
