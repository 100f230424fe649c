package cases

import (
	"bytes"
	"fmt"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putContentCases = []suite.Case{
	{
		Rule:  "P6",
		Name:  "given",
		Why:   "what the caller says is what a browser must be told",
		Needs: feature.Needs(feature.Attributes),
		Run:   typeGiven,
	},
	{
		Rule: "P6",
		Name: "by-name",
		Why:  "the same upload must have the same type on every machine and driver",
		Run:  typeByName,
	},
	{
		Rule:  "P6",
		Name:  "sniffed",
		Why:   "a file without an extension still shows in a browser",
		Needs: feature.Needs(feature.Attributes),
		Run:   typeSniffed,
	},
	{
		Rule:  "P6",
		Name:  "sniffed-in-pieces",
		Why:   "the type must not depend on how the content arrives",
		Needs: feature.Needs(feature.Attributes),
		Run:   typeInPieces,
	},
	{
		Rule: "P6",
		Name: "told-everywhere",
		Why:  "Put, Stat and Get must agree",
		Run:  typeEverywhere,
	},
	{
		Rule:    "P11",
		Name:    "sizes",
		Why:     "off-by-one errors live where blocks and parts begin and end",
		Largest: 2 << 20,
		Run:     putSizes,
	},
	{
		Rule:    "P11",
		Name:    "unknown-length",
		Why:     "a stream whose length nobody knows is stored whole",
		Largest: 2 << 20,
		Run:     putUnknown,
	},
	{
		Rule:    "P11",
		Name:    "large",
		Why:     "parts that are swapped, repeated or lost show in large files only",
		Long:    true,
		Largest: 12 << 20,
		Run:     putLarge,
	},
	{
		Rule:  "P11",
		Name:  "unknown-limit",
		Why:   "a stream that outgrows the service must not be stored cut",
		Needs: feature.Needs(feature.MaxUnknownSize),
		Run:   putUnknownLimit,
	},
	{
		Rule:  "P11",
		Name:  "limit",
		Why:   "a file that is too large must be refused, not cut",
		Needs: feature.Needs(feature.MaxSize),
		Run:   putLimit,
	},
}

const textType = "text/plain; charset=utf-8"

func typeGiven(t suite.T, h *suite.H) {
	for i, ct := range []string{
		"image/png", "text/html; charset=iso-8859-1", "application/vnd.api+json;version=2", "x/y",
		"Text/Plain", "not a type", "multipart/mixed; boundary=\"a b\"",
	} {
		name := fmt.Sprintf("a%d.json", i)
		opts := &files.PutOptions{Attributes: files.Attributes{ContentType: ct}}
		check.Same(t, "content type of Put's Info",
			check.Put(t, h, name, []byte("{}"), opts).ContentType, ct)
		check.Same(t, "content type of Stat's Info", check.Stat(t, h, name).ContentType, ct)
	}
}

func typeByName(t suite.T, h *suite.H) {
	for name, want := range map[string]string{
		"a.html":      "text/html; charset=utf-8",
		"A.HTML":      "text/html; charset=utf-8",
		"a.txt":       textType,
		"a.json":      "application/json",
		"d.png/a.css": "text/css; charset=utf-8",
		"a.js":        "text/javascript; charset=utf-8",
		"a.csv":       "text/csv; charset=utf-8",
		"a.png":       "image/png",
		"a.jpg":       "image/jpeg",
		"a.JPEG":      "image/jpeg",
		"a.gif":       "image/gif",
		"a.svg":       "image/svg+xml",
		"a.pdf":       "application/pdf",
		"a.zip":       "application/zip",
		"a.tar.gz":    "application/gzip",
		"a.xml":       "application/xml",
		"a.mp4":       "video/mp4",
		"a.wasm":      "application/wasm",
		"a.md":        "text/markdown; charset=utf-8",
		"a.webp":      "image/webp",
		"a.yaml":      "application/yaml",
		".a.txt":      textType,
	} {
		// The content says otherwise; the name decides.
		check.Put(t, h, name, []byte("%PDF-1.7"), nil)
		check.Same(t, fmt.Sprintf("content type of %q", name), check.Stat(t, h, name).ContentType,
			want)
	}
}

// samples of content, with the type that the WHATWG rules find.
var samples = []struct{ head, want string }{
	{"", textType},
	{"plain words\n", textType},
	{"<!DOCTYPE html><p>", "text/html; charset=utf-8"},
	{"  \n<HTML >", "text/html; charset=utf-8"},
	{"<?xml version=\"1.0\"?>", "text/xml; charset=utf-8"},
	{"%PDF-1.4", "application/pdf"},
	{"\x89PNG\r\n\x1a\n----", "image/png"},
	{"GIF89a----", "image/gif"},
	{"\xff\xd8\xff\xe0", "image/jpeg"},
	{"PK\x03\x04----", "application/zip"},
	{"\x1f\x8b\x08----", "application/x-gzip"},
	{"\x00\x01\x02\x03", "application/octet-stream"},
	{"{\"json\": true}", textType},
	{strings.Repeat("a", 511) + "\x00", "application/octet-stream"},
	{strings.Repeat("a", 512) + "\x00", textType},
}

func typeSniffed(t suite.T, h *suite.H) {
	for i, s := range samples {
		for _, name := range []string{"sniff", "sniff.unknownext", ".txt", "d.txt/sniff"} {
			check.Put(t, h, name, []byte(s.head), nil)
			check.Same(t, fmt.Sprintf("content type of sample %d, %.12q, as %q", i, s.head, name),
				check.Stat(t, h, name).ContentType, s.want)
			check.WantContent(t, h, name, []byte(s.head))
		}
	}
}

func typeInPieces(t suite.T, h *suite.H) {
	for i, s := range samples {
		name := fmt.Sprintf("sniff%d", i)
		for what, r := range sources([]byte(s.head)) {
			if _, err := h.Put(t.Context(), name, r, nil); err != nil {
				t.Fatalf("Put of %s: %v", what, err)
			}
			check.Same(t, fmt.Sprintf("content type of sample %d, %.12q, from %s", i, s.head, what),
				check.Stat(t, h, name).ContentType, s.want)
		}
	}
}

func typeEverywhere(t suite.T, h *suite.H) {
	for _, name := range []string{"a.html", "a", "d/a.png"} {
		info := check.Put(t, h, name, []byte("some text"), nil)
		s := check.Stat(t, h, name)
		_, g := check.Get(t, h, name, nil)
		check.Same(t, "content type of Put, against Stat", info.ContentType, s.ContentType)
		check.Same(t, "content type of Get, against Stat", g.ContentType, s.ContentType)
	}
}

var boundarySizes = []int{
	0, 1, 2, 3, 7, 8, 9, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097, 32767, 32768, 32769,
	65535, 65536, 65537, 1<<20 - 1, 1 << 20, 1<<20 + 1,
}

func putSizes(t suite.T, h *suite.H) {
	for _, n := range boundarySizes {
		c := check.Content(n, n)
		info := check.Put(t, h, "a", c, &files.PutOptions{Size: new(int64(n))})
		check.Same(t, "size in Put's Info", info.Size, int64(n))
		check.WantContent(t, h, "a", c)
		check.Same(t, "size in Stat's Info", check.Stat(t, h, "a").Size, int64(n))
	}
}

func putUnknown(t suite.T, h *suite.H) {
	for _, n := range boundarySizes {
		c := check.Content(n, n)
		info, err := h.Put(t.Context(), "a", check.Stream(c), nil)
		if err != nil {
			t.Fatalf("Put of %d bytes of unknown length: %v", n, err)
		}
		check.Same(t, "size in Put's Info", info.Size, int64(n))
		check.WantContent(t, h, "a", c)
	}
}

func putLarge(t suite.T, h *suite.H) {
	for _, n := range []int{5<<20 - 1, 5 << 20, 8<<20 + 1, 11<<20 + 12345} {
		c := check.Content(n, n)
		if _, err := h.Put(t.Context(), "known", bytes.NewReader(c), nil); err != nil {
			t.Fatalf("Put of %d bytes: %v", n, err)
		}
		check.WantContent(t, h, "known", c)
		if _, err := h.Put(t.Context(), "unknown", check.Stream(c), nil); err != nil {
			t.Fatalf("Put of %d bytes of unknown length: %v", n, err)
		}
		check.WantContent(t, h, "unknown", c)
	}
}

func putUnknownLimit(t suite.T, h *suite.H) {
	max := h.F.MaxUnknownSize
	h.Allows(t, max+1)
	brokenPut(t, h, "a stream of MaxUnknownSize+1 bytes", files.ErrTooLarge,
		func(name string) error {
			_, err := h.Put(t.Context(), name, check.Stream(check.Content(1, int(max)+1)), nil)
			return err
		})
	c := check.Content(2, int(max)+1)
	check.Put(t, h, "known", c, &files.PutOptions{Size: new(max + 1)})
	check.WantContent(t, h, "known", c)
}

func putLimit(t suite.T, h *suite.H) {
	max := h.F.MaxSize
	h.Allows(t, max+1)
	brokenPut(t, h, "a file of MaxSize+1 bytes", files.ErrTooLarge, func(name string) error {
		_, err := h.Put(t.Context(), name, bytes.NewReader(check.Content(1, int(max)+1)), nil)
		return err
	})
	brokenPut(t, h, "a declared size of MaxSize+1 bytes", files.ErrTooLarge,
		func(name string) error {
			_, err := h.Put(t.Context(), name, check.Stream(nil),
				&files.PutOptions{Size: new(max + 1)})
			return err
		})
	c := check.Content(2, int(max))
	check.Put(t, h, "most", c, nil)
	check.WantContent(t, h, "most", c)
}
