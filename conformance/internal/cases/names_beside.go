package cases

import (
	"slices"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var namesBesideCases = []suite.Case{
	{
		Rule:  "N3",
		Name:  "dir-beside-file",
		Why:   "both a and a/b must be stored, if the bucket claims that",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   dirBeside,
	},
	{
		Rule:  "N3",
		Name:  "file-after-dir",
		Why:   "a file must be stored beside the directory of its name, and hide nothing below it",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   fileAfterDir,
	},
	{
		Rule:  "N3",
		Name:  "overwrite-beside",
		Why:   "replacing a or a/b must leave the other alone",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   overwriteBeside,
	},
	{
		Rule:  "N3",
		Name:  "chain",
		Why:   "every level of a deep name may be a file",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   nameChain,
	},
	{
		Rule: "N3",
		Name: "emptied-dir",
		Why:  "what is left of an emptied directory must not prevent a file of its name",
		Run:  emptiedDir,
	},
}

// beside checks a set of files, and that deleting each leaves the others.
func beside(t suite.T, h *suite.H, names ...string) {
	t.Helper()
	for i := range names {
		left := slices.Clone(names)
		check.Puts(t, h, names...)
		check.WantOnly(t, h, names...)
		for _, n := range names {
			check.WantContent(t, h, n, []byte(n))
		}
		for k := range names {
			gone := names[(i+k)%len(names)]
			check.Remove(t, h, gone)
			left = slices.DeleteFunc(left, func(s string) bool { return s == gone })
			check.WantMissing(t, h, gone)
			check.WantOnly(t, h, left...)
			for _, n := range left {
				check.WantContent(t, h, n, []byte(n))
			}
		}
	}
}

func dirBeside(t suite.T, h *suite.H) {
	check.Put(t, h, "a", []byte("a"), nil)
	check.Put(t, h, "a/b", []byte("a/b"), nil)
	beside(t, h, "a", "a/b", "a/c/d")
}

func fileAfterDir(t suite.T, h *suite.H) {
	check.Put(t, h, "d/x", []byte("x"),
		&files.PutOptions{Attributes: files.Attributes{ContentType: "x/x"}})
	check.Put(t, h, "d/y/z", []byte("z"), nil)
	check.Put(t, h, "d/y", []byte("y"), nil)
	check.Put(t, h, "d", []byte("d"),
		&files.PutOptions{Attributes: files.Attributes{ContentType: "x/d"}})
	for name, want := range map[string]string{"d/x": "x", "d/y/z": "z", "d/y": "y", "d": "d"} {
		check.WantContent(t, h, name, []byte(want))
	}
	check.WantOnly(t, h, "d", "d/x", "d/y", "d/y/z")
	if h.F.Attributes {
		check.Same(t, "content type of d", check.Stat(t, h, "d").ContentType, "x/d")
		check.Same(t, "content type of d/x", check.Stat(t, h, "d/x").ContentType, "x/x")
	}
	if h.F.Ordered {
		check.WantList(t, h, "", &files.ListOptions{Shallow: true}, "d", "d/")
		check.WantList(t, h, "d", &files.ListOptions{Shallow: true}, "d/x", "d/y", "d/y/")
	}
}

func overwriteBeside(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "a/b", "a/b/c")
	before := check.Stat(t, h, "a/b")
	check.Put(t, h, "a", check.Content(1, 5000), nil)
	check.Put(t, h, "a/b/c", check.Content(2, 5000), nil)
	check.Same(t, "a/b after replacing a and a/b/c", check.Stat(t, h, "a/b"), before)
	check.Put(t, h, "a/b", check.Content(3, 300), nil)
	check.WantContent(t, h, "a", check.Content(1, 5000))
	check.WantContent(t, h, "a/b", check.Content(3, 300))
	check.WantContent(t, h, "a/b/c", check.Content(2, 5000))
	check.WantOnly(t, h, "a", "a/b", "a/b/c")
}

func nameChain(t suite.T, h *suite.H) {
	var names []string
	for name := "e"; len(names) < 12; name += "/e" {
		names = append(names, name)
	}
	check.Puts(t, h, names...)
	check.WantOnly(t, h, names...)
	for i := 0; i < len(names); i += 2 {
		check.Remove(t, h, names[i])
	}
	for i, n := range names {
		if i%2 == 1 {
			check.WantContent(t, h, n, []byte(n))
		} else {
			check.WantMissing(t, h, n)
		}
	}
}

func emptiedDir(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/x/y", "d/z")
	check.Remove(t, h, "d/x/y")
	check.Remove(t, h, "d/z")
	check.Put(t, h, "d", []byte("file"), nil)
	check.WantContent(t, h, "d", []byte("file"))
	check.Remove(t, h, "d")
	check.Puts(t, h, "d/again")
	check.WantOnly(t, h, "d/again")
}
