package transfer_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/transfer"
)

// TestFilters: each pattern of the table takes the same files on memory and on a disk.
func TestFilters(t *testing.T) {
	names := []string{
		"a", "a.tmp", "b/a", "b/a.tmp", "b/c/a", "b/c/d.log", "data/x", "data/y/z.tmp",
		"deep/b/a", "keep.log", "x.log", "[x]", "a*b", "axb", "Z/a",
	}
	disk, _ := folder(t)
	buckets := map[string]files.Bucket{"memory": fine(), "disk": disk}
	for _, b := range buckets {
		put(t, b, names...)
	}
	for filter, want := range map[string]string{
		"": strings.Join(names, " "),
		"- *.tmp": "a b/a b/c/a b/c/d.log data/x deep/b/a keep.log x.log [x] " +
			"a*b axb Z/a",
		"+ *.log": "b/c/d.log keep.log x.log",
		"+ keep.log;- *.log": "a a.tmp b/a b/a.tmp b/c/a data/x data/y/z.tmp deep/b/a " +
			"keep.log [x] a*b axb Z/a",
		"- *.tmp;+ data/**":      "data/x",
		"+ data/":                "data/x data/y/z.tmp",
		"+ data":                 "data/x data/y/z.tmp",
		"+ /b/*":                 "b/a b/a.tmp b/c/a b/c/d.log",
		"- b/*/;+ /b/*":          "b/a b/a.tmp",
		"+ b/**/a":               "b/a b/c/a",
		"+ **/b/a":               "b/a deep/b/a",
		"+ b/a":                  "b/a",
		"+ a":                    "a b/a b/c/a deep/b/a Z/a",
		"+ a/":                   "",
		"+ ?":                    "a b/a b/a.tmp b/c/a b/c/d.log deep/b/a Z/a data/x data/y/z.tmp",
		"+ /?":                   "a b/a b/a.tmp b/c/a b/c/d.log Z/a",
		"+ **":                   strings.Join(names, " "),
		"+ [!a-z]*":              "[x] Z/a",
		`+ a\*b`:                 "a*b",
		`+ \[x]`:                 "[x]",
		"+ a[^*]b":               "axb",
		"+ z":                    "",
		"- b;- Z;- data;- deep":  "a a.tmp keep.log x.log [x] a*b axb",
		"- **/c/**;+ /b/;- **/*": "b/a b/a.tmp",
	} {
		for what, b := range buckets {
			o := &transfer.Options{}
			if filter != "" {
				o.Filter = strings.Split(filter, ";")
			}
			var got []string
			for c, err := range must(transfer.Copy(whole(fine()), whole(b),
				o)).Changes(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, c.Name)
			}
			wanted := strings.Fields(want)
			slices.Sort(wanted)
			if !slices.Equal(got, wanted) {
				t.Errorf("%s, %q:\n\t%v\nwant\n\t%v", what, filter, got, wanted)
			}
		}
	}
	for _, bad := range []string{
		"", "*.tmp", "+", "+ ", "-*.tmp", "! x", "+ /", "+ a//b", "+ a**", "+ [a", `+ a\`,
		"- a/**b",
	} {
		_, err := transfer.Copy(whole(fine()), whole(fine()),
			&transfer.Options{Filter: []string{bad}})
		if !errors.Is(err, files.ErrInvalid) {
			t.Errorf("filter %q: %v, want ErrInvalid", bad, err)
		}
	}
}

// TestFilteredKeys: a filter also leaves out objects whose key isn't a legal name, which
// are skipped otherwise.
func TestFilteredKeys(t *testing.T) {
	keys := []string{"d/f\n", "d/cache/b\n.tmp", "d/cache/"}
	for filter, want := range map[string]int64{
		"- other":        3,
		"- *.tmp":        2,
		"- cache/":       1,
		"- cache/**":     1,
		"- /f*":          2,
		"- d/**":         3, // patterns begin below the tree's directory
		"+ cache/b*.tmp": 1,
	} {
		from := transfer.Tree{Bucket: withKeys(fine(), keys), Dir: "d"}
		result := apply(t, must(transfer.Copy(whole(fine()), from,
			&transfer.Options{Filter: []string{filter}})))
		if result.Skipped != want {
			t.Errorf("%q: %d are skipped, want %d", filter, result.Skipped, want)
		}
	}
}

// TestFilteredDeletions: files that a filter leaves out are deleted on neither side,
// and a filter for one directory deletes nothing outside of it.
func TestFilteredDeletions(t *testing.T) {
	src, dst := fine(), fine()
	put(t, src, "data/a", "x.tmp")
	put(t, dst, "data/old", "data/b.tmp", "other/x", "y.tmp")
	apply(t, must(transfer.Sync(whole(dst), whole(src),
		&transfer.Options{Filter: []string{"- *.tmp", "+ data/**"}})))
	holds(t, whole(dst), "data/a", "data/b.tmp", "other/x", "y.tmp")
	apply(t, must(transfer.Sync(whole(dst), whole(src), &transfer.Options{
		Filter:         []string{"- *.tmp"},
		DeleteExcluded: true,
	})))
	holds(t, whole(dst), "data/a")
	holds(t, whole(src), "data/a", "x.tmp")
	put(t, dst, "small")
	put(t, src, "small=larger than before, and left out by its size")
	apply(t, must(transfer.Sync(whole(dst), whole(src), &transfer.Options{
		Select: func(e files.Entry) bool { return e.Size < 20 },
	})))
	holds(t, whole(dst), "data/a", "small", "x.tmp")
}

// TestEmptyFilter: an empty list of rules that isn't nil takes no file: nothing is copied,
// moved or removed, and a Sync deletes nothing either, also with DeleteExcluded. A nil
// list takes every file.
func TestEmptyFilter(t *testing.T) {
	disk, _ := folder(t)
	for what, src := range map[string]files.Bucket{"memory": fine(), "disk": disk} {
		dst := fine()
		put(t, src, "a", "d/b")
		put(t, dst, "old")
		none := &transfer.Options{Filter: []string{}}
		for _, plan := range []*transfer.Plan{
			must(transfer.Copy(whole(dst), whole(src), none)),
			must(transfer.Move(whole(dst), whole(src), none)),
			must(transfer.Sync(whole(dst), whole(src), none)),
			must(transfer.Remove(whole(src), none)),
		} {
			plans(t, plan)
			if res := apply(t, plan); !res.NoFiles || res.Copied+res.Moved+res.Deleted != 0 {
				t.Errorf("%s: Apply = %+v, want NoFiles and no change", what, res)
			}
		}
		res, err := must(transfer.Sync(whole(dst), whole(src), &transfer.Options{
			Filter:         []string{},
			DeleteExcluded: true,
		})).Apply(t.Context())
		is(t, err, files.ErrPrecondition)
		if !res.NoFiles || res.Deleted != 0 || res.Withheld != 1 {
			t.Errorf("%s, with DeleteExcluded: %+v", what, res)
		}
		holds(t, whole(src), "a", "d/b")
		holds(t, whole(dst), "old")
		if res := apply(t, must(transfer.Copy(whole(dst), whole(src), nil))); res.NoFiles ||
			res.Copied != 2 {
			t.Errorf("%s, without a list: %+v", what, res)
		}
	}
}

// TestNoFiles: the result says if a run met no file, whatever the reason. A run that only
// finds equal, skipped or failing files has met some.
func TestNoFiles(t *testing.T) {
	empty, full, target := fine(), fine(), fine()
	put(t, full, "d/a", "d/b.tmp")
	put(t, target, "x")
	for what, c := range map[string]struct {
		plan    *transfer.Plan
		noFiles bool
	}{
		"empty source": {must(transfer.Copy(whole(target), whole(empty), nil)), true},
		"no such directory": {
			must(transfer.Copy(whole(target), in(full, "typo"), nil)), true,
		},
		"filter": {must(transfer.Copy(whole(target), whole(full),
			&transfer.Options{Filter: []string{"+ typo/**"}})), true},
		"select": {must(transfer.Copy(whole(target), whole(full), &transfer.Options{
			Select: func(files.Entry) bool { return false },
		})), true},
		"remove, filter": {must(transfer.Remove(whole(full),
			&transfer.Options{Filter: []string{"+ /b.tmp"}})), true},
		"remove, no such directory": {must(transfer.Remove(in(full, "d/a"), nil)), true},
		"sync that deletes everything": {must(transfer.Sync(whole(fine()), whole(empty),
			&transfer.Options{AllowEmptySource: true})), true},
		"some": {must(transfer.Copy(whole(target), whole(full),
			&transfer.Options{Filter: []string{"- *.tmp"}, DryRun: true})), false},
		"skipped": {must(transfer.Copy(whole(fine()),
			whole(withKeys(fine(), []string{"d/"})), nil)), false},
		"equal": {must(transfer.Copy(in(full, "copy"), in(full, "d"), nil)), false},
	} {
		for range 2 {
			if res := apply(t, c.plan); res.NoFiles != c.noFiles {
				t.Errorf("%s: %+v, want NoFiles %t", what, res, c.noFiles)
			}
		}
	}
	broken := whole(relisted{Bucket: full, list: breaksAfter(0, files.ErrUnavailable)})
	res, err := must(transfer.Copy(whole(target), broken, nil)).Apply(t.Context())
	if err == nil || res.NoFiles {
		t.Errorf("a listing that fails at once: %+v, %v", res, err)
	}
}
