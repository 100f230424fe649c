package filestest_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"cloudfiles.dev/files/filestest"
)

// TestTxtar: to the format and back is the same tree, or an error that names the file.
func TestTxtar(t *testing.T) {
	good := filestest.Tree{
		"a":     "one\n\ntwo -- x --\n",
		"a/b":   "",
		"A":     "-- no name\n",
		"ü/ x":  " -- not at the beginning --\n",
		"c/d.e": "--  --\n",
	}
	text, err := good.Txtar()
	if err != nil {
		t.Fatal(err)
	}
	got, err := filestest.ParseTxtar(text)
	if err != nil || !maps.Equal(got, good) {
		t.Errorf("back is %q, %v", got, err)
	}
	for what, tree := range map[string]filestest.Tree{
		"no line end":     {"x": "text"},
		"carriage return": {"x": "a\r\n"},
		"binary":          {"x": "\xff\n"},
		"zero":            {"x": "\x00\n"},
		"a marker":        {"x": "a\n-- b --\n"},
		"a name's space":  {" x": "\n"},
	} {
		if text, err := tree.Txtar(); err == nil {
			t.Errorf("Txtar of a tree with %s = %q, want an error", what, text)
		}
	}
	for _, bad := range []string{"-- a --\n-- a --\n", "text\n-- a --\n"} {
		if got, err := filestest.ParseTxtar([]byte(bad)); err == nil {
			t.Errorf("ParseTxtar(%q) = %q, want an error", bad, got)
		}
	}
	got, err = filestest.ParseTxtar([]byte("# comment\n\n-- a --\nx"))
	if err != nil || !maps.Equal(got, filestest.Tree{"a": "x\n"}) {
		t.Errorf("ParseTxtar of an archive with a comment = %q, %v", got, err)
	}
}

// TestGolden: a missing archive fails, a false value doesn't update, a test that has
// failed writes nothing.
func TestGolden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "golden.txtar")
	b := filestest.New(t)
	put(t, b, "a", "x\n")
	o := observe(t)
	t.Setenv("CLOUDFILES_UPDATE", "0")
	b.Golden(o, path)
	o.want(t, "set CLOUDFILES_UPDATE=1 to write it")
	t.Setenv("CLOUDFILES_UPDATE", "1")
	b.Golden(o, path)
	if _, err := os.Stat(path); err == nil {
		t.Error("a test that has failed wrote the archive")
	}
	o = observe(t)
	b.Golden(o, path)
	t.Setenv("CLOUDFILES_UPDATE", "")
	b.Golden(o, path)
	o.want(t)
	put(t, b, "a", "y\n")
	b.Golden(o, path)
	o.want(t, `"a": got 2 bytes, want 2; they differ at byte 0, line 1: got "y\n", want "x\n"`)
}
