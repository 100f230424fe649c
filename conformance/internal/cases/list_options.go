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

var listOptionsCases = []suite.Case{
	{
		Rule: "L3",
		Name: "prefix",
		Why:  "a prefix is part of a name: it is neither a directory nor a pattern",
		Run:  listPrefix,
	},
	{
		Rule: "L3",
		Name: "prefix-shallow",
		Why:  "a prefix must work in a shallow listing too",
		Run:  listPrefixShallow,
	},
	{
		Rule:  "L3",
		Name:  "limit",
		Why:   "a limit of ten must yield the first ten",
		Needs: feature.Needs(feature.Ordered),
		Run:   listLimit,
	},
	{
		Rule: "L3",
		Name: "page-sizes",
		Why:  "a listing must be the same whatever the size of the service's pages",
		Run:  listPageSizes,
	},
	{
		Rule: "L3",
		Name: "page-sizes-at-a-name",
		Why: "a prefix that is a file's name must list the names that it begins too, in " +
			"pages of any size",
		Run: listPageSizesAtName,
	},
	{
		Rule: "L3",
		Name: "parallel",
		Why:  "a listing must be the same however many requests are made at a time",
		Run:  listParallel,
	},
	{
		Rule:  "L3",
		Name:  "start-after-each",
		Why:   "a listing that starts after a name must neither repeat nor skip one",
		Needs: feature.Needs(feature.Ordered),
		Run:   listStartAfter,
	},
	{
		Rule:  "L3",
		Name:  "start-after-shallow",
		Why:   "a shallow listing that starts after a directory must leave out all of it",
		Needs: feature.Needs(feature.Ordered),
		Run:   listStartAfterShallow,
	},
	{
		Rule:  "L3",
		Name:  "start-after-anything",
		Why:   "a listing must be able to start after a name that doesn't exist",
		Needs: feature.Needs(feature.Ordered),
		Run:   listStartAfterAny,
	},
	{
		Rule:  "L3",
		Name:  "start-after-odd",
		Why:   "StartAfter may be any string: a token, or what a user has typed",
		Needs: feature.Needs(feature.Ordered),
		Run:   listStartAfterOdd,
	},
	{
		Rule:  "L3",
		Name:  "together",
		Why:   "each option must hold together with all others",
		Needs: feature.Needs(feature.Ordered),
		Run:   listTogether,
	},
	{
		Rule:  "L3",
		Name:  "by-pages",
		Why:   "pages by StartAfter must add up to the listing",
		Needs: feature.Needs(feature.Ordered),
		Run:   listByPages,
	},
}

// wantModel fails the case if the listing isn't that of the model.
func wantModel(t suite.T, h *suite.H, names []string, dir string, o files.ListOptions) {
	t.Helper()
	got, want := check.List(t, h, dir, &o), check.ListModel(names, dir, o)
	if !h.F.Ordered {
		slices.Sort(got)
	}
	if d := check.DiffNames(got, want); d != "" {
		t.Errorf("List(%q, %s): %s", dir, check.ListText(&o), d)
	}
}

func listPrefix(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	for _, p := range []string{
		"a", "a/", "a/b", "a/c-", "a/c", "a-", "a0", "b", "B", "z", "*", "a*", "/", "a/b-c/x",
		"a/b-c/xx", "//", "..", " ",
	} {
		wantModel(t, h, names, "", files.ListOptions{Prefix: p})
		wantModel(t, h, names, "a", files.ListOptions{Prefix: strings.TrimPrefix(p, "a/")})
	}
}

func listPrefixShallow(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	for _, p := range []string{"a", "a-", "a.", "b", "c", "z", "", "a0", "A"} {
		wantModel(t, h, names, "", files.ListOptions{Prefix: p, Shallow: true})
		wantModel(t, h, names, "a", files.ListOptions{Prefix: p, Shallow: true})
		wantModel(t, h, names, "missing", files.ListOptions{Prefix: p, Shallow: true})
	}
}

func listLimit(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	for limit := range len(names) + 2 {
		for _, sh := range []bool{false, true} {
			wantModel(t, h, names, "", files.ListOptions{Limit: limit, Shallow: sh})
		}
		wantModel(t, h, names, "a", files.ListOptions{Limit: limit})
	}
}

func listPageSizes(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	for size := 1; size < len(names)+2; size++ {
		for _, sh := range []bool{false, true} {
			for _, dir := range []string{"", "a"} {
				wantModel(t, h, names, dir, files.ListOptions{PageSize: size, Shallow: sh})
			}
		}
	}
	wantModel(t, h, names, "", files.ListOptions{PageSize: 1 << 30})
}

// listPageSizesAtName lists with the prefix of a name that exists: a store may take the
// name for all that the prefix has.
func listPageSizesAtName(t suite.T, h *suite.H) {
	names := putStorable(t, h, append(aroundSlash(h), "b-", "bc", "p/b", "p/b-", "p/bc/x")...)
	for _, name := range names {
		dir, prefix := "", name
		if below, ok := strings.CutPrefix(name, "p/"); ok {
			dir, prefix = "p", below
		}
		for size := 1; size < 4; size++ {
			o := files.ListOptions{PageSize: size, Prefix: prefix}
			wantModel(t, h, names, dir, o)
			o.Shallow = !strings.Contains(prefix, "/")
			wantModel(t, h, names, dir, o)
			if h.F.Ordered {
				o.Limit = 1
				wantModel(t, h, names, dir, o)
			}
		}
	}
}

func listParallel(t suite.T, h *suite.H) {
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("d%02d/x", i), fmt.Sprintf("flat-%02d", i))
	}
	names = putStorable(t, h, append(aroundSlash(h), names...)...)
	for _, size := range []int{1, 3} {
		for _, dir := range []string{"", "a"} {
			wantModel(t, h, names, dir, files.ListOptions{PageSize: size, Parallel: 8})
		}
		if h.F.Ordered {
			wantModel(t, h, names, "", files.ListOptions{
				StartAfter: "a/b",
				PageSize:   size,
				Parallel:   2,
			})
		}
	}
	wantModel(t, h, names, "", files.ListOptions{Parallel: 1 << 30})
}

func listStartAfter(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	for _, s := range names {
		wantModel(t, h, names, "", files.ListOptions{StartAfter: s})
		wantModel(t, h, names, "", files.ListOptions{StartAfter: s, PageSize: 1})
		wantModel(t, h, names, "a", files.ListOptions{StartAfter: s})
	}
}

func listStartAfterShallow(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	for _, dir := range []string{"", "a", "a/c"} {
		for _, s := range append(check.ListModel(names, dir, files.ListOptions{Shallow: true}),
			names...) {
			wantModel(t, h, names, dir, files.ListOptions{StartAfter: s, Shallow: true})
			wantModel(t, h, names, dir, files.ListOptions{
				StartAfter: s,
				Shallow:    true,
				PageSize:   2,
			})
		}
	}
}

func listStartAfterAny(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	for _, s := range []string{
		"", " ", "/", "a/", "a//", "a/b/", "A", "a,", "a/a", "a/bb", "a/b/b", "a/zz", "a1", "zzz",
		"\U0010ffff", "\xff", "..", "a\x00", "a/c/", "missing/x",
	} {
		for _, dir := range []string{"", "a", "a/c"} {
			for _, sh := range []bool{false, true} {
				wantModel(t, h, names, dir, files.ListOptions{StartAfter: s, Shallow: sh})
			}
		}
	}
}

// oddPlaces are not legal names. Some aren't valid UTF-8, and sort before a character
// that begins with the same bytes; others have elements or characters that names can't
// have.
var oddPlaces = []string{
	"\xff", "\x80", "a/\xff", "a/\xc3", "a/\xc3\x28", "a/\xc3\xff", "a/\xe5\x90", "a/\xed\xa0\x80",
	"a/b\xff", "a/b\xc3\x28/x", "a\xc3", "a/é\x80", "a/b/../x", "a/./b", "a/.", "a//b", "/a/b",
	"../a", "a/b/..", "a/b/c/../../zz", "a/\x00", "a/b\x00", "a/b\x01", "a/\x1fb", "a/b\x7f", "a\n",
	"a/b\t/c", "a/" + strings.Repeat("b", 1100), "a/b/" + strings.Repeat("\xff", 50),
	strings.Repeat("a/", 600), "\ufffd", "a/\ufffd",
}

// listStartAfterOdd starts after strings that are not names.
func listStartAfterOdd(t suite.T, h *suite.H) {
	names := putStorable(t, h, holds(h, []string{
		"a/!", "a/-", "a/B", "a/b/c", "a/b!", "a/b-c/x", "a/c", "a/à", "a/é", "a/é/x", "a/名",
		"a/名/x",
		"aé/x", "a0", "b/x", "z", "é", "名",
	})...)
	for _, s := range oddPlaces {
		for _, dir := range []string{"", "a"} {
			for _, sh := range []bool{false, true} {
				wantModel(t, h, names, dir, files.ListOptions{StartAfter: s, Shallow: sh})
			}
		}
		wantModel(t, h, names, "a", files.ListOptions{StartAfter: s, Prefix: "b", PageSize: 2})
		wantModel(t, h, names, "", files.ListOptions{StartAfter: s, Limit: 2})
	}
}

func listTogether(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	for i := range 400 {
		r := check.Mix(uint64(i))
		pick := func(from ...string) string {
			s := from[r%uint64(len(from))]
			r = check.Mix(r)
			return s
		}
		o := files.ListOptions{
			Shallow:  r%2 == 0,
			Limit:    int(r >> 8 % 7),
			PageSize: int(r >> 16 % 5),
		}
		dir := pick("", "", "a", "a", "a/c", "a-", "a/b-c")
		o.Prefix = pick("", "", "a", "b", "c", "a-", "a.", "x")
		o.StartAfter = pick(append(names, "", "", "", "a/", "a-/", "a/c/", "zz", "a/b")...)
		wantModel(t, h, names, dir, o)
	}
}

func listByPages(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	for _, sh := range []bool{false, true} {
		for _, dir := range []string{"", "a"} {
			for limit := 1; limit < 6; limit++ {
				o := files.ListOptions{Shallow: sh, Limit: limit}
				var got []string
				for {
					page := check.List(t, h, dir, &o)
					got = append(got, page...)
					if len(page) < limit || len(got) > len(names) {
						break
					}
					o.StartAfter = page[len(page)-1]
				}
				if d := check.DiffNames(got,
					check.ListModel(names, dir, files.ListOptions{Shallow: sh})); d != "" {
					t.Errorf("%s, by pages of %d: %s", fmt.Sprintf("List(%q, shallow %v)", dir, sh),
						limit, d)
				}
			}
		}
	}
}
