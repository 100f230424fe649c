package cases

import (
	"fmt"
	"slices"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var listWideCases = []suite.Case{
	{
		Rule: "L2",
		Name: "wide",
		Why: "listings of many directories must be complete: services count them differently " +
			"in pages",
		Run: func(t suite.T, h *suite.H) { listWide(t, h, 300, 100) },
	},
	{
		Rule: "L2",
		Name: "thousand-directories",
		Why:  "a listing must not end at 1,000 directories: the rest would be lost silently",
		Long: true,
		Run:  func(t suite.T, h *suite.H) { listWide(t, h, 1203, 1000) },
	},
}

// room skips the case if it puts more files than the harness allows.
func room(t suite.T, h *suite.H, n int) {
	t.Helper()
	if most := h.Harness.MaxFiles; most > 0 && n > most {
		t.Skipf("it puts %d files, and the harness allows %d", n, most)
	}
}

// wideNames returns names of files in n directories beside each other, with files
// between them. Every hundredth directory has many files, so that a page of keys ends
// within it.
func wideNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("w/%04d/x", i))
		if i%10 == 5 {
			names = append(names, fmt.Sprintf("w/%04d.txt", i))
		}
		for j := range 12 {
			if i%100 == 7 {
				names = append(names, fmt.Sprintf("w/%04d/%02d", i, j))
			}
		}
	}
	slices.Sort(names)
	return names
}

// listWide lists n directories, in pages of as many entries as page, and checks what
// begins and ends at the border of a page.
func listWide(t suite.T, h *suite.H, n, page int) {
	names := wideNames(n)
	room(t, h, len(names))
	check.Puts(t, h, names...)
	all := check.ListModel(names, "w", files.ListOptions{Shallow: true})
	dirs := 0
	for _, e := range check.Shallow(t, h, "w") {
		if e.IsDir {
			dirs++
		}
	}
	check.Same(t, "entries with IsDir", dirs, n)
	wantModel(t, h, names, "w", files.ListOptions{Shallow: true, PageSize: page, NamesOnly: true})
	wantModel(t, h, names, "", files.ListOptions{Shallow: true})
	if n < 1000 { // a bucket may list each directory for each listing
		wantModel(t, h, names, "w", files.ListOptions{Shallow: true, Prefix: "02"})
		wantModel(t, h, names, "w", files.ListOptions{})
	}
	if !h.F.Ordered {
		return
	}
	limits := []int{page + 1}
	if n < 1000 {
		limits = append(limits, page-1, page, len(all)-1)
	}
	for _, limit := range limits {
		wantModel(t, h, names, "w", files.ListOptions{Shallow: true, Limit: limit})
	}
	wantModel(t, h, names, "w", files.ListOptions{
		Shallow:  true,
		Limit:    page/5 + 5,
		PageSize: page / 5,
	})
	for _, i := range []int{page - 1, page, len(all) - 2} {
		wantModel(t, h, names, "w", files.ListOptions{
			Shallow:    true,
			StartAfter: all[i],
			PageSize:   page,
		})
	}
	got := pages(t, h, "w", page, files.ListOptions{Shallow: true}, nil)
	if d := check.DiffNames(got, all); d != "" {
		t.Errorf("shallow ListPage of %d directories, pages of %d: %s", n, page, d)
	}
}
