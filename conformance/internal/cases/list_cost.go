package cases

import (
	"fmt"
	"slices"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var listCostCases = []suite.Case{
	{
		Rule:  "L8",
		Name:  "last-page",
		Why:   "a page must not cost a listing of everything before it: paging would be quadratic",
		Needs: feature.Needs(feature.Ordered),
		Run:   lastPage,
	},
	{
		Rule:  "L8",
		Name:  "large-folder",
		Why:   "a page of a large directory must not cost a read of all of it",
		Needs: feature.Needs(feature.Ordered),
		Long:  true,
		Run:   largeFolder,
	},
	{
		Rule: "L8",
		Name: "more-than-a-page",
		Why:  "a listing of more files than the service's page must have all of them",
		Run:  listMany,
	},
}

// costs has the times of two calls that should take about the same: the least of
// several turns each, so that other work on the machine counts for little.
type costs struct{ small, large time.Duration }

// costBound is how many times as much the large one may take. A page whose cost follows
// its own entries takes far less; one whose cost follows the names before it, or all
// names in the directory, takes far more.
const costBound = 20

// turns is the largest number of turns. There is another turn only if the bound is
// exceeded. On a loaded machine, work of a millisecond may take twenty, many times in a
// row.
const turns = 50

// compare runs both in turns. It runs the large one piece by piece until that returns
// true, and stops it if it exceeds the bound.
func compare(small func(), large func(piece int) (whole bool)) (c costs, within bool) {
	for i := range turns {
		start := time.Now()
		small()
		if d := max(time.Since(start), 1); i == 0 || d < c.small {
			c.small = d
		}
		start = time.Now()
		bound := costBound * c.small
		for piece := 0; !large(piece) && time.Since(start) <= bound; piece++ {
		}
		if d := time.Since(start); i == 0 || d < c.large {
			c.large = d
		}
		if i >= 2 && c.large <= bound {
			return c, true
		}
		if i >= 4 && c.large > time.Second {
			break // such a long time isn't due to other work each time
		}
	}
	return c, false
}

// lastPage compares the first page, of one name, with the last one, if each request
// returns one name. A bucket that lists from the beginning makes lastPages requests for
// the last page.
func lastPage(t suite.T, h *suite.H) {
	const names = 100
	var all []string
	for i := range names {
		all = append(all, fmt.Sprintf("d/%03d", i))
	}
	check.Puts(t, h, all...)
	page := func(after, want string) {
		o := &files.ListOptions{StartAfter: after, Limit: 1, PageSize: 1}
		if got := check.List(t, h, "d", o); len(got) != 1 || got[0] != want {
			t.Fatalf("List(%q, %s): got %q, want %q", "d", check.ListText(o), got, want)
		}
	}
	first := func() { page("", all[0]) }
	last := func(int) bool {
		page(all[names-2], all[names-1])
		return true
	}
	if c, ok := compare(first, last); !ok {
		t.Errorf("the last of %d pages takes %v, the first %v: want at most %d times that",
			names, c.large, c.small, costBound)
	}
}

// largeFolder reads pages of a large directory, and as many pages of a small one, again
// and again.
func largeFolder(t suite.T, h *suite.H) {
	const few, many, limit = 10, 2000, 10
	if n := h.Harness.MaxFiles; h.Runner.Store != nil || n > 0 && n < many+few {
		t.Skipf("it puts %d files, and the harness allows fewer, or its store is shared", many+few)
	}
	var all []string
	for i := range many {
		all = append(all, fmt.Sprintf("many/%05d", i))
	}
	for i := range few {
		all = append(all, fmt.Sprintf("few/%05d", i))
	}
	check.Puts(t, h, all...)
	page := func(dir, token string) string {
		p, next, err := files.ListPage(t.Context(), h.Bucket, dir, token, limit, nil)
		if err != nil || len(p) != limit {
			t.Fatalf("ListPage of %q: %d entries, %v, want %d", dir, len(p), err, limit)
		}
		return next
	}
	small := func() {
		token := ""
		for range many / limit {
			token = page("few", token)
		}
	}
	token := ""
	large := func(piece int) bool {
		if piece == 0 {
			token = ""
		}
		token = page("many", token)
		return piece == many/limit-1
	}
	c, ok := compare(small, large)
	if !ok {
		t.Errorf("%d pages of %d through a folder of %d names take %v and more, as many "+
			"through one "+
			"of %d names %v: want at most %d times that",
			many/limit, limit, many, c.large, few, c.small, costBound)
	}
	t.Logf("many names: %v, few: %v", c.large, c.small)
}

func listMany(t suite.T, h *suite.H) {
	var names []string
	for i := range 1203 {
		names = append(names, fmt.Sprintf("d/%04d", i))
	}
	check.Puts(t, h, names...)
	check.WantOnly(t, h, names...)
	if got := check.List(t, h, "d", &files.ListOptions{
		Shallow:   true,
		NamesOnly: true,
	}); len(got) != len(names) {
		t.Errorf("a shallow listing of %d files yields %d", len(names), len(got))
	}
	check.WantList(t, h, "", &files.ListOptions{Shallow: true}, "d/")
	// A bucket that keeps a page must not take it for everything that follows, above
	// all if the directory has changed since.
	if !h.F.Ordered {
		return
	}
	check.WantList(t, h, "d", &files.ListOptions{Limit: 1}, names[0])
	check.Remove(t, h, names[600])
	names = slices.Delete(names, 600, 601)
	check.WantList(t, h, "d", &files.ListOptions{PageSize: 10, NamesOnly: true}, names...)
	check.WantList(t, h, "d", &files.ListOptions{Limit: 1200, PageSize: 200}, names[:1200]...)
}
