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

var listShallowCases = []suite.Case{
	{
		Rule: "L2",
		Name: "shallow",
		Why:  "a shallow listing must show one level",
		Run:  listShallow,
	},
	{
		Rule:  "L2",
		Name:  "shallow-order",
		Why:   "a directory must be listed where its name with the slash sorts",
		Needs: feature.Needs(feature.Ordered),
		Run:   shallowOrder,
	},
	{
		Rule:  "L2",
		Name:  "dir-beside-file",
		Why:   "both a and a/ must be listed if both exist",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   shallowBeside,
	},
	{
		Rule: "L2",
		Name: "once",
		Why:  "a directory must be listed once, however many files it has",
		Run:  shallowOnce,
	},
}

func listShallow(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "d/x", "d/e/y", "d/e/z", "d/f/g/h", "z")
	for dir, want := range map[string][]string{
		"":    {"a", "d/", "z"},
		"d":   {"d/e/", "d/f/", "d/x"},
		"d/e": {"d/e/y", "d/e/z"},
		"d/f": {"d/f/g/"},
	} {
		var got []string
		for _, e := range check.Shallow(t, h, dir) {
			got = append(got, e.Name)
			if e.IsDir != strings.HasSuffix(e.Name, "/") {
				t.Errorf("the entry %q of a shallow listing has IsDir %v, want %v",
					e.Name, e.IsDir, !e.IsDir)
			}
			if e.IsDir && (e.Size != 0 || e.Version != "" || e.Key != "") {
				t.Errorf("the directory entry is %+v, want only a name", e)
			}
		}
		slices.Sort(got)
		if d := check.DiffNames(got, want); d != "" {
			t.Errorf("shallow List(%q): %s", dir, d)
		}
	}
	for e := range h.List(t.Context(), "", nil) {
		if e.IsDir {
			t.Errorf("a deep listing yields the directory %q", e.Name)
		}
	}
}

func shallowOrder(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	for _, dir := range []string{"", "a", "a/b-c"} {
		o := files.ListOptions{Shallow: true}
		check.WantList(t, h, dir, &o, check.ListModel(names, dir, o)...)
	}
}

func shallowBeside(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "a/b", "a/b/c", "a.txt", "a0")
	got := check.Shallow(t, h, "")
	var names []string
	for _, e := range got {
		names = append(names, e.Name)
		check.Same(t, "IsDir of "+e.Name, e.IsDir, e.Name == "a/")
	}
	slices.Sort(names)
	check.Same(t, "shallow listing", names, []string{"a", "a.txt", "a/", "a0"})
}

func shallowOnce(t suite.T, h *suite.H) {
	var names []string
	for i := range 120 {
		names = append(names, fmt.Sprintf("d/%03d/x", i%40), fmt.Sprintf("d/%03d/%d", i%40, i),
			fmt.Sprintf("e%02d/x", i%10))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	check.Puts(t, h, names...)
	for _, dir := range []string{"", "d"} {
		seen := map[string]int{}
		for _, e := range check.Shallow(t, h, dir) {
			if seen[e.Name]++; seen[e.Name] > 1 {
				t.Errorf("shallow List(%q) yields %q twice", dir, e.Name)
			}
		}
		if want := len(check.ListModel(names, dir,
			files.ListOptions{Shallow: true})); len(seen) != want {
			t.Errorf("shallow List(%q) yields %d entries, want %d", dir, len(seen), want)
		}
	}
}
