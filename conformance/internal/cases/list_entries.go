package cases

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var listEntriesCases = []suite.Case{
	{
		Rule: "L5",
		Name: "is-stat",
		Why:  "an entry of a listing must have what Stat returns",
		Run:  listIsStat,
	},
	{
		Rule: "L5",
		Name: "names-only",
		Why:  "a listing that may omit sizes must not have wrong ones",
		Run:  listNamesOnly,
	},
}

func listIsStat(t suite.T, h *suite.H) {
	for i, name := range []string{"a", "d/empty", "d/x.txt", "d/e/ü", "long"} {
		check.Put(t, h, name, check.Content(i, i*i*1000), nil)
	}
	check.Put(t, h, "a", check.Content(9, 77), nil) // rewritten
	for _, o := range []files.ListOptions{{}, {PageSize: 1}, {Prefix: "d/"}, {StartAfter: "a"}} {
		for e, err := range h.List(t.Context(), "", &o) {
			if err != nil {
				t.Fatalf("List: %v, want no error", err)
			}
			wantEntry(t, h, e)
		}
	}
	for _, dir := range []string{"", "d"} {
		for _, e := range check.Shallow(t, h, dir) {
			if !e.IsDir {
				wantEntry(t, h, e)
			}
		}
	}
}

// wantEntry fails the case if a listed entry differs from what Stat returns.
func wantEntry(t suite.T, h *suite.H, e files.Entry) {
	t.Helper()
	s := check.Stat(t, h, e.Name)
	check.Same(t, "size of the entry "+e.Name+", against Stat's", e.Size, s.Size)
	check.Same(t, "time of the entry "+e.Name+", against Stat's", e.ModTime, s.ModTime)
	check.Same(t, "version of the entry "+e.Name+", against Stat's", e.Version, s.Version)
}

func listNamesOnly(t suite.T, h *suite.H) {
	for i, name := range []string{"a", "d/b", "d/e/c"} {
		check.Put(t, h, name, check.Content(i, 100+i), nil)
	}
	for _, dir := range []string{"", "d"} {
		for _, sh := range []bool{false, true} {
			check.Same(t, "names of a listing with NamesOnly",
				check.List(t, h, dir, &files.ListOptions{
					NamesOnly: true,
					Shallow:   sh,
				}), check.List(t, h, dir, &files.ListOptions{Shallow: sh}))
			for e := range h.List(t.Context(), dir, &files.ListOptions{
				NamesOnly: true,
				Shallow:   sh,
			}) {
				if e.IsDir {
					continue
				}
				if s := check.Stat(t, h,
					e.Name); e.Size != 0 && e.Size != s.Size ||
					!e.ModTime.IsZero() && !e.ModTime.Equal(s.ModTime) ||
					e.Version != "" && e.Version != s.Version {
					t.Errorf("NamesOnly yields %+v, want Stat's values or none", e)
				}
			}
		}
	}
}
