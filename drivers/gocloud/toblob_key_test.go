package gocloud

import (
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"cloudfiles.dev/files/driver"
)

func TestNameOf(t *testing.T) {
	for key, want := range map[string]string{
		"a/b":        "a/b",
		"v1../x":     "v1../x",
		"a//b":       "a/__0x2f__b",
		"/a":         "__0x2f__a",
		"a/":         "a__0x2f__",
		"/":          "__0x2f__",
		".":          "__0x2e__",
		"..":         ".__0x2e__",
		"a/..":       "a/.__0x2e__",
		"../a":       "..__0x2f__a",
		"./a":        ".__0x2f__a",
		"a\x00b\x7f": "a__0x0__b__0x7f__",
		// decodes to a character that is never escaped
		"__0x41__":         "__0x41__",
		"__0x2F__":         "__0x2F__",               // escapes have lower case
		"a__0x2f__b":       "a__0x2f__b",             // "a/b" is legal, so the name is free
		"a/__0x2f__b":      "a/__0x5f___0x2f__b",     // the name of "a//b" is taken
		"__0x0__":          "__0x5f___0x0__",         // the name of "\x00" is taken
		"a/__0x5f___0x2fb": "a/__0x5f___0x2fb",       // decodes to what needs no escape
		"\x01__0x2f__":     "__0x1____0x5f___0x2f__", // if one is escaped, all that look so are
		"___0x1__":         "___0x5f___0x1__",        // the name of "_\x01" is taken
		"file.attrs":       "file.attrs",
	} {
		if got := nameOf(key); got != want {
			t.Errorf("nameOf(%q) = %q, want %q", key, got, want)
		}
		if got := keyOf(nameOf(key)); got != key {
			t.Errorf("keyOf(nameOf(%q)) = %q, want %q", key, got, key)
		}
	}
}

// pieces make keys in which all relevant sequences meet.
var pieces = []string{
	"a", "/", ".", "..", "_", "__", "0x", "__0x", "__0x2f__", "__0x5f__", "__0x2e__", "__0x1__",
	"__0x7f__", "2f", "\x01", "\x7f", "☺", " ",
}

func randomKey(r *rand.Rand) string {
	var k string
	for range 1 + r.IntN(7) {
		k += pieces[r.IntN(len(pieces))]
	}
	return k
}

// TestKeysAndNames: every key has a legal name, different keys have different names,
// and every legal name has a key.
func TestKeysAndNames(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	names := map[string]string{}
	for range 30_000 {
		key := randomKey(r)
		checkKey(t, key)
		name := nameOf(key)
		if other, ok := names[name]; ok && other != key {
			t.Fatalf("%q and %q have the same name %q", key, other, name)
		}
		names[name] = key
	}
}

func checkKey(t *testing.T, key string) {
	name := nameOf(key)
	if err := driver.CheckNameMax(name, len(name)); err != nil {
		t.Fatalf("the name %q of the key %q: %v", name, key, err)
	}
	if got := keyOf(name); got != key {
		t.Fatalf("%q has the name %q, which has the key %q", key, name, got)
	}
	if driver.CheckNameMax(key, len(key)) == nil { // a key that is also a name
		if got := nameOf(keyOf(key)); got != key {
			t.Fatalf("the name %q has the key %q, which has the name %q", key, keyOf(key), got)
		}
	}
}

func FuzzKeys(f *testing.F) {
	for _, p := range pieces {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if key != "" && utf8.ValidString(key) {
			checkKey(t, key)
		}
	})
}
