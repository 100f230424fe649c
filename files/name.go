package files

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxName is the longest name that any bucket takes, in bytes (N1).
const MaxName = 1024

// CheckName returns nil for a legal name, and otherwise an error that is ErrInvalidName
// and says what is wrong (N1). A legal name is 1 to 1024 bytes of valid UTF-8. It has
// elements separated by "/", none of them empty, "." or "..", and no control characters
// (U+0000 to U+001F and U+007F).
func CheckName(name string) error { return checkName(name, MaxName) }

// CheckNameMax is CheckName for a bucket that holds shorter names (Features.MaxName).
func CheckNameMax(name string, max int) error { return checkName(name, max) }

func checkName(name string, max int) error {
	// Nearly all names are plain ASCII: one pass, elements checked at each slash.
	if name == "" {
		return Errorf(ErrInvalidName, "name is empty")
	}
	if len(name) > max {
		return Errorf(ErrInvalidName, "name has %d bytes, more than %d", len(name), max)
	}
	start, ascii := 0, true
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '/':
			if err := checkElement(name[start:i], i, len(name)); err != nil {
				return err
			}
			start = i + 1
		case c < ' ' || c == 0x7f:
			return Errorf(ErrInvalidName, "control character %U at byte %d", rune(c), i)
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if err := checkElement(name[start:], len(name), len(name)); err != nil {
		return err
	}
	if !ascii && !utf8.ValidString(name) {
		return Errorf(ErrInvalidName, "name is not valid UTF-8")
	}
	return nil
}

// checkElement checks the element that ends at byte end of a name of size bytes.
func checkElement(e string, end, size int) error {
	switch {
	case e == "" && end == 0:
		return Errorf(ErrInvalidName, "name begins with a slash")
	case e == "" && end == size:
		return Errorf(ErrInvalidName, "name ends with a slash")
	case e == "":
		return Errorf(ErrInvalidName, "double slash at byte %d", end)
	case e == ".":
		return Errorf(ErrInvalidName, `element "." at byte %d`, end-1)
	case e == "..":
		return Errorf(ErrInvalidName, `element ".." at byte %d`, end-2)
	}
	return nil
}

// CheckElement is CheckName for one element, which is a name without "/". Use it for a
// tenant's id, for example, before the id becomes a directory.
func CheckElement(element string) error {
	if i := strings.IndexByte(element, '/'); i >= 0 {
		return Errorf(ErrInvalidName, "slash at byte %d of an element", i)
	}
	return CheckName(element)
}

// CheckDir is CheckName for a directory: "" is the whole bucket, and one trailing slash
// is allowed. It returns the directory without that slash.
func CheckDir(dir string) (string, error) {
	return checkDir(dir, MaxName)
}

func checkDir(dir string, max int) (string, error) {
	if dir == "" {
		return "", nil
	}
	if d, ok := strings.CutSuffix(dir, "/"); ok && d != "" {
		dir = d
	}
	return dir, checkName(dir, max)
}

// SafeName makes a legal one-element name from an untrusted file name, such as a
// browser sends with an upload. It does not make names unique.
//
//   - It takes the part after the last slash or backslash;
//   - It replaces invalid UTF-8, control characters and invisible formatting characters
//     by "_";
//   - It cuts the name to 255 bytes and keeps its extension;
//   - It removes leading and trailing spaces and trailing dots;
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

// cutUTF8 returns the longest prefix of s of at most n bytes that ends between
// characters.
func cutUTF8(s string, n int) string {
	if len(s) <= n {
		return s
	}
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
		return Errorf(ErrInvalidName, "name and key are both given")
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
