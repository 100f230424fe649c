package cases

import (
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var deleteIfVersionCases = []suite.Case{
	{
		Rule: "D2",
		Name: "that-version",
		Why: "a delete of a version must delete that version only: a worker deletes the " +
			"message that it has read",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   deleteThatVersion,
	},
	{
		Rule:  "D2",
		Name:  "stale",
		Why:   "a delete of an old version must delete nothing",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   deleteStale,
	},
	{
		Rule:  "D2",
		Name:  "race",
		Why:   "of many deletes of the same version exactly one must succeed",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Run:   deleteRace,
	},
	{
		Rule:  "D2",
		Name:  "against-update",
		Why:   "of an update and a delete of the same version exactly one must succeed",
		Needs: feature.Needs(feature.Versions, feature.DeleteIfVersion, feature.IfVersion),
		Run:   deleteAgainstUpdate,
	},
}

func deleteThatVersion(t suite.T, h *suite.H) {
	check.Put(t, h, "d/a", check.Content(1, 100), nil)
	v := current(t, h, "d/a")
	if err := h.Delete(t.Context(), "d/a", &files.DeleteOptions{IfVersion: v}); err != nil {
		t.Errorf("Delete of the current version: %v, want no error", err)
	}
	check.WantMissing(t, h, "d/a")
	check.WantOnly(t, h)
}

func deleteStale(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 100), nil)
	v := current(t, h, "a")
	check.Put(t, h, "a", check.Content(2, 100), nil)
	for _, stale := range []files.Version{v, "no-such-version"} {
		for _, name := range []string{"a", "missing", "a/b"} {
			check.WantErr(t, fmt.Sprintf("Delete(%q) of a version that isn't current", name),
				h.Delete(t.Context(), name, &files.DeleteOptions{IfVersion: stale}),
				files.ErrPrecondition)
		}
	}
	check.WantContent(t, h, "a", check.Content(2, 100))
	check.Remove(t, h, "a")
	check.WantErr(t, "Delete of a version of a deleted file",
		h.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: v}), files.ErrPrecondition)
}

func deleteRace(t suite.T, h *suite.H) {
	for round := range h.Rounds(5) {
		check.Put(t, h, "a", check.Content(round, 100), nil)
		v := current(t, h, "a")
		errs := make([]error, 32)
		check.Race(len(errs), func(i int) {
			errs[i] = h.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: v})
		})
		oneWinner(t, errs, files.ErrPrecondition, func(int) { check.WantMissing(t, h, "a") })
	}
}

func deleteAgainstUpdate(t suite.T, h *suite.H) {
	for round := range h.Rounds(20) {
		check.Put(t, h, "a", check.Content(round, 100), nil)
		v := current(t, h, "a")
		errs := make([]error, 8)
		check.Race(len(errs), func(i int) {
			if i%2 == 0 {
				errs[i] = h.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: v})
			} else {
				_, errs[i] = ifVersion(t, h, "a", check.Content(1000+i, 50), v)
			}
		})
		oneWinner(t, errs, files.ErrPrecondition, func(i int) {
			if i%2 == 0 {
				check.WantMissing(t, h, "a")
			} else {
				check.WantContent(t, h, "a", check.Content(1000+i, 50))
			}
		})
	}
}
