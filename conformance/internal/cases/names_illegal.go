package cases

import (
	"fmt"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var namesIllegalCases = []suite.Case{
	{
		Rule: "N1",
		Name: "illegal",
		Why: "an illegal name must be refused by every driver: if one stored it, the file " +
			"could not be moved to another",
		Run: illegalNames,
	},
	{
		Rule: "N1",
		Name: "illegal-dir",
		Why:  "a listing of an illegal directory must be refused, not empty",
		Run:  illegalDirs,
	},
	{
		Rule: "N1",
		Name: "longest",
		Why:  "a name of MaxName bytes must be stored",
		Run:  longestName,
	},
	{
		Rule: "N1",
		Name: "says-what",
		Why:  "the error must say what is wrong with the name",
		Run:  nameErrorText,
	},
}

// badNames are illegal in every bucket.
var badNames = []string{
	"",
	"/",
	"/a",
	"a/",
	"a//b",
	"//",
	".",
	"..",
	"./a",
	"a/.",
	"a/./b",
	"../a",
	"a/..",
	"a/../b",
	"a/b/..",
	"a\x00b",
	"\x00",
	"a\nb",
	"a\rb",
	"a\tb",
	"\x1f",
	"a\x7f",
	"\xff",
	"a\xc3",
	"a/\xed\xa0\x80",
	"a\xc0\xafb",
	strings.Repeat("x", 1025),
	strings.Repeat("a/", 512) + "a",
}

func illegalNames(t suite.T, h *suite.H) {
	check.Put(t, h, "old", check.Content(1, 10), nil)
	for _, name := range badNames {
		for _, m := range check.Methods(t, h.Bucket, name) {
			err := m.Call(t.Context())
			check.WantErr(t, fmt.Sprintf("%s(%s)", m.Name, term.Quote(name)), err,
				files.ErrInvalidName)
		}
	}
	check.WantOnly(t, h, "old")
	check.WantContent(t, h, "old", check.Content(1, 10))
}

func illegalDirs(t suite.T, h *suite.H) {
	for _, dir := range badNames {
		if legal := strings.TrimSuffix(dir, "/"); dir == "" || files.CheckName(legal) == nil {
			continue // the whole bucket, and one trailing slash, are legal in List
		}
		err := error(nil)
		for _, err = range h.List(t.Context(), dir, nil) {
			break
		}
		check.WantErr(t, fmt.Sprintf("List(%s)", term.Quote(dir)), err, files.ErrInvalidName)
	}
	check.Puts(t, h, "a/b")
	check.WantList(t, h, "a/", nil, "a/b")
}

func longestName(t suite.T, h *suite.H) {
	max := h.F.MaxName
	if max < 1 || max > files.MaxName {
		t.Fatalf("Features().MaxName is %d, want 1 to %d", max, files.MaxName)
	}
	// Elements of at most 200 bytes, so that only the whole length matters.
	name := func(n int) string {
		b := []byte(strings.Repeat("n", n))
		for i := 200; i < n-1; i += 201 {
			b[i] = '/'
		}
		return string(b)
	}
	check.Puts(t, h, name(max))
	check.WantOnly(t, h, name(max))
	check.WantContent(t, h, name(max), []byte(name(max)))
	for _, m := range check.Methods(t, h.Bucket, name(max+1)) {
		check.WantErr(t, fmt.Sprintf("%s of a name of MaxName+1 = %d bytes", m.Name, max+1),
			m.Call(t.Context()), files.ErrInvalidName)
	}
	check.Remove(t, h, name(max))
	check.WantOnly(t, h)
}

func nameErrorText(t suite.T, h *suite.H) {
	seen := map[string]string{}
	for _, name := range []string{"", "/a", "a/", "a//b", "a/../b", "a\nb", "a\xff"} {
		_, err := h.Stat(t.Context(), name, nil)
		check.WantErr(t, "Stat", err, files.ErrInvalidName)
		e, ok := err.(*files.Error)
		if !ok {
			continue
		}
		if other, ok := seen[e.Detail]; ok || e.Detail == "" {
			t.Errorf("Stat(%q) returns %q, which is also the text for %q: want what is wrong "+
				"with this name", name,
				e.Detail, other)
		}
		seen[e.Detail] = name
	}
}
