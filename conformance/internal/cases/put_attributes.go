package cases

import (
	"fmt"
	"maps"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/feature"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

var putAttributesCases = []suite.Case{
	{
		Rule:  "P7",
		Name:  "round-trip",
		Why:   "metadata must come back as it was put",
		Needs: feature.Needs(feature.Attributes),
		Run:   metadataRoundTrip,
	},
	{
		Rule:  "P7",
		Name:  "keys",
		Why:   "a metadata key must come back as it was put",
		Needs: feature.Needs(feature.Attributes),
		Run:   metadataKeys,
	},
	{
		Rule: "P7",
		Name: "folding",
		Why: "keys that differ only by case must be treated alike by every driver: HTTP " +
			"folds header names",
		Needs: feature.Needs(feature.Attributes),
		Run:   metadataFolding,
	},
	{
		Rule:  "P7",
		Name:  "refused",
		Why:   "metadata that one driver would drop must be refused by all",
		Needs: feature.Needs(feature.Attributes),
		Run:   metadataRefused,
	},
	{
		Rule:  "P7",
		Name:  "limit",
		Why:   "metadata up to the limit must be stored whole, and more must be refused",
		Needs: feature.Needs(feature.Attributes),
		Run:   metadataLimit,
	},
	{
		Rule:  "P7",
		Name:  "headers",
		Why:   "the attributes that browsers need must come back as they were put",
		Needs: feature.Needs(feature.Attributes),
		Run:   headersRoundTrip,
	},
	{
		Rule: "P7",
		Name: "header-limit",
		Why: "an attribute up to the limit must be stored whole, and a longer one must " +
			"be refused",
		Needs: feature.Needs(feature.Attributes),
		Run:   headerLimit,
	},
	{
		Rule:    "P7",
		Name:    "header-limit-in-parts",
		Why:     "the limits of attributes must also hold for a file that is sent in parts",
		Needs:   feature.Needs(feature.Attributes),
		Long:    true,
		Largest: 12 << 20,
		Run:     headerLimitInParts,
	},
	{
		Rule: "P7",
		Name: "bad-headers",
		Why: "an attribute with a line break must be refused: it would attack the server " +
			"that serves the file",
		Needs: feature.Needs(feature.Attributes),
		Run:   headersRefused,
	},
	{
		Rule:  "P7",
		Name:  "not-decoded",
		Why:   "content must come back as it was put, whatever its Content-Encoding is",
		Needs: feature.Needs(feature.Attributes),
		Run:   notDecoded,
	},
	{
		Rule:  "P7",
		Name:  "maps-are-own",
		Why:   "a returned map must belong to the caller: changing it must change nothing else",
		Needs: feature.Needs(feature.Attributes),
		Run:   mapsOwn,
	},
	{
		Rule: "P7",
		Name: "empty-map",
		Why:  "an empty map of metadata must mean the same as none",
		Run:  metadataEmpty,
	},
	{
		Rule:  "P7",
		Name:  "on-every-file",
		Why:   "files with odd names and sizes must keep their metadata too",
		Needs: feature.Needs(feature.Attributes),
		Run:   metadataEverywhere,
	},
	{
		Rule:    "P7",
		Name:    "in-parts",
		Why:     "a file that is sent in parts must keep its metadata too",
		Needs:   feature.Needs(feature.Attributes),
		Long:    true,
		Largest: 12 << 20,
		Run:     metadataInParts,
	},
}

// wantMetadata puts with the metadata, and fails the case if it doesn't come back.
func wantMetadata(t suite.T, h *suite.H, name string, m, want map[string]string) {
	t.Helper()
	info, err := h.Put(t.Context(), name, check.Stream([]byte("x")),
		&files.PutOptions{Attributes: files.Attributes{Metadata: m}})
	if err != nil {
		t.Errorf("Put with metadata %.200q: %v, want no error", m, err)
		return
	}
	check.Same(t, "metadata in Put's Info", info.Metadata, want)
	check.Same(t, "metadata in Stat's Info", check.Stat(t, h, name).Metadata, want)
	_, got := check.Get(t, h, name, nil)
	check.Same(t, "metadata in Get's Info", got.Metadata, want)
}

func metadataRoundTrip(t suite.T, h *suite.H) {
	for i, v := range []string{
		"",
		"plain",
		"two words",
		" lead",
		"trail ",
		"  ",
		"a=b&c=d",
		"100%",
		"%41",
		"comma, semi; colon: \"quoted\" 'single' \\back",
		"ünïcödé",
		"名前",
		"😀",
		"\u200b",
		"tab\there",
		"line\nbreak",
		"\r\n",
		"\x00",
		"\x7f",
		"=?UTF-8?Q?x?=",
		"{\"json\": [1]}",
		"<xml/>",
		"a+b",
		"\u2028",
		strings.Repeat("v", 1000),
	} {
		m := map[string]string{"key": v}
		wantMetadata(t, h, fmt.Sprintf("f%d", i), m, m)
	}
	many := map[string]string{}
	for i := range 100 {
		many[fmt.Sprintf("k%02d", i)] = fmt.Sprint(i)
	}
	wantMetadata(t, h, "many", many, many)
}

func metadataKeys(t suite.T, h *suite.H) {
	for i, k := range []string{
		"k",
		"with-dash",
		"with_underscore",
		"with.dot",
		"with space",
		" lead",
		"trail ",
		"a:b",
		"a=b",
		"a/b",
		"%41",
		"ünïcödé",
		"ключ",
		"名",
		"😀",
		"\n",
		"content-type",
		"x-amz-meta-k",
		"etag",
		"name",
		"0",
		"a__0x2f__b",
		strings.Repeat("k", 1000),
	} {
		m := map[string]string{k: "v" + k[:1]}
		if k[0] >= 0x80 {
			m[k] = "v"
		}
		wantMetadata(t, h, fmt.Sprintf("f%d", i), m, m)
	}
	all := map[string]string{"a-b": "1", "a_b": "2", "a.b": "3", "a b": "4", "ab": "5"}
	wantMetadata(t, h, "all", all, all)
}

func metadataFolding(t suite.T, h *suite.H) {
	wantMetadata(t, h, "a", map[string]string{
		"MixedCase":                  "Value",
		"UPPER":                      "UP",
		"lower":                      "low",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ": "all",
	}, map[string]string{
		"mixedcase":                  "Value",
		"upper":                      "UP",
		"lower":                      "low",
		"abcdefghijklmnopqrstuvwxyz": "all",
	})
	// Only ASCII letters are folded.
	wantMetadata(t, h, "b", map[string]string{
		"ÄÖÜ": "1",
		"äöü": "2",
		"İ":   "3",
	}, map[string]string{"ÄÖÜ": "1", "äöü": "2", "İ": "3"})
}

func metadataRefused(t suite.T, h *suite.H) {
	old := check.Put(t, h, "old", check.Content(1, 10),
		&files.PutOptions{Attributes: files.Attributes{Metadata: map[string]string{"k": "v"}}})
	for what, m := range map[string]map[string]string{
		"an empty key":                  {"": "v"},
		"two keys that fold to one":     {"Key": "1", "key": "2"},
		"a key that isn't UTF-8":        {"k\xff": "v"},
		"a value that isn't UTF-8":      {"k": "v\xff"},
		"a value with a lone surrogate": {"k": "\xed\xa0\x80"},
	} {
		for _, name := range []string{"old", "new"} {
			_, err := h.Put(t.Context(), name, check.Stream([]byte("x")),
				&files.PutOptions{Attributes: files.Attributes{Metadata: m}})
			check.WantErr(t, "Put with "+what, err, files.ErrInvalid)
		}
		_, err := files.Copy(t.Context(), h.Bucket, "new", h.Bucket, "old", &files.CopyOptions{
			Attributes: &files.Attributes{
				Metadata:    m,
				ContentType: "x/y",
			},
		})
		check.WantErr(t, "Copy with "+what, err, files.ErrInvalid)
	}
	check.WantOnly(t, h, "old")
	check.Same(t, "metadata of the old file", check.Stat(t, h, "old").Metadata, old.Metadata)
	check.WantContent(t, h, "old", check.Content(1, 10))
}

func metadataLimit(t suite.T, h *suite.H) {
	at := func(total int, fill string, escaped int) map[string]string {
		m := map[string]string{"k": strings.Repeat(fill, (total-1)/escaped)}
		m["k"] += strings.Repeat("v", (total-1)%escaped)
		return m
	}
	for _, c := range []struct {
		fill    string
		escaped int
	}{{"v", 1}, {"ü", 6}, {"%", 3}, {"名", 9}, {"\n", 3}} {
		m := at(files.MaxMetadata, c.fill, c.escaped)
		wantMetadata(t, h, "a", m, m)
		_, err := h.Put(t.Context(), "a", check.Stream([]byte("y")),
			&files.PutOptions{Attributes: files.Attributes{Metadata: at(files.MaxMetadata+1, c.fill,
				c.escaped)}})
		check.WantErr(t,
			fmt.Sprintf("Put with %d bytes of metadata, of %q", files.MaxMetadata+1, c.fill),
			err, files.ErrInvalid)
		check.Same(t, "metadata after the refused Put", check.Stat(t, h, "a").Metadata, m)
		check.WantContent(t, h, "a", []byte("x"))
	}
	// Keys count too.
	long := map[string]string{strings.Repeat("k", files.MaxMetadata-1): "v"}
	wantMetadata(t, h, "b", long, long)
}

func headersRoundTrip(t suite.T, h *suite.H) {
	for i, a := range []files.Attributes{
		{ContentType: "x/y", CacheControl: "public, max-age=31536000, immutable"},
		{
			ContentType:        "x/y",
			ContentDisposition: `attachment; filename="a b.txt"; filename*=UTF-8''%C3%BC.txt`,
		},
		{ContentType: "x/y", ContentEncoding: "gzip"},
		{ContentType: "x/y", ContentEncoding: "aws-chunked, br"},
		{ContentType: "x/y", ContentLanguage: "de-CH, en"},
		{
			ContentType:        "x/y",
			CacheControl:       "no-store",
			ContentDisposition: "inline",
			ContentEncoding:    "identity",
			ContentLanguage:    "en",
			Metadata:           map[string]string{"k": "v"},
		},
	} {
		name := fmt.Sprintf("f%d.txt", i)
		check.Same(t, "attributes in Put's Info",
			check.Put(t, h, name, []byte("x"), &files.PutOptions{Attributes: a}).Attributes, a)
		check.Same(t, "attributes in Stat's Info", check.Stat(t, h, name).Attributes, a)
		_, got := check.Get(t, h, name, nil)
		check.Same(t, "attributes in Get's Info", got.Attributes, a)
	}
}

func headersRefused(t suite.T, h *suite.H) {
	check.Put(t, h, "old", check.Content(1, 10), nil)
	for _, v := range []string{
		"a\r\nSet-Cookie: x",
		"a\nb",
		"a\x00b",
		"\x7f",
		"a\xff",
		" lead",
		"trail ",
		"a\tb",
		"ü",
		`inline; filename="名.txt"`,
		"a\u0080b",
		"a\u00a0b",
	} {
		for what, a := range map[string]files.Attributes{
			"ContentType":        {ContentType: v},
			"CacheControl":       {CacheControl: v},
			"ContentDisposition": {ContentDisposition: v},
			"ContentEncoding":    {ContentEncoding: v},
			"ContentLanguage":    {ContentLanguage: v},
		} {
			_, err := h.Put(t.Context(), "old", check.Stream([]byte("x")),
				&files.PutOptions{Attributes: a})
			check.WantErr(t, fmt.Sprintf("Put with %s %q", what, v), err, files.ErrInvalid)
			_, err = files.Copy(t.Context(), h.Bucket, "new", h.Bucket, "old",
				&files.CopyOptions{Attributes: &a})
			check.WantErr(t, fmt.Sprintf("Copy with %s %q", what, v), err, files.ErrInvalid)
		}
	}
	check.WantOnly(t, h, "old")
	check.WantContent(t, h, "old", check.Content(1, 10))
}

func notDecoded(t suite.T, h *suite.H) {
	// A gzip header, and then nothing that can be decoded.
	c := append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00"), check.Content(1, 3000)...)
	for _, e := range []string{"gzip", "br", "deflate", "zstd"} {
		check.Put(t, h, "a", c, &files.PutOptions{Attributes: files.Attributes{
			ContentEncoding: e,
			ContentType:     "text/plain",
		}})
		check.WantContent(t, h, "a", c)
		p, _ := check.Get(t, h, "a", &files.GetOptions{Range: files.Bytes(4, 100)})
		if d := check.Diff(p, c[4:104]); d != "" {
			t.Errorf("a range of a file of Content-Encoding %s %s", e, d)
		}
	}
}

func mapsOwn(t suite.T, h *suite.H) {
	want := map[string]string{"k": "v", "l": "w"}
	given := maps.Clone(want)
	info := check.Put(t, h, "a", []byte("x"),
		&files.PutOptions{Attributes: files.Attributes{Metadata: given}})
	spoil := func(m map[string]string) {
		m["k"] = "spoilt"
		delete(m, "l")
		m["new"] = "x"
	}
	spoil(given)
	spoil(info.Metadata)
	check.Same(t, "metadata after Put's maps were changed", check.Stat(t, h, "a").Metadata, want)
	spoil(check.Stat(t, h, "a").Metadata)
	check.Same(t, "metadata after Stat's map was changed", check.Stat(t, h, "a").Metadata, want)
	r, err := h.Get(t.Context(), "a", nil)
	if err != nil {
		t.Fatalf("Get: %v, want no error", err)
	}
	defer r.Close()
	spoil(r.Info().Metadata)
	check.Same(t, "metadata of the Reader after its map was changed", r.Info().Metadata, want)
	check.Same(t, "metadata after the Reader's map was changed", check.Stat(t, h, "a").Metadata,
		want)
}

func metadataEmpty(t suite.T, h *suite.H) {
	for _, m := range []map[string]string{nil, {}} {
		info := check.Put(t, h, "a", []byte("x"),
			&files.PutOptions{Attributes: files.Attributes{Metadata: m}})
		if len(info.Metadata)+len(check.Stat(t, h, "a").Metadata) > 0 {
			t.Errorf("a file that was put without metadata has some, want none")
		}
	}
}

func metadataEverywhere(t suite.T, h *suite.H) {
	for i, name := range []string{"a", "a/b", "a/b/c", "x.attrs", "ünï", "%41", strings.Repeat("l",
		min(300, h.F.MaxName)), "CON", "trail. "} {
		if strings.Contains(name, "/") && !h.F.DirBesideFile {
			continue
		}
		a := files.Attributes{
			ContentType: fmt.Sprintf("x/t%d", i),
			Metadata:    map[string]string{"name": name, "i": fmt.Sprint(i)},
		}
		for _, size := range []int{0, 10, 100_000} {
			check.Put(t, h, name, check.Content(i, size), &files.PutOptions{Attributes: a})
			check.Same(t, fmt.Sprintf("attributes of %s", term.Quote(name)),
				check.Stat(t, h, name).Attributes, a)
			check.WantContent(t, h, name, check.Content(i, size))
		}
	}
}

func metadataInParts(t suite.T, h *suite.H) {
	const size = 12 << 20
	c := check.Content(1, size)
	a := files.Attributes{
		ContentType:        "x/y",
		CacheControl:       "no-cache",
		ContentDisposition: "inline",
		ContentEncoding:    "br",
		ContentLanguage:    "de",
		Metadata:           map[string]string{"key": "ünï 名", "empty": "", "percent": "100%41"},
	}
	for what, opts := range map[string]*files.PutOptions{
		"a known size":   {Attributes: a, Size: new(int64(size))},
		"an unknown one": {Attributes: a},
	} {
		info, err := h.Put(t.Context(), "large", check.Stream(c), opts)
		if err != nil {
			t.Fatalf("Put of %s: %v, want no error", what, err)
		}
		check.Same(t, "attributes in Put's Info, of "+what, info.Attributes, a)
		check.Same(t, "attributes in Stat's Info, of "+what, check.Stat(t, h, "large").Attributes,
			a)
		got, info := check.Get(t, h, "large", nil)
		check.Same(t, "attributes in Get's Info, of "+what, info.Attributes, a)
		if d := check.Diff(got, c); d != "" {
			t.Errorf("content of %s %s", what, d)
		}
	}
	check.Put(t, h, "large", c, nil)
	check.Same(t, "metadata after a large Put without any", len(check.Stat(t, h, "large").Metadata),
		0)
}
