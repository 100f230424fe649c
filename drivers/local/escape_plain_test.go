package local

import (
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// TestPlainIsExact: an element is plain exactly if it is legal, fits, isn't like a
// sidecar and needs no escape, for every element of a few characters and words.
func TestPlainIsExact(t *testing.T) {
	words := []string{
		"", "a", "S", "é", "_", "__0x2f__", "%", mark, ".", "..", sidecarExt, " ", "\x1f", "\x7f",
		"\xff", "/", "<", "*", "con", controlPrefix, ".fuse_hidden", "0123456789abcdef", ".nfs",
		"00000000", strings.Repeat("x", 140), strings.Repeat("y", 98), "s",
	}
	for _, r := range allRules {
		for _, a := range words {
			for _, b := range words {
				for _, c := range words {
					e := a + b + c
					want := files.CheckElement(e) == nil && len(e) <= r.maxElement() &&
						!strings.HasSuffix(e, sidecarExt) && !r.special(e)
					if got := plain(r, e); got != want {
						t.Errorf("%+v: plain(%q) = %v, want %v", r, e, got, want)
					}
					if got := plain(r, []byte(e)); got != want {
						t.Errorf("%+v: plain of the bytes %q = %v, want %v", r, e, got, want)
					}
				}
			}
		}
	}
}

// TestClassify: what an entry on disk is depends on its name, its type, and whether it
// lies in a chain.
func TestClassify(t *testing.T) {
	long := strings.Repeat("x", 250)
	in := []string{long[:240]} // the parts of a chain
	const file, folder = fsys.Regular, fsys.Directory
	for _, c := range []struct {
		disk  string
		typ   fsys.Type
		parts []string
		text  string
		what  what
		path  pathKind
	}{
		{"a", file, nil, "a", aFile, 0},
		{"a", folder, nil, "a", aFolder, 0},
		{"a", fsys.Other, nil, "", nothing, 0},
		{"a", file, in, "", nothing, 0},
		{"a", folder, in, "", nothing, 0},
		{"%cf-l-a", file, nil, "a", aFile, leafPath},
		{"%cf-l-a", folder, nil, "", nothing, 0},
		{"%cf-e-x%2Eattrs", file, nil, "x.attrs", aFile, 0},
		{"%cf-e-x%2Eattrs", folder, nil, "x.attrs", aFolder, 0},
		{"%cf-d-a-", folder, nil, "a", aChain, 0},
		{"%cf-d-a-", folder, in, "a", aChain, 0},
		{"%cf-d-a-", file, nil, "", nothing, 0},
		{"%cf-x-" + long[:10], file, in, long, aFile, 0},
		{"%cf-x-" + long[:10], folder, in, long, aFolder, 0},
		{"%cf-x-" + long[:10], file, nil, "", nothing, 0},
		{"%cf-x-" + long[:10], file, []string{"x"}, "", nothing, 0},
		{"%cf-l-%cf-x-" + long[:10], file, in, long, aFile, leafPath},
		// These may be sidecars, or files of others with the name of one.
		{"a.attrs", file, nil, "a.attrs", aFile, asIs},
		{".attrs", file, nil, ".attrs", aFile, asIs},
		{"a.attrs", folder, nil, "", nothing, 0},
		{"a.attrs", file, in, "", nothing, 0},
		{"a.attrs.not", file, nil, "a.attrs.not", aFile, 0},
		{controlPrefix + ".attrs", file, nil, "", nothing, 0},
		{controlDir, folder, nil, "", nothing, 0},
		{"a\x01.attrs", file, nil, "", nothing, 0},
		{"a\x01", file, nil, "", nothing, 0},
		{"%cf-z", file, nil, "", nothing, 0},
		{strings.Repeat("x", 235) + ".attrs", file, nil, strings.Repeat("x", 235) + ".attrs",
			aFile, asIs},
		{strings.Repeat("x", 249) + ".attrs", file, nil, "", nothing, 0},
	} {
		text, k, p := linuxRules.classify(c.disk, c.typ, c.parts)
		if text != c.text || k != c.what || p != c.path {
			t.Errorf("classify(%.40q, %v, %d parts) = %.40q, %v, %v; want %.40q, %v, %v", c.disk,
				c.typ, len(c.parts), text, k, p, c.text, c.what, c.path)
		}
	}
}
