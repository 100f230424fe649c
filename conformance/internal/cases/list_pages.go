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

var listPagesCases = []suite.Case{
	{
		Rule:  "L3",
		Name:  "tokens",
		Why:   "pages by tokens must show each file exactly once",
		Needs: feature.Needs(feature.Ordered),
		Run:   pagesByToken,
	},
	{
		Rule: "L3",
		Name: "tokens-under-change",
		Why: "files that stay must be shown exactly once, even if others come and go " +
			"between pages",
		Needs: feature.Needs(feature.Ordered),
		Run:   pagesUnderChange,
	},
	{
		Rule:  "L3",
		Name:  "foreign-token",
		Why:   "a token of another listing, or one that was changed, must be refused",
		Needs: feature.Needs(feature.Ordered),
		Run:   pagesOtherToken,
	},
}

// pages lists by tokens, and calls between after each page.
func pages(t suite.T, b files.Bucket, dir string, limit int, o files.ListOptions,
	between func()) []string {
	t.Helper()
	var got []string
	seen := map[string]bool{}
	for token := ""; ; {
		page, next, err := files.ListPage(t.Context(), b, dir, token, limit, &o)
		if err != nil {
			t.Fatalf("ListPage(%q): %v, want no error", dir, err)
		}
		for _, e := range page {
			got = append(got, e.Name)
		}
		switch {
		case next == "":
			return got
		case len(page) != limit:
			t.Errorf("a page of %d has %d entries, but is not the last", limit, len(page))
		case seen[next]:
			t.Fatalf("ListPage(%q) returns a token again: paging would never end", dir)
		case strings.ContainsAny(next, "+/=?&# %"):
			t.Errorf("the token %q is not safe in a URL", next)
		}
		seen[next] = true
		token = next
		if between != nil {
			between()
		}
	}
}

func pagesByToken(t suite.T, h *suite.H) {
	names := putStorable(t, h, aroundSlash(h)...)
	for _, sh := range []bool{false, true} {
		for _, dir := range []string{"", "a", "a/c", "missing"} {
			for _, limit := range []int{1, 2, 3, 7, len(names), 1000} {
				o := files.ListOptions{Shallow: sh}
				if d := check.DiffNames(pages(t, h, dir, limit, o, nil),
					check.ListModel(names, dir, o)); d != "" {
					t.Errorf("ListPage(%q), shallow %v, pages of %d: %s", dir, sh, limit, d)
				}
			}
		}
	}
}

func pagesUnderChange(t suite.T, h *suite.H) {
	var stable []string
	for i := range 20 {
		stable = append(stable, fmt.Sprintf("d/%02d", i))
	}
	for limit := 1; limit < 6; limit++ {
		check.Puts(t, h, stable...)
		round := 0
		got := pages(t, h, "d", limit, files.ListOptions{}, func() {
			round++
			check.Puts(t, h, fmt.Sprintf("d/%02d-new", round),
				fmt.Sprintf("d/%02d-dir/x", round%20))
			check.Remove(t, h, fmt.Sprintf("d/%02d-new", round-1))
		})
		got = slices.DeleteFunc(got, func(s string) bool { return !slices.Contains(stable, s) })
		if d := check.DiffNames(got, stable); d != "" {
			t.Errorf("files that stay, in pages of %d while others come and go: %s", limit, d)
		}
	}
}

func pagesOtherToken(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/a", "d/b", "d/c", "e/a", "e/b")
	_, token, err := files.ListPage(t.Context(), h.Bucket, "d", "", 1, nil)
	if err != nil || token == "" {
		t.Fatalf("ListPage: token %q, %v", token, err)
	}
	for what, c := range map[string]struct {
		dir, token string
		opts       *files.ListOptions
	}{
		"another directory's": {"e", token, nil},
		"another listing's":   {"d", token, &files.ListOptions{Shallow: true}},
		"a cut":               {"d", token[:len(token)-3], nil},
		"a changed":           {"d", token[:len(token)-1] + string(token[len(token)-1]^1), nil},
		"a made-up":           {"d", "x", nil},
	} {
		_, _, err := files.ListPage(t.Context(), h.Bucket, c.dir, c.token, 1, c.opts)
		check.WantErr(t, "ListPage with "+what+" token", err, files.ErrInvalid)
	}
	for _, limit := range []int{0, -1, files.MaxPage + 1} {
		_, _, err := files.ListPage(t.Context(), h.Bucket, "d", "", limit, nil)
		check.WantErr(t, fmt.Sprintf("ListPage of %d", limit), err, files.ErrInvalid)
	}
}
