package iofs_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/iofs"
)

var when = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func tree() fstest.MapFS {
	m := fstest.MapFS{}
	for _, name := range []string{"a/b", "a-b", "a.b/c", "b", "large", "none"} {
		m[name] = &fstest.MapFile{Data: []byte("content of " + name), ModTime: when}
	}
	m["large"].Data = bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	m["none"].ModTime = time.Time{}
	m["bad\x01name"] = &fstest.MapFile{Data: []byte("x")}
	return m
}

// zipped returns a tree as a zip, whose files can't seek.
func zipped(t *testing.T) fs.FS {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, f := range tree() {
		e, err := w.CreateHeader(&zip.FileHeader{
			Name:     name,
			Method:   zip.Deflate,
			Modified: f.ModTime,
		})
		if err != nil {
			t.Fatal(err)
		}
		e.Write(f.Data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// onlyAt is a file with ReadAt and without Seek.
type onlyAt struct{ fs.FS }

func (o onlyAt) Open(name string) (fs.File, error) {
	f, err := o.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if fi, serr := f.Stat(); serr == nil && fi.IsDir() {
		return f, err
	}
	if at, ok := f.(io.ReaderAt); ok {
		return struct {
			fs.File
			io.ReaderAt
		}{f, at}, nil
	}
	return f, err
}

func from(t *testing.T, fsys fs.FS, o *iofs.Options) files.Bucket {
	t.Helper()
	b, err := iofs.FromFS(fsys, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

// TestKindsOfFS: a tree is read, whole and in parts, and listed in byte order from every
// kind of file system.
func TestKindsOfFS(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, tree()); err != nil {
		t.Fatal(err)
	}
	for what, fsys := range map[string]fs.FS{
		"map":      tree(),
		"zip":      zipped(t),
		"disk":     os.DirFS(dir),
		"ReaderAt": onlyAt{os.DirFS(dir)},
	} {
		b := from(t, fsys, &iofs.Options{Versions: iofs.ByContent})
		var names []string
		for e, err := range b.List(t.Context(), "", nil) {
			if err != nil {
				t.Fatal(err)
			}
			info, err := b.Stat(t.Context(), e.Name, nil)
			if err != nil || info.Entry != e || e.Version == "" || info.ContentType == "" {
				t.Errorf("%s: %+v, %v, and listed as %+v", what, info, err, e)
			}
			names = append(names, e.Name)
		}
		if want := []string{"a-b", "a.b/c", "a/b", "b", "large", "none"}; !slices.Equal(names,
			want) {
			t.Errorf("%s: %q, want %q", what, names, want)
		}
		whole, large := tree()["large"].Data, ""
		for _, r := range []files.Range{
			{}, files.Bytes(0, 3), files.Bytes(1<<19+3, 5), files.From(1<<20 - 7),
			files.Last(20), files.From(1 << 21), files.Bytes(5, 0),
		} {
			got, err := files.ReadString(t.Context(), b, "large",
				&files.ReadOptions{GetOptions: files.GetOptions{Range: r}})
			off, n := r.Resolve(int64(len(whole)))
			if large = string(whole[off : off+n]); got != large || err != nil {
				t.Errorf("%s: %v: %d bytes of %d, %v", what, r, len(got), n, err)
			}
		}
		f, err := files.OpenAt(t.Context(), b, "large", nil)
		if err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 100)
		if n, err := f.ReadAt(p, 70_001); n != 100 || err != nil ||
			!bytes.Equal(p, whole[70_001:70_101]) {
			t.Errorf("%s: ReadAt: %d, %v", what, n, err)
		}
		f.Close()
	}
}

// TestVersions: each value of Versions keeps what Features claims, and refuses what it
// doesn't claim.
func TestVersions(t *testing.T) {
	m := tree()
	for versions, claimed := range map[iofs.Versions]bool{
		iofs.NoVersions: false,
		iofs.ByContent:  true,
		iofs.ByTime:     true,
	} {
		b := from(t, m, &iofs.Options{Versions: versions})
		f := b.Features()
		if f.Versions != claimed || f.ReadConditions != claimed || !f.ReadOnly || !f.Ordered ||
			f.Digests != (versions == iofs.ByContent) || f.Attributes || f.IfVersion {
			t.Errorf("%v: Features = %+v", versions, f)
		}
		info, err := b.Stat(t.Context(), "b", nil)
		if err != nil || (info.Version != "") != claimed {
			t.Fatalf("%v: Stat = %+v, %v", versions, info, err)
		}
		_, err = b.Get(t.Context(), "b", &files.GetOptions{IfVersion: "another"})
		_, again := b.Get(t.Context(), "b", &files.GetOptions{IfNotVersion: info.Version + "x"})
		if !claimed {
			is(t, err, files.ErrUnsupported)
			is(t, again, files.ErrUnsupported)
			continue
		}
		is(t, err, files.ErrPrecondition)
		is(t, again, nil)
		_, err = b.Get(t.Context(), "b", &files.GetOptions{IfNotVersion: info.Version})
		is(t, err, files.ErrNotModified)
		r, err := b.Get(t.Context(), "b", &files.GetOptions{IfVersion: info.Version})
		is(t, err, nil)
		r.Close()
	}
	b := from(t, m, &iofs.Options{Versions: iofs.ByTime})
	_, err := b.Get(t.Context(), "none", &files.GetOptions{IfVersion: "v"})
	is(t, err, files.ErrUnsupported)
	if b.Stat(t.Context(), "none", nil); b.Features().Versions {
		t.Error("a file without a time was seen, and Versions is still claimed")
	}
}

// TestChangedFile: a file that changes in spite of the caller's promise is never returned
// under its old version.
func TestChangedFile(t *testing.T) {
	m := tree()
	b := from(t, m, &iofs.Options{Versions: iofs.ByContent})
	before, err := b.Stat(t.Context(), "b", nil)
	if err != nil {
		t.Fatal(err)
	}
	m["b"].Data = []byte("CONTENT OF b") // of the same size and time
	_, err = files.ReadString(t.Context(), b, "b", nil)
	is(t, err, files.ErrCorrupt)
	m["b"].Data = []byte("longer content of b")
	after, err := b.Stat(t.Context(), "b", nil)
	if err != nil || after.Version == before.Version {
		t.Errorf("Stat after the change = %+v, %v, want another version", after, err)
	}
}

// TestWritesAreRefused: writes are refused, entries that aren't regular files don't
// exist, and Foreign lists them.
func TestWritesAreRefused(t *testing.T) {
	b := from(t, tree(), nil)
	_, err := files.PutString(t.Context(), b, "new", "x", nil)
	is(t, err, files.ErrPermission)
	is(t, b.Delete(t.Context(), "b", nil), files.ErrPermission)
	for _, name := range []string{"a", "missing", "a/b/c"} {
		_, err := b.Stat(t.Context(), name, nil)
		is(t, err, files.ErrNotExist)
	}
	var foreign []string
	for e, err := range b.List(t.Context(), "", &files.ListOptions{Foreign: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Key != "" {
			foreign = append(foreign, e.Key)
		}
	}
	if !slices.Equal(foreign, []string{"bad\x01name"}) {
		t.Errorf("the raw keys are %q", foreign)
	}
	var none *fstest.MapFS
	for what, bad := range map[string]func() (files.Bucket, error){
		"nil":        func() (files.Bucket, error) { return iofs.FromFS(nil, nil) },
		"a nil type": func() (files.Bucket, error) { return iofs.FromFS(none, nil) },
		"a version": func() (files.Bucket, error) {
			return iofs.FromFS(tree(), &iofs.Options{Versions: 7})
		},
	} {
		if _, err := bad(); files.KindOf(err) != files.ErrInvalid {
			t.Errorf("%s: FromFS = %v, want ErrInvalid", what, err)
		}
	}
	gone := from(t, os.DirFS(filepath.Join(t.TempDir(), "gone")), nil)
	_, err = gone.Stat(t.Context(), "x", nil)
	is(t, err, files.ErrNoBucket)
	if err != nil && strings.Contains(err.Error(), "/") {
		t.Errorf("the error %v shows a path", err)
	}
}

// TestRoundTrip: the io/fs view of the bucket passes fstest.TestFS.
func TestRoundTrip(t *testing.T) {
	m := tree()
	delete(m, "bad\x01name")
	delete(m, "large") // TestFS reads byte by byte
	b := from(t, m, &iofs.Options{Versions: iofs.ByContent})
	if err := fstest.TestFS(files.FS(t.Context(), b, nil), "a/b", "a.b/c", "none"); err != nil {
		t.Error(err)
	}
}

// TestContext: the end of Get's context ends the body.
func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := from(t, zipped(t), nil)
	r, err := b.Get(ctx, "large", nil)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = io.ReadAll(r)
	is(t, err, context.Canceled)
	r.Close()
}
