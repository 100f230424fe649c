package cases

import (
	"fmt"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var listLoopCases = []suite.Case{
	{
		Rule: "L9",
		Name: "again",
		Why:  "each range over a listing must list again",
		Run:  listAgain,
	},
	{
		Rule: "L9",
		Name: "body-may-call",
		Why:  "the loop's body may call the bucket: it often deletes what is listed",
		Run:  listBody,
	},
	{
		Rule: "L9",
		Name: "break",
		Why:  "a loop that ends early must leave nothing open",
		Run:  listBreak,
	},
	{
		Rule: "L9",
		Name: "nested",
		Why:  "a listing may run inside the loop of another one",
		Run:  listNested,
	},
	{
		Rule: "L9",
		Name: "unreadable",
		Why: "a directory that can't be read must be reported, and must not hide what comes " +
			"after it",
		Run: listUnreadable,
	},
	{
		Rule: "L9",
		Name: "options",
		Why:  "options that make no sense must be refused, and no options may be changed",
		Run:  listOptions,
	},
}

func listAgain(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "b")
	l := h.List(t.Context(), "", nil)
	count := func() (n int) {
		for _, err := range l {
			if err != nil {
				t.Fatalf("List: %v, want no error", err)
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
					t.Errorf("List: %v, want no error", err)
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
			t.Fatalf("List with changes in its body: %v, want no error", err)
		}
		if strings.HasSuffix(e.Name, ".new") {
			continue // put before the loop's position
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
			t.Fatalf("List: %v, want no error", err)
		}
		if _, err := files.DeleteDir(t.Context(), h.Bucket, "c"); err != nil {
			t.Errorf("DeleteDir in the loop: %v, want no error", err)
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
				t.Fatalf("List: %v, want no error", err)
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
		if depth > len(names) { // otherwise this would run until the memory is full
			t.Fatalf("a walk by shallow listings never ends: %s is listed as a directory "+
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
			check.Same(t, "the entry with the error", e, files.Entry{})
		}
		check.Same(t, "entries and errors of List with "+what, n, 1)
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
