package cases

import (
	"fmt"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var listCases = []suite.Case{
	{
		Rule: "L1",
		Name: "below-dir",
		Why:  "a listing of a directory must yield its files and no others",
		Run:  listBelow,
	},
	{
		Rule:  "L1",
		Name:  "order",
		Why:   "a listing must be in byte order of the full names, if the bucket claims that",
		Needs: feature.Needs(feature.Ordered),
		Run:   listOrder,
	},
	{
		Rule: "L1",
		Name: "order-around-slash",
		Why: "names with characters below \"/\" must come before the files of a " +
			"directory of that name",
		Needs: feature.Needs(feature.Ordered),
		Run:   listAroundSlash,
	},
	{
		Rule:  "L1",
		Name:  "order-beyond-ascii",
		Why:   "the order must be that of bytes, not that of a language or of UTF-16",
		Needs: feature.Needs(feature.Ordered),
		Run:   listBeyondASCII,
	},
	{
		Rule: "L1",
		Name: "trailing-slash",
		Why:  "a directory as a shallow listing yields it must be accepted as a directory to list",
		Run:  listTrailingSlash,
	},
	{
		Rule: "L1",
		Name: "literal",
		Why:  "a name must not be taken as a pattern: a directory may be called *",
		Run:  listLiteral,
	},
}

func listBelow(t suite.T, h *suite.H) {
	names := []string{
		"notes.txt", "notes-old/x", "notes/day14.txt", "notes/old/day1.txt", "notes/z", "notes2/x",
		"note", "Notes/x", "a/notes/y",
	}
	check.Puts(t, h, names...)
	for _, dir := range []string{"notes", "notes/"} {
		got := check.List(t, h, dir, nil)
		slices.Sort(got)
		if d := check.DiffNames(got,
			[]string{"notes/day14.txt", "notes/old/day1.txt", "notes/z"}); d != "" {
			t.Errorf("List(%q): %s", dir, d)
		}
	}
	check.WantOnly(t, h, names...)
	check.WantList(t, h, "notes/old", nil, "notes/old/day1.txt")
	for _, dir := range []string{
		"no", "notes/day14.txt", "notes/ol", "otes", "notes/old/day1.txt", "NOTES", "z",
	} {
		check.WantList(t, h, dir, nil)
		check.WantList(t, h, dir, &files.ListOptions{Shallow: true})
	}
}

func listOrder(t suite.T, h *suite.H) {
	var names []string
	for i := range 300 {
		names = append(names,
			fmt.Sprintf("%x/%x", check.Mix(uint64(i))>>60, check.Mix(uint64(i))>>40),
			fmt.Sprintf("%x", check.Mix(uint64(i))>>44))
	}
	slices.Sort(names)
	names = holds(h, slices.Compact(names))
	check.Puts(t, h, names...)
	check.WantList(t, h, "", nil, names...)
}

// aroundSlash returns names whose order is easy to get wrong: with characters below, at
// and above the slash.
func aroundSlash(h *suite.H) []string {
	names := []string{
		"a!", "a!/x", "a-", "a-/x", "a-b", "a.", "a./x", "a.txt", "a/!", "a/-", "a/.x", "a/0",
		"a/b", "a/b!", "a/b-c/x", "a/b.c", "a0", "a0/x", "aa", "a b", "a ", "b", "a/c/d", "a/c-",
		"a/c.d/e", "a0b",
	}
	names = append(names, "a", "a/b/c", "a/b/c/d", "a/c")
	return holds(h, names)
}

// holds sorts the names. If the bucket can't have both a and a/b, it leaves out names
// that are directories of others.
func holds(h *suite.H, names []string) []string {
	slices.Sort(names)
	return slices.DeleteFunc(names, func(n string) bool {
		return !h.F.DirBesideFile && slices.ContainsFunc(names, func(o string) bool {
			return strings.HasPrefix(o, n+"/")
		})
	})
}

func listAroundSlash(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	check.WantList(t, h, "", nil, names...)
	below := slices.DeleteFunc(slices.Clone(names), func(s string) bool {
		return !strings.HasPrefix(s, "a/")
	})
	check.WantList(t, h, "a", nil, below...)
	check.WantList(t, h, "", &files.ListOptions{Prefix: "a/b"},
		slices.DeleteFunc(slices.Clone(names), func(s string) bool {
			return !strings.HasPrefix(s, "a/b")
		})...)
}

func listBeyondASCII(t suite.T, h *suite.H) {
	names := []string{
		"z", "Z", "ä", "a", "Ä", "é", "e\u0301", "\uffee", "\U00010000", "😀", "名", "~", "\u0080",
		"\u07ff", "\u0800", "dir/ä", "dir/z", "dirä/x", "\ue000/x", "\U0001f600/x",
	}
	names = holds(h, names)
	check.Puts(t, h, names...)
	check.WantList(t, h, "", nil, names...)
	check.WantList(t, h, "", &files.ListOptions{Shallow: true},
		check.ListModel(names, "", files.ListOptions{Shallow: true})...)
}

func listTrailingSlash(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/e/f", "d/x", "de/y")
	for e, err := range h.List(t.Context(), "d/", &files.ListOptions{Shallow: true}) {
		if err != nil {
			t.Fatalf("List: %v, want no error", err)
		}
		if e.IsDir {
			check.WantList(t, h, e.Name, nil, "d/e/f")
			check.WantList(t, h, strings.TrimSuffix(e.Name, "/"), nil, "d/e/f")
		}
	}
}

func listLiteral(t suite.T, h *suite.H) {
	special := []string{"*", "?", "[a-z]", "a*", "%", "_", ".", "\\", "{a}", "^", "$"}
	names := []string{"a/x", "b/x", "abc/x", "z"}
	for _, s := range special {
		if s != "." {
			names = append(names, s+"/x")
		}
	}
	stored := putStorable(t, h, names...)
	for _, s := range special {
		switch {
		case s == ".":
			check.WantList(t, h, "", &files.ListOptions{Prefix: s})
		case slices.Contains(stored, s+"/x"):
			check.WantList(t, h, s, nil, s+"/x")
			check.WantList(t, h, "", &files.ListOptions{Prefix: s + "/"}, s+"/x")
		}
	}
}
