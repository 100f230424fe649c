package local

import (
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// beforeSidecar lets something happen before a sidecar is opened.
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

// TestDescribeDeleted: a file whose sidecar goes with it, between the opening of one and the other, is not one that never had any (P1).
func TestDescribeDeleted(t *testing.T) {
	for _, noXattr := range []bool{false, true} {
		bucket := openHooked(t, t.TempDir(), nil, &hookFS{noXattr: noXattr})
		root := driver.Unwrap(bucket).(*backend).root
		attrs := files.Attributes{Metadata: map[string]string{"k": strings.Repeat("v", maxRecord)}}
		if _, err := files.PutString(t.Context(), bucket, "a", "text", &files.PutOptions{Attributes: attrs}); err != nil {
			t.Fatal(err)
		}
		f, st, err := root.OpenFile("a")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if d, consistent, err := describe(root, "a"+sidecarExt, f, st); err != nil || !consistent || len(d.attrs.Metadata) != 1 {
			t.Errorf("without attributes %v: %+v, %v, %v", noXattr, d, consistent, err)
		}
		d, consistent, err := describe(&beforeSidecar{root, func() {
			if err := bucket.Delete(t.Context(), "a", nil); err != nil {
				t.Error(err)
			}
		}}, "a"+sidecarExt, f, st)
		if err != nil || consistent {
			t.Errorf("without attributes %v: a deleted file is %+v, consistent %v, %v", noXattr, d, consistent, err)
		}
	}
}
