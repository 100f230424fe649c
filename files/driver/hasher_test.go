package driver_test

import (
	"slices"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestHasher: it computes the CRC-32C always, and the digests that it is asked for.
func TestHasher(t *testing.T) {
	for _, ask := range []files.Digest{{}, {MD5: "any"}} {
		h := driver.NewHasher(ask)
		if n, err := h.Write([]byte("abc")); n != 3 || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
		want := files.Digest{CRC32C: "364b3fb7"}
		if ask.MD5 != "" {
			want.MD5 = "900150983cd24fb0d6963f7d28e17f72"
		}
		if got := h.Sum(); got != want {
			t.Errorf("asked for %+v: %+v, want %+v", ask, got, want)
		}
	}
}

// TestLayersOfBackend: a backend is called by its package.
func TestLayersOfBackend(t *testing.T) {
	got := files.Layers(driver.New(mapdriver.New()))
	if !slices.Equal(got, []string{"mapdriver"}) {
		t.Errorf("%q, want mapdriver", got)
	}
}
