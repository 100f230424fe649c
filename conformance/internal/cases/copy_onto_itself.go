package cases

import (
	"context"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/model"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var copyOntoItselfCases = []suite.Case{
	{
		Rule: "C1",
		Name: "onto-itself",
		Why:  "a copy of a file onto itself must not delete it",
		Run:  copySelf,
	},
	{
		Rule:  "C1",
		Name:  "onto-itself-new-attributes",
		Why:   "a copy onto itself must be able to change the attributes",
		Needs: feature.Needs(feature.Attributes),
		Run:   copySelfAttributes,
	},
	{
		Rule: "C1",
		Name: "onto-itself-conditions",
		Why:  "a condition on a copy onto itself must be checked, or refused as unsupported",
		Run:  copySelfConditions,
	},
}

func copySelf(t suite.T, h *suite.H) {
	before := richly(t, h, "a", check.Content(1, 5000), "one")
	for range 3 {
		cp(t, h.Bucket, "a", "a", nil)
		check.WantContent(t, h, "a", check.Content(1, 5000))
		check.Same(t, "Stat after a copy onto itself", check.Stat(t, h, "a"), before)
	}
	check.WantOnly(t, h, "a")
}

func copySelfAttributes(t suite.T, h *suite.H) {
	richly(t, h, "a", check.Content(1, 5000), "one")
	a := files.Attributes{ContentType: "y/z", Metadata: map[string]string{"new": "yes"}}
	info := cp(t, h.Bucket, "a", "a", &files.CopyOptions{Attributes: &a})
	check.Same(t, "attributes in Copy's Info", info.Attributes, a)
	check.Same(t, "attributes after a copy onto itself with new ones",
		check.Stat(t, h, "a").Attributes, a)
	check.WantContent(t, h, "a", check.Content(1, 5000))
	_, err := files.Copy(t.Context(), h.Bucket, "missing", h.Bucket, "missing",
		&files.CopyOptions{Attributes: &a})
	check.WantErr(t, "Copy of a missing file onto itself", err, files.ErrNotExist)
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
