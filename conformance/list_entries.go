package conformance

import (
	"fmt"
	"slices"
	"strings"

	"cloudfiles.dev/files"
)

var listEntryCases = []Case{
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
		Needs: needs(foreignKeys),
		Run:   listForeign,
	},
	{
		Rule:  "L7",
		Name:  "name-and-key",
		Why:   "a call that names two files must not choose one",
		Needs: needs(foreignKeys),
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

func listIsStat(t T, h *H) {
	for i, name := range []string{"a", "d/empty", "d/x.txt", "d/e/ü", "long"} {
		put(t, h, name, content(i, i*i*1000), nil)
	}
	put(t, h, "a", content(9, 77), nil) // rewritten
	for _, o := range []files.ListOptions{{}, {PageSize: 1}, {Prefix: "d/"}, {StartAfter: "a"}} {
		for e, err := range h.List(t.Context(), "", &o) {
			if err != nil {
				t.Fatalf("List: %v", err)
			}
			wantEntry(t, h, e)
		}
	}
	for _, dir := range []string{"", "d"} {
		for _, e := range shallow(t, h, dir) {
			if !e.IsDir {
				wantEntry(t, h, e)
			}
		}
	}
}

// wantEntry fails where a listed entry isn't what Stat says.
func wantEntry(t T, h *H, e files.Entry) {
	t.Helper()
	s := stat(t, h, e.Name)
	same(t, "size of the entry "+e.Name+", against Stat's", e.Size, s.Size)
	same(t, "time of the entry "+e.Name+", against Stat's", e.ModTime, s.ModTime)
	same(t, "version of the entry "+e.Name+", against Stat's", e.Version, s.Version)
}

func listNamesOnly(t T, h *H) {
	for i, name := range []string{"a", "d/b", "d/e/c"} {
		put(t, h, name, content(i, 100+i), nil)
	}
	for _, dir := range []string{"", "d"} {
		for _, sh := range []bool{false, true} {
			same(t, "names of a listing with NamesOnly", list(t, h, dir, &files.ListOptions{
				NamesOnly: true,
				Shallow:   sh,
			}), list(t, h, dir, &files.ListOptions{Shallow: sh}))
			for e := range h.List(t.Context(), dir, &files.ListOptions{
				NamesOnly: true,
				Shallow:   sh,
			}) {
				if e.IsDir {
					continue
				}
				if s := stat(t, h,
					e.Name); e.Size != 0 && e.Size != s.Size ||
					!e.ModTime.IsZero() && !e.ModTime.Equal(s.ModTime) ||
					e.Version != "" && e.Version != s.Version {
					t.Errorf("NamesOnly yields %+v, want Stat's values or none", e)
				}
			}
		}
	}
}

func listEmpty(t T, h *H) {
	for _, dir := range []string{"", "d", "d/e/f", "d/"} {
		wantList(t, h, dir, nil)
		wantList(t, h, dir, &files.ListOptions{Shallow: true})
		wantList(t, h, dir, &files.ListOptions{
			Prefix:     "x",
			StartAfter: "a",
			Limit:      5,
			PageSize:   2,
		})
	}
	puts(t, h, "x/y")
	for _, dir := range []string{"d", "x/z", "x/y", "x/y/z"} {
		wantList(t, h, dir, nil)
	}
}

func listVanishes(t T, h *H) {
	puts(t, h, "d/e/f/x", "d/e/y", "k")
	remove(t, h, "d/e/f/x")
	wantList(t, h, "d/e", &files.ListOptions{Shallow: true}, "d/e/y")
	wantList(t, h, "d/e/f", nil)
	remove(t, h, "d/e/y")
	for _, sh := range []bool{false, true} {
		wantList(t, h, "", &files.ListOptions{Shallow: sh}, "k")
		wantList(t, h, "d", &files.ListOptions{Shallow: sh})
	}
	// A failed upload makes no directory either.
	if _, err := h.Put(t.Context(), "new/dir/x", failing(content(1, 5000), false, errReader),
		nil); err == nil {
		t.Fatalf("Put of a failing reader: no error")
	}
	if h.F.Atomic {
		wantList(t, h, "", &files.ListOptions{Shallow: true}, "k")
	}
}

func listOnlyFiles(t T, h *H) {
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
		put(t, h, name, content(i, 3000), opts)
		put(t, h, name, content(i, 3000), nil)
		put(t, h, name, content(i, 3000), opts)
	}
	h.Put(t.Context(), "a", failing(content(1, 2000), false, errReader), opts)
	if h.F.IfAbsent {
		h.Put(t.Context(), "a", stream(content(1, 2000)), &files.PutOptions{If: files.IfAbsent()})
	}
	files.Copy(t.Context(), h.Bucket, "gone", h.Bucket, "d/b", nil)
	remove(t, h, "gone")
	if !h.F.Atomic {
		put(t, h, "a", nil, nil)
	}
	wantOnly(t, h, names...)
	for _, dir := range []string{"", "d", "d/e"} {
		o := files.ListOptions{Shallow: true}
		got := list(t, h, dir, &o)
		slices.Sort(got)
		if d := diffNames(got, model(slices.Sorted(slices.Values(names)), dir, o)); d != "" {
			t.Errorf("shallow List(%q): %s", dir, d)
		}
	}
}

func listForeign(t T, h *H) {
	if h.harness.Foreign == nil || len(h.harness.ForeignKeys) == 0 {
		t.Skipf("the harness can't put foreign objects")
	}
	puts(t, h, "a", "d/x", "z")
	keys := slices.Clone(h.harness.ForeignKeys)
	for _, k := range keys {
		h.harness.Foreign(t, h.Bucket, k, "foreign "+k)
	}
	wantOnly(t, h, "a", "d/x", "z")
	var found []string
	for e, err := range h.List(t.Context(), "", &files.ListOptions{Foreign: true}) {
		if err != nil {
			t.Fatalf("List with Foreign: %v", err)
		}
		if e.Key == "" {
			continue
		}
		found = append(found, e.Key)
		same(t, "name of the foreign entry "+e.Key, e.Name, "")
		p, info := get(t, h, "", &files.GetOptions{Key: e.Key})
		same(t, "content of "+e.Key, string(p), "foreign "+e.Key)
		same(t, "key of Get's Info", info.Key, e.Key)
		s, err := h.Stat(t.Context(), "", &files.StatOptions{Key: e.Key})
		if err != nil || s.Size != int64(len(p)) {
			t.Errorf("Stat of the key %q: %+v, %v", e.Key, s, err)
		}
	}
	slices.Sort(keys)
	slices.Sort(found)
	same(t, "foreign keys", found, keys)
	for _, k := range keys {
		if err := h.Delete(t.Context(), "", &files.DeleteOptions{Key: k}); err != nil {
			t.Errorf("Delete of the key %q: %v", k, err)
		}
	}
	wantList(t, h, "", &files.ListOptions{Foreign: true}, "a", "d/x", "z")
}

func nameAndKey(t T, h *H) {
	puts(t, h, "a")
	_, err := h.Get(t.Context(), "a", &files.GetOptions{Key: "b//c"})
	wantErr(t, "Get with a name and a key", err, files.ErrInvalidName)
	_, err = h.Stat(t.Context(), "a", &files.StatOptions{Key: "b//c"})
	wantErr(t, "Stat with a name and a key", err, files.ErrInvalidName)
	wantErr(t, "Delete with a name and a key",
		h.Delete(t.Context(), "a", &files.DeleteOptions{Key: "b//c"}), files.ErrInvalidName)
	wantContent(t, h, "a", []byte("a"))
}

func listMany(t T, h *H) {
	var names []string
	for i := range 1203 {
		names = append(names, fmt.Sprintf("d/%04d", i))
	}
	puts(t, h, names...)
	wantOnly(t, h, names...)
	if got := list(t, h, "d", &files.ListOptions{
		Shallow:   true,
		NamesOnly: true,
	}); len(got) != len(names) {
		t.Errorf("a shallow listing of %d files yields %d", len(names), len(got))
	}
	wantList(t, h, "", &files.ListOptions{Shallow: true}, "d/")
	// What a bucket keeps of one page must not stand in for all that comes behind it,
	// least of all where the directory has changed meanwhile.
	if !h.F.Ordered {
		return
	}
	wantList(t, h, "d", &files.ListOptions{Limit: 1}, names[0])
	remove(t, h, names[600])
	names = slices.Delete(names, 600, 601)
	wantList(t, h, "d", &files.ListOptions{PageSize: 10, NamesOnly: true}, names...)
	wantList(t, h, "d", &files.ListOptions{Limit: 1200, PageSize: 200}, names[:1200]...)
}

func listAgain(t T, h *H) {
	puts(t, h, "a", "b")
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
	same(t, "entries", count(), 2)
	puts(t, h, "c")
	same(t, "entries of the second range, after a Put", count(), 3)
	remove(t, h, "a")
	remove(t, h, "b")
	same(t, "entries of the third range, after Deletes", count(), 1)
	parallel(4, func(int) {
		for range 10 {
			for _, err := range l {
				if err != nil {
					t.Errorf("List: %v", err)
				}
			}
		}
	})
}

func listBody(t T, h *H) {
	names := []string{"a", "b", "c/d", "c/e", "f"}
	puts(t, h, names...)
	n := 0
	for e, err := range h.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatalf("List with changes in its body: %v", err)
		}
		if strings.HasSuffix(e.Name, ".new") {
			continue // put behind the loop's place
		}
		n++
		wantContent(t, h, e.Name, []byte(e.Name))
		puts(t, h, e.Name+".new")
		list(t, h, "", nil)
		remove(t, h, e.Name)
		wantMissing(t, h, e.Name)
	}
	same(t, "entries", n, len(names))
	wantOnly(t, h, "a.new", "b.new", "c/d.new", "c/e.new", "f.new")
	for e, err := range h.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		if _, err := files.DeleteDir(t.Context(), h.Bucket, "c"); err != nil {
			t.Errorf("DeleteDir in the loop: %v", err)
		}
		remove(t, h, e.Name)
	}
	wantOnly(t, h)
}

func listBreak(t T, h *H) {
	var names []string
	for i := range 50 {
		names = append(names, fmt.Sprintf("d%d/%02d", i%3, i))
	}
	puts(t, h, names...)
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
		same(t, "entries before the break", n, stop)
	}
	wantOnly(t, h, names...)
}

func listNested(t T, h *H) {
	names := []string{"a", "d/b", "d/e/c", "d/e/f/g", "z/y/x"}
	puts(t, h, names...)
	var found []string
	var walk func(dir string, depth int)
	walk = func(dir string, depth int) {
		if depth > len(names) { // which would go on until the memory is full
			t.Fatalf("a walk by shallow listings goes ever deeper: %s is listed as a directory "+
				"of itself, or of one above it", quote(dir))
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
	same(t, "files found by walking", found, names)
}

func listOptions(t T, h *H) {
	puts(t, h, "a", "b")
	for what, o := range map[string]files.ListOptions{
		"a negative limit":     {Limit: -1},
		"a negative page size": {PageSize: -1},
	} {
		n := 0
		for e, err := range h.List(t.Context(), "", &o) {
			n++
			wantErr(t, "List with "+what, err, files.ErrInvalid)
			same(t, "the entry beside the error", e, files.Entry{})
		}
		same(t, "what List with "+what+" yields", n, 1)
	}
	o := files.ListOptions{
		Prefix:     "a",
		StartAfter: "",
		Limit:      1,
		PageSize:   1,
		Shallow:    true,
	}
	before := o
	list(t, h, "", &o)
	same(t, "the caller's options after List", o, before)
}
