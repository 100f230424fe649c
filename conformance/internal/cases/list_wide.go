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
		Why:  "services list directories in pages too, in which they count otherwise than files",
		Run:  func(t suite.T, h *suite.H) { listWide(t, h, 300, 100) },
	},
	{
		Rule: "L2",
		Name: "thousand-directories",
		Why:  "a listing that stops at 1,000 directories loses the rest, silently",
		Long: true,
		Run:  func(t suite.T, h *suite.H) { listWide(t, h, 1203, 1000) },
	},
}

// room skips the case where it puts more files than the harness allows.
func room(t suite.T, h *suite.H, n int) {
	t.Helper()
	if most := h.Harness.MaxFiles; most > 0 && n > most {
		t.Skipf("it puts %d files, and the harness allows %d", n, most)
	}
}

// wideNames are of files in n directories beside each other, with files between them.
// Every hundredth directory has many files, so that what a page of keys holds ends
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

// listWide lists n directories, in pages of as many entries as page says, and looks at
// what begins and ends at the border of one.
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
	check.Same(t, "directories that are marked so", dirs, n)
	wantModel(t, h, names, "w", files.ListOptions{Shallow: true, PageSize: page, NamesOnly: true})
	wantModel(t, h, names, "", files.ListOptions{Shallow: true})
	if n < 1000 { // each of many directories may be looked into for each listing
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
