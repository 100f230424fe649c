package cases

import (
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var copyConditionsCases = []suite.Case{
	{
		Rule:  "C1",
		Name:  "if-absent",
		Why:   "a copy with IfAbsent must not replace a file",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   copyIfAbsent,
	},
	{
		Rule:  "C1",
		Name:  "if-absent-race",
		Why:   "of many copies with IfAbsent to one name exactly one must succeed",
		Needs: feature.Needs(feature.IfAbsent),
		Run:   copyIfAbsentRace,
	},
	{
		Rule:  "C1",
		Name:  "if-version",
		Why:   "a copy with IfVersion must replace that version only",
		Needs: feature.Needs(feature.Versions, feature.IfVersion),
		Run:   copyIfVersion,
	},
	{
		Rule:  "C1",
		Name:  "if-source",
		Why:   "a copy of a certain version must copy that version only",
		Needs: feature.Needs(feature.Versions, feature.ReadConditions),
		Run:   copyIfSource,
	},
}

func copyIfAbsent(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b")
	o := &files.CopyOptions{If: files.IfAbsent()}
	for _, dst := range []string{"b", "a"} {
		_, err := files.Copy(t.Context(), h.Bucket, dst, h.Bucket, "a", o)
		check.WantErr(t, "Copy with IfAbsent to a name in use", err, files.ErrExist)
	}
	check.WantContent(t, h, "b", []byte("b"))
	cp(t, h.Bucket, "c", "a", o)
	check.WantContent(t, h, "c", []byte("a"))
	_, err := files.Copy(t.Context(), h.Bucket, "e", h.Bucket, "missing", o)
	check.WantErr(t, "Copy of a missing file", err, files.ErrNotExist)
	check.WantOnly(t, h, "a", "b", "c")
}

func copyIfAbsentRace(t suite.T, h *suite.H) {
	const n = 16
	for i := range n {
		check.Put(t, h, fmt.Sprintf("src%d", i), check.Content(i, 2000), nil)
	}
	for round := range h.Rounds(3) {
		dst := fmt.Sprintf("d/dst%d", round)
		errs := make([]error, n)
		check.Race(n, func(i int) {
			_, errs[i] = files.Copy(t.Context(), h.Bucket, dst, h.Bucket, fmt.Sprintf("src%d", i),
				&files.CopyOptions{If: files.IfAbsent()})
		})
		oneWinner(t, errs, files.ErrExist, func(i int) {
			check.WantContent(t, h, dst, check.Content(i, 2000))
		})
	}
}

func copyIfVersion(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b")
	v := current(t, h, "b")
	cp(t, h.Bucket, "b", "a", &files.CopyOptions{If: files.IfVersion(v)})
	check.WantContent(t, h, "b", []byte("a"))
	check.Put(t, h, "b", check.Content(1, 100), nil)
	for _, dst := range []string{"b", "missing"} {
		for _, v := range []files.Version{v, ""} {
			_, err := files.Copy(t.Context(), h.Bucket, dst, h.Bucket, "a",
				&files.CopyOptions{If: files.IfVersion(v)})
			check.WantErr(t, fmt.Sprintf("Copy with IfVersion(%q) to %s", v, dst), err,
				files.ErrPrecondition)
		}
	}
	check.WantContent(t, h, "b", check.Content(1, 100))
	check.WantOnly(t, h, "a", "b")
}

func copyIfSource(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b")
	v := current(t, h, "a")
	cp(t, h.Bucket, "c", "a", &files.CopyOptions{IfSource: v})
	check.Put(t, h, "a", check.Content(1, 100), nil)
	for _, dst := range []string{"b", "new", "a"} {
		_, err := files.Copy(t.Context(), h.Bucket, dst, h.Bucket, "a",
			&files.CopyOptions{IfSource: v})
		check.WantErr(t, "Copy of a version that was replaced", err, files.ErrPrecondition)
	}
	check.WantContent(t, h, "b", []byte("b"))
	check.WantContent(t, h, "c", []byte("a"))
	check.WantOnly(t, h, "a", "b", "c")
}
