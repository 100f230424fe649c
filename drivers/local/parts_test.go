package local

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"cloudfiles.dev/files/driver"
)

// TestLaterPartLast: of two parts of one number, which are there if both arrived at the
// same time, the later one comes last.
func TestLaterPartLast(t *testing.T) {
	dir := t.TempDir()
	bucket, err := Open(dir, &Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	b := driver.Unwrap(bucket).(*backend)
	u := &driver.Upload{Name: "a", Size: 1, PartSize: 1}
	if u.ID, err = b.BeginUpload(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	tags := make([]string, 2)
	for i, content := range []string{"x", "y"} {
		part := driver.NewPart(1, 0, []byte(content), uint32(i), true)
		tags[i], err = b.PutPart(t.Context(), u, part)
		if part.Release(); err != nil {
			t.Fatal(err)
		}
	}
	for later := range tags {
		for i, tag := range tags {
			found, err := filepath.Glob(filepath.Join(dir, "*", uploadFolder(u.ID), tag+"*"))
			if err != nil || len(found) != 1 {
				t.Fatalf("the file of the part %s: %q, %v", tag, found, err)
			}
			at := time.Now()
			if i != later {
				at = at.Add(-time.Hour)
			}
			if err := os.Chtimes(found[0], at, at); err != nil {
				t.Fatal(err)
			}
		}
		parts, err := b.ListParts(t.Context(), u)
		if err != nil || len(parts) != 2 || parts[1].Tag != tags[later] {
			t.Errorf("there are %v, %v, want %s last", parts, err, tags[later])
		}
	}
}
