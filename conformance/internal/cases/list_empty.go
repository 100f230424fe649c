package cases

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var listEmptyCases = []suite.Case{
	{
		Rule: "L6",
		Name: "empty",
		Why:  "a directory without files must list as empty, without an error",
		Run:  listEmpty,
	},
	{
		Rule: "L6",
		Name: "vanishes",
		Why:  "a directory must vanish with its last file",
		Run:  listVanishes,
	},
}

func listEmpty(t suite.T, h *suite.H) {
	for _, dir := range []string{"", "d", "d/e/f", "d/"} {
		check.WantList(t, h, dir, nil)
		check.WantList(t, h, dir, &files.ListOptions{Shallow: true})
		check.WantList(t, h, dir, &files.ListOptions{
			Prefix:     "x",
			StartAfter: "a",
			Limit:      5,
			PageSize:   2,
		})
	}
	check.Puts(t, h, "x/y")
	for _, dir := range []string{"d", "x/z", "x/y", "x/y/z"} {
		check.WantList(t, h, dir, nil)
	}
}

func listVanishes(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/e/f/x", "d/e/y", "k")
	check.Remove(t, h, "d/e/f/x")
	check.WantList(t, h, "d/e", &files.ListOptions{Shallow: true}, "d/e/y")
	check.WantList(t, h, "d/e/f", nil)
	check.Remove(t, h, "d/e/y")
	for _, sh := range []bool{false, true} {
		check.WantList(t, h, "", &files.ListOptions{Shallow: sh}, "k")
		check.WantList(t, h, "d", &files.ListOptions{Shallow: sh})
	}
	// A failed upload makes no directory.
	if _, err := h.Put(t.Context(), "new/dir/x",
		check.Failing(check.Content(1, 5000), false, check.ErrReader),
		nil); err == nil {
		t.Fatalf("Put of a failing reader: got no error, want one")
	}
	if h.F.Atomic {
		check.WantList(t, h, "", &files.ListOptions{Shallow: true}, "k")
	}
}
