package conformance

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"cloudfiles.dev/files"
)

var nameCases = []Case{
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
		Needs: needs(dirBesideFile),
		Run:   dirBeside,
	},
	{
		Rule:  "N3",
		Name:  "file-after-dir",
		Why:   "the file must not swallow what is below the directory of its name",
		Needs: needs(dirBesideFile),
		Run:   fileAfterDir,
	},
	{
		Rule:  "N3",
		Name:  "overwrite-beside",
		Why:   "replacing one must never touch the other",
		Needs: needs(dirBesideFile),
		Run:   overwriteBeside,
	},
	{
		Rule:  "N3",
		Name:  "chain",
		Why:   "every level of a deep name may be a file",
		Needs: needs(dirBesideFile),
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

func illegalNames(t T, h *H) {
	put(t, h, "old", content(1, 10), nil)
	for _, name := range badNames {
		for _, m := range methods(t, h.Bucket, name) {
			err := m.call(t.Context())
			wantErr(t, fmt.Sprintf("%s(%s)", m.name, quote(name)), err, files.ErrInvalidName)
		}
	}
	wantOnly(t, h, "old")
	wantContent(t, h, "old", content(1, 10))
}

func illegalDirs(t T, h *H) {
	for _, dir := range badNames {
		if legal := strings.TrimSuffix(dir, "/"); dir == "" || files.CheckName(legal) == nil {
			continue // the whole bucket, and one trailing slash, are legal here
		}
		err := error(nil)
		for _, err = range h.List(t.Context(), dir, nil) {
			break
		}
		wantErr(t, fmt.Sprintf("List(%s)", quote(dir)), err, files.ErrInvalidName)
	}
	puts(t, h, "a/b")
	wantList(t, h, "a/", nil, "a/b")
}

func nameBeforeIO(t T, h *H) {
	r := readerFunc(func([]byte) (int, error) {
		t.Errorf("Put with an illegal name reads the content")
		return 0, io.EOF
	})
	_, err := h.Put(t.Context(), "a//b", r, nil)
	wantErr(t, "Put", err, files.ErrInvalidName)
}

func longestName(t T, h *H) {
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
	puts(t, h, name(max))
	wantOnly(t, h, name(max))
	wantContent(t, h, name(max), []byte(name(max)))
	for _, m := range methods(t, h.Bucket, name(max+1)) {
		wantErr(t, fmt.Sprintf("%s of a name of MaxName+1 = %d bytes", m.name, max+1),
			m.call(t.Context()), files.ErrInvalidName)
	}
	remove(t, h, name(max))
	wantOnly(t, h)
}

func nameErrorText(t T, h *H) {
	seen := map[string]string{}
	for _, name := range []string{"", "/a", "a/", "a//b", "a/../b", "a\nb", "a\xff"} {
		_, err := h.Stat(t.Context(), name, nil)
		wantErr(t, "Stat", err, files.ErrInvalidName)
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
func beside(t T, h *H, names ...string) {
	t.Helper()
	for i := range names {
		left := slices.Clone(names)
		puts(t, h, names...)
		wantOnly(t, h, names...)
		for _, n := range names {
			wantContent(t, h, n, []byte(n))
		}
		for k := range names {
			gone := names[(i+k)%len(names)]
			remove(t, h, gone)
			left = slices.DeleteFunc(left, func(s string) bool { return s == gone })
			wantMissing(t, h, gone)
			wantOnly(t, h, left...)
			for _, n := range left {
				wantContent(t, h, n, []byte(n))
			}
		}
	}
}

func dirBeside(t T, h *H) {
	put(t, h, "a", []byte("a"), nil)
	put(t, h, "a/b", []byte("a/b"), nil)
	beside(t, h, "a", "a/b", "a/c/d")
}

func fileAfterDir(t T, h *H) {
	put(t, h, "d/x", []byte("x"),
		&files.PutOptions{Attributes: files.Attributes{ContentType: "x/x"}})
	put(t, h, "d/y/z", []byte("z"), nil)
	put(t, h, "d/y", []byte("y"), nil)
	put(t, h, "d", []byte("d"), &files.PutOptions{Attributes: files.Attributes{ContentType: "x/d"}})
	for name, want := range map[string]string{"d/x": "x", "d/y/z": "z", "d/y": "y", "d": "d"} {
		wantContent(t, h, name, []byte(want))
	}
	wantOnly(t, h, "d", "d/x", "d/y", "d/y/z")
	if h.F.Attributes {
		same(t, "content type of d", stat(t, h, "d").ContentType, "x/d")
		same(t, "content type of d/x", stat(t, h, "d/x").ContentType, "x/x")
	}
	if h.F.Ordered {
		wantList(t, h, "", &files.ListOptions{Shallow: true}, "d", "d/")
		wantList(t, h, "d", &files.ListOptions{Shallow: true}, "d/x", "d/y", "d/y/")
	}
}

func overwriteBeside(t T, h *H) {
	puts(t, h, "a", "a/b", "a/b/c")
	before := stat(t, h, "a/b")
	put(t, h, "a", content(1, 5000), nil)
	put(t, h, "a/b/c", content(2, 5000), nil)
	same(t, "a/b after replacing a and a/b/c", stat(t, h, "a/b"), before)
	put(t, h, "a/b", content(3, 300), nil)
	wantContent(t, h, "a", content(1, 5000))
	wantContent(t, h, "a/b", content(3, 300))
	wantContent(t, h, "a/b/c", content(2, 5000))
	wantOnly(t, h, "a", "a/b", "a/b/c")
}

func nameChain(t T, h *H) {
	var names []string
	for name := "e"; len(names) < 12; name += "/e" {
		names = append(names, name)
	}
	puts(t, h, names...)
	wantOnly(t, h, names...)
	for i := 0; i < len(names); i += 2 {
		remove(t, h, names[i])
	}
	for i, n := range names {
		if i%2 == 1 {
			wantContent(t, h, n, []byte(n))
		} else {
			wantMissing(t, h, n)
		}
	}
}

func emptiedDir(t T, h *H) {
	puts(t, h, "d/x/y", "d/z")
	remove(t, h, "d/x/y")
	remove(t, h, "d/z")
	put(t, h, "d", []byte("file"), nil)
	wantContent(t, h, "d", []byte("file"))
	remove(t, h, "d")
	puts(t, h, "d/again")
	wantOnly(t, h, "d/again")
}

func everyCharacter(t T, h *H) {
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
	wantOnly(t, h, names...)
	for _, n := range names {
		wantContent(t, h, n, []byte(n))
	}
}

// putStorable is puts, but for the names that a bucket without AnyName refuses, with
// ErrUnsupported and changing nothing. It returns the others.
func putStorable(t T, h *H, names ...string) (stored []string) {
	t.Helper()
	if h.F.AnyName {
		puts(t, h, names...)
		return names
	}
	for _, n := range names {
		switch _, err := h.Put(t.Context(), n, strings.NewReader(n), nil); {
		case err == nil:
			stored = append(stored, n)
		case !errors.Is(err, files.ErrUnsupported):
			t.Errorf("Put(%s): %v, want no error or ErrUnsupported", quote(n), err)
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
func wantRefused(t T, h *H, name string) {
	t.Helper()
	_, err := h.Stat(t.Context(), name, nil)
	if !errors.Is(err, files.ErrUnsupported) {
		wantMissing(t, h, name)
		return
	}
	if r, err := h.Get(t.Context(), name, nil); !errors.Is(err, files.ErrUnsupported) {
		if err == nil {
			r.Close()
		}
		t.Errorf("Get(%s): %v, want ErrUnsupported, as Stat says", quote(name), err)
	}
	for e, err := range h.List(t.Context(), "", &files.ListOptions{Prefix: name}) {
		if err != nil || e.Name == name {
			t.Errorf("List with the prefix %s: %v, %v, want nothing of that name", quote(name),
				e.Name, err)
		}
	}
}

// storable reports whether the bucket takes the name, which is then gone again.
func storable(t T, h *H, name string) bool {
	t.Helper()
	if h.F.AnyName {
		return true
	}
	_, err := h.Put(t.Context(), name, strings.NewReader(name), nil)
	if errors.Is(err, files.ErrUnsupported) {
		return false
	}
	remove(t, h, name)
	return true
}

func nameEveryMethod(t T, h *H) {
	for i, name := range []string{
		"plain", "päth/ü b/ñ", "%41/%2F", "a+b&c=d?e#f", "back\\slash", "q\"uo'te`",
		"tab le/*?[x]{y}", ".hidden/.attrs", "名前/ファイル",
		strings.Repeat("l", min(300, h.F.MaxName-8)),
	} {
		if !storable(t, h, name) {
			continue
		}
		c := content(i, 100+i)
		same(t, "name of Put's Info", put(t, h, name, c, nil).Name, name)
		same(t, "name of Stat's Info", stat(t, h, name).Name, name)
		_, info := get(t, h, name, nil)
		same(t, "name of Get's Info", info.Name, name)
		wantOnly(t, h, name)
		dst := name + ".copy"
		done, err := files.Copy(t.Context(), h.Bucket, dst, h.Bucket, name, nil)
		if err != nil {
			t.Fatalf("Copy of %s: %v", quote(name), err)
		}
		same(t, "name of Copy's Info", done.Name, dst)
		wantContent(t, h, dst, c)
		remove(t, h, name)
		wantOnly(t, h, dst)
		remove(t, h, dst)
		wantOnly(t, h)
	}
}

func longElement(t T, h *H) {
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
	puts(t, h, names...)
	wantOnly(t, h, names...)
	for _, n := range names {
		wantContent(t, h, n, []byte(n))
	}
	for _, n := range names {
		remove(t, h, n)
	}
	wantOnly(t, h)
}

func longDir(t T, h *H) {
	d := strings.Repeat("d", min(400, h.F.MaxName/2))
	names := []string{d + "/a", d + "/b/c", d + "d/a", d + "-/a"}
	puts(t, h, names...)
	wantOnly(t, h, names...)
	if h.F.Ordered {
		wantList(t, h, d, nil, d+"/a", d+"/b/c")
		wantList(t, h, d, &files.ListOptions{Shallow: true}, d+"/a", d+"/b/")
		wantList(t, h, "", &files.ListOptions{Shallow: true}, d+"-/", d+"/", d+"d/")
	}
	for _, n := range names {
		wantContent(t, h, n, []byte(n))
	}
}

func deepName(t T, h *H) {
	n := (h.F.MaxName + 1) / 2
	if !storable(t, h, strings.Repeat("a/", n-1)+"a") {
		n = min(n, 100)
	}
	name := strings.Repeat("a/", n-1) + "a"
	puts(t, h, name)
	wantOnly(t, h, name)
	wantContent(t, h, name, []byte(name))
	wantList(t, h, "", &files.ListOptions{Shallow: true}, "a/")
	wantList(t, h, name[:len(name)-2], &files.ListOptions{Shallow: true}, name)
	remove(t, h, name)
	wantList(t, h, "", &files.ListOptions{Shallow: true})
}

func contained(t T, h *H) {
	names := []string{"..a", "a..", "...", "..%2f..%2fx", `..\x`, `C:\x`, "C:", "~root", "$HOME"}
	names = putStorable(t, h, names...)
	wantOnly(t, h, names...)
	sub, err := files.Sub(h.Bucket, "tenant")
	if err != nil {
		t.Fatalf("Sub: %v", err)
	}
	puts(t, h, "tenant2/x", "tenant.txt")
	puts(t, sub, "own")
	wantOnly(t, sub, "own")
	for _, name := range []string{"../tenant2/x", "/tenant2/x", "..", "own/../../tenant.txt"} {
		_, err := sub.Stat(t.Context(), name, nil)
		wantErr(t, fmt.Sprintf("Stat(%q) in a sub-bucket", name), err, files.ErrInvalidName)
	}
	for _, name := range []string{"x", "2/x", ".txt", "tenant/own"} {
		wantMissing(t, sub, name)
	}
}

func link(t T, h *H) {
	if h.harness.Link == nil {
		t.Skipf("the harness can't put a link into the store")
	}
	puts(t, h, "dir/file")
	for _, name := range []string{"link", "dir/link"} {
		h.harness.Link(t, h.Bucket, name)
		wantMissing(t, h, name)
		wantMissing(t, h, name+"/file")
		wantOnly(t, h, "dir/file")
		put(t, h, name, []byte("replaced"), nil)
		wantContent(t, h, name, []byte("replaced"))
		remove(t, h, name)
		wantOnly(t, h, "dir/file")
	}
}
