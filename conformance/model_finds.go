package conformance

import (
	"cloudfiles.dev/files"
)

// modelFindCases are what the random sequences found, so that it stays mended.
var modelFindCases = []Case{
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

func moveNames(t T, h *H) {
	put(t, h, "a", []byte("x"), nil)
	for _, name := range refusedNames {
		_, err := files.Move(t.Context(), h.Bucket, "a", h.Bucket, name, nil)
		wantErr(t, "Move from "+quote(name), err, files.ErrInvalidName)
		_, err = files.Move(t.Context(), h.Bucket, name, h.Bucket, "a", nil)
		wantErr(t, "Move to "+quote(name), err, files.ErrInvalidName)
	}
	wantOnly(t, h, "a")
}

func copySelfConditions(t T, h *H) {
	put(t, h, "a", []byte("x"), nil)
	before := stat(t, h, "a")
	want := func(claimed bool, err error) error {
		if claimed {
			return err
		}
		return files.ErrUnsupported
	}
	for _, run := range []func(ctx, files.Bucket, string, files.Bucket, string,
		*files.CopyOptions) (files.Info, error){files.Copy, files.Move} {
		_, err := run(t.Context(), h.Bucket, "a", h.Bucket, "a",
			&files.CopyOptions{If: files.IfAbsent()})
		wantErr(t, "a copy onto itself with IfAbsent", err, want(h.F.IfAbsent, files.ErrExist))
		for _, v := range []files.Version{"", noVersion} {
			_, err = run(t.Context(), h.Bucket, "a", h.Bucket, "a",
				&files.CopyOptions{If: files.IfVersion(v)})
			wantErr(t, "a copy onto itself with IfVersion", err,
				want(h.F.IfVersion, files.ErrPrecondition))
		}
	}
	same(t, "Stat after refused copies onto itself", stat(t, h, "a"), before)
}
