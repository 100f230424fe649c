package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// The note about a disk only becomes stricter: a handle that was opened before the note
// was written, and finds fewer limits of names by itself, keeps those of the note.
func TestNoteIsNeverLoosened(t *testing.T) {
	dir := memdir.New(t)
	loose := openOdd(t, &oddFS{FS: fsys.OS()}, dir)
	strict := openOdd(t, oddDisks()["FAT"](), dir)
	note := func() string {
		text, err := os.ReadFile(filepath.Join(dir, controlDir, diskFile))
		ok(t, err)
		limits, _, _ := strings.Cut(string(text), " time=")
		return limits
	}
	_, err := files.PutString(t.Context(), strict, "A", "upper", nil)
	ok(t, err)
	before := note()
	_, err = files.PutString(t.Context(), loose, "a", "lower", nil)
	ok(t, err)
	if after := note(); after != before {
		t.Errorf("the note begins with %q, want %q as before", after, before)
	}
	for name, want := range map[string]string{"A": "upper", "a": "lower"} {
		for _, b := range []files.Bucket{loose, strict} {
			if s, _ := fetch(t, b, name); s != want {
				t.Errorf("%s is %q, want %q", name, s, want)
			}
		}
	}
}
