package conformance

import (
	"slices"
	"strings"
)

// twins is a case of rule N2: names that some file system or some driver takes for each
// other, or can't hold.
func twins(name, why string, names ...string) Case {
	return Case{
		Rule: "N2",
		Name: name,
		Why:  why,
		Run: func(t T, h *H) {
			all := slices.Clone(names)
			for _, n := range names {
				all = append(all, "dir/"+n, n+".d/x") // also as a leaf and as a directory elsewhere
			}
			all = putStorable(t, h, all...)
			wantOnly(t, h, all...)
			for _, n := range all {
				wantContent(t, h, n, []byte(n))
			}
			// Each one alone: deleting the others must not take it away, and it must not
			// stand in for them.
			for i, n := range all {
				remove(t, h, n)
				wantMissing(t, h, n)
				for _, other := range all[i+1 : min(i+4, len(all))] {
					wantContent(t, h, other, []byte(other))
				}
			}
			wantOnly(t, h)
		},
	}
}

var nameTwinCases = []Case{
	twins("case", "Photo.jpg and photo.jpg of two users become one, and the last put wins",
		"Photo.jpg", "photo.jpg", "PHOTO.JPG", "ß", "ẞ", "İ", "i", "I", "ı"),
	twins("normal-form", "the same letters typed on a Mac and on Linux are two keys in a cloud",
		"caf\u00e9", "cafe\u0301", "\u212b", "\u00c5", "A\u030a", "\ufb01", "fi", "\u1100\u1161",
		"\uac00"),
	twins("dots-and-spaces", "Windows drops trailing dots and spaces", "x", "x.", "x..", "x ", " x",
		"x. ", "x .", "x\u00a0"),
	twins("device-names", "Windows can't hold them", "CON", "con.txt", "PRN", "AUX", "NUL",
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
		"what means something to a shell, a URL or Windows is a plain character here", "*", "?",
		"[a]", "a?b=c&d", "#frag", "a:b", "a|b", "<x>", "\"q\"", "'q'", "`x`", "$x", "a;b", "a\\b",
		"\\", "{a,b}", "@", "!"),
	twins("hidden", "what some tools hide or create must be listed like everything else", ".hidden",
		"..hidden", "desktop.ini", "Thumbs.db", ".DS_Store", "lost+found", ".git", "$RECYCLE.BIN",
		"~", "x~", "#x#", "-rf"),
	twins("numbers", "names are text: no number is normalised", "1", "01", "1.0", "+1", "-1", "0x1",
		"1e3", "٣", "³"),
	twins("long-tails", "names that differ only behind byte 255 are different files",
		strings.Repeat("t", 400)+"a", strings.Repeat("t", 400)+"b", strings.Repeat("t", 400),
		strings.Repeat("t", 255), strings.Repeat("t", 256)),
	twins("invisible", "characters that nobody sees still tell names apart", "ab", "a\u200bb",
		"a\u200db", "a\ufeffb", "a\u00adb", "a\u202eb", "a\u0085b", "a\u2028b"),
}
