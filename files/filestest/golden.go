package filestest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// Txtar returns the tree in the txtar format of golang.org/x/tools/txtar, sorted by
// name. It returns an error if the format can't hold the tree. That is the case if a
// content isn't UTF-8 text, has a carriage return, doesn't end with a line end, or has
// a line that looks like a name, and if a name has a line end, or white space at its
// beginning or end.
func (t Tree) Txtar() ([]byte, error) {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if why := noTxtar(name, t[name]); why != "" {
			return nil, fmt.Errorf("filestest: txtar can't hold %q: %s", name, why)
		}
		fmt.Fprintf(&b, "-- %s --\n%s", name, t[name])
	}
	return b.Bytes(), nil
}

// noTxtar says why the format can't hold a file, or returns "".
func noTxtar(name, content string) string {
	switch {
	case name != strings.TrimSpace(name) || strings.ContainsAny(name, "\r\n") || name == "":
		return "the name"
	case !utf8.ValidString(content) || strings.Contains(content, "\x00"):
		return "the content is no text"
	case strings.Contains(content, "\r"):
		return "the content has a carriage return"
	case content != "" && !strings.HasSuffix(content, "\n"):
		return "the content has no line end at its end"
	}
	for line := range strings.Lines(content) {
		if _, ok := txtarName(line); ok {
			return "the content has a line that looks like a name"
		}
	}
	return ""
}

// ParseTxtar returns the files of a txtar archive. A name that comes twice is an error.
// So is text before the first name, other than white space and comment lines, which
// begin with "#".
func ParseTxtar(data []byte) (Tree, error) {
	tree := Tree{}
	name, content := "", strings.Builder{}
	begun := false
	keep := func() {
		if begun {
			tree[name] = content.String()
			content.Reset()
		}
	}
	for line := range strings.Lines(string(data)) {
		next, ok := txtarName(line)
		switch {
		case ok:
			keep()
			if _, twice := tree[next]; twice {
				return nil, fmt.Errorf("filestest: txtar: %q comes twice", next)
			}
			name, begun = next, true
		case begun:
			content.WriteString(line)
			if !strings.HasSuffix(line, "\n") {
				content.WriteByte('\n') // as the format says
			}
		case strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#"):
			return nil, fmt.Errorf("filestest: txtar: text before the first name: %q", line)
		}
	}
	keep()
	return tree, nil
}

// txtarName returns the name of a line "-- name --".
func txtarName(line string) (string, bool) {
	line = strings.TrimSuffix(line, "\n")
	name, ok := strings.CutPrefix(line, "-- ")
	if !ok {
		return "", false
	}
	if name, ok = strings.CutSuffix(name, " --"); !ok {
		return "", false
	}
	name = strings.TrimSpace(name)
	return name, name != ""
}

// updateEnv lets Golden write its files.
const updateEnv = "CLOUDFILES_UPDATE"

// ReadTxtar returns the files of the txtar archive at path, for FillTree or Want.
func ReadTxtar(t testing.TB, path string) Tree {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("filestest: %v", err)
	}
	tree, err := ParseTxtar(text)
	if err == nil && len(tree) == 0 {
		err = errors.New("there are no files")
	}
	if err != nil {
		t.Fatalf("filestest: %s: %v", path, err)
	}
	return tree
}

// Golden checks that the fake has exactly the files of the txtar archive at path. With
// CLOUDFILES_UPDATE=1 in the environment, or the flag -update if the test's program
// defines one, it instead writes the archive, unless the test has failed, and logs what
// it changed. A missing archive fails the test, and so does one without files: use
// Want(t, nil) to check that there are none.
func (b *instruments) Golden(t testing.TB, path string) {
	t.Helper()
	got := b.contentFor(t)
	if updating() {
		if t.Failed() {
			t.Logf("filestest: %s is not written, because the test has failed", path)
			return
		}
		b.update(t, path, got)
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("filestest: %v; set %s=1 to write it", err, updateEnv)
		return
	}
	want, err := ParseTxtar(text)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	if len(want) == 0 {
		t.Errorf("filestest: %s has no files, so it compares nothing", path)
	}
	if diff := want.diff(got); len(diff) > 0 {
		t.Errorf("filestest: the files differ from %s (set %s=1 to write it again):\n%s", path,
			updateEnv, strings.Join(cut(diff, maxShown), "\n"))
	}
}

// update writes the archive, and logs what that changes.
func (b *instruments) update(t testing.TB, path string, got Tree) {
	t.Helper()
	text, err := got.Txtar()
	if err == nil && len(got) == 0 {
		err = fmt.Errorf("there are no files for %s", path)
	}
	old, rerr := os.ReadFile(path)
	if err == nil && (rerr != nil || !bytes.Equal(old, text)) {
		err = os.WriteFile(path, text, 0o666)
	}
	if err != nil {
		t.Errorf("filestest: %v", err)
		return
	}
	before, _ := ParseTxtar(old) // nothing, if it was none
	if diff := before.diff(got); len(diff) > 0 {
		t.Logf("filestest: wrote %s with %d files, in which this changed:\n%s", path, len(got),
			strings.Join(cut(diff, maxShown), "\n"))
	}
}

func updating() bool {
	if on, err := strconv.ParseBool(os.Getenv(updateEnv)); err == nil && on {
		return true
	}
	f := flag.Lookup("update")
	if f == nil {
		return false
	}
	on, err := strconv.ParseBool(f.Value.String())
	return err == nil && on
}
