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
		Run:  func(t suite.T, h *suite.H) { listWide(t, h, 300) },
	},
	{
		Rule: "L2",
		Name: "thousand-directories",
		Why:  "a listing that stops at 1,000 directories loses the rest, silently",
		Long: true,
		Run:  func(t suite.T, h *suite.H) { listWide(t, h, 1203) },
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
// Every hundredth directory has many files, so that what a page of keys holds ends within it.
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

func listWide(t suite.T, h *suite.H, dirs int) {
	names := wideNames(dirs)
	room(t, h, len(names))
	check.Puts(t, h, names...)
	all := check.ListModel(names, "w", files.ListOptions{Shallow: true})
	for _, size := range []int{0, 25, 100, 1000} {
		wantModel(t, h, names, "w", files.ListOptions{
			Shallow:   true,
			PageSize:  size,
			NamesOnly: size == 100,
		})
	}
	wantModel(t, h, names, "", files.ListOptions{Shallow: true})
	wantModel(t, h, names, "w", files.ListOptions{Shallow: true, Prefix: "02"})
	wantModel(t, h, names, "w", files.ListOptions{})
	dirsSeen := 0
	for _, e := range check.Shallow(t, h, "w") {
		if e.IsDir {
			dirsSeen++
		}
	}
	check.Same(t, "directories that are marked so", dirsSeen, dirs)
	if !h.F.Ordered {
		return
	}
	for _, limit := range []int{1, 99, 100, 101, 250, len(all) - 1, len(all), len(all) + 1} {
		wantModel(t, h, names, "w", files.ListOptions{Shallow: true, Limit: limit})
		wantModel(t, h, names, "w", files.ListOptions{Shallow: true, Limit: limit, PageSize: 100})
	}
	for _, i := range []int{0, 98, 99, 100, 101, len(all) - 2, len(all) - 1} {
		wantModel(t, h, names, "w", files.ListOptions{Shallow: true, StartAfter: all[i]})
		wantModel(t, h, names, "w", files.ListOptions{
			Shallow:    true,
			StartAfter: all[i] + "0",
			PageSize:   100,
			Limit:      120,
		})
	}
	for _, limit := range []int{100, 128, 1000} {
		got := pages(t, h, "w", limit, files.ListOptions{Shallow: true}, nil)
		if d := check.DiffNames(got, all); d != "" {
			t.Errorf("shallow ListPage of %d directories, pages of %d: %s", dirs, limit, d)
		}
	}
}
