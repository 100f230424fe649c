package filestest_test

import (
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/filestest"
)

// TestPartsOfATree: any content, more files than are named, none that match, and trees
// from folders and archives.
func TestPartsOfATree(t *testing.T) {
	o := observe(t)
	b := filestest.New(o)
	b.Fill(t, fstest.MapFS{"d/a": {Data: []byte("1\n")}, "e": {Data: []byte("2\n")}})
	b.Want(o, filestest.Tree{"d/a": filestest.AnyContent, "e": "2\n"})
	b.WantAtLeast(o, filestest.Tree{"d/a": "1\n"})
	b.WantNone(o, "f/")
	b.WantNone(o, "d")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "e"), []byte("2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	b.WantAtLeast(o, filestest.ReadTree(t, os.DirFS(dir)))
	archive := filepath.Join(t.TempDir(), "x.txtar")
	if err := os.WriteFile(archive, []byte("-- d/a --\n1\n-- e --\n2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	b.Want(o, filestest.ReadTxtar(t, archive))
	o.want(t)
	b.Want(o, filestest.Tree{"d/a": filestest.AnyContent, "f": filestest.AnyContent})
	b.WantAtLeast(o, filestest.Tree{"d/a": "2\n"})
	b.WantNone(o, "d/")
	b.WantNone(o, "[")
	b.WantOneOf(o)
	o.want(t, "want 2 files; got 2, and 2 differ", `"d/a": got 2 bytes, want 2`,
		`"d/a" is there with "1\n"; want no such file`, "syntax error in pattern",
		"there is no tree")
	if !strings.Contains(o.errors[0], `"f" is missing; want any content`) {
		t.Errorf("the failure is %q, want that f is missing", o.errors[0])
	}
}

// fatal runs f, which must fail the test with a part of this text and end the goroutine.
func fatal(t *testing.T, part string, f func(o *observed)) {
	t.Helper()
	o := observe(t)
	done := make(chan struct{})
	returned := false
	go func() {
		defer close(done)
		f(o)
		returned = true
	}()
	<-done
	if returned {
		t.Errorf("the function returned, want a failure with %q", part)
	}
	o.want(t, part)
}

// TestTreesThatCantBe: what has no files compares nothing, and what the service can't
// hold isn't filled in.
func TestTreesThatCantBe(t *testing.T) {
	empty := t.TempDir()
	archive := filepath.Join(empty, "x.txtar")
	fatal(t, "there are no files", func(o *observed) {
		filestest.New(t).Fill(o, os.DirFS(empty))
	})
	fatal(t, "no such file", func(o *observed) {
		filestest.ReadTree(o, os.DirFS(filepath.Join(empty, "missing")))
	})
	fatal(t, "x.txtar", func(o *observed) { filestest.ReadTxtar(o, archive) })
	if err := os.WriteFile(archive, []byte("# nothing\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	fatal(t, "there are no files", func(o *observed) { filestest.ReadTxtar(o, archive) })
	fatal(t, "AnyContent is for comparing", func(o *observed) {
		filestest.New(t).FillTree(o, filestest.Tree{"a": filestest.AnyContent})
	})
	for name, p := range map[string]filestest.Personality{
		".well-known/acme-challenge/x": filestest.GCS,
		"x./y":                         filestest.Azure,
		strings.Repeat("x", 256):       filestest.MinIO,
	} {
		fatal(t, "can't be stored: \""+name[:2], func(o *observed) {
			filestest.New(t, filestest.As(p)).FillTree(o, filestest.Tree{name: "x"})
		})
		strong := filestest.New(t, filestest.As(filestest.Strong))
		strong.FillTree(t, filestest.Tree{name: "x"})
		s := strong.Snapshot()
		fatal(t, "Restore: \""+name[:2], func(o *observed) {
			filestest.New(t, filestest.As(p)).Restore(o, s)
		})
	}
	fatal(t, "can't be stored", func(o *observed) { // a name that is none
		filestest.New(t).FillTree(o, filestest.Tree{"/a": "x"})
	})
	o := observe(t)
	filestest.New(t).Golden(o, archive)
	o.want(t, "has no files, so it compares nothing")
	// A map whose root is a file ends: it isn't read for ever.
	b := filestest.New(t)
	fatal(t, "filestest: ", func(o *observed) {
		b.Fill(o, fstest.MapFS{".": {Data: []byte("x")}})
	})
}

// TestTxtarOrAnError: of any tree the archive gives the same tree again, or there is an
// error that names a file which the format can't hold.
func TestTxtarOrAnError(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"-- a --", "-- ", " --", "\n", "\r\n", "\n", "x", "\x00", "\xff", "ü", " "}
	text := func() string {
		var b strings.Builder
		for range r.IntN(6) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		return b.String()
	}
	held, refused := 0, 0
	for range 5000 {
		tree := filestest.Tree{"a": text(), "a/b": text() + "\n", "A": text() + "\n"}
		if r.IntN(4) == 0 {
			tree[text()] = "\n"
		}
		archive, err := tree.Txtar()
		if err != nil {
			refused++
			if !strings.Contains(err.Error(), "txtar can't hold \"") {
				t.Fatalf("Txtar: %v, want what can't be held", err)
			}
			continue
		}
		held++
		if back, err := filestest.ParseTxtar(archive); err != nil || !maps.Equal(back, tree) {
			t.Fatalf("%q is %q, %v", tree, back, err)
		}
	}
	if held < 100 || refused < 100 {
		t.Errorf("%d were held, %d refused", held, refused)
	}
	_, err := filestest.Tree{"good": "\n", "the bad one": "\r\n"}.Txtar()
	if err == nil || !strings.Contains(err.Error(), "the bad one") {
		t.Errorf("Txtar: %v, want the bad name in the error", err)
	}
}

// TestUpdateFlag: the package defines no flag. A flag -update of the test's program is
// used if it is one, and what it changes is logged.
func TestUpdateFlag(t *testing.T) {
	flag.VisitAll(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") {
			t.Errorf("there is a flag -%s", f.Name)
		}
	})
	all := flag.CommandLine
	defer func() { flag.CommandLine = all }()
	flag.CommandLine = flag.NewFlagSet("", flag.ContinueOnError)
	on := flag.Bool("update", false, "")
	t.Setenv("CLOUDFILES_UPDATE", "")

	path := filepath.Join(t.TempDir(), "golden.txtar")
	b := filestest.New(t)
	golden := func(update bool) *observed {
		o := observe(t)
		*on = update
		b.Golden(o, path)
		return o
	}
	golden(true).want(t, "there are no files for ")
	put(t, b, "a", "x\n")
	put(t, b, "a/b", "\n")
	golden(false).want(t, "no such file")
	o := golden(true)
	o.want(t)
	if len(o.logs) != 1 || !strings.Contains(o.logs[0], "golden.txtar with 2 files") {
		t.Errorf("logged %q", o.logs)
	}
	golden(false).want(t)
	if o := golden(true); len(o.logs) != 0 {
		t.Errorf("nothing was changed, and it logged %q", o.logs)
	}
	put(t, b, "A", "\n")
	if o := golden(true); len(o.logs) != 1 || !strings.Contains(o.logs[0], `"A" is there with`) ||
		strings.Contains(o.logs[0], "a/b") {
		t.Errorf("logged %q", o.logs)
	}
	put(t, b, "A", "no line end")
	golden(true).want(t, `can't hold "A"`)
	golden(false).want(t, `"A": got 11 bytes, want 1`)
}

// TestRestoreOverAWriter fails the test, and changes nothing.
func TestRestoreOverAWriter(t *testing.T) {
	b := filestest.New(t)
	s := b.Snapshot()
	put(t, b, "a", "x")
	w := files.NewWriter(t.Context(), b, "b", nil)
	defer w.Close()
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	fatal(t, "Restore during a call: a Writer was neither", func(o *observed) { b.Restore(o, s) })
	b.Want(t, filestest.Tree{"a": "x"})
}
