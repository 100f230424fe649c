package cases

import (
	"fmt"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var listRawKeyManyCases = []suite.Case{
	{
		Rule:  "L7",
		Name:  "below",
		Why:   "objects that others put below a directory must be listed there, in order",
		Needs: feature.Needs(feature.ForeignKeys),
		Run:   rawKeysBelow,
	},
	{
		Rule:  "L7",
		Name:  "pages",
		Why:   "raw keys that are ignored must not lose names at the end of a page",
		Needs: feature.Needs(feature.ForeignKeys, feature.Ordered),
		Run:   rawKeyPages,
	},
	{
		Rule:  "L7",
		Name:  "many",
		Why:   "a page of nothing but raw keys must not end the listing",
		Needs: feature.Needs(feature.ForeignKeys),
		Run:   func(t suite.T, h *suite.H) { rawKeysMany(t, h, 300) },
	},
	{
		Rule:  "L7",
		Name:  "thousands",
		Why:   "a whole page of a service, 1,000 keys, may be raw keys: the listing must go on",
		Needs: feature.Needs(feature.ForeignKeys),
		Long:  true,
		Run:   func(t suite.T, h *suite.H) { rawKeysMany(t, h, 1100) },
	},
}

// putRawKeys puts an object under each of the harness's raw keys, after each of the
// prefixes, and returns the keys.
func putRawKeys(t suite.T, h *suite.H, prefixes ...string) (keys []string) {
	t.Helper()
	if h.Harness.Foreign == nil || len(h.Harness.ForeignKeys) == 0 {
		t.Skipf("the harness can't put objects with raw keys")
	}
	for _, p := range prefixes {
		for _, k := range h.Harness.ForeignKeys {
			h.Harness.Foreign(t, h.Bucket, p+k, "foreign "+p+k)
			keys = append(keys, p+k)
		}
	}
	return keys
}

// listKeys is check.List with Foreign. For a raw key it has the key.
func listKeys(t suite.T, h *suite.H, dir string, o files.ListOptions) (all []string) {
	t.Helper()
	o.Foreign = true
	for e, err := range h.List(t.Context(), dir, &o) {
		if err != nil {
			t.Fatalf("List(%q, %s) after %d entries: %v, want no error",
				dir, check.ListText(&o), len(all), err)
		}
		all = append(all, e.Name+e.Key)
		if e.Name != "" && e.Key != "" {
			t.Errorf("an entry has the name %s and the key %s, want one of them",
				term.Quote(e.Name), term.Quote(e.Key))
		}
		if !e.IsDir && (e.Key == "") != (files.CheckName(e.Name) == nil) {
			t.Errorf("an entry has the name %s and the key %s, want one of them",
				term.Quote(e.Name),
				term.Quote(e.Key))
		}
	}
	if !h.F.Ordered {
		slices.Sort(all)
	}
	return all
}

// wantKeys fails the case if a deep listing with Foreign doesn't have exactly these
// names and keys.
func wantKeys(t suite.T, h *suite.H, all []string, dir string, o files.ListOptions) {
	t.Helper()
	if d := check.DiffNames(listKeys(t, h, dir, o), check.ListModel(all, dir, o)); d != "" {
		t.Errorf("List(%q, %s) with Foreign: %s", dir, check.ListText(&o), d)
	}
}

// rawKeyStore puts names and raw keys at the root, below a directory with both, and
// below one with raw keys only.
func rawKeyStore(t suite.T, h *suite.H) (names, all []string) {
	t.Helper()
	names = []string{"a", "s/e/b", "s/e/x", "s/e/y/x", "s/m", "z"}
	keys := putRawKeys(t, h, "", "s/e/", "s/only/")
	check.Puts(t, h, names...)
	return names, slices.Sorted(slices.Values(append(slices.Clone(names), keys...)))
}

func rawKeysBelow(t suite.T, h *suite.H) {
	names, all := rawKeyStore(t, h)
	dirs := []string{"", "s", "s/e", "s/only", "s/m"}
	for _, dir := range dirs {
		wantModel(t, h, names, dir, files.ListOptions{})
		wantKeys(t, h, all, dir, files.ListOptions{})
		wantShallowKeys(t, h, names, all, dir)
		if !h.F.Ordered {
			continue
		}
		for _, after := range all {
			wantModel(t, h, names, dir, files.ListOptions{StartAfter: after})
			wantKeys(t, h, all, dir, files.ListOptions{StartAfter: after})
		}
	}
	for _, k := range all {
		if slices.Contains(names, k) {
			continue
		}
		p, info := check.Get(t, h, "", &files.GetOptions{Key: k})
		check.Same(t, "content of "+term.Quote(k), string(p), "foreign "+k)
		check.Same(t, "key of Get's Info", info.Key, k)
		p, _ = check.Get(t, h, "", &files.GetOptions{Key: k, Range: files.Last(3)})
		check.Same(t, "end of "+term.Quote(k), string(p), ("foreign " + k)[len(k)+5:])
	}
	// Deleting a raw key deletes that object and nothing else.
	first := slices.IndexFunc(all, func(s string) bool {
		return strings.HasPrefix(s, "s/e/") &&
			!slices.Contains(names, s)
	})
	if err := h.Delete(t.Context(), "", &files.DeleteOptions{Key: all[first]}); err != nil {
		t.Errorf("Delete of the key %s: %v, want no error", term.Quote(all[first]), err)
	}
	wantKeys(t, h, slices.Delete(all, first, first+1), "", files.ListOptions{})
	check.WantOnly(t, h, names...)
}

// wantShallowKeys checks shallow listings: entries directly in the directory are
// there once. A directory with raw keys only may be there or not.
func wantShallowKeys(t suite.T, h *suite.H, names, all []string, dir string) {
	t.Helper()
	o := files.ListOptions{Shallow: true}
	may := check.ListModel(all, dir, o)
	for _, foreign := range []bool{false, true} {
		must := check.ListModel(names, dir, o)
		if foreign {
			for _, k := range may {
				if !strings.HasSuffix(k, "/") && !slices.Contains(must, k) {
					must = append(must, k) // directly in the directory
				}
			}
			slices.Sort(must)
		}
		var got []string
		for e, err := range h.List(t.Context(), dir, &files.ListOptions{
			Shallow: true,
			Foreign: foreign,
		}) {
			if err != nil {
				t.Fatalf("shallow List(%q): %v, want no error", dir, err)
			}
			k := e.Name + e.Key
			if !slices.Contains(may, k) && !slices.Contains(all, k) {
				t.Errorf("shallow List(%q), Foreign %v, yields %s, which does not exist", dir,
					foreign,
					term.Quote(k))
			}
			if slices.Contains(must, k) {
				got = append(got, k)
			}
			if e.Key != "" && !foreign {
				t.Errorf("shallow List(%q) without Foreign yields the key %s",
					dir, term.Quote(e.Key))
			}
		}
		if !h.F.Ordered {
			slices.Sort(got)
		}
		if d := check.DiffNames(got, must); d != "" {
			t.Errorf("shallow List(%q), Foreign %v: %s", dir, foreign, d)
		}
	}
}

func rawKeyPages(t suite.T, h *suite.H) {
	names, all := rawKeyStore(t, h)
	for _, dir := range []string{"", "s", "s/e", "s/only"} {
		for _, size := range []int{1, 2, 3, 5, 1000} {
			for _, after := range []string{"", all[len(all)/2], all[len(all)/2+1]} {
				o := files.ListOptions{PageSize: size, StartAfter: after}
				wantModel(t, h, names, dir, o)
				wantKeys(t, h, all, dir, o)
			}
		}
		for _, limit := range []int{1, 2, 3, len(names), len(all) + 1} {
			wantModel(t, h, names, dir, files.ListOptions{Limit: limit})
			wantKeys(t, h, all, dir, files.ListOptions{Limit: limit, PageSize: 2})
			got := pages(t, h, dir, limit, files.ListOptions{}, nil)
			if d := check.DiffNames(got,
				check.ListModel(names, dir, files.ListOptions{})); d != "" {
				t.Errorf("ListPage(%q) over raw keys, pages of %d: %s", dir, limit, d)
			}
			if d := check.DiffNames(keyPages(t, h, dir, limit),
				check.ListModel(all, dir, files.ListOptions{})); d != "" {
				t.Errorf("ListPage(%q) with Foreign, pages of %d: %s", dir, limit, d)
			}
		}
	}
}

// keyPages lists with Foreign by tokens.
func keyPages(t suite.T, h *suite.H, dir string, limit int) (all []string) {
	t.Helper()
	for token := ""; ; {
		page, next, err := files.ListPage(t.Context(), h.Bucket, dir, token, limit,
			&files.ListOptions{Foreign: true})
		if err != nil {
			t.Fatalf("ListPage(%q) with Foreign after %d entries: %v, want no error",
				dir, len(all), err)
		}
		for _, e := range page {
			all = append(all, e.Name+e.Key)
		}
		if next == "" || len(all) > suite.Endless {
			return all
		}
		token = next
	}
}

// rawKeysMany puts many raw keys in a row, and a name near their end, so that a page
// may have only raw keys and yet not be the last.
func rawKeysMany(t suite.T, h *suite.H, n int) {
	if most := h.Harness.MaxFiles; most > 0 {
		n = min(n, most-10)
	}
	if h.Harness.Foreign == nil || len(h.Harness.ForeignKeys) == 0 {
		t.Skipf("the harness can't put objects with raw keys")
	}
	names := []string{"a", fmt.Sprintf("many/%04d/x", n-10), "z"}
	all := slices.Clone(names)
	for i := range n {
		keys := h.Harness.ForeignKeys
		k := fmt.Sprintf("many/%04d/%s", i, keys[i%len(keys)])
		h.Harness.Foreign(t, h.Bucket, k, "")
		all = append(all, k)
	}
	slices.Sort(all)
	check.Puts(t, h, names...)
	for _, o := range []files.ListOptions{{}, {PageSize: 100}, {PageSize: 1000}, {Prefix: "m"}} {
		wantModel(t, h, names, "", o)
		wantKeys(t, h, all, "", o)
	}
	wantModel(t, h, names, "many", files.ListOptions{})
	var shallow []string
	for _, e := range check.Shallow(t, h, "") {
		if e.Name != "many/" {
			shallow = append(shallow, e.Name)
		}
	}
	slices.Sort(shallow)
	check.Same(t, "files of a shallow listing", shallow, []string{"a", "z"})
	if !h.F.Ordered {
		return
	}
	for _, o := range []files.ListOptions{
		{Limit: 2},
		{Limit: 3},
		{StartAfter: all[n/2]},
		{StartAfter: all[n/2], PageSize: 100, Limit: 1},
	} {
		wantModel(t, h, names, "", o)
		wantKeys(t, h, all, "", o)
	}
}
