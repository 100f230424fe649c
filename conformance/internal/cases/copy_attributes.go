package cases

import (
	"fmt"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var copyAttributesCases = []suite.Case{
	{
		Rule: "C1",
		Name: "attributes",
		Why:  "a copy must keep the attributes: without its type or owner it is another file",
		Run:  copyAttributes,
	},
	{
		Rule: "C1",
		Name: "one-attribute",
		Why: "a change of one attribute must keep the others, and must not undo another " +
			"writer's change",
		Needs: feature.Needs(feature.Versions, feature.IfVersion, feature.Attributes),
		Run:   copyOneAttribute,
	},
	{
		Rule:  "C1",
		Name:  "new-attributes",
		Why:   "attributes that the caller gives must replace those of the source, as a whole",
		Needs: feature.Needs(feature.Attributes),
		Run:   copyNewAttributes,
	},
	{
		Rule: "C1",
		Name: "new-type",
		Why: "a type that isn't given must be found by the target's name, or else by its " +
			"content",
		Needs: feature.Needs(feature.Attributes),
		Run:   copyNewType,
	},
}

func copyAttributes(t suite.T, h *suite.H) {
	src := richly(t, h, "src.html", check.Content(1, 1000), "one")
	info := cp(t, h.Bucket, "d/dst.png", "src.html", &files.CopyOptions{FullInfo: true})
	dst := check.Stat(t, h, "d/dst.png")
	want := src.Attributes
	if !h.F.Attributes {
		want = dst.Attributes // if no type is stored, it follows from the name
	}
	check.Same(t, "attributes of the copy", dst.Attributes, want)
	check.Same(t, "attributes in Copy's Info", info.Attributes, want)
	if which := dst.Digest.Conflict(src.Digest); which != "" {
		t.Errorf("the copy's %s differs from the source's", which)
	}
	if info.Version != "" {
		check.Same(t, "version in Copy's Info, against Stat's", info.Version, dst.Version)
	}
}

func copyNewAttributes(t suite.T, h *suite.H) {
	before := richly(t, h, "a", check.Content(1, 500), "one")
	for i, a := range []files.Attributes{{ContentType: "y/z"}, {
		ContentType: "y/z",
		Metadata:    map[string]string{"New": "yes"},
	}, {ContentType: "y/z", CacheControl: "public"}} {
		dst := fmt.Sprintf("dst%d", i)
		given := a.Clone()
		cp(t, h.Bucket, dst, "a", &files.CopyOptions{Attributes: &given})
		check.Same(t, "the caller's attributes after Copy, which must not change them", given, a)
		want := a.Clone()
		if want.Metadata != nil {
			want.Metadata = map[string]string{"new": "yes"}
		}
		check.Same(t, "attributes of the copy", check.Stat(t, h, dst).Attributes, want)
		check.WantContent(t, h, dst, check.Content(1, 500))
	}
	check.Same(t, "Stat of the source", check.Stat(t, h, "a"), before)
}

func copyNewType(t suite.T, h *suite.H) {
	check.Put(t, h, "a.html", []byte("%PDF-1.7 ..."), nil)
	for dst, want := range map[string]string{
		"b.css":        "text/css; charset=utf-8",
		"c":            "application/pdf",
		"d.unknownext": "application/pdf",
		"a.html":       "text/html; charset=utf-8",
	} {
		cp(t, h.Bucket, dst, "a.html",
			&files.CopyOptions{
				Attributes: &files.Attributes{Metadata: map[string]string{"k": "v"}},
			})
		check.Same(t, "attributes of the copy "+dst, check.Stat(t, h, dst).Attributes,
			files.Attributes{
				ContentType: want,
				Metadata:    map[string]string{"k": "v"},
			})
		check.WantContent(t, h, dst, []byte("%PDF-1.7 ..."))
	}
}

// copyOneAttribute changes an attribute by files.UpdateAttributes, which copies one
// version onto itself. Then it does so again while another writer replaces the file.
func copyOneAttribute(t suite.T, h *suite.H) {
	before := richly(t, h, "a", check.Content(1, 5000), "one")
	change := func(a *files.Attributes) error {
		a.ContentType = "y/z"
		return nil
	}
	info, err := files.UpdateAttributes(t.Context(), h.Bucket, "a", change, nil)
	if err != nil {
		t.Fatalf("UpdateAttributes: %v, want no error", err)
	}
	want := before.Attributes.Clone()
	want.ContentType = "y/z"
	check.Same(t, "attributes in the Info of UpdateAttributes", info.Attributes, want)
	check.Same(t, "attributes after a change of one", check.Stat(t, h, "a").Attributes, want)
	check.Same(t, "size after a change of an attribute", info.Size, before.Size)
	check.WantContent(t, h, "a", check.Content(1, 5000))
	version := check.Stat(t, h, "a").Version
	info, err = files.UpdateAttributes(t.Context(), h.Bucket, "a", change, nil)
	if err != nil || info.Version != version {
		t.Errorf("UpdateAttributes that changes nothing: version %s, %v, want %s", info.Version,
			err, version)
	}
	calls := 0
	theirs := files.Attributes{
		ContentType: "x/theirs",
		Metadata:    map[string]string{"by": "another"},
	}
	_, err = files.UpdateAttributes(t.Context(), h.Bucket, "a", func(a *files.Attributes) error {
		if calls++; calls == 1 {
			check.Put(t, h, "a", check.Content(2, 6000), &files.PutOptions{Attributes: theirs})
		}
		a.CacheControl = "max-age=7"
		return nil
	}, nil)
	if err != nil || calls != 2 {
		t.Errorf("UpdateAttributes with a Put in between: %v after %d calls of its "+
			"function, want no error after 2", err, calls)
	}
	theirs.CacheControl = "max-age=7"
	check.Same(t, "attributes after a change with a Put in between",
		check.Stat(t, h, "a").Attributes, theirs)
	check.WantContent(t, h, "a", check.Content(2, 6000))
	check.WantOnly(t, h, "a")
}
