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

var listEntryCases = []suite.Case{
	{
		Rule: "L5",
		Name: "is-stat",
		Why:  "a program that trusts the listing saves a request for every file",
		Run:  listIsStat,
	},
	{
		Rule: "L5",
		Name: "names-only",
		Why:  "leaving out sizes must not make them wrong",
		Run:  listNamesOnly,
	},
	{
		Rule: "L6",
		Name: "empty",
		Why:  "no directory is an empty one, not an error",
		Run:  listEmpty,
	},
	{
		Rule: "L6",
		Name: "vanishes",
		Why:  "there are no empty directories to be left behind",
		Run:  listVanishes,
	},
	{
		Rule: "L7",
		Name: "nothing-of-the-drivers",
		Why:  "a sidecar or a lock in the listing is processed as the user's data",
		Run:  listOnlyFiles,
	},
	{
		Rule: "L7",
		Name: "foreign",
		Why: "what other programs put under odd keys can be found and deleted, and is " +
			"otherwise passed over",
		Needs: feature.Needs(feature.ForeignKeys),
		Run:   listForeign,
	},
	{
		Rule:  "L7",
		Name:  "name-and-key",
		Why:   "a call that names two files must not choose one",
		Needs: feature.Needs(feature.ForeignKeys),
		Run:   nameAndKey,
	},
	{
		Rule: "L8",
		Name: "more-than-a-page",
		Why:  "a listing that stops at 1,000 loses the rest, silently",
		Run:  listMany,
	},
	{
		Rule: "L9",
		Name: "again",
		Why:  "each range over a listing is a new one",
		Run:  listAgain,
	},
	{
		Rule: "L9",
		Name: "body-may-call",
		Why:  "deleting what is listed is the usual loop; a lock held there is a deadlock",
		Run:  listBody,
	},
	{
		Rule: "L9",
		Name: "break",
		Why:  "who has found his file stops",
		Run:  listBreak,
	},
	{
		Rule: "L9",
		Name: "nested",
		Why:  "a walk by shallow listings lists inside the loop",
		Run:  listNested,
	},
	{
		Rule: "L9",
		Name: "unreadable",
		Why: "one folder of root's must not hide all that comes behind it, nor be left out " +
			"in silence",
		Run: listUnreadable,
	},
	{
		Rule: "L9",
		Name: "options",
		Why:  "options that make no sense are told, and those given are not changed",
		Run:  listOptions,
	},
}

func listIsStat(t suite.T, h *suite.H) {
	for i, name := range []string{"a", "d/empty", "d/x.txt", "d/e/ü", "long"} {
		check.Put(t, h, name, check.Content(i, i*i*1000), nil)
	}
	check.Put(t, h, "a", check.Content(9, 77), nil) // rewritten
	for _, o := range []files.ListOptions{{}, {PageSize: 1}, {Prefix: "d/"}, {StartAfter: "a"}} {
		for e, err := range h.List(t.Context(), "", &o) {
			if err != nil {
				t.Fatalf("List: %v", err)
			}
			wantEntry(t, h, e)
		}
	}
	for _, dir := range []string{"", "d"} {
		for _, e := range check.Shallow(t, h, dir) {
			if !e.IsDir {
				wantEntry(t, h, e)
			}
		}
	}
}

// wantEntry fails where a listed entry isn't what Stat says.
func wantEntry(t suite.T, h *suite.H, e files.Entry) {
	t.Helper()
	s := check.Stat(t, h, e.Name)
	check.Same(t, "size of the entry "+e.Name+", against Stat's", e.Size, s.Size)
	check.Same(t, "time of the entry "+e.Name+", against Stat's", e.ModTime, s.ModTime)
	check.Same(t, "version of the entry "+e.Name+", against Stat's", e.Version, s.Version)
}

func listNamesOnly(t suite.T, h *suite.H) {
	for i, name := range []string{"a", "d/b", "d/e/c"} {
		check.Put(t, h, name, check.Content(i, 100+i), nil)
	}
	for _, dir := range []string{"", "d"} {
		for _, sh := range []bool{false, true} {
			check.Same(t, "names of a listing with NamesOnly",
				check.List(t, h, dir, &files.ListOptions{
					NamesOnly: true,
					Shallow:   sh,
				}), check.List(t, h, dir, &files.ListOptions{Shallow: sh}))
			for e := range h.List(t.Context(), dir, &files.ListOptions{
				NamesOnly: true,
				Shallow:   sh,
			}) {
				if e.IsDir {
					continue
				}
				if s := check.Stat(t, h,
					e.Name); e.Size != 0 && e.Size != s.Size ||
					!e.ModTime.IsZero() && !e.ModTime.Equal(s.ModTime) ||
					e.Version != "" && e.Version != s.Version {
					t.Errorf("NamesOnly yields %+v, want Stat's values or none", e)
				}
			}
		}
	}
}

func listEmpty(t suite.T, h *suite.H) {
	for _, dir := range []string{"", "d", "d/e/f", "d/"} {
		check.WantList(t, h, dir, nil)
		check.WantList(t, h, dir, &files.ListOptions{Shallow: true})
		check.WantList(t, h, dir, &files.ListOptions{
			Prefix:     "x",
			StartAfter: "a",
			Limit:      5,
			PageSize:   2,
		})
	}
	check.Puts(t, h, "x/y")
	for _, dir := range []string{"d", "x/z", "x/y", "x/y/z"} {
		check.WantList(t, h, dir, nil)
	}
}

func listVanishes(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/e/f/x", "d/e/y", "k")
	check.Remove(t, h, "d/e/f/x")
	check.WantList(t, h, "d/e", &files.ListOptions{Shallow: true}, "d/e/y")
	check.WantList(t, h, "d/e/f", nil)
	check.Remove(t, h, "d/e/y")
	for _, sh := range []bool{false, true} {
		check.WantList(t, h, "", &files.ListOptions{Shallow: sh}, "k")
		check.WantList(t, h, "d", &files.ListOptions{Shallow: sh})
	}
	// A failed upload makes no directory either.
	if _, err := h.Put(t.Context(), "new/dir/x",
		check.Failing(check.Content(1, 5000), false, check.ErrReader),
		nil); err == nil {
		t.Fatalf("Put of a failing reader: no error")
	}
	if h.F.Atomic {
		check.WantList(t, h, "", &files.ListOptions{Shallow: true}, "k")
	}
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

func listForeign(t suite.T, h *suite.H) {
	if h.Harness.Foreign == nil || len(h.Harness.ForeignKeys) == 0 {
		t.Skipf("the harness can't put foreign objects")
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
			t.Fatalf("List with Foreign: %v", err)
		}
		if e.Key == "" {
			continue
		}
		found = append(found, e.Key)
		check.Same(t, "name of the foreign entry "+e.Key, e.Name, "")
		p, info := check.Get(t, h, "", &files.GetOptions{Key: e.Key})
		check.Same(t, "content of "+e.Key, string(p), "foreign "+e.Key)
		check.Same(t, "key of Get's Info", info.Key, e.Key)
		s, err := h.Stat(t.Context(), "", &files.StatOptions{Key: e.Key})
		if err != nil || s.Size != int64(len(p)) {
			t.Errorf("Stat of the key %q: %+v, %v", e.Key, s, err)
		}
	}
	slices.Sort(keys)
	slices.Sort(found)
	check.Same(t, "foreign keys", found, keys)
	for _, k := range keys {
		if err := h.Delete(t.Context(), "", &files.DeleteOptions{Key: k}); err != nil {
			t.Errorf("Delete of the key %q: %v", k, err)
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

func listMany(t suite.T, h *suite.H) {
	var names []string
	for i := range 1203 {
		names = append(names, fmt.Sprintf("d/%04d", i))
	}
	check.Puts(t, h, names...)
	check.WantOnly(t, h, names...)
	if got := check.List(t, h, "d", &files.ListOptions{
		Shallow:   true,
		NamesOnly: true,
	}); len(got) != len(names) {
		t.Errorf("a shallow listing of %d files yields %d", len(names), len(got))
	}
	check.WantList(t, h, "", &files.ListOptions{Shallow: true}, "d/")
	// What a bucket keeps of one page must not stand in for all that comes behind it,
	// least of all where the directory has changed meanwhile.
	if !h.F.Ordered {
		return
	}
	check.WantList(t, h, "d", &files.ListOptions{Limit: 1}, names[0])
	check.Remove(t, h, names[600])
	names = slices.Delete(names, 600, 601)
	check.WantList(t, h, "d", &files.ListOptions{PageSize: 10, NamesOnly: true}, names...)
	check.WantList(t, h, "d", &files.ListOptions{Limit: 1200, PageSize: 200}, names[:1200]...)
}

func listAgain(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b")
	l := h.List(t.Context(), "", nil)
	count := func() (n int) {
		for _, err := range l {
			if err != nil {
				t.Fatalf("List: %v", err)
			}
			n++
		}
		return n
	}
	check.Same(t, "entries", count(), 2)
	check.Puts(t, h, "c")
	check.Same(t, "entries of the second range, after a Put", count(), 3)
	check.Remove(t, h, "a")
	check.Remove(t, h, "b")
	check.Same(t, "entries of the third range, after Deletes", count(), 1)
	check.Parallel(4, func(int) {
		for range 10 {
			for _, err := range l {
				if err != nil {
					t.Errorf("List: %v", err)
				}
			}
		}
	})
}

func listBody(t suite.T, h *suite.H) {
	names := []string{"a", "b", "c/d", "c/e", "f"}
	check.Puts(t, h, names...)
	n := 0
	for e, err := range h.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatalf("List with changes in its body: %v", err)
		}
		if strings.HasSuffix(e.Name, ".new") {
			continue // put behind the loop's place
		}
		n++
		check.WantContent(t, h, e.Name, []byte(e.Name))
		check.Puts(t, h, e.Name+".new")
		check.List(t, h, "", nil)
		check.Remove(t, h, e.Name)
		check.WantMissing(t, h, e.Name)
	}
	check.Same(t, "entries", n, len(names))
	check.WantOnly(t, h, "a.new", "b.new", "c/d.new", "c/e.new", "f.new")
	for e, err := range h.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		if _, err := files.DeleteDir(t.Context(), h.Bucket, "c"); err != nil {
			t.Errorf("DeleteDir in the loop: %v", err)
		}
		check.Remove(t, h, e.Name)
	}
	check.WantOnly(t, h)
}

func listBreak(t suite.T, h *suite.H) {
	var names []string
	for i := range 50 {
		names = append(names, fmt.Sprintf("d%d/%02d", i%3, i))
	}
	check.Puts(t, h, names...)
	for stop := 1; stop < 50; stop += 7 {
		n := 0
		for _, err := range h.List(t.Context(), "", &files.ListOptions{PageSize: 5}) {
			if err != nil {
				t.Fatalf("List: %v", err)
			}
			if n++; n == stop {
				break
			}
		}
		check.Same(t, "entries before the break", n, stop)
	}
	check.WantOnly(t, h, names...)
}

func listNested(t suite.T, h *suite.H) {
	names := []string{"a", "d/b", "d/e/c", "d/e/f/g", "z/y/x"}
	check.Puts(t, h, names...)
	var found []string
	var walk func(dir string, depth int)
	walk = func(dir string, depth int) {
		if depth > len(names) { // which would go on until the memory is full
			t.Fatalf("a walk by shallow listings goes ever deeper: %s is listed as a directory "+
				"of itself, or of one above it", term.Quote(dir))
		}
		for e, err := range h.List(t.Context(), dir, &files.ListOptions{Shallow: true}) {
			switch {
			case err != nil:
				t.Fatalf("List: %v", err)
			case e.IsDir:
				walk(e.Name, depth+1)
			default:
				found = append(found, e.Name)
			}
		}
	}
	walk("", 0)
	slices.Sort(found)
	check.Same(t, "files found by walking", found, names)
}

func listOptions(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b")
	for what, o := range map[string]files.ListOptions{
		"a negative limit":     {Limit: -1},
		"a negative page size": {PageSize: -1},
	} {
		n := 0
		for e, err := range h.List(t.Context(), "", &o) {
			n++
			check.WantErr(t, "List with "+what, err, files.ErrInvalid)
			check.Same(t, "the entry beside the error", e, files.Entry{})
		}
		check.Same(t, "what List with "+what+" yields", n, 1)
	}
	o := files.ListOptions{
		Prefix:     "a",
		StartAfter: "",
		Limit:      1,
		PageSize:   1,
		Shallow:    true,
	}
	before := o
	check.List(t, h, "", &o)
	check.Same(t, "the caller's options after List", o, before)
}
