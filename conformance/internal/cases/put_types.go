package cases

import (
	"fmt"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

var putTypesCases = []suite.Case{
	{
		Rule:  "P6",
		Name:  "given",
		Why:   "a type that the caller gives must be stored",
		Needs: feature.Needs(feature.Attributes),
		Run:   typeGiven,
	},
	{
		Rule: "P6",
		Name: "by-name",
		Why: "a type that isn't given must follow from the name, in the same way on every " +
			"machine and with every driver",
		Run: typeByName,
	},
	{
		Rule:  "P6",
		Name:  "sniffed",
		Why:   "a type that doesn't follow from the name must follow from the content",
		Needs: feature.Needs(feature.Attributes),
		Run:   typeSniffed,
	},
	{
		Rule:  "P6",
		Name:  "sniffed-in-pieces",
		Why:   "the type must not depend on the pieces in which the content arrives",
		Needs: feature.Needs(feature.Attributes),
		Run:   typeInPieces,
	},
	{
		Rule: "P6",
		Name: "told-everywhere",
		Why:  "Put, Stat and Get must return the same type",
		Run:  typeEverywhere,
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
		// The content has another type; the name decides.
		check.Put(t, h, name, []byte("%PDF-1.7"), nil)
		check.Same(t, fmt.Sprintf("content type of %q", name), check.Stat(t, h, name).ContentType,
			want)
	}
}

// samples are contents with the type that the WHATWG rules give.
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
				t.Fatalf("Put of %s: %v, want no error", what, err)
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
