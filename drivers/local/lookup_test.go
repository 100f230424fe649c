package local

import (
	"fmt"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// A file that is replaced between its Lstat and its opening has the version that Put
// returned: the Lstat doesn't prove that a record belongs to the opened file, and the
// StatBirth after the opening must return as much as the Lstat (V1, L5, X1).
func TestReplacedBeforeOpening(t *testing.T) {
	dir := t.TempDir()
	needAttributes(t, dir)
	writer, err := Open(dir, nil)
	ok(t, err)
	defer writer.Close()
	putIn(t, writer, "a", "first", nil)
	var last files.Info
	h := &hookFS{}
	b := openHooked(t, dir, nil, h)
	n := 0
	h.between = func(path string) {
		if path == "a" && n < 3 {
			n++
			last = putIn(t, writer, "a", fmt.Sprint("content ", n), nil)
		}
	}
	for range 2 {
		n = 2 // once more
		info := stat(t, b, "a")
		if info.Version != last.Version || !info.ModTime.Equal(stat(t, writer, "a").ModTime) {
			t.Errorf("Stat returns the version %s, Put returned %s", info.Version, last.Version)
		}
	}
}

// beforeSidecar calls a function before a sidecar is opened.
type beforeSidecar struct {
	fsys.Dir
	happens func()
}

func (d *beforeSidecar) OpenFile(path string) (fsys.File, fsys.Stat, error) {
	if strings.HasSuffix(path, sidecarExt) {
		d.happens()
	}
	return d.Dir.OpenFile(path)
}

// A file that is deleted with its sidecar between the openings of the two is not taken
// for a file without a sidecar (P1).
func TestDescribeDeleted(t *testing.T) {
	for _, noXattr := range []bool{false, true} {
		bucket := openHooked(t, t.TempDir(), nil, &hookFS{noXattr: noXattr})
		root := driver.Unwrap(bucket).(*backend).root
		attrs := files.Attributes{Metadata: map[string]string{"k": strings.Repeat("v", maxRecord)}}
		if _, err := files.PutString(t.Context(), bucket, "a", "text",
			&files.PutOptions{Attributes: attrs}); err != nil {
			t.Fatal(err)
		}
		f, st, err := root.OpenFile("a")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if d, consistent, err := describe(root, &filePaths{base: "a"}, f,
			st); err != nil || !consistent || len(d.attrs.Metadata) != 1 {
			t.Errorf("noXattr %v: describe = %+v, %v, %v, want one metadata, consistent", noXattr,
				d,
				consistent, err)
		}
		d, consistent, err := describe(&beforeSidecar{root, func() {
			if err := bucket.Delete(t.Context(), "a", nil); err != nil {
				t.Errorf("Delete(a) = %v, want nil", err)
			}
		}}, &filePaths{base: "a"}, f, st)
		if err != nil || consistent {
			t.Errorf("noXattr %v: describe of a deleted file = %+v, %v, %v, want not consistent",
				noXattr, d,
				consistent, err)
		}
	}
}
