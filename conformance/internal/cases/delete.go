package cases

import (
	"fmt"
	"slices"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var deleteCases = []suite.Case{
	{
		Rule: "D1",
		Name: "missing",
		Why: "deleting a missing file must succeed: a clean-up that is repeated must not " +
			"fail",
		Run: deleteMissing,
	},
	{
		Rule: "D1",
		Name: "only-that",
		Why:  "deleting one file must not delete its neighbours",
		Run:  deleteOnly,
	},
	{
		Rule: "D1",
		Name: "directory",
		Why:  "deleting the name of a directory must not delete what is in it",
		Run:  deleteDirectoryName,
	},
	{
		Rule:  "D1",
		Name:  "keeps-files-below",
		Why:   "deleting a must not delete a/b",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   deleteBeside,
	},
	{
		Rule: "D1",
		Name: "recreate",
		Why:  "a deleted file must leave nothing to the next file of its name",
		Run:  deleteRecreate,
	},
	{
		Rule: "D1",
		Name: "racing",
		Why:  "all of several callers that delete the same file must succeed",
		Run:  deleteRacing,
	},
}

func deleteMissing(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "d/x")
	for _, name := range []string{"missing", "no/such/dir", "a.txt", "d/y", "d/x/y", "A"} {
		for range 2 {
			if err := h.Delete(t.Context(), name, nil); err != nil {
				t.Errorf("Delete(%q) of a missing file: %v, want no error", name, err)
			}
		}
	}
	check.Remove(t, h, "a")
	check.Remove(t, h, "a")
	check.WantOnly(t, h, "d/x")
}

func deleteOnly(t suite.T, h *suite.H) {
	names := []string{"a", "a.txt", "a-", "aa", "d/a", "d/a.txt", "d/b/a", "A", "a ", "a.attrs"}
	check.Puts(t, h, names...)
	for len(names) > 0 {
		check.Remove(t, h, names[0])
		check.WantMissing(t, h, names[0])
		names = names[1:]
		check.WantOnly(t, h, slices.Clone(names)...)
	}
}

func deleteDirectoryName(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/x", "d/e/y")
	for _, dir := range []string{"d", "d/e"} {
		if err := h.Delete(t.Context(), dir, nil); err != nil {
			t.Errorf("Delete(%q), a directory's name: %v, want no error", dir, err)
		}
		check.WantErr(t, fmt.Sprintf("Delete(%q)", dir+"/"), h.Delete(t.Context(), dir+"/", nil),
			files.ErrInvalidName)
	}
	check.WantOnly(t, h, "d/x", "d/e/y")
}

func deleteBeside(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "a/b", "a/b/c")
	check.Remove(t, h, "a/b")
	check.WantOnly(t, h, "a", "a/b/c")
	check.Remove(t, h, "a")
	check.WantOnly(t, h, "a/b/c")
	check.WantContent(t, h, "a/b/c", []byte("a/b/c"))
	check.Remove(t, h, "a")
	check.WantOnly(t, h, "a/b/c")
}

func deleteRecreate(t suite.T, h *suite.H) {
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{
			ContentType:  "x/y",
			CacheControl: "no-store",
			Metadata:     map[string]string{"old": "yes"},
		}
	}
	for i := range 5 {
		check.Put(t, h, "d/a", check.Content(i, 5000), opts)
		check.Remove(t, h, "d/a")
		check.WantMissing(t, h, "d/a")
		check.Put(t, h, "d/a", []byte("text"), nil)
		check.WantContent(t, h, "d/a", []byte("text"))
		check.Same(t, "attributes after deleting and putting", check.Stat(t, h, "d/a").Attributes,
			files.Attributes{ContentType: textType})
	}
}

func deleteRacing(t suite.T, h *suite.H) {
	for range 10 {
		check.Puts(t, h, "d/a", "d/b")
		errs := make([]error, 16)
		check.Race(len(errs), func(i int) { errs[i] = h.Delete(t.Context(), "d/a", nil) })
		for _, err := range errs {
			if err != nil {
				t.Errorf("Delete in a race: %v, want no error", err)
			}
		}
		check.WantOnly(t, h, "d/b")
	}
}
