package cases

import (
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var copyLargeCases = []suite.Case{
	{
		Rule:    "C1",
		Name:    "large",
		Why:     "a large file is copied in parts, and must keep its attributes",
		Largest: largeSize,
		Run:     func(t suite.T, h *suite.H) { copyLarge(t, h, largeSize) },
	},
	{
		Rule: "C1",
		Name: "sizes-large",
		Why: "large files of every size must be copied whole: services copy them in " +
			"different ways",
		Long:    true,
		Largest: 16<<20 + 3,
		Run:     func(t suite.T, h *suite.H) { copyLarge(t, h, 8<<20, 16<<20+3) },
	},
	{
		Rule:    "C1",
		Name:    "large-conditions",
		Why:     "a copy in parts takes long: its conditions must hold at its end",
		Largest: largeSize,
		Run:     copyLargeConditions,
	},
	{
		Rule: "C1",
		Name: "large-attributes",
		Why: "new attributes of a large file must be set, though that is a copy of it onto " +
			"itself",
		Needs:   feature.Needs(feature.Attributes),
		Largest: largeSize,
		Run:     copyLargeAttributes,
	},
	{
		Rule:    "C1",
		Name:    "large-move",
		Why:     "a large file that was moved must exist at its new name only",
		Needs:   feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Largest: largeSize,
		Run:     moveLarge,
	},
	{
		Rule:    "P9",
		Name:    "large-update",
		Why:     "a large file must be read, changed and written back whole",
		Needs:   feature.Needs(feature.Versions, feature.IfVersion, feature.IfAbsent),
		Largest: largeSize + 1,
		Run:     updateLarge,
	},
	{
		Rule:    "D2",
		Name:    "large",
		Why:     "the version of a large file must guard it like that of a small one",
		Needs:   feature.Needs(feature.Versions, feature.DeleteIfVersion),
		Largest: largeSize,
		Run:     deleteLarge,
	},
}

func copyLarge(t suite.T, h *suite.H, sizes ...int) {
	for _, n := range sizes {
		c := check.Content(n, n)
		src := check.Put(t, h, "src.html", c, fully(h, "one"))
		src = check.Stat(t, h, src.Name)
		for _, full := range []bool{false, true} {
			check.Put(t, h, "dst.png", check.Content(1, 10), fully(h, "old"))
			info := cp(t, h.Bucket, "dst.png", "src.html", &files.CopyOptions{FullInfo: full})
			dst := check.Stat(t, h, "dst.png")
			check.Same(t, "size of the copy", dst.Size, int64(n))
			if h.F.Attributes {
				check.Same(t, "attributes of the copy", dst.Attributes, src.Attributes)
			}
			if which := dst.Digest.Conflict(src.Digest); which != "" {
				t.Errorf("the copy's %s differs from the source's", which)
			}
			if !src.Digest.IsZero() && dst.Digest.IsZero() {
				t.Errorf("the copy of a file of %d bytes has no digest, but its source has one", n)
			}
			if full {
				check.Same(t, "size in Copy's Info", info.Size, dst.Size)
				check.Same(t, "attributes in Copy's Info", info.Attributes, dst.Attributes)
			}
			if info.Version != "" {
				check.Same(t, "version in Copy's Info", info.Version, dst.Version)
			}
			check.WantContent(t, h, "dst.png", c)
		}
		check.Same(t, "Stat of the source", check.Stat(t, h, "src.html"), src)
		cp(t, h.Bucket, "src.html", "src.html", nil)
		check.Same(t, "Stat after a copy onto itself", check.Stat(t, h, "src.html"), src)
		check.WantContent(t, h, "src.html", c)
	}
	check.WantOnly(t, h, "src.html", "dst.png")
	h.Clean(t, "large copies")
}

func copyLargeConditions(t suite.T, h *suite.H) {
	c, old := check.Content(1, largeSize), check.Content(2, 100)
	check.Put(t, h, "src", c, nil)
	check.Put(t, h, "dst", old, nil)
	before := check.Stat(t, h, "dst")
	refused := func(what string, o *files.CopyOptions, want error) {
		t.Helper()
		_, err := files.Copy(t.Context(), h.Bucket, "dst", h.Bucket, "src", o)
		check.WantErr(t, "Copy of a large file "+what, err, want)
		check.Same(t, "Stat of the target after the refused copy", check.Stat(t, h, "dst"), before)
	}
	if h.F.IfAbsent {
		o := &files.CopyOptions{If: files.IfAbsent()}
		refused("with IfAbsent to a name in use", o, files.ErrExist)
		// A large target is a file too.
		_, err := files.Copy(t.Context(), h.Bucket, "src", h.Bucket, "dst", o)
		check.WantErr(t, "Copy with IfAbsent onto a large file", err, files.ErrExist)
		cp(t, h.Bucket, "new", "src", o)
		check.WantContent(t, h, "new", c)
	}
	if h.F.IfVersion && h.F.Versions {
		refused("with IfVersion of another version",
			&files.CopyOptions{If: files.IfVersion("no-such-version")}, files.ErrPrecondition)
	}
	if h.F.Versions && h.F.ReadConditions {
		refused("of another version", &files.CopyOptions{IfSource: "no-such-version"},
			files.ErrPrecondition)
	}
	check.WantContent(t, h, "dst", old)
	if h.F.IfVersion && h.F.Versions {
		o := &files.CopyOptions{If: files.IfVersion(before.Version)}
		if h.F.ReadConditions {
			o.IfSource = current(t, h, "src")
		}
		cp(t, h.Bucket, "dst", "src", o)
		check.WantContent(t, h, "dst", c)
	}
	check.WantContent(t, h, "src", c)
	h.Clean(t, "large copies")
}

func copyLargeAttributes(t suite.T, h *suite.H) {
	c := check.Content(1, largeSize)
	check.Put(t, h, "a", c, fully(h, "one"))
	a := files.Attributes{
		ContentType:     "y/z",
		ContentLanguage: "fr",
		Metadata:        map[string]string{"new": "yes"},
	}
	check.Same(t, "attributes in Copy's Info",
		cp(t, h.Bucket, "a", "a", &files.CopyOptions{Attributes: &a}).Attributes, a)
	check.Same(t, "attributes after a copy onto itself with new ones",
		check.Stat(t, h, "a").Attributes, a)
	check.WantContent(t, h, "a", c)
	if h.F.Versions && h.F.IfVersion {
		info, err := files.UpdateAttributes(t.Context(), h.Bucket, "a",
			func(a *files.Attributes) error {
				a.CacheControl = "no-store"
				return nil
			}, nil)
		if err != nil {
			t.Fatalf("UpdateAttributes of a large file: %v, want no error", err)
		}
		a.CacheControl = "no-store"
		check.Same(t, "attributes in the Info of UpdateAttributes", info.Attributes, a)
		check.Same(t, "attributes after a change of one", check.Stat(t, h, "a").Attributes, a)
		check.WantContent(t, h, "a", c)
	}
	if after := check.Stat(t, h, "a"); h.F.Digests && after.Digest.IsZero() {
		t.Errorf("a large file has lost its digest by a change of attributes")
	}
	check.WantOnly(t, h, "a")
	h.Clean(t, "changes of a large file's attributes")
}

func moveLarge(t suite.T, h *suite.H) {
	c := check.Content(1, largeSize)
	check.Put(t, h, "src", c, fully(h, "one"))
	want := check.Stat(t, h, "src")
	mv(t, h, "d/dst", "src", nil)
	check.WantMissing(t, h, "src")
	check.WantOnly(t, h, "d/dst")
	check.WantContent(t, h, "d/dst", c)
	check.Same(t, "attributes of the moved file", check.Stat(t, h, "d/dst").Attributes,
		want.Attributes)
	h.Clean(t, "a large move")
}

func updateLarge(t suite.T, h *suite.H) {
	c := check.Content(1, largeSize)
	check.Put(t, h, "a", c, fully(h, "one"))
	before := check.Stat(t, h, "a")
	info, err := files.Update(t.Context(), h.Bucket, "a", func(old []byte) ([]byte, error) {
		if d := check.Diff(old, c); d != "" {
			return nil, fmt.Errorf("the content that is to be changed %s", d)
		}
		return append(old, '.'), nil
	}, nil)
	if err != nil {
		t.Fatalf("Update of %d bytes: %v, want no error", largeSize, err)
	}
	check.Same(t, "size in Update's Info", info.Size, int64(largeSize+1))
	check.Same(t, "attributes after Update", check.Stat(t, h, "a").Attributes, before.Attributes)
	check.WantContent(t, h, "a", append(c, '.'))
}

func deleteLarge(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 10), nil)
	old := current(t, h, "a")
	check.Put(t, h, "a", check.Content(2, largeSize), nil)
	for _, v := range []files.Version{old, "no-such-version"} {
		check.WantErr(t, "Delete of another version of a large file",
			h.Delete(t.Context(), "a", &files.DeleteOptions{IfVersion: v}),
			files.ErrPrecondition)
	}
	check.WantContent(t, h, "a", check.Content(2, largeSize))
	o := &files.DeleteOptions{IfVersion: current(t, h, "a")}
	if err := h.Delete(t.Context(), "a", o); err != nil {
		t.Errorf("Delete of the current version of a large file: %v, want no error", err)
	}
	check.WantMissing(t, h, "a")
}
