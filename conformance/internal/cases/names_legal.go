package cases

import (
	"errors"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var namesLegalCases = []suite.Case{
	{
		Rule: "N4",
		Name: "every-character",
		Why:  "a name must come back as it was put, whatever its characters are",
		Run:  everyCharacter,
	},
	{
		Rule: "N4",
		Name: "every-method",
		Why:  "every method must find a file by the same name",
		Run:  nameEveryMethod,
	},
	{
		Rule: "N4",
		Name: "long-element",
		Why:  "an element of 1024 bytes must be stored, also on file systems that take 255",
		Run:  longElement,
	},
	{
		Rule: "N4",
		Name: "long-dir",
		Why:  "a long element must be possible as a directory",
		Run:  longDir,
	},
	{
		Rule: "N4",
		Name: "deep",
		Why:  "a name may have as many elements as fit",
		Run:  deepName,
	},
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

// storable reports whether the bucket takes the name. It leaves no file.
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
			t.Fatalf("Copy of %s: %v, want no error", term.Quote(name), err)
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
	for _, r := range []string{"ü", "名", "😀"} { // of the largest length, cut between characters
		names = append(names, strings.Repeat(r, max/len(r)), strings.Repeat(r, 255/len(r)+1))
	}
	slices.Sort(names)
	names = fitting(h, slices.Compact(names))
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
