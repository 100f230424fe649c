package cases

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var nameCases = []suite.Case{
	{
		Rule: "N1",
		Name: "illegal",
		Why: "a name that one backend takes and another refuses strands files on a move; one " +
			"that reaches out of the bucket is a hole",
		Run: illegalNames,
	},
	{
		Rule: "N1",
		Name: "illegal-dir",
		Why:  "a listing of a directory that can't exist hides a mistake in the program",
		Run:  illegalDirs,
	},
	{
		Rule: "N1",
		Name: "before-io",
		Why:  "an upload whose name is refused must not consume the caller's stream",
		Run:  nameBeforeIO,
	},
	{
		Rule: "N1",
		Name: "longest",
		Why:  "a name that the bucket says fits must fit",
		Run:  longestName,
	},
	{
		Rule: "N1",
		Name: "says-what",
		Why:  "a person who reads the error must see what to change",
		Run:  nameErrorText,
	},
	{
		Rule: "N3",
		Name: "dir-beside-file",
		Why: "object stores have both a and a/b; a program that relies on it loses one of them " +
			"elsewhere",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   dirBeside,
	},
	{
		Rule:  "N3",
		Name:  "file-after-dir",
		Why:   "the file must not swallow what is below the directory of its name",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   fileAfterDir,
	},
	{
		Rule:  "N3",
		Name:  "overwrite-beside",
		Why:   "replacing one must never touch the other",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   overwriteBeside,
	},
	{
		Rule:  "N3",
		Name:  "chain",
		Why:   "every level of a deep name may be a file",
		Needs: feature.Needs(feature.DirBesideFile),
		Run:   nameChain,
	},
	{
		Rule: "N3",
		Name: "emptied-dir",
		Why:  "what is left of a deleted directory must not be in the way of a file",
		Run:  emptiedDir,
	},
	{
		Rule: "N4",
		Name: "every-character",
		Why:  "a name that comes back changed is a lost file",
		Run:  everyCharacter,
	},
	{
		Rule: "N4",
		Name: "every-method",
		Why:  "a name that one method maps otherwise than another finds no file",
		Run:  nameEveryMethod,
	},
	{
		Rule: "N4",
		Name: "long-element",
		Why: "object stores take elements of 1024 bytes, file systems 255: the driver must " +
			"find a way",
		Run: longElement,
	},
	{
		Rule: "N4",
		Name: "long-dir",
		Why:  "a long element may be a directory too",
		Run:  longDir,
	},
	{
		Rule: "N4",
		Name: "deep",
		Why:  "a name may be all elements",
		Run:  deepName,
	},
	{
		Rule: "N5",
		Name: "contained",
		Why:  "a name must not reach outside the bucket",
		Run:  contained,
	},
	{
		Rule: "N5",
		Name: "link",
		Why:  "a link in the folder must not lead a reader or a writer out of it",
		Run:  link,
	},
}

// badNames are illegal everywhere.
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
			continue // the whole bucket, and one trailing slash, are legal here
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

func nameBeforeIO(t suite.T, h *suite.H) {
	r := check.ReaderFunc(func([]byte) (int, error) {
		t.Errorf("Put with an illegal name reads the content")
		return 0, io.EOF
	})
	_, err := h.Put(t.Context(), "a//b", r, nil)
	check.WantErr(t, "Put", err, files.ErrInvalidName)
}

func longestName(t suite.T, h *suite.H) {
	max := h.F.MaxName
	if max < 1 || max > files.MaxName {
		t.Fatalf("Features().MaxName is %d, want 1 to %d", max, files.MaxName)
	}
	// Elements of at most 200 bytes, so that length alone is looked at.
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
			t.Errorf("Stat(%q) says %q, as for %q: want what is wrong with this name", name,
				e.Detail, other)
		}
		seen[e.Detail] = name
	}
}

// beside checks a set of files, and that deleting each leaves the others.
func beside(t suite.T, h *suite.H, names ...string) {
	t.Helper()
	for i := range names {
		left := slices.Clone(names)
		check.Puts(t, h, names...)
		check.WantOnly(t, h, names...)
		for _, n := range names {
			check.WantContent(t, h, n, []byte(n))
		}
		for k := range names {
			gone := names[(i+k)%len(names)]
			check.Remove(t, h, gone)
			left = slices.DeleteFunc(left, func(s string) bool { return s == gone })
			check.WantMissing(t, h, gone)
			check.WantOnly(t, h, left...)
			for _, n := range left {
				check.WantContent(t, h, n, []byte(n))
			}
		}
	}
}

func dirBeside(t suite.T, h *suite.H) {
	check.Put(t, h, "a", []byte("a"), nil)
	check.Put(t, h, "a/b", []byte("a/b"), nil)
	beside(t, h, "a", "a/b", "a/c/d")
}

func fileAfterDir(t suite.T, h *suite.H) {
	check.Put(t, h, "d/x", []byte("x"),
		&files.PutOptions{Attributes: files.Attributes{ContentType: "x/x"}})
	check.Put(t, h, "d/y/z", []byte("z"), nil)
	check.Put(t, h, "d/y", []byte("y"), nil)
	check.Put(t, h, "d", []byte("d"),
		&files.PutOptions{Attributes: files.Attributes{ContentType: "x/d"}})
	for name, want := range map[string]string{"d/x": "x", "d/y/z": "z", "d/y": "y", "d": "d"} {
		check.WantContent(t, h, name, []byte(want))
	}
	check.WantOnly(t, h, "d", "d/x", "d/y", "d/y/z")
	if h.F.Attributes {
		check.Same(t, "content type of d", check.Stat(t, h, "d").ContentType, "x/d")
		check.Same(t, "content type of d/x", check.Stat(t, h, "d/x").ContentType, "x/x")
	}
	if h.F.Ordered {
		check.WantList(t, h, "", &files.ListOptions{Shallow: true}, "d", "d/")
		check.WantList(t, h, "d", &files.ListOptions{Shallow: true}, "d/x", "d/y", "d/y/")
	}
}

func overwriteBeside(t suite.T, h *suite.H) {
	check.Puts(t, h, "a", "a/b", "a/b/c")
	before := check.Stat(t, h, "a/b")
	check.Put(t, h, "a", check.Content(1, 5000), nil)
	check.Put(t, h, "a/b/c", check.Content(2, 5000), nil)
	check.Same(t, "a/b after replacing a and a/b/c", check.Stat(t, h, "a/b"), before)
	check.Put(t, h, "a/b", check.Content(3, 300), nil)
	check.WantContent(t, h, "a", check.Content(1, 5000))
	check.WantContent(t, h, "a/b", check.Content(3, 300))
	check.WantContent(t, h, "a/b/c", check.Content(2, 5000))
	check.WantOnly(t, h, "a", "a/b", "a/b/c")
}

func nameChain(t suite.T, h *suite.H) {
	var names []string
	for name := "e"; len(names) < 12; name += "/e" {
		names = append(names, name)
	}
	check.Puts(t, h, names...)
	check.WantOnly(t, h, names...)
	for i := 0; i < len(names); i += 2 {
		check.Remove(t, h, names[i])
	}
	for i, n := range names {
		if i%2 == 1 {
			check.WantContent(t, h, n, []byte(n))
		} else {
			check.WantMissing(t, h, n)
		}
	}
}

func emptiedDir(t suite.T, h *suite.H) {
	check.Puts(t, h, "d/x/y", "d/z")
	check.Remove(t, h, "d/x/y")
	check.Remove(t, h, "d/z")
	check.Put(t, h, "d", []byte("file"), nil)
	check.WantContent(t, h, "d", []byte("file"))
	check.Remove(t, h, "d")
	check.Puts(t, h, "d/again")
	check.WantOnly(t, h, "d/again")
}

func everyCharacter(t suite.T, h *suite.H) {
	var names []string
	for c := rune(0x20); c < 0x100; c++ {
		if c == 0x7f || c == '/' {
			continue
		}
		names = append(names, "x"+string(c)+"x")
		if c != '.' {
			names = append(names, "dir"+string(c)+"/"+string(c))
		}
	}
	names = append(names, " ", "  ", "...", ".x", "x.", "-", "~", "\u2028", "\ufeffbom", "\ufffd",
		"\u200b", "\u202e", "𝄞", "😀/😀", "\U0010ffff")
	names = putStorable(t, h, names...)
	check.WantOnly(t, h, names...)
	for _, n := range names {
		check.WantContent(t, h, n, []byte(n))
	}
}

// putStorable is puts, but for the names that a bucket without AnyName refuses, with
// ErrUnsupported and changing nothing. It returns the others.
func putStorable(t suite.T, h *suite.H, names ...string) (stored []string) {
	t.Helper()
	if h.F.AnyName {
		check.Puts(t, h, names...)
		return names
	}
	for _, n := range names {
		switch _, err := h.Put(t.Context(), n, strings.NewReader(n), nil); {
		case err == nil:
			stored = append(stored, n)
		case !errors.Is(err, files.ErrUnsupported):
			t.Errorf("Put(%s): %v, want no error or ErrUnsupported", term.Quote(n), err)
		default:
			wantRefused(t, h, n)
		}
	}
	if 2*len(stored) < len(names) {
		t.Fatalf("the bucket refuses %d of %d names: that is no exception any more",
			len(names)-len(stored), len(names))
	}
	return stored
}

// wantRefused fails where a name that Put refuses is found. Get and Stat may say that
// there is no such file, or, as Put did, that there can't be: both the same.
func wantRefused(t suite.T, h *suite.H, name string) {
	t.Helper()
	_, err := h.Stat(t.Context(), name, nil)
	if !errors.Is(err, files.ErrUnsupported) {
		check.WantMissing(t, h, name)
		return
	}
	if r, err := h.Get(t.Context(), name, nil); !errors.Is(err, files.ErrUnsupported) {
		if err == nil {
			r.Close()
		}
		t.Errorf("Get(%s): %v, want ErrUnsupported, as Stat says", term.Quote(name), err)
	}
	for e, err := range h.List(t.Context(), "", &files.ListOptions{Prefix: name}) {
		if err != nil || e.Name == name {
			t.Errorf("List with the prefix %s: %v, %v, want nothing of that name", term.Quote(name),
				e.Name, err)
		}
	}
}

// storable reports whether the bucket takes the name, which is then gone again.
func storable(t suite.T, h *suite.H, name string) bool {
	t.Helper()
	if h.F.AnyName {
		return true
	}
	_, err := h.Put(t.Context(), name, strings.NewReader(name), nil)
	if errors.Is(err, files.ErrUnsupported) {
		return false
	}
	check.Remove(t, h, name)
	return true
}

func nameEveryMethod(t suite.T, h *suite.H) {
	for i, name := range []string{
		"plain", "päth/ü b/ñ", "%41/%2F", "a+b&c=d?e#f", "back\\slash", "q\"uo'te`",
		"tab le/*?[x]{y}", ".hidden/.attrs", "名前/ファイル",
		strings.Repeat("l", min(300, h.F.MaxName-8)),
	} {
		if !storable(t, h, name) {
			continue
		}
		c := check.Content(i, 100+i)
		check.Same(t, "name of Put's Info", check.Put(t, h, name, c, nil).Name, name)
		check.Same(t, "name of Stat's Info", check.Stat(t, h, name).Name, name)
		_, info := check.Get(t, h, name, nil)
		check.Same(t, "name of Get's Info", info.Name, name)
		check.WantOnly(t, h, name)
		dst := name + ".copy"
		done, err := files.Copy(t.Context(), h.Bucket, dst, h.Bucket, name, nil)
		if err != nil {
			t.Fatalf("Copy of %s: %v", term.Quote(name), err)
		}
		check.Same(t, "name of Copy's Info", done.Name, dst)
		check.WantContent(t, h, dst, c)
		check.Remove(t, h, name)
		check.WantOnly(t, h, dst)
		check.Remove(t, h, dst)
		check.WantOnly(t, h)
	}
}

func longElement(t suite.T, h *suite.H) {
	max := h.F.MaxName
	var names []string
	for _, n := range []int{254, 255, 256, 257, 300, 511, 512, max} {
		if n <= max {
			names = append(names, strings.Repeat("x", n), strings.Repeat("x", n-1)+"y",
				strings.Repeat("x", n-4)+".txt")
		}
	}
	for _, r := range []string{"ü", "名", "😀"} { // as long as can be, cut between characters
		names = append(names, strings.Repeat(r, max/len(r)), strings.Repeat(r, 255/len(r)+1))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	check.Puts(t, h, names...)
	check.WantOnly(t, h, names...)
	for _, n := range names {
		check.WantContent(t, h, n, []byte(n))
	}
	for _, n := range names {
		check.Remove(t, h, n)
	}
	check.WantOnly(t, h)
}

func longDir(t suite.T, h *suite.H) {
	d := strings.Repeat("d", min(400, h.F.MaxName/2))
	names := []string{d + "/a", d + "/b/c", d + "d/a", d + "-/a"}
	check.Puts(t, h, names...)
	check.WantOnly(t, h, names...)
	if h.F.Ordered {
		check.WantList(t, h, d, nil, d+"/a", d+"/b/c")
		check.WantList(t, h, d, &files.ListOptions{Shallow: true}, d+"/a", d+"/b/")
		check.WantList(t, h, "", &files.ListOptions{Shallow: true}, d+"-/", d+"/", d+"d/")
	}
	for _, n := range names {
		check.WantContent(t, h, n, []byte(n))
	}
}

func deepName(t suite.T, h *suite.H) {
	n := (h.F.MaxName + 1) / 2
	if !storable(t, h, strings.Repeat("a/", n-1)+"a") {
		n = min(n, 100)
	}
	name := strings.Repeat("a/", n-1) + "a"
	check.Puts(t, h, name)
	check.WantOnly(t, h, name)
	check.WantContent(t, h, name, []byte(name))
	check.WantList(t, h, "", &files.ListOptions{Shallow: true}, "a/")
	check.WantList(t, h, name[:len(name)-2], &files.ListOptions{Shallow: true}, name)
	check.Remove(t, h, name)
	check.WantList(t, h, "", &files.ListOptions{Shallow: true})
}

func contained(t suite.T, h *suite.H) {
	names := []string{"..a", "a..", "...", "..%2f..%2fx", `..\x`, `C:\x`, "C:", "~root", "$HOME"}
	names = putStorable(t, h, names...)
	check.WantOnly(t, h, names...)
	sub, err := files.Sub(h.Bucket, "tenant")
	if err != nil {
		t.Fatalf("Sub: %v", err)
	}
	check.Puts(t, h, "tenant2/x", "tenant.txt")
	check.Puts(t, sub, "own")
	check.WantOnly(t, sub, "own")
	for _, name := range []string{"../tenant2/x", "/tenant2/x", "..", "own/../../tenant.txt"} {
		_, err := sub.Stat(t.Context(), name, nil)
		check.WantErr(t, fmt.Sprintf("Stat(%q) in a sub-bucket", name), err, files.ErrInvalidName)
	}
	for _, name := range []string{"x", "2/x", ".txt", "tenant/own"} {
		check.WantMissing(t, sub, name)
	}
}

func link(t suite.T, h *suite.H) {
	if h.Harness.Link == nil {
		t.Skipf("the harness can't put a link into the store")
	}
	check.Puts(t, h, "dir/file")
	for _, name := range []string{"link", "dir/link"} {
		h.Harness.Link(t, h.Bucket, name)
		check.WantMissing(t, h, name)
		check.WantMissing(t, h, name+"/file")
		check.WantOnly(t, h, "dir/file")
		check.Put(t, h, name, []byte("replaced"), nil)
		check.WantContent(t, h, name, []byte("replaced"))
		check.Remove(t, h, name)
		check.WantOnly(t, h, "dir/file")
	}
}
