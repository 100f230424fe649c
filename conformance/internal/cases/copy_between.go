package cases

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var copyBetweenCases = []suite.Case{
	{
		Rule: "C1",
		Name: "through-wrappers",
		Why:  "a copy between a view and the whole bucket must read and write the right names",
		Run:  copyWrapped,
	},
	{
		Rule: "C1",
		Name: "between-buckets",
		Why:  "a copy between two stores must keep everything that a copy inside one store keeps",
		Run:  copyBetween,
	},
}

func copyWrapped(t suite.T, h *suite.H) {
	sub, err := files.Sub(h.Bucket, "tenant")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	deep, err := files.Sub(sub, "deep")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	plain := files.Wrap(h.Bucket, files.Hooks{})
	all := []struct {
		b      files.Bucket
		prefix string
	}{
		{h.Bucket, ""},
		{sub, "tenant/"},
		{deep, "tenant/deep/"},
		{plain, ""},
		{files.Wrap(sub, files.Hooks{}), "tenant/"},
	}
	for i, src := range all {
		for j, dst := range all {
			c := check.Content(i*10+j, 300)
			check.Put(t, src.b, "src", c, nil)
			info, err := files.Copy(t.Context(), dst.b, "d/dst", src.b, "src", nil)
			if err != nil {
				t.Fatalf("Copy from wrapper %d to wrapper %d: %v, want no error", i, j, err)
			}
			check.Same(t, "name in Copy's Info", info.Name, "d/dst")
			check.WantOnly(t, h, src.prefix+"src", dst.prefix+"d/dst")
			check.WantContent(t, h, dst.prefix+"d/dst", c)
			// A file that two wrappers can name is the same file.
			if src.prefix == dst.prefix {
				if _, err := files.Copy(t.Context(), dst.b, "src", src.b, "src", nil); err != nil {
					t.Errorf("Copy onto itself through wrappers %d and %d: %v, want no error",
						i, j, err)
				}
				check.WantContent(t, src.b, "src", c)
			}
			check.Remove(t, src.b, "src")
			check.Remove(t, dst.b, "d/dst")
		}
	}
}

func copyBetween(t suite.T, h *suite.H) {
	other := h.Another(t)
	src := richly(t, h, "src", check.Content(1, 100_000), "one")
	for _, dst := range []string{"src", "d/dst"} {
		info, err := files.Copy(t.Context(), other, dst, h.Bucket, "src", nil)
		if err != nil {
			t.Fatalf("Copy to another bucket: %v, want no error", err)
		}
		check.Same(t, "name in Copy's Info", info.Name, dst)
		check.WantContent(t, other, dst, check.Content(1, 100_000))
		check.Same(t, "attributes of the copy", check.Stat(t, other, dst).Attributes,
			src.Attributes)
	}
	check.WantOnly(t, other, "src", "d/dst")
	check.WantOnly(t, h, "src")
	_, err := files.Copy(t.Context(), other, "src", h.Bucket, "missing", nil)
	check.WantErr(t, "Copy of a missing file to another bucket", err, files.ErrNotExist)
	if h.F.IfAbsent {
		_, err = files.Copy(t.Context(), other, "src", h.Bucket, "src",
			&files.CopyOptions{If: files.IfAbsent()})
		check.WantErr(t, "Copy with IfAbsent to another bucket", err, files.ErrExist)
	}
}
