package files_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func TestCheckName(t *testing.T) {
	long := strings.Repeat("x", files.MaxName)
	for _, name := range []string{
		"a",
		"a/b",
		"notes/day14.txt",
		"...",
		".a",
		"a.",
		"a ",
		" ",
		"a..b",
		"CON",
		"a\\b",
		"é",
		"e\u0301",
		"a\u0080b",
		"😀",
		"%2e%2e",
		"*?[",
		"a.attrs",
		long,
		long[:511] + "/" + long[:512],
		"a/.../b",
		"\ufffd",
	} {
		if err := files.CheckName(name); err != nil {
			t.Errorf("%.40q: CheckName = %v, want no error", name, err)
		}
	}
	for name, why := range map[string]string{
		"":             "name is empty",
		"/":            "begins with a slash",
		"/a":           "begins with a slash",
		"a/":           "ends with a slash",
		"a//b":         "double slash at byte 2",
		".":            `element "." at byte 0`,
		"..":           `element ".." at byte 0`,
		"a/./b":        `element "." at byte 2`,
		"a/../b":       `element ".." at byte 2`,
		"a/..":         `element ".." at byte 2`,
		"../a":         `element ".."`,
		"a\x00":        "U+0000 at byte 1",
		"\x1f":         "U+001F",
		"a\n":          "U+000A",
		"a\x7fb":       "U+007F at byte 1",
		"a\xff":        "not valid UTF-8",
		"\xed\xa0\x80": "not valid UTF-8",
		"\xc0\xaf":     "not valid UTF-8",
		long + "x":     "1025 bytes, more than 1024",
	} {
		err := files.CheckName(name)
		if !errors.Is(err, files.ErrInvalidName) || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40q: %v, want %s", name, err, why)
		}
	}
	if err := driver.CheckNameMax("abcd", 3); !errors.Is(err, files.ErrInvalidName) {
		t.Errorf("CheckNameMax = %v, want ErrInvalidName", err)
	}
	if err := driver.CheckNameMax("abc", 3); err != nil {
		t.Error(err)
	}
}

func TestCheckElementAndDir(t *testing.T) {
	for name, ok := range map[string]bool{
		"tenant-1": true,
		"a/b":      false,
		"/":        false,
		"":         false,
		"..":       false,
		".":        false,
		"a\n":      false,
	} {
		if err := files.CheckElement(name); (err == nil) != ok || err != nil && !errors.Is(err,
			files.ErrInvalidName) {
			t.Errorf("element %q: %v", name, err)
		}
	}
	for dir, want := range map[string]string{
		"":      "",
		"a":     "a",
		"a/":    "a",
		"a/b/":  "a/b",
		"/":     "!",
		"a//":   "!",
		"/a":    "!",
		"..":    "!",
		"a/../": "!",

		strings.Repeat("d", files.MaxName):   strings.Repeat("d", files.MaxName),
		strings.Repeat("d", files.MaxName+1): "!",
	} {
		got, err := driver.CheckDir(dir)
		if want == "!" && !errors.Is(err,
			files.ErrInvalidName) || want != "!" && (err != nil || got != want) {
			t.Errorf("directory %q: %q, %v", dir, got, err)
		}
	}
}

func TestSafeName(t *testing.T) {
	long := strings.Repeat("é", 200)
	for in, want := range map[string]string{
		"photo.jpg":            "photo.jpg",
		`C:\Users\x\photo.jpg`: "photo.jpg",
		"../../etc/passwd":     "passwd",
		"/passwd":              "passwd",
		`\passwd`:              "passwd",
		"":                     "file",
		".":                    "file",
		"..":                   "file",
		"a/":                   "file",
		" . . ":                "file",
		"a\x00b\n":             "a_b_",
		"\xff":                 "_",
		"tail. . ":             "tail",
		"tail\u00a0.":          "tail",
		"evil\u202egpj.exe":    "evil_gpj.exe",
		".hidden":              ".hidden",
		"…":                    "…",
		long + ".jpeg":         long[:250] + ".jpeg",
		// 255 bytes would end in the middle of one
		strings.Repeat("é", 200):        strings.Repeat("é", 127),
		strings.Repeat("x", 300):        strings.Repeat("x", 255),
		"a." + strings.Repeat("y", 300): "a." + strings.Repeat("y", 253),
	} {
		if got := files.SafeName(in); got != want {
			t.Errorf("%.40q: %q, want %q", in, got, want)
		}
	}
}

// TestSafeNameCut: a long name keeps an extension of at most 32 bytes.
func TestSafeNameCut(t *testing.T) {
	long := strings.Repeat("n", 300)
	for size, kept := range map[int]bool{
		2:  true,
		31: true,
		32: true,
		33: false,
	} {
		ext := "." + strings.Repeat("x", size-1)
		got := files.SafeName(long + ext)
		if len(got) != 255 || strings.HasSuffix(got, ext) != kept {
			t.Errorf("an extension of %d bytes: %d bytes, %q", size, len(got), got[200:])
		}
	}
}

func FuzzSafeName(f *testing.F) {
	for _, s := range []string{"a.txt", "../x", "", "..", "\xff\xfe", strings.Repeat("é.",
		200), "a\u2028", " .\u00a0. ", strings.Repeat(".",
		300), strings.Repeat("a", 250) + ". . . . . .x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		safe := files.SafeName(s)
		if err := files.CheckElement(safe); err != nil || len(safe) > 255 {
			t.Fatalf("SafeName(%q) = %q: %v", s, safe, err)
		}
		if again := files.SafeName(safe); again != safe {
			t.Fatalf("SafeName(%q) = %q, and of that %q, want %v", s, safe, again, safe)
		}
	})
}

// FuzzCheckName compares CheckName with the rule as it is written (N1).
func FuzzCheckName(f *testing.F) {
	for _, s := range []string{
		"a", "a/b", "/a", "a/", "a//b", ".", "a/..", "\x00", "\x7f", "\xff", "\u0080",
		strings.Repeat("x", 1025),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		legal := len(s) >= 1 && len(s) <= 1024 && utf8.ValidString(s)
		for _, e := range strings.Split(s, "/") {
			legal = legal && e != "" && e != "." && e != ".."
		}
		for i := range len(s) {
			legal = legal && s[i] >= 0x20 && s[i] != 0x7f
		}
		err := files.CheckName(s)
		if (err == nil) != legal || err != nil && !errors.Is(err, files.ErrInvalidName) {
			t.Fatalf("CheckName(%q): %v", s, err)
		}
		if err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool {
			return r < ' ' || r == 0x7f
		}) {
			t.Fatalf("the error holds a control character: %q", err)
		}
	})
}
