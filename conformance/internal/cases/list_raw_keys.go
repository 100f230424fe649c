package cases

import (
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var listRawKeyCases = []suite.Case{
	{
		Rule: "L7",
		Name: "nothing-of-the-drivers",
		Why:  "a listing must not show the driver's own objects, such as sidecars and locks",
		Run:  listOnlyFiles,
	},
	{
		Rule: "L7",
		Name: "foreign",
		Why: "an object with a raw key must be found and deleted by its key, and otherwise " +
			"be ignored",
		Needs: feature.Needs(feature.ForeignKeys),
		Run:   listRawKeys,
	},
	{
		Rule:  "L7",
		Name:  "name-and-key",
		Why:   "a call with both a name and a key must be refused",
		Needs: feature.Needs(feature.ForeignKeys),
		Run:   nameAndKey,
	},
}

func listOnlyFiles(t suite.T, h *suite.H) {
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{
			ContentType:  "x/y",
			CacheControl: "no-cache",
			Metadata:     map[string]string{"k": "v"},
		}
	}
	names := []string{"a", "d/b", "d/e/c", "x.attrs", strings.Repeat("l", min(300, h.F.MaxName))}
	if h.F.DirBesideFile {
		names = append(names, "d", "d/e")
	}
	for i, name := range names {
		check.Put(t, h, name, check.Content(i, 3000), opts)
		check.Put(t, h, name, check.Content(i, 3000), nil)
		check.Put(t, h, name, check.Content(i, 3000), opts)
	}
	h.Put(t.Context(), "a", check.Failing(check.Content(1, 2000), false, check.ErrReader), opts)
	if h.F.IfAbsent {
		h.Put(t.Context(), "a", check.Stream(check.Content(1, 2000)),
			&files.PutOptions{If: files.IfAbsent()})
	}
	files.Copy(t.Context(), h.Bucket, "gone", h.Bucket, "d/b", nil)
	check.Remove(t, h, "gone")
	if !h.F.Atomic {
		check.Put(t, h, "a", nil, nil)
	}
	check.WantOnly(t, h, names...)
	for _, dir := range []string{"", "d", "d/e"} {
		o := files.ListOptions{Shallow: true}
		got := check.List(t, h, dir, &o)
		slices.Sort(got)
		if d := check.DiffNames(got,
			check.ListModel(slices.Sorted(slices.Values(names)), dir, o)); d != "" {
			t.Errorf("shallow List(%q): %s", dir, d)
		}
	}
}

func listRawKeys(t suite.T, h *suite.H) {
	if h.Harness.Foreign == nil || len(h.Harness.ForeignKeys) == 0 {
		t.Skipf("the harness can't put objects with raw keys")
	}
	check.Puts(t, h, "a", "d/x", "z")
	keys := slices.Clone(h.Harness.ForeignKeys)
	for _, k := range keys {
		h.Harness.Foreign(t, h.Bucket, k, "foreign "+k)
	}
	check.WantOnly(t, h, "a", "d/x", "z")
	var found []string
	for e, err := range h.List(t.Context(), "", &files.ListOptions{Foreign: true}) {
		if err != nil {
			t.Fatalf("List with Foreign: %v, want no error", err)
		}
		if e.Key == "" {
			continue
		}
		found = append(found, e.Key)
		check.Same(t, "name of the entry with the raw key "+e.Key, e.Name, "")
		p, info := check.Get(t, h, "", &files.GetOptions{Key: e.Key})
		check.Same(t, "content of "+e.Key, string(p), "foreign "+e.Key)
		check.Same(t, "key of Get's Info", info.Key, e.Key)
		s, err := h.Stat(t.Context(), "", &files.StatOptions{Key: e.Key})
		if err != nil || s.Size != int64(len(p)) {
			t.Errorf("Stat of the key %q: %+v, %v, want size and no error", e.Key, s, err)
		}
	}
	slices.Sort(keys)
	slices.Sort(found)
	check.Same(t, "raw keys", found, keys)
	for _, k := range keys {
		if err := h.Delete(t.Context(), "", &files.DeleteOptions{Key: k}); err != nil {
			t.Errorf("Delete of the key %q: %v, want no error", k, err)
		}
	}
	check.WantList(t, h, "", &files.ListOptions{Foreign: true}, "a", "d/x", "z")
}

func nameAndKey(t suite.T, h *suite.H) {
	check.Puts(t, h, "a")
	_, err := h.Get(t.Context(), "a", &files.GetOptions{Key: "b//c"})
	check.WantErr(t, "Get with a name and a key", err, files.ErrInvalidName)
	_, err = h.Stat(t.Context(), "a", &files.StatOptions{Key: "b//c"})
	check.WantErr(t, "Stat with a name and a key", err, files.ErrInvalidName)
	check.WantErr(t, "Delete with a name and a key",
		h.Delete(t.Context(), "a", &files.DeleteOptions{Key: "b//c"}), files.ErrInvalidName)
	check.WantContent(t, h, "a", []byte("a"))
}
