package cases

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var statAfterEachCases = []suite.Case{
	{
		Rule: "S1",
		Name: "after-each",
		Why:  "after any change Stat, Get, Exists and every listing must report the same files",
		Run:  statAfterEach,
	},
	{
		Rule: "L5",
		Name: "after-each",
		Why:  "a listing must report of copied, moved and replaced files what Stat reports",
		Run:  entriesAfterEach,
	},
}

// eachChange changes files in all the ways that the bucket has, and calls verify after
// each with the content of all files.
func eachChange(t suite.T, h *suite.H, verify func(what string, all map[string][]byte)) {
	all := map[string][]byte{}
	seed := 0
	put := func(name string, o *files.PutOptions) {
		seed++
		c := check.Content(seed, 50+seed)
		check.Put(t, h, name, c, o)
		all[name] = c
	}
	done := func(what string) { verify(what, all) }
	put("d/a", nil)
	done("a Put")
	put("d/a", nil)
	done("a Put over a file")
	put("b", nil)
	put("d/e/c", nil)
	put("x/y", nil)
	done("several Puts")
	cp(t, h.Bucket, "d/copy", "d/a", nil)
	all["d/copy"] = all["d/a"]
	done("a copy")
	cp(t, h.Bucket, "b", "d/e/c", nil)
	all["b"] = all["d/e/c"]
	done("a copy over a file")
	if h.F.Attributes {
		cp(t, h.Bucket, "b", "b", &files.CopyOptions{
			Attributes: &files.Attributes{ContentType: "x/changed"},
		})
		done("a copy onto itself with new attributes")
	}
	if h.F.DeleteIfVersion {
		mv(t, h, "moved", "d/copy", nil)
		all["moved"] = all["d/copy"]
		delete(all, "d/copy")
		done("a move")
		mv(t, h, "x/y", "moved", nil)
		all["x/y"] = all["moved"]
		delete(all, "moved")
		done("a move over a file")
	}
	if h.F.IfAbsent && h.F.IfVersion {
		put("d/new", &files.PutOptions{If: files.IfAbsent()})
		done("a Put if absent")
		if _, err := files.Update(t.Context(), h.Bucket, "d/new", func([]byte) ([]byte, error) {
			return []byte("updated"), nil
		}, nil); err != nil {
			t.Fatalf("Update: %v, want no error", err)
		}
		all["d/new"] = []byte("updated")
		done("an Update")
	}
	check.Remove(t, h, "d/a")
	delete(all, "d/a")
	done("a Delete")
	put("d/a", nil)
	put("many", nil)
	done("a Put of a name that was deleted")
	deleteNames(t, h, "d/a", "many", "missing")
	delete(all, "d/a")
	delete(all, "many")
	done("DeleteMany")
	put("d/a", nil)
	if _, err := files.DeleteDir(t.Context(), h.Bucket, "d"); err != nil {
		t.Fatalf("DeleteDir: %v, want no error", err)
	}
	maps.DeleteFunc(all, func(name string, _ []byte) bool { return strings.HasPrefix(name, "d/") })
	done("DeleteDir")
}

func statAfterEach(t suite.T, h *suite.H) {
	names := []string{
		"b", "d/a", "d/copy", "d/e/c", "d/new", "many", "missing", "moved", "x/y",
	}
	eachChange(t, h, func(what string, all map[string][]byte) {
		for _, name := range names {
			c, there := all[name]
			got, err := files.Exists(t.Context(), h.Bucket, name)
			if err != nil || got != there {
				t.Errorf("Exists(%s) after %s: %v, %v, want %v", term.Quote(name), what, got, err,
					there)
			}
			if !there {
				check.WantMissing(t, h, name)
				continue
			}
			if size := check.Stat(t, h, name).Size; size != int64(len(c)) {
				t.Errorf("Stat(%s) after %s reports %d bytes, want %d",
					term.Quote(name), what, size,
					len(c))
			}
			check.WantContent(t, h, name, c)
		}
		want := slices.Sorted(maps.Keys(all))
		for _, o := range []files.ListOptions{
			{}, {NamesOnly: true}, {Shallow: true}, {PageSize: 2}, {Prefix: "d/"},
		} {
			for _, dir := range []string{"", "d"} {
				got := check.List(t, h, dir, &o)
				wanted := check.ListModel(want, dir, o)
				if !h.F.Ordered {
					slices.Sort(got)
				}
				if d := check.DiffNames(got, wanted); d != "" {
					t.Errorf("List(%s, %s) after %s: %s", term.Quote(dir), check.ListText(&o),
						what, d)
				}
			}
		}
	})
}

func entriesAfterEach(t suite.T, h *suite.H) {
	eachChange(t, h, func(what string, all map[string][]byte) {
		for _, o := range []files.ListOptions{{}, {PageSize: 1}} {
			n := 0
			for e, err := range h.List(t.Context(), "", &o) {
				if err != nil {
					t.Fatalf("List after %s: %v, want no error", what, err)
				}
				n++
				s := check.Stat(t, h, e.Name)
				if e.Size != s.Size || !e.ModTime.Equal(s.ModTime) || e.Version != s.Version {
					t.Errorf("after %s the entry %s has %s, want %s as from Stat", what,
						term.Quote(e.Name), entryText(e), entryText(s.Entry))
				}
			}
			check.Same(t, "number of entries after "+what, n, len(all))
		}
	})
}

func entryText(e files.Entry) string {
	return fmt.Sprintf("%d bytes, %v, version %q", e.Size, e.ModTime, e.Version)
}
