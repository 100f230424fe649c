//go:build unix

package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// uploadsListed lists the uploads below a prefix, by name.
func uploadsListed(t *testing.T, b *backend, prefix string) map[string]driver.UnfinishedUpload {
	t.Helper()
	all := map[string]driver.UnfinishedUpload{}
	for u, err := range b.ListUploads(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		all[u.Name] = u
	}
	return all
}

// TestListUploads: each upload is listed with its ID, the time of its last part and the
// size of its parts, and nothing else in the control folder is.
func TestListUploads(t *testing.T) {
	b, bucket, dir := uploadsIn(t, &hookFS{})
	if all := uploadsListed(t, b, ""); len(all) != 0 {
		t.Errorf("before the first upload there are %+v, want none", all)
	}
	putIn(t, bucket, "d/file", "x", nil)
	begun := time.Now().Add(-time.Minute)
	uploads := map[string]*driver.Upload{
		"d/a":  uploading(t, b, "d/a", "abcd", "ef"),
		"d/b":  uploading(t, b, "d/b"),
		"dd/c": uploading(t, b, "dd/c", "g"),
	}
	sizes := map[string]int64{"d/a": 6, "d/b": 0, "dd/c": 1}
	begins := filepath.Join(dir, controlDir, uploadFolder(randomID())) // or is just removed
	ok(t, os.Mkdir(begins, 0o777))
	for _, folder := range []string{
		"u-0123.attrs",
		"v-" + randomID() + sidecarExt,
		uploadMark + randomID(),
	} {
		at := filepath.Join(dir, controlDir, folder)
		ok(t, os.Mkdir(at, 0o777),
			os.WriteFile(filepath.Join(at, uploadName), []byte("other"), 0o666))
	}
	for prefix, want := range map[string][]string{
		"":    {"d/a", "d/b", "dd/c"},
		"d/":  {"d/a", "d/b"},
		"d/a": {"d/a"},
		"e":   {},
	} {
		all := uploadsListed(t, b, prefix)
		if len(all) != len(want) {
			t.Errorf("below %q there are %+v, want %q", prefix, all, want)
		}
		for _, name := range want {
			u := all[name]
			if u.ID != uploads[name].ID || u.Size != sizes[name] || u.Time.Before(begun) ||
				u.Time.After(time.Now().Add(time.Minute)) || u.Time.Location() != time.UTC {
				t.Errorf("%s is listed as %+v", name, u)
			}
		}
	}
	n := 0
	for range b.ListUploads(t.Context(), "") {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d uploads after a break, want 1", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, last = range b.ListUploads(ctx, "") {
		cancel()
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("the listing ends with %v, want Canceled", last)
	}
	ok(t, os.RemoveAll(dir))
	for _, last = range b.ListUploads(t.Context(), "") {
	}
	if !errors.Is(last, files.ErrNoBucket) {
		t.Errorf("without a folder, the listing ends with %v, want ErrNoBucket", last)
	}
}

// TestListUploadsOfOthers: the uploads of a user who may not write in the control folder
// are in another one. They are listed and continued as the others.
func TestListUploadsOfOthers(t *testing.T) {
	b, bucket, dir := uploadsIn(t, &hookFS{})
	first, second := uploading(t, b, "first", "abcd"), uploading(t, b, "second", "efgh")
	own := filepath.Join(dir, userControl())
	ok(t, os.Mkdir(own, 0o777))
	moved := filepath.Join(own, uploadFolder(second.ID))
	ok(t, os.Rename(uploadDir(dir, second), moved))
	all := uploadsListed(t, b, "")
	if len(all) != 2 || all["first"].ID != first.ID || all["second"].ID != second.ID {
		t.Errorf("there are %+v, want both", all)
	}
	third := uploading(t, b, "third", "ijkl")
	ok(t, os.Rename(uploadDir(dir, third), filepath.Join(own, uploadFolder(third.ID))))
	if _, err := b.CompleteUpload(t.Context(), second, sentParts(t, b, second)); err != nil {
		t.Errorf("CompleteUpload = %v, want nil", err)
	}
	if s, _ := fetch(t, bucket, "second"); s != "efgh" {
		t.Errorf("the file is %q, want the part", s)
	}
	ok(t, b.AbortUpload(t.Context(), "third", third.ID))
	if left, err := filepath.Glob(filepath.Join(own, "*")); err != nil || len(left) != 0 {
		t.Errorf("%q, %v is left in the user's control folder", left, err)
	}
}

// TestListUnreadableUpload: an upload that can't be read hides no other. Its error comes
// after them, unless it belongs to another user.
func TestListUnreadableUpload(t *testing.T) {
	for _, fault := range []error{syscall.EIO, syscall.EACCES} {
		for _, kind := range []crashfs.Kind{crashfs.OpenFile, crashfs.ReadDir, crashfs.Lstat} {
			var faulter crashfs.Faulter
			bucket, err := openOver(t.TempDir(), nil, crashfs.Wrap(fsys.OS(), faulter.Hook))
			ok(t, err)
			b := driver.Unwrap(bucket).(*backend)
			for _, name := range []string{"a", "b", "c"} {
				uploading(t, b, name, "abcd")
			}
			faulter.FailAt(0, nil, kind)
			uploadsListed(t, b, "")
			count, _ := faulter.Count()
			hidden := 0
			for n := 1; n <= count; n++ {
				faulter.FailAt(n, fault, kind)
				var names []string
				var last error
				for u, err := range b.ListUploads(t.Context(), "") {
					if last != nil {
						t.Errorf("%v at %v %d: something follows the error", fault, kind, n)
					}
					if last = err; err == nil {
						names = append(names, u.Name)
					}
				}
				if last != nil && !errors.Is(last, fault) {
					t.Errorf("%v at %v %d: the listing ends with %v, want nil or %v", fault, kind,
						n, last, fault)
				}
				slices.Sort(names)
				if names = slices.Compact(names); len(names) == 2 {
					hidden++
					if (last != nil) != (fault == syscall.EIO) {
						t.Errorf("%v at %v %d: %q are listed, and %v", fault, kind, n, names, last)
					}
				}
			}
			// each has its name, its content and a mark
			if hidden != 9 && kind == crashfs.OpenFile {
				t.Errorf("%v at %v: two of three uploads were listed %d times, want 9", fault,
					kind, hidden)
			}
			faulter.Set(nil)
			ok(t, bucket.Close())
		}
	}
}
