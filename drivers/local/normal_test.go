package local

import (
	"maps"
	"testing"

	"cloudfiles.dev/files"
)

// The attributes of a sidecar are normalized if they can be: without metadata there is
// no map, also if something else in the sidecar can't be normalized.
func TestAttributesOfSidecarAreNormal(t *testing.T) {
	bad := "text/plain\n" // no header can have this
	if _, err := (files.Attributes{ContentType: bad}).Normalize(); err == nil {
		t.Fatalf("%q is a content type, want one that is refused", bad)
	}
	for _, c := range []struct{ s, want files.Attributes }{
		{files.Attributes{}, files.Attributes{}},
		{files.Attributes{Metadata: map[string]string{}}, files.Attributes{}},
		{
			files.Attributes{Metadata: map[string]string{"K": "v"}},
			files.Attributes{Metadata: map[string]string{"k": "v"}},
		},
		{
			files.Attributes{ContentType: bad, Metadata: map[string]string{}},
			files.Attributes{ContentType: bad},
		},
		{
			files.Attributes{ContentType: bad, Metadata: map[string]string{"K": "v"}},
			files.Attributes{ContentType: bad, Metadata: map[string]string{"K": "v"}},
		},
	} {
		s := sidecar{ContentType: c.s.ContentType, Metadata: c.s.Metadata}
		got := s.attributes()
		if got.ContentType != c.want.ContentType || !maps.Equal(got.Metadata, c.want.Metadata) ||
			(got.Metadata == nil) != (c.want.Metadata == nil) {
			t.Errorf("the attributes of %#v are %#v, want %#v", c.s, got, c.want)
		}
	}
}
