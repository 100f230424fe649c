package iofs_test

import (
	"archive/zip"
	"bytes"
	"context"
	"embed"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/iofs"
)

//go:embed testdata
var embedded embed.FS

// TestFSOfEachKind: the io/fs view of a bucket over each kind of file system passes
// fstest.TestFS, and has the same files as that.
func TestFSOfEachKind(t *testing.T) {
	plain := tree()
	delete(plain, "bad\x01name")
	delete(plain, "large") // TestFS reads byte by byte
	dir := t.TempDir()
	if err := os.CopyFS(dir, plain); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	sub, err := fs.Sub(embedded, "testdata")
	if err != nil {
		t.Fatal(err)
	}
	for what, fsys := range map[string]fs.FS{
		"map":              plain,
		"zip":              packed(t, plain, zip.Deflate),
		"zip, as they are": packed(t, plain, zip.Store),
		"disk":             os.DirFS(dir),
		"root":             root.FS(),
		"ReaderAt":         onlyAt{os.DirFS(dir)},
		"embed":            embedded,
		"part of embed":    sub,
	} {
		for _, versions := range []iofs.Versions{iofs.NoVersions, iofs.ByContent} {
			var names []string
			if err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					names = append(names, path)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if len(names) < 3 {
				t.Fatalf("%s has only %q", what, names)
			}
			b := from(t, fsys, &iofs.Options{Versions: versions})
			if err := fstest.TestFS(files.FS(t.Context(), b, nil), names...); err != nil {
				t.Errorf("%s, versions %v: %v", what, versions, err)
			}
			slices.Sort(names)
			var listed []string
			for e, err := range b.List(t.Context(), "", nil) {
				if err != nil {
					t.Fatal(err)
				}
				listed = append(listed, e.Name)
				want, err := fs.ReadFile(fsys, e.Name)
				if err != nil {
					t.Fatal(err)
				}
				got, err := files.ReadAll(t.Context(), b, e.Name, nil)
				if err != nil || !bytes.Equal(got, want) || e.Size != int64(len(want)) {
					t.Errorf("%s: %s has %q, %v, want %q", what, e.Name, got, err, want)
				}
			}
			if !slices.Equal(listed, names) {
				t.Errorf("%s: List has %q, want %q", what, listed, names)
			}
		}
	}
}

// packed returns a tree as a zip.
func packed(t conformance.T, tree fs.FS, method uint16) fs.FS {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		content, err := fs.ReadFile(tree, path)
		if err != nil {
			return err
		}
		e, err := w.CreateHeader(&zip.FileHeader{
			Name:     path,
			Method:   method,
			Modified: fi.ModTime(),
		})
		if err == nil {
			_, err = e.Write(content)
		}
		return err
	})
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatalf("making the zip: %v", err)
	}
	r, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatalf("reading the zip: %v", err)
	}
	return r
}

// rebuilt is a file system that is made anew of a bucket when that has changed.
type rebuilt struct {
	from  files.Bucket
	build func(tree fstest.MapFS) (fs.FS, error)

	mu    sync.Mutex
	fsys  fs.FS
	clean bool
}

func (r *rebuilt) changed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clean = false
}

// current returns the file system of the bucket's present content.
func (r *rebuilt) current() (fs.FS, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.clean {
		return r.fsys, nil
	}
	tree := fstest.MapFS{}
	for e, err := range r.from.List(context.Background(), "", nil) {
		if err != nil {
			return nil, err
		}
		content, err := files.ReadAll(context.Background(), r.from, e.Name, nil)
		if errors.Is(err, files.ErrNotExist) { // it was deleted meanwhile
			continue
		}
		if err != nil {
			return nil, err
		}
		tree[e.Name] = &fstest.MapFile{Data: content, ModTime: e.ModTime, Mode: 0o644}
	}
	fsys, err := r.build(tree)
	if err != nil {
		return nil, err
	}
	r.fsys, r.clean = fsys, true
	return fsys, nil
}

func (r *rebuilt) Open(name string) (fs.File, error) {
	fsys, err := r.current()
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return fsys.Open(name)
}

// written writes to memory, and reads a file system that is made of it.
type written struct {
	halves
	view *rebuilt
}

func (w *written) Put(ctx context.Context, name string, r io.Reader,
	o *files.PutOptions) (files.Info, error) {
	defer w.view.changed()
	return w.halves.Put(ctx, name, r, o)
}

func (w *written) Delete(ctx context.Context, name string, o *files.DeleteOptions) error {
	defer w.view.changed()
	return w.halves.Delete(ctx, name, o)
}

// TestReadingEachKind runs the suite's cases of reading and listing over each kind of
// file system.
func TestReadingEachKind(t *testing.T) {
	longtest.Only(t, "the cases of reading and listing over each kind of file system")
	dirs := t.TempDir()
	for what, build := range map[string]func(t conformance.T,
		tree fstest.MapFS) (fs.FS, error){
		"map": func(_ conformance.T, tree fstest.MapFS) (fs.FS, error) { return tree, nil },
		"zip": func(t conformance.T, tree fstest.MapFS) (fs.FS, error) {
			return packed(t, tree, zip.Deflate), nil
		},
		"disk": func(_ conformance.T, tree fstest.MapFS) (fs.FS, error) {
			dir, err := os.MkdirTemp(dirs, "")
			if err == nil {
				err = copyTo(dir, tree)
			}
			return os.DirFS(dir), err
		},
	} {
		t.Run(what, func(t *testing.T) { readKind(t, what, build) })
	}
}

// copyTo writes the tree to a folder, with its times.
func copyTo(dir string, tree fstest.MapFS) error {
	if err := os.CopyFS(dir, tree); err != nil {
		return err
	}
	for name, f := range tree {
		if err := os.Chtimes(filepath.Join(dir, filepath.FromSlash(name)), f.ModTime,
			f.ModTime); err != nil {
			return err
		}
	}
	return nil
}

func readKind(t *testing.T, kind string,
	build func(t conformance.T, tree fstest.MapFS) (fs.FS, error)) {
	h := conformance.Harness{New: func(t conformance.T) files.Bucket {
		to := files.Wrap(mem.New(nil), files.Hooks{
			CloseInner: true,
			Features: func(f files.Features) files.Features {
				f.Attributes, f.Versions, f.ServerCopy, f.Digests = false, false, false, false
				f.DirBesideFile = false
				return f
			},
		})
		view := &rebuilt{from: to, build: func(tree fstest.MapFS) (fs.FS, error) {
			return build(t, tree)
		}}
		b, err := iofs.FromFS(view, nil)
		if err != nil {
			t.Fatalf("iofs.FromFS: %v", err)
		}
		return &written{halves{b, to}, view}
	}}
	readingCases(t, h, 35, func(id string) bool {
		return cantRead[id] != "" || cantRead[kind+" "+id] != ""
	})
}

// cantRead has the cases that need what a view of memory, or a kind of file system,
// can't keep.
var cantRead = map[string]string{
	"L7/claimed":      "what is written goes to another bucket, which has no raw keys",
	"L8/large-folder": "a page reads its directory whole, as the package says",

	"zip L1/literal":                 "archive/zip takes a backslash for a slash",
	"disk L7/nothing-of-the-drivers": "the elements of a name have at most 255 bytes on a disk",
}

// TestBelowAFile: on a disk a name below a file, and one that is too long for the disk,
// is ErrNotExist like any name of no file.
func TestBelowAFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	b := from(t, os.DirFS(dir), nil)
	for _, name := range []string{"a/b", "a/b/c", strings.Repeat("n", 300)} {
		_, err := b.Stat(t.Context(), name, nil)
		is(t, err, files.ErrNotExist)
		_, err = b.Get(t.Context(), name, nil)
		is(t, err, files.ErrNotExist)
		if ok, err := files.Exists(t.Context(), b, name); ok || err != nil {
			t.Errorf("Exists(%q) = %v, %v, want false", name, ok, err)
		}
	}
}
