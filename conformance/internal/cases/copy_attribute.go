package cases

import (
	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// copyOneAttribute changes an attribute by files.UpdateAttributes, which takes a copy
// of one version onto itself, and then once more while another writer replaces the
// file.
func copyOneAttribute(t suite.T, h *suite.H) {
	before := richly(t, h, "a", check.Content(1, 5000), "one")
	change := func(a *files.Attributes) error {
		a.ContentType = "y/z"
		return nil
	}
	info, err := files.UpdateAttributes(t.Context(), h.Bucket, "a", change, nil)
	if err != nil {
		t.Fatalf("UpdateAttributes: %v", err)
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
		t.Errorf("UpdateAttributes with another writer between: %v after %d calls of its "+
			"function, want 2", err, calls)
	}
	theirs.CacheControl = "max-age=7"
	check.Same(t, "attributes after a change beside another writer",
		check.Stat(t, h, "a").Attributes, theirs)
	check.WantContent(t, h, "a", check.Content(2, 6000))
	check.WantOnly(t, h, "a")
}
