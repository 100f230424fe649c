package cases

import (
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var namesConfusableCases = []suite.Case{
	twins("case", "names that differ by case must be different files: else the last Put wins",
		"Photo.jpg", "photo.jpg", "PHOTO.JPG", "ß", "ẞ", "İ", "i", "I", "ı"),
	twins("normal-form",
		"names that differ by normal form must be different files: systems type them differently",
		"caf\u00e9", "cafe\u0301", "\u212b", "\u00c5", "A\u030a", "\ufb01", "fi", "\u1100\u1161",
		"\uac00"),
	twins("dots-and-spaces", "trailing dots and spaces must be kept, though Windows drops them",
		"x", "x.", "x..", "x ", " x",
		"x. ", "x .", "x\u00a0"),
	twins("device-names", "device names must be stored, though Windows can't hold them", "CON",
		"con.txt", "PRN", "AUX", "NUL",
		"nul.tar.gz", "COM1", "LPT9", "CONIN$", "aux"),
	twins("driver-suffixes",
		"a user's file of that name must not be taken for the driver's own, nor overwrite it",
		"x", "x.attrs", "x.attrs.attrs", ".attrs", "x.tmp", ".tmp", "x.lock", "x.part",
		".x.swp", "x.1234567890.tmp", ".cloudfiles", ".cf", ".staging", "x.attrs.tmp"),
	twins("escapes", "a name that looks like an escape must not come back decoded", "A", "%41",
		"%2541", "%", "%%", "%zz", "a%2Fb", "a%2fb", "__0x2f__", "a__0x2f__b",
		"%cf-", "%cf-x", "%cf-00", "%cf-2f", "%CF-2F",
		"=41", "\\x41", "&#65;", "+", "%20", "%2e%2e"),
	twins("shell-and-url",
		"characters with a meaning in a shell, a URL or Windows must be plain here", "*", "?",
		"[a]", "a?b=c&d", "#frag", "a:b", "a|b", "<x>", "\"q\"", "'q'", "`x`", "$x", "a;b", "a\\b",
		"\\", "{a,b}", "@", "!"),
	twins("hidden", "files that some tools hide or create must be listed like others", ".hidden",
		"..hidden", "desktop.ini", "Thumbs.db", ".DS_Store", "lost+found", ".git", "$RECYCLE.BIN",
		"~", "x~", "#x#", "-rf"),
	twins("numbers", "numbers in names must not be normalized", "1", "01", "1.0", "+1", "-1", "0x1",
		"1e3", "٣", "³"),
	twins("long-tails", "names that differ only after byte 255 must be different files",
		strings.Repeat("t", 400)+"a", strings.Repeat("t", 400)+"b", strings.Repeat("t", 400),
		strings.Repeat("t", 270)+"a", strings.Repeat("t", 270)+"b",
		strings.Repeat("t", 255), strings.Repeat("t", 256), strings.Repeat("t", 60)+"a",
		strings.Repeat("t", 60)+"b"),
	twins("invisible", "names that differ by invisible characters must be different files", "ab",
		"a\u200bb",
		"a\u200db", "a\ufeffb", "a\u00adb", "a\u202eb", "a\u0085b", "a\u2028b"),
	{
		Rule: "N2",
		Name: "random",
		Why:  "no two names may be taken for one file, whatever their characters are",
		Run:  randomTwins,
	},
}

// alike are parts of names that something confuses: the parts of each group differ by
// case, normal form, escape, width or in what is truncated.
var alike = [][]string{
	{"a", "A", "ａ"},
	{"\u00e9", "e\u0301", "e", "É"},
	{"ß", "ẞ", "ss", "SS"},
	{"i", "I", "İ", "ı"},
	{"ſ", "s"},
	{"K", "\u212a", "k"},
	{"µ", "μ"},
	{"%41", "%2541", "%61", "="},
	{"+", "%2B", "%2b"},
	{" ", "%20", "\u00a0", "  "},
	{"", ".", "..", " ."},
	{"-", "_", "%2d", "–"},
	{"/", "%2F", "%2f", "∕"},
	{"~", "~1", "%7e"},
	{"1", "01", "１"},
	{":", "%3A", "__0x3a__"},
	{"\u200b", "", "\ufeff"},
	{"\ufffd", "?"},
	{"𝄞", "\U0001d11f"},
}

// randomTwins puts names that something may confuse.
func randomTwins(t suite.T, h *suite.H) {
	names := putStorable(t, h, randomNames(h.Seed, h.F.MaxName)...)
	check.WantOnly(t, h, names...)
	for _, n := range names {
		check.WantContent(t, h, n, []byte(n))
	}
	var left []string
	for i, n := range names {
		if i%2 == 0 {
			check.Remove(t, h, n)
		} else {
			left = append(left, n)
		}
	}
	check.WantOnly(t, h, left...)
	for _, n := range left {
		check.WantContent(t, h, n, []byte(n))
	}
}

// twins returns a case of rule N2, with names that some file system or driver confuses
// or can't hold.
func twins(name, why string, names ...string) suite.Case {
	return suite.Case{
		Rule: "N2",
		Name: name,
		Why:  why,
		Run: func(t suite.T, h *suite.H) {
			var all []string
			for _, n := range names {
				// also as the last element and as a directory
				all = append(all, n, "dir/"+n, n+".d/x")
			}
			all = fitting(h, all)
			all = putStorable(t, h, all...)
			check.WantOnly(t, h, all...)
			for _, n := range all {
				check.WantContent(t, h, n, []byte(n))
			}
			// Each one alone: deleting the others must not delete it, and it must not
			// be found under their names.
			for i, n := range all {
				check.Remove(t, h, n)
				check.WantMissing(t, h, n)
				for _, other := range all[i+1 : min(i+4, len(all))] {
					check.WantContent(t, h, other, []byte(other))
				}
			}
			check.WantOnly(t, h)
		},
	}
}

// randomNames returns the parts of each group between the same random parts: at the end of
// a name, at its beginning and in its middle. No name is the directory of another one:
// not every store has both (N3).
func randomNames(random uint64, most int) []string {
	some := func() (s string) {
		for range 1 + random%4 {
			random = check.Mix(random)
			group := alike[random%uint64(len(alike))]
			// it may be a directory only as the part itself
			s += strings.ReplaceAll(group[random>>32%uint64(len(group))], "/", "x") + "x"
		}
		return s
	}
	var names []string
	for _, group := range alike {
		for _, around := range [][2]string{{some(), ""}, {"", some()}, {some(), some()}} {
			for _, piece := range group {
				name := around[0] + piece + around[1]
				if files.CheckName(name) == nil && len(name) <= most {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	return withoutDirectories(slices.Compact(names))
}

// withoutDirectories returns the names that aren't the directory of another one.
func withoutDirectories(names []string) []string {
	dirs := map[string]bool{}
	for _, n := range names {
		for i, c := range n {
			if c == '/' {
				dirs[n[:i]] = true
			}
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return dirs[n] })
}
