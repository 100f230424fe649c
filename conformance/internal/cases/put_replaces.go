package cases

import (
	"bytes"
	"io"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putReplacesCases = []suite.Case{
	{
		Rule:    "P5",
		Name:    "shorter",
		Why:     "nothing of a longer old content may remain after a shorter new one",
		Largest: 2 << 20,
		Run:     overwriteShorter,
	},
	{
		Rule: "P5",
		Name: "empty",
		Why:  "an empty file must replace a file too",
		Run:  overwriteEmpty,
	},
	{
		Rule: "P5",
		Name: "clears-attributes",
		Why: "a Put must replace the attributes too: the old ones are wrong for the new " +
			"content",
		Needs: feature.Needs(feature.Attributes),
		Run:   overwriteAttributes,
	},
	{
		Rule:    "P5",
		Name:    "own-content",
		Why:     "a file must be replaceable by content that is read from it",
		Needs:   feature.Needs(feature.Atomic, feature.OneVersionReads),
		Largest: 3 << 20,
		Run:     overwriteItself,
	},
	{
		Rule: "P5",
		Name: "read-after-write",
		Why:  "a Get after a Put must return what was put",
		Run:  readAfterWrite,
	},
}

func overwriteShorter(t suite.T, h *suite.H) {
	for _, size := range []int{2 << 20, 70_000, 4097, 4096, 513, 512, 2, 1} {
		check.Put(t, h, "a", check.Content(size, size), nil)
		check.WantContent(t, h, "a", check.Content(size, size))
	}
}

func overwriteEmpty(t suite.T, h *suite.H) {
	check.Put(t, h, "a", check.Content(1, 5000), nil)
	check.Put(t, h, "a", nil, nil)
	check.WantContent(t, h, "a", nil)
	check.Same(t, "size", check.Stat(t, h, "a").Size, int64(0))
	check.Put(t, h, "a", check.Content(2, 10), nil)
	check.WantContent(t, h, "a", check.Content(2, 10))
}

func overwriteAttributes(t suite.T, h *suite.H) {
	full := files.Attributes{
		ContentType:        "x/y",
		CacheControl:       "no-store",
		ContentDisposition: "attachment",
		ContentEncoding:    "gzip",
		ContentLanguage:    "de",
		Metadata:           map[string]string{"owner": "ann", "kept": "no"},
	}
	check.Put(t, h, "a", []byte("old"), &files.PutOptions{Attributes: full})
	check.Put(t, h, "a", []byte("new"), nil)
	check.Same(t, "attributes after a Put without any", check.Stat(t, h, "a").Attributes,
		files.Attributes{ContentType: "text/plain; charset=utf-8"})
	check.Put(t, h, "a", []byte("old"), &files.PutOptions{Attributes: full})
	part := files.Attributes{ContentType: "x/z", Metadata: map[string]string{"owner": "bob"}}
	check.Put(t, h, "a", []byte("new"), &files.PutOptions{Attributes: part})
	check.Same(t, "attributes after a Put with some", check.Stat(t, h, "a").Attributes, part)
	check.Remove(t, h, "a")
	check.Put(t, h, "a", []byte("new"), nil)
	check.Same(t, "attributes after deleting and putting", check.Stat(t, h, "a").Attributes,
		files.Attributes{ContentType: "text/plain; charset=utf-8"})
}

func overwriteItself(t suite.T, h *suite.H) {
	for _, size := range []int{100, 2 << 20} {
		c := check.Content(3, size)
		check.Put(t, h, "a", c, nil)
		r, err := h.Get(t.Context(), "a", nil)
		if err != nil {
			t.Fatalf("Get: %v, want no error", err)
		}
		_, err = h.Put(t.Context(), "a", io.MultiReader(r, bytes.NewReader(c[:50])), nil)
		r.Close()
		if err != nil {
			t.Fatalf("Put of the file's own content: %v, want no error", err)
		}
		check.WantContent(t, h, "a", append(c[:size:size], c[:50]...))
	}
}

func readAfterWrite(t suite.T, h *suite.H) {
	for i := range 30 {
		switch c := check.Content(i, 10+i*7%50); i % 3 {
		case 2:
			check.Remove(t, h, "a")
			check.WantMissing(t, h, "a")
			check.WantOnly(t, h)
		default:
			check.Put(t, h, "a", c, nil)
			check.WantContent(t, h, "a", c)
			check.Same(t, "size of Stat after Put", check.Stat(t, h, "a").Size, int64(len(c)))
			check.WantOnly(t, h, "a")
		}
	}
}
