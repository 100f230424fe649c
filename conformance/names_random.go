package conformance

import (
	"slices"
	"strings"

	"cloudfiles.dev/files"
)

var nameRandomCases = []Case{
	{
		Rule: "N2",
		Name: "random",
		Why:  "the two names that nobody thought of are those that become one file",
		Run:  randomTwins,
	},
}

// alike are pieces of names that something takes for each other: each group differs by
// case, normal form, escape, width or in what is cut off.
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

// randomTwins puts each group's pieces between the same random others: at the end of a
// name, at its beginning and in its middle.
func randomTwins(t T, h *H) {
	random := h.Seed
	some := func() (s string) {
		for range 1 + random%4 {
			random = mix(random)
			group := alike[random%uint64(len(alike))]
			// which may be a directory only where it is the piece
			s += strings.ReplaceAll(group[random>>32%uint64(len(group))], "/", "x") + "x"
		}
		return s
	}
	var names []string
	for _, group := range alike {
		for _, around := range [][2]string{{some(), ""}, {"", some()}, {some(), some()}} {
			for _, piece := range group {
				if name := around[0] + piece + around[1]; files.CheckName(name) == nil &&
					len(name) <= h.F.MaxName {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	names = putStorable(t, h, slices.Compact(names)...)
	wantOnly(t, h, names...)
	for _, n := range names {
		wantContent(t, h, n, []byte(n))
	}
	var left []string
	for i, n := range names {
		if i%2 == 0 {
			remove(t, h, n)
		} else {
			left = append(left, n)
		}
	}
	wantOnly(t, h, left...)
	for _, n := range left {
		wantContent(t, h, n, []byte(n))
	}
}
