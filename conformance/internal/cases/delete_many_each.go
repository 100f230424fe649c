package cases

import (
	"errors"
	"fmt"
	"slices"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// deleteManyEachCases check that DeleteMany keeps the rules of Delete.
var deleteManyEachCases = []suite.Case{
	{
		Rule: "D3",
		Name: "only-those",
		Why:  "a bulk delete must delete only the files that it names",
		Run:  deleteManyBeside,
	},
	{
		Rule: "D3",
		Name: "odd-names",
		Why: "a list of names is sent as a document: characters that are escaped there must " +
			"come through",
		Run: deleteManyOdd,
	},
	{
		Rule: "D3",
		Name: "missing",
		Why:  "a bulk delete that is repeated must not fail the second time",
		Run:  deleteManyMissing,
	},
	{
		Rule: "D3",
		Name: "twice",
		Why:  "a name that is in the list twice must not be an error",
		Run:  deleteManyTwice,
	},
	{
		Rule: "D3",
		Name: "recreate",
		Why:  "a deleted file must leave nothing to its successor, however it was deleted",
		Run:  deleteManyRecreate,
	},
	{
		Rule: "D3",
		Name: "refused-beside",
		Why: "a name that is refused must not stop the other deletions, nor delete the file " +
			"that it resembles",
		Run: deleteManyRefused,
	},
}

// deleteNames deletes the names by DeleteMany, which must succeed.
func deleteNames(t suite.T, h *suite.H, names ...string) {
	t.Helper()
	res, err := files.DeleteMany(t.Context(), h.Bucket, slices.Values(names))
	if err != nil || res.Deleted != int64(len(names)) || len(res.Failed) > 0 {
		t.Errorf("DeleteMany of %q: %d deleted, %v, want %d and no error", names, res.Deleted, err,
			len(names))
	}
}

func deleteManyBeside(t suite.T, h *suite.H) {
	keep := []string{
		"a.txt", "a-", "a!", "aa", "A", "x/a", "d/a.txt", "d/b/a", "D/a", "e.txt", "e/x", "b/x/y",
	}
	gone := []string{"a", "d/a", "b/x.y", "E/x"}
	if h.F.DirBesideFile {
		keep = append(keep, "a/b", "a/b/c", "d/a/x", "b", "d")
	}
	check.Puts(t, h, slices.Concat(keep, gone)...)
	// "e" and "b/x" are directories, whose files must remain.
	deleteNames(t, h, append(gone, "e", "b/x", "x")...)
	check.WantOnly(t, h, keep...)
	for _, name := range keep {
		check.WantContent(t, h, name, []byte(name))
	}
	for _, name := range gone {
		check.WantMissing(t, h, name)
	}
}

func deleteManyOdd(t suite.T, h *suite.H) {
	names := []string{
		"a&b", "a&amp;b", "<a>", "a<b", "\"q\"", "'q'", "%41", "%2F", "a+b", "a b", " a", "a ",
		"a?b#c", "a;b", "a,b", "\\", "ünï/ö", "名前", "😀", "]]>", "a\u2028b", "\ufeffa", "{}", "*",
		"a\u0085b", "--", "-rf", "~", "a=b", "a\ufffd",
	}
	// the names above after unescaping or trimming, or as patterns
	keep := []string{"a", "b", "A", "&", "ab", "q", "x/y"}
	names = putStorable(t, h, names...)
	check.Puts(t, h, keep...)
	deleteNames(t, h, names...)
	check.WantOnly(t, h, keep...)
}

func deleteManyMissing(t suite.T, h *suite.H) {
	missing := []string{"missing", "no/such/dir", "a.txt", "d/y", "d/x/y", "A", "a/b", "d"}
	check.Puts(t, h, "a", "d/x")
	for range 2 {
		deleteNames(t, h, missing...)
		check.WantOnly(t, h, "a", "d/x")
	}
	for range 2 {
		deleteNames(t, h, append(missing, "a", "d/x")...)
		check.WantOnly(t, h)
		if res, err := files.DeleteDir(t.Context(), h.Bucket, "d"); err != nil || res.Deleted != 0 {
			t.Errorf("DeleteDir of a deleted directory: %d deleted, %v, want 0 and no error",
				res.Deleted,
				err)
		}
	}
}

func deleteManyTwice(t suite.T, h *suite.H) {
	names := []string{"a"}
	for i := range 12 {
		names = append(names, fmt.Sprintf("d/%02d", i))
	}
	check.Puts(t, h, append(names, "keep")...)
	deleteNames(t, h, slices.Concat(names, names, []string{"a", "a"})...)
	check.WantOnly(t, h, "keep")
	deleteNames(t, h, slices.Concat(names, names)...)
	check.WantOnly(t, h, "keep")
}

func deleteManyRecreate(t suite.T, h *suite.H) {
	opts := &files.PutOptions{}
	if h.F.Attributes {
		opts.Attributes = files.Attributes{
			ContentType:  "x/y",
			CacheControl: "no-store",
			Metadata:     map[string]string{"old": "yes"},
		}
	}
	for what, remove := range map[string]func(){
		"DeleteMany": func() { deleteNames(t, h, "d/a", "d/b") },
		"DeleteDir": func() {
			if _, err := files.DeleteDir(t.Context(), h.Bucket, "d"); err != nil {
				t.Errorf("DeleteDir: %v, want no error", err)
			}
		},
		"DeleteAll": func() {
			if _, err := files.DeleteAll(t.Context(), h.Bucket); err != nil {
				t.Errorf("DeleteAll: %v, want no error", err)
			}
		},
		"Move": func() {
			if !h.F.DeleteIfVersion {
				deleteNames(t, h, "d/a", "d/b")
				return
			}
			mv(t, h, "e", "d/a", nil)
			mv(t, h, "e", "d/b", nil)
			check.Remove(t, h, "e")
		},
	} {
		check.Put(t, h, "d/a", check.Content(1, 5000), opts)
		check.Put(t, h, "d/b", check.Content(2, 5000), opts)
		remove()
		check.WantMissing(t, h, "d/a")
		for _, name := range []string{"d/a", "d/b"} {
			o := &files.PutOptions{}
			if h.F.IfAbsent {
				o.If = files.IfAbsent()
			}
			if _, err := h.Put(t.Context(), name, check.Stream([]byte("text")), o); err != nil {
				t.Fatalf("Put after %s: %v, want no error", what, err)
			}
			check.WantContent(t, h, name, []byte("text"))
			check.Same(t, "attributes after "+what+" and a Put",
				check.Stat(t, h, name).Attributes, files.Attributes{ContentType: textType})
		}
	}
	h.Clean(t, "bulk deletes")
}

func deleteManyRefused(t suite.T, h *suite.H) {
	gone := []string{"a", "d/x", "d/y"}
	keep := []string{"b", "d/z", "c/d"}
	refused := []string{"b/", "/b", "d//z", "./b", "c/../b", "", "c/d/", "b\x00"}
	check.Puts(t, h, slices.Concat(gone, keep)...)
	res, err := files.DeleteMany(t.Context(), h.Bucket,
		slices.Values(slices.Concat(refused[:4], gone, refused[4:])))
	if err == nil || !errors.Is(err, files.ErrInvalidName) {
		t.Errorf("DeleteMany with illegal names: got %s, want ErrInvalidName", check.ErrText(err))
	}
	check.Same(t, "Deleted beside illegal names", res.Deleted, int64(len(gone)))
	var failed []string
	for _, e := range res.Failed {
		failed = append(failed, e.Name)
		check.WantErr(t, fmt.Sprintf("the failure of %q", e.Name), e, files.ErrInvalidName)
	}
	check.Same(t, "names that failed", failed, refused)
	check.WantOnly(t, h, keep...)
}
