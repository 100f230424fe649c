package local

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// newBucket opens a bucket in a new folder, and closes it at the test's end.
func newBucket(t testing.TB, opts *Options) (files.Bucket, string) {
	t.Helper()
	dir := t.TempDir()
	return openBucket(t, dir, opts), dir
}

func openBucket(t testing.TB, dir string, opts *Options) files.Bucket {
	t.Helper()
	b, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v, want nil", err)
		}
	})
	return b
}

func putIn(t testing.TB, b files.Bucket, name, content string, opts *files.PutOptions) files.Info {
	t.Helper()
	info, err := b.Put(context.Background(), name, strings.NewReader(content), opts)
	if err != nil {
		t.Fatalf("Put(%q): %v", name, err)
	}
	return info
}

func fetch(t testing.TB, b files.Bucket, name string) (string, files.Info) {
	t.Helper()
	r, err := b.Get(context.Background(), name, nil)
	if err != nil {
		t.Fatalf("Get(%q): %v", name, err)
	}
	defer r.Close()
	s, err := r.ReadString()
	if err != nil {
		t.Fatalf("Get(%q): %v", name, err)
	}
	return s, r.Info()
}

func del(t testing.TB, b files.Bucket, name string) {
	t.Helper()
	if err := b.Delete(context.Background(), name, nil); err != nil {
		t.Fatalf("Delete(%q): %v", name, err)
	}
}

// onDisk lists every file and empty folder below dir, except the control folder.
func onDisk(t testing.TB, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		switch {
		case err != nil:
			return err
		case rel == ".":
		case rel == controlDir:
			return filepath.SkipDir
		case d.IsDir():
			if ents, err := os.ReadDir(path); err != nil || len(ents) == 0 {
				names = append(names, rel+"/")
				return err
			}
		default:
			names = append(names, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func wantDisk(t testing.TB, dir string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := onDisk(t, dir); !slices.Equal(got, want) {
		t.Errorf("on disk: %q, want %q", got, want)
	}
}

// needAttributes skips the test if the file system has no extended attributes, since
// every file has a sidecar then.
func needAttributes(t testing.TB, dir string) {
	t.Helper()
	d, err := fsys.OS().OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	f, err := d.Create("probe")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	defer d.Unlink("probe")
	if err := f.Setxattr(recordAttr, []byte("x")); err != nil {
		longtest.Lacks(t, "the test's file system has no extended attributes: %v", err)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, opts := range []*Options{nil, {NoSync: true}, {AlwaysSidecar: true}} {
		b, dir := newBucket(t, opts)
		attrs := files.Attributes{
			ContentType:     "text/x-odd",
			CacheControl:    "no-store",
			ContentLanguage: "de",
			Metadata:        map[string]string{"k": "v ä"},
		}
		for _, name := range []string{"a", "a/b", "d/e/f.txt", "x.attrs", strings.Repeat("long",
			200), "d/%cf-e-x", strings.Repeat("e", 255) + "/" + strings.Repeat("ü", 300)} {
			for _, a := range []files.Attributes{{}, attrs, {}} {
				i := putIn(t, b, name, "content of "+name, &files.PutOptions{Attributes: a})
				got, info := fetch(t, b, name)
				if got != "content of "+name {
					t.Errorf("Get(%q) = %q, want its content", name, got)
				}
				if info.Version != i.Version || info.ContentType != i.ContentType ||
					info.Metadata["k"] != a.Metadata["k"] || info.Digest != i.Digest ||
					!info.ModTime.Equal(i.ModTime) || info.CacheControl != a.CacheControl {
					t.Errorf("%q: Get returned %+v, Put %+v, want Version %q, ContentType %q, "+
						"%q, Digest %+v, ModTime %v and CacheControl %q", name, info, i, i.Version,
						i.ContentType, a.Metadata["k"], i.Digest, i.ModTime, a.CacheControl)
				}
			}
		}
		for _, name := range []string{"a", "a/b", "d/e/f.txt", "x.attrs", strings.Repeat("long",
			200), "d/%cf-e-x", strings.Repeat("e", 255) + "/" + strings.Repeat("ü", 300)} {
			del(t, b, name)
			if _, err := b.Stat(context.Background(), name,
				nil); !errors.Is(err, files.ErrNotExist) {
				t.Errorf("Stat of the deleted %q = %v, want ErrNotExist", name, err)
			}
		}
		wantDisk(t, dir)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		names, err := os.ReadDir(filepath.Join(dir, controlDir))
		for _, e := range names {
			if e.Name() != versionFile && e.Name() != lockName {
				t.Errorf("the control folder has %v, %v, want only the version and lock files",
					names, err)
			}
		}
	}
}

// A file is renamed to make room for a folder of its name, and gets its name back (N3).
func TestFileBesideFolder(t *testing.T) {
	b, dir := newBucket(t, nil)
	needAttributes(t, dir)
	meta := &files.PutOptions{Attributes: files.Attributes{Metadata: map[string]string{"m": "1"}}}
	putIn(t, b, "a", "file", meta)
	putIn(t, b, "a/b/c", "below", nil)
	wantDisk(t, dir, "%cf-l-a", "a.attrs", "a/b/c")
	if s, info := fetch(t, b, "a"); s != "file" || info.Metadata["m"] != "1" {
		t.Errorf("a = %q, %+v, want \"file\" with its metadata", s, info)
	}
	putIn(t, b, "a/b", "middle", nil)
	wantDisk(t, dir, "%cf-l-a", "a.attrs", "a/%cf-l-b", "a/b/c")
	putIn(t, b, "a", "new", meta)
	wantDisk(t, dir, "%cf-l-a", "a.attrs", "a/%cf-l-b", "a/b/c")
	del(t, b, "a/b/c")
	wantDisk(t, dir, "%cf-l-a", "a.attrs", "a/b")
	del(t, b, "a/b")
	wantDisk(t, dir, "a", "a.attrs")
	if s, info := fetch(t, b, "a"); s != "new" || info.Metadata["m"] != "1" {
		t.Errorf("a = %q, %+v, want \"new\" with its metadata", s, info)
	}
	putIn(t, b, "a/b", "again", nil)
	del(t, b, "a")
	wantDisk(t, dir, "a/b")
}

func TestFailingContentLeavesNothing(t *testing.T) {
	b, dir := newBucket(t, nil)
	putIn(t, b, "a", "old", nil)
	boom := errors.New("boom")
	_, err := b.Put(context.Background(), "a",
		io.MultiReader(bytes.NewReader(make([]byte, 3*pieceSize)), &failing{boom}), nil)
	if !errors.Is(err, boom) {
		t.Errorf("Put = %v, want boom", err)
	}
	if s, _ := fetch(t, b, "a"); s != "old" {
		t.Errorf("a = %q, want \"old\"", s)
	}
	if staged, _ := filepath.Glob(filepath.Join(dir, controlDir, "s-*", "*")); len(staged) != 1 {
		t.Errorf("the staging folder has %q, want only alive.attrs", staged)
	}
}

// A Put that is cancelled or fails after it made folders removes them, and a file that
// made way for one of them gets its name back.
func TestFailingCommitLeavesNoFolders(t *testing.T) {
	for _, cancelled := range []bool{false, true} {
		boom := syscall.EIO
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		h := &hookFS{}
		dir := t.TempDir()
		b := openHooked(t, dir, nil, h)
		putIn(t, b, "x", "x", nil)
		made := 0
		h.before = func(op, name string) error {
			switch {
			case op == "mkdir" && name == "z":
				made++
				if cancelled {
					cancel()
				}
			case op == "rename" && name == "f" && !cancelled:
				return boom
			}
			return nil
		}
		if _, err := b.Put(ctx, "x/y/z/f", strings.NewReader("new"),
			nil); !errors.Is(err, boom) && !errors.Is(err, context.Canceled) {
			t.Errorf("Put = %v, want EIO or Canceled", err)
		}
		if made != 1 {
			t.Errorf("the folder was made %d times, want 1", made)
		}
		if all, err := filepath.Glob(filepath.Join(dir, "x*")); err != nil || len(all) != 1 {
			t.Errorf("the folder has %q, %v, want x", all, err)
		}
		if fi, err := os.Stat(filepath.Join(dir, "x")); err != nil || !fi.Mode().IsRegular() {
			t.Errorf("Stat(x) = %v, %v, want the file", fi, err)
		}
		if s, _ := fetch(t, b, "x"); s != "x" {
			t.Errorf("x = %q, want \"x\"", s)
		}
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// zeros is endless content of arbitrary bytes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
