//go:build linux && !osroot

package fsys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
)

func root(t *testing.T) (Dir, string) {
	t.Helper()
	path := t.TempDir()
	d, err := OS().OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, path
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// No path below a root leads through a link, and OpenFile opens only regular files.
func TestOpenTypes(t *testing.T) {
	d, path := root(t)
	outside := t.TempDir()
	must(t,
		os.WriteFile(filepath.Join(outside, "secret"), []byte("s"), 0o666),
		os.MkdirAll(filepath.Join(path, "dir/sub"), 0o777),
		os.WriteFile(filepath.Join(path, "dir/sub/file"), []byte("hello"), 0o666),
		os.Symlink(outside, filepath.Join(path, "linkdir")),
		os.Symlink("dir", filepath.Join(path, "inner")),
		os.Symlink(filepath.Join(outside, "secret"), filepath.Join(path, "link")),
	)
	type test struct {
		path string
		want error
	}
	tests := []test{
		{"dir/sub/file", nil},
		{"dir/sub", ErrNotFile},
		{"", ErrNotFile},
		{"link", ErrNotFile},
		{"linkdir/secret", ErrNotFile},
		{"inner/sub/file", ErrNotFile},
		{"dir/sub/file/x", ErrNotFile},
		{"none", fs.ErrNotExist},
		{"none/x", fs.ErrNotExist},
	}
	for _, tt := range tests {
		f, st, err := d.OpenFile(tt.path)
		if !errors.Is(err, tt.want) {
			t.Errorf("OpenFile(%q) = %v, want %v", tt.path, err, tt.want)
		}
		if err == nil {
			if st.Size != 5 || st.Type != Regular {
				t.Errorf("OpenFile(%q) = %+v, want a regular file of 5 bytes", tt.path, st)
			}
			f.Close()
		}
	}
	for _, tt := range []test{
		{"", nil},
		{"dir", nil},
		{"dir/sub", nil},
		{"dir/sub/file", ErrNotDir},
		{"linkdir", ErrNotDir},
		{"inner/sub", ErrNotDir},
		{"no", fs.ErrNotExist},
	} {
		e, err := d.OpenDir(tt.path)
		if !errors.Is(err, tt.want) {
			t.Errorf("OpenDir(%q) = %v, want %v", tt.path, err, tt.want)
		}
		if err == nil {
			e.Close()
		}
	}
}

func TestReadDirYieldsAll(t *testing.T) {
	d, path := root(t)
	var want []string
	for i := range 300 {
		name := fmt.Sprintf("file-with-a-name-%03d", i)
		want = append(want, name)
		must(t, os.WriteFile(filepath.Join(path, name), nil, 0o666))
	}
	must(t, os.Mkdir(filepath.Join(path, "zdir"), 0o777),
		os.Symlink("x", filepath.Join(path, "zlink")))
	var got []string
	types := map[string]Type{}
	e, err := d.OpenDir("")
	must(t, err)
	defer e.Close()
	buf := make([]byte, 4096)
	for more := true; more; {
		more, err = e.ReadDir(buf, func(name []byte, typ Type) {
			got = append(got, string(name))
			types[string(name)] = typ
		})
		must(t, err)
	}
	slices.Sort(got)
	if !slices.Equal(got, append(want, "zdir", "zlink")) {
		t.Errorf("ReadDir returns %d entries, want 302: %q", len(got), got)
	}
	for name, wantType := range map[string]Type{
		"file-with-a-name-000": Regular,
		"zdir":                 Directory,
		"zlink":                Other,
	} {
		if typ := types[name]; typ != wantType && typ != Unknown {
			t.Errorf("%s has type %d, want %d", name, typ, wantType)
		}
		st, err := d.Lstat(name)
		if err != nil || st.Type != wantType {
			t.Errorf("Lstat(%s) = %+v, %v, want type %d", name, st, err, wantType)
		}
	}
}

func TestFileOperations(t *testing.T) {
	d, path := root(t)
	f, err := d.Create("a")
	must(t, err)
	defer f.Close()
	if _, err := d.Create("a"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the second Create = %v, want ErrExist", err)
	}
	const mtime = 1_700_000_000_123_456_789
	_, err = f.Write([]byte("content"))
	must(t, err, f.SetModTime(mtime), f.Sync(), d.Sync())
	st, err := f.Stat()
	must(t, err)
	if st.ModTime != mtime || st.Size != 7 {
		t.Errorf("Stat = %+v, want the time %d and 7 bytes", st, int64(mtime))
	}
	p := make([]byte, 3)
	if n, err := f.ReadAt(p, 4); n != 3 || err != nil || string(p) != "ent" {
		t.Errorf("ReadAt = %d, %v, %q, want 3, nil, \"ent\"", n, err, p)
	}
	must(t, os.WriteFile(filepath.Join(path, "b"), nil, 0o666))
	if err := d.RenameNoReplace("a", d, "b"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("RenameNoReplace onto a file = %v, want ErrExist", err)
	}
	must(t, d.RenameNoReplace("a", d, "c"), d.Rename("c", d, "b"), d.Mkdir("d", 0o777))
	if err := d.Rename("b", d, "d"); !IsDirectory(err) {
		t.Errorf("Rename onto a directory = %v, want IsDirectory", err)
	}
	must(t, d.Rename("b", d, "e"), d.Mkdir("f", 0o777),
		os.WriteFile(filepath.Join(path, "f/x"), nil, 0o666))
	if err := d.Rmdir("f"); !IsNotEmpty(err) {
		t.Errorf("Rmdir of a full directory = %v, want IsNotEmpty", err)
	}
	must(t, d.Unlink("e"), d.Rmdir("d"))
}

func TestXattrRoundTrip(t *testing.T) {
	d, _ := root(t)
	f, err := d.Create("a")
	must(t, err)
	defer f.Close()
	buf := make([]byte, 64)
	if _, err := f.Getxattr("user.test", buf); err != ErrNoXattr {
		t.Errorf("Getxattr of none = %v, want ErrNoXattr", err)
	}
	if err := f.Setxattr("user.test", []byte("value")); err == errors.ErrUnsupported {
		longtest.Lacks(t, "the test's file system has no extended attributes")
	}
	if n, err := f.Getxattr("user.test", buf); err != nil || string(buf[:n]) != "value" {
		t.Errorf("Getxattr = %q, %v, want \"value\"", buf[:n], err)
	}
}

// Locks exclude other open files, byte by byte, but not the same open file.
func TestLockExcludesOtherFiles(t *testing.T) {
	d, _ := root(t)
	f, err := d.OpenLock("lock")
	must(t, err)
	defer f.Close()
	g, err := d.OpenLock("lock")
	must(t, err)
	must(t, f.TryLock(7), f.TryLock(7), g.TryLock(8))
	if err := g.TryLock(7); err != ErrLocked {
		t.Errorf("TryLock of a locked byte = %v, want ErrLocked", err)
	}
	must(t, f.Unlock(7), g.TryLock(7), g.Close(), f.TryLock(7))
}

func TestOpenElements(t *testing.T) {
	d, ok := any(openFor(t)).(*dir)
	if !ok {
		t.Skip("runs only with the Linux implementation")
	}
	for path, want := range map[string]error{
		"a/b":   nil,
		"a":     nil,
		".":     nil,
		"a/l":   syscall.ENOTDIR,
		"a/l/x": syscall.ENOTDIR,
		"n":     syscall.ENOENT,
	} {
		fd, err := d.openElements(path, openDir)
		if err != want {
			t.Errorf("openElements(%q) = %v, want %v", path, err, want)
		}
		if err == nil {
			must(t, (&dir{fd: fd}).Close())
		}
	}
}

func openFor(t *testing.T) Dir {
	d, path := root(t)
	must(t, os.MkdirAll(filepath.Join(path, "a/b"), 0o777),
		os.Symlink("b", filepath.Join(path, "a/l")))
	return d
}
