package azure

import (
	"maps"
	"strings"
	"testing"
)

func TestMetadata(t *testing.T) {
	m := map[string]string{
		"plain":         "value",
		"k-with-dash":   "a b",
		"1st":           "",
		"ünï":           "ö%&+",
		"__0x2d__":      "looks like an escape",
		"_":             "_",
		"a__0x":         "x",
		"a__0xzz__":     "x",
		"a.b/c":         "日本",
		digestKey:       "mine",
		markKey:         "mine too",
		"x" + digestKey: "near",
	}
	out := encodeMetadata(m)
	if len(out) != len(m) {
		t.Errorf("%d keys became %d, want %v", len(m), len(out), len(m))
	}
	for k, v := range out {
		if strings.Trim(k,
			"abcdefghijklmnopqrstuvwxyz0123456789_") != "" || k[0] >= '0' && k[0] <= '9' {
			t.Errorf("%q is not a C# identifier", k)
		}
		for _, c := range *v {
			if c <= ' ' || c > '~' {
				t.Errorf("%q can't be in a header", *v)
			}
		}
	}
	out[digestKey], out[markKey] = new("own"), new("own")
	if got := decodeMetadata(out); !maps.Equal(got, m) {
		t.Errorf("got %q, want %q", got, m)
	}
	upper := map[string]*string{"Plain": new("not%zzescaped")}
	if got := decodeMetadata(upper); !maps.Equal(got, map[string]string{"plain": "not%zzescaped"}) {
		t.Errorf("metadata of another program = %q, want %v", got,
			map[string]string{"plain": "not%zzescaped"})
	}
}

func FuzzMetadataKey(f *testing.F) {
	for _, k := range []string{"a", "__0x2d__", "__0x", "_", "1", "é", digestKey} {
		f.Add(k)
	}
	f.Fuzz(func(t *testing.T, k string) {
		k = strings.ToValidUTF8(k, "")
		if got := decodeKey(encodeKey(k)); got != k {
			t.Errorf("%q became %q by %q, want %q", k, got, encodeKey(k), k)
		}
		if e := encodeKey(k); e == digestKey || e == markKey {
			t.Errorf("%q is encoded as a reserved key", k)
		}
	})
}
