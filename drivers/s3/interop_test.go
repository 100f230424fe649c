package s3

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/internal/testserver"
	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"
)

var odd = map[string]string{
	"plain":                "value",
	"with_underscore":      "a b",
	"dots.and-dashes":      "x",
	"at@sign:colon=equals": "a=b&c+d%20",
	"umlaut ä ö":           "名前 \U0001F600",
	"percent%41":           "%41%zz",
	"looks__0x41__escaped": "__0x41__",
	"__0x5f____0x5f__":     "twice",
	"empty":                "",
	"spaces":               " lead and trail ",
	"quote\"'()*!~":        "\"'()*!~",
	"slash/back\\":         "a/b\\c",
	"tab\tkey":             "line\nbreak\x00",
}

// TestInterchange: programs on the Go CDK read what this package writes, and the other
// way round.
func TestInterchange(t *testing.T) {
	t.Parallel()
	s := newSubject(t, testserver.Versitygw, Options{})
	name := s.create(t)
	ours := s.open(name)
	defer ours.Close()
	theirs, err := s3blob.OpenBucket(t.Context(), s.admin, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	attrs := files.Attributes{
		ContentType:        "text/x; a=b",
		CacheControl:       "no-cache",
		ContentDisposition: "inline",
		ContentLanguage:    "de",
		Metadata:           odd,
	}
	for i, o := range []*files.PutOptions{{Attributes: attrs}, {
		Attributes: attrs,
		If:         files.IfAbsent(),
	}} {
		file := string(rune('a' + i))
		put(t, ours, file, []byte("content"), o)
		if got := must(ours.Stat(t.Context(), file, nil)); !maps.Equal(got.Metadata, odd) {
			t.Errorf("Stat of our file: metadata\n%q\nwant\n%q", got.Metadata, odd)
		}
		a := must(theirs.Attributes(t.Context(), file))
		delete(a.Metadata, markKey)
		if !maps.Equal(a.Metadata,
			odd) || a.ContentType != "text/x; a=b" || a.CacheControl != "no-cache" ||
			a.ContentDisposition != "inline" || a.ContentLanguage != "de" {
			t.Errorf("s3blob's attributes of our file: metadata\n%q\nwant\n%q; %+v", a.Metadata,
				odd, a)
		}
		if p := must(theirs.ReadAll(t.Context(), file)); string(p) != "content" {
			t.Errorf("s3blob reads %q, want %q", p, "content")
		}
	}
	if err := theirs.WriteAll(t.Context(), "theirs", []byte("content"), &blob.WriterOptions{
		Metadata:     odd,
		ContentType:  "a/b",
		CacheControl: "no-cache",
	}); err != nil {
		t.Fatal(err)
	}
	if got, info := read(t, ours, "theirs",
		nil); string(got) != "content" || !maps.Equal(info.Metadata,
		odd) || info.ContentType != "a/b" || info.CacheControl != "no-cache" {
		t.Errorf("Get of s3blob's file = %q, metadata\n%q\nwant\n%q", got, info.Metadata, odd)
	}
	// A name that s3blob escapes is another key there.
	if err := theirs.WriteAll(t.Context(), "v1../x", []byte("escaped"), nil); err != nil {
		t.Fatal(err)
	}
	put(t, ours, "v1../x", []byte("as it is"), nil)
	var names []string
	for e, err := range ours.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(e.Name, "v1") {
			names = append(names, e.Name)
		}
	}
	if strings.Join(names, " ") != "v1../x v1..__0x2f__x" {
		t.Errorf("listed: %q", names)
	}
	if got, _ := read(t, ours, "v1..__0x2f__x", nil); !bytes.Equal(got, []byte("escaped")) {
		t.Errorf("read(v1..__0x2f__x) = %q, want %q", got, "escaped")
	}
}

func TestEscapes(t *testing.T) {
	for k, v := range odd {
		stored := escapeKey(k)
		if strings.ContainsFunc(stored, func(r rune) bool {
			return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
		}) {
			t.Errorf("%q is stored as %q, which isn't a token of HTTP", k, stored)
		}
		if got := decodeMetadata(map[string]string{
			strings.ToLower(stored): encodeMetadata(map[string]string{k: v}, "")[stored],
		}); got[k] != v || len(got) != 1 {
			t.Errorf("%q: %q comes back as %q, want %q and a length of 1", k, v, got, v)
		}
	}
	if got := decodeMetadata(map[string]string{
		"raw%zz": "100%",
		markKey:  "x",
	}); got["raw%zz"] != "100%" || len(got) != 1 {
		t.Errorf("metadata of another program comes back as %q, want %q and a length of 1", got,
			"100%")
	}
}

func FuzzMetadata(f *testing.F) {
	for k, v := range odd {
		f.Add(k, v)
	}
	f.Fuzz(func(t *testing.T, k, v string) {
		a, err := (files.Attributes{Metadata: map[string]string{k: v}}).Normalize()
		if err != nil {
			return
		}
		for k, v := range a.Metadata {
			for stored, sv := range encodeMetadata(a.Metadata, "") {
				if got := decodeMetadata(map[string]string{
					strings.ToLower(stored): sv,
				}); got[k] != v {
					t.Errorf("%q: %q comes back as %q, want %q", k, v, got, v)
				}
			}
		}
	})
}
