package local

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
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

// A file of another program that is replaced once it is open isn't the file of that name any
// more, wherever it is, so the new one is opened. One that stays is opened once (G1).
func TestReplacedAfterOpening(t *testing.T) {
	for _, replaced := range []bool{false, true} {
		dir := memdir.New(t)
		write(t, dir, "a", "of others")
		writer := openBucket(t, dir, noSync)
		opened, want := 0, stat(t, writer, "a")
		b := openOdd(t, crashfs.Wrap(fsys.OS(), func(op *crashfs.Op, do func() error) error {
			err := do()
			if op.Kind == crashfs.OpenFile && op.Name == "a" {
				if opened++; opened == 1 && replaced {
					write(t, dir, controlDir+"/old.attrs", "")
					ok(t, os.Rename(filepath.Join(dir, "a"),
						filepath.Join(dir, controlDir, "old.attrs")))
					want = putIn(t, writer, "a", "new", nil)
				}
			}
			return err
		}), dir)
		info := stat(t, b, "a")
		if info.Version != want.Version || opened != 1 && !replaced {
			t.Errorf("replaced: %v: Stat opens %d files and returns the version %s, want %s",
				replaced, opened, info.Version, want.Version)
		}
	}
}

// A record with attributes replaces the sidecar, also if another program's file has its
// name. One without attributes doesn't, so the file may be another one by now.
func TestDescribeReplacedSidecar(t *testing.T) {
	dir := t.TempDir()
	needAttributes(t, dir)
	bucket := openBucket(t, dir, noSync)
	root := driver.Unwrap(bucket).(*backend).root
	for name, value := range map[string]string{
		"small": "v",
		"large": strings.Repeat("v", maxRecord),
	} {
		attrs := files.Attributes{Metadata: map[string]string{"k": value}}
		putIn(t, bucket, name, "text", &files.PutOptions{Attributes: attrs})
		write(t, dir, name+sidecarExt, "of others")
		f, st, err := root.OpenFile(name)
		ok(t, err)
		defer f.Close()
		d, consistent, err := describe(root, &filePaths{base: name}, f, st)
		known := d.attrs.Metadata["k"] == value
		if err != nil || consistent != (name == "small") || known != consistent {
			t.Errorf("describe(%s) = %+v, %v, %v, want the attributes, and consistent, if small",
				name, d, consistent, err)
		}
		if s, _ := fetch(t, bucket, name+sidecarExt); s != "of others" {
			t.Errorf("%s%s is %q, want %q", name, sidecarExt, s, "of others")
		}
	}
}
