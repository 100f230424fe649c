package cases

import (
	"context"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/model"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

// modelFindCases are what the random sequences found, so that it stays mended.
var modelFindCases = []suite.Case{
	{
		Rule: "E2",
		Name: "move-names",
		Why: "a name that no bucket takes is a mistake of the program, whatever else the bucket " +
			"can't do",
		Run: moveNames,
	},
	{
		Rule: "C1",
		Name: "onto-itself-conditions",
		Why:  "a condition that the bucket can't keep must not be answered as if it were kept",
		Run:  copySelfConditions,
	},
}

func moveNames(t suite.T, h *suite.H) {
	check.Put(t, h, "a", []byte("x"), nil)
	for _, name := range model.RefusedNames {
		_, err := files.Move(t.Context(), h.Bucket, "a", h.Bucket, name, nil)
		check.WantErr(t, "Move from "+term.Quote(name), err, files.ErrInvalidName)
		_, err = files.Move(t.Context(), h.Bucket, name, h.Bucket, "a", nil)
		check.WantErr(t, "Move to "+term.Quote(name), err, files.ErrInvalidName)
	}
	check.WantOnly(t, h, "a")
}

func copySelfConditions(t suite.T, h *suite.H) {
	check.Put(t, h, "a", []byte("x"), nil)
	before := check.Stat(t, h, "a")
	want := func(claimed bool, err error) error {
		if claimed {
			return err
		}
		return files.ErrUnsupported
	}
	for _, run := range []func(context.Context, files.Bucket, string, files.Bucket, string,
		*files.CopyOptions) (files.Info, error){files.Copy, files.Move} {
		_, err := run(t.Context(), h.Bucket, "a", h.Bucket, "a",
			&files.CopyOptions{If: files.IfAbsent()})
		check.WantErr(t, "a copy onto itself with IfAbsent", err,
			want(h.F.IfAbsent, files.ErrExist))
		for _, v := range []files.Version{"", model.NoVersion} {
			_, err = run(t.Context(), h.Bucket, "a", h.Bucket, "a",
				&files.CopyOptions{If: files.IfVersion(v)})
			check.WantErr(t, "a copy onto itself with IfVersion", err,
				want(h.F.IfVersion, files.ErrPrecondition))
		}
	}
	check.Same(t, "Stat after refused copies onto itself", check.Stat(t, h, "a"), before)
}
