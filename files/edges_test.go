package files

import (
	"maps"
	"testing"
)

// TestPageTokensOfOtherLists: the token of a page depends on where each of its parts ends.
func TestPageTokensOfOtherLists(t *testing.T) {
	seen := map[string]ListOptions{}
	for _, o := range []ListOptions{
		{Prefix: "a", StartAfter: "bc"}, {Prefix: "ab", StartAfter: "c"},
		{Prefix: "a:b", StartAfter: "c"}, {Prefix: "a", StartAfter: "b:c"},
		{Prefix: "a1:", StartAfter: ""}, {Prefix: "a", StartAfter: "1:"},
	} {
		sum := tokenHash("dir", o, "last")
		if other, ok := seen[string(sum[:])]; ok {
			t.Errorf("%+v and %+v have one token", o, other)
		}
		seen[string(sum[:])] = o
	}
	a, b := tokenHash("d", ListOptions{}, "false"), tokenHash("dfalse", ListOptions{}, "")
	if a == b {
		t.Error("the directory and what follows it are one part")
	}
}

// TestHarmlessEndpoint: an endpoint is shown in errors (U1) if it is a scheme, a host and
// a port, and nothing else.
func TestHarmlessEndpoint(t *testing.T) {
	for text, want := range map[string]bool{
		"http://localhost:9000":    true,
		"https://s3.example.com":   true,
		"https://s3.example.com/":  true,
		"http://[::1]:9000":        true,
		"http://":                  false,
		"http:localhost":           false,
		"ftp://localhost":          false,
		"https://host/path":        false,
		"https://host?key=value":   false,
		"https://user@host":        false,
		"https://user:secret@host": false,
		"localhost:9000":           false,
		"":                         false,
	} {
		if harmlessEndpoint(text) != want {
			t.Errorf("%q is harmless: %t, want %t", text, !want, want)
		}
	}
}

// TestTransformKeepsStored: a Transform may change the metadata that it is given, and the
// stored file's Info doesn't change with it.
func TestTransformKeepsStored(t *testing.T) {
	stored := Info{Attributes: Attributes{Metadata: map[string]string{"size": "1", "a": "b"}}}
	before := maps.Clone(stored.Metadata)
	tr := &Transform{Info: func(_ *Call, i Info) (Info, error) {
		delete(i.Metadata, "size")
		return i, nil
	}}
	got, err := tr.info(&Call{}, stored)
	if err != nil || len(got.Metadata) != 1 || !maps.Equal(stored.Metadata, before) {
		t.Errorf("info = %v, %v, and the stored metadata is %v", got.Metadata, err, stored.Metadata)
	}
}
