//go:build unix

package local

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// methods has a call of every method of a bucket, on the names f, which exists, and g.
var methods = map[string]func(ctx context.Context, b files.Bucket) error{
	"Put": func(ctx context.Context, b files.Bucket) error {
		_, err := b.Put(ctx, "g", strings.NewReader("x"), nil)
		return err
	},
	"Put if absent": func(ctx context.Context, b files.Bucket) error {
		_, err := b.Put(ctx, "new/g", strings.NewReader("x"),
			&files.PutOptions{If: files.IfAbsent()})
		return err
	},
	"Get": func(ctx context.Context, b files.Bucket) error {
		r, err := b.Get(ctx, "f", nil)
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = r.WriteTo(io.Discard)
		return err
	},
	"Get of a missing file": func(ctx context.Context, b files.Bucket) error {
		_, err := b.Get(ctx, "none", nil)
		return err
	},
	"Stat": func(ctx context.Context, b files.Bucket) error {
		_, err := b.Stat(ctx, "f", nil)
		return err
	},
	"List": func(ctx context.Context, b files.Bucket) error { return listError(ctx, b, "", nil) },
	"List of a missing directory": func(ctx context.Context, b files.Bucket) error {
		return listError(ctx, b, "none", &files.ListOptions{Shallow: true})
	},
	"Delete": func(ctx context.Context, b files.Bucket) error {
		return b.Delete(ctx, "f", nil)
	},
	"Delete of a missing file": func(ctx context.Context, b files.Bucket) error {
		return b.Delete(ctx, "none/g", nil)
	},
	"Copy": func(ctx context.Context, b files.Bucket) error {
		_, err := files.Copy(ctx, b, "g", b, "f", nil)
		return err
	},
	"Move": func(ctx context.Context, b files.Bucket) error {
		_, err := files.Move(ctx, b, "g", b, "f", nil)
		return err
	},
	"Check": func(ctx context.Context, b files.Bucket) error { return files.Check(ctx, b) },
}

// writing lists the methods that change something.
var writing = []string{"Put", "Put if absent", "Delete", "Copy", "Move"}

func listError(ctx context.Context, b files.Bucket, dir string, opts *files.ListOptions) error {
	for _, err := range b.List(ctx, dir, opts) {
		if err != nil {
			return err
		}
	}
	return nil
}

// started opens a bucket with the file f. If written is set, the handle has written,
// and so has a staging folder.
func started(t *testing.T, dir string, sys fsys.FS, written bool) files.Bucket {
	t.Helper()
	prepare(t, dir, scenario{setup: []step{stepPut("f", 1, 1)}})
	b, err := openOver(dir, nil, sys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if written {
		if err := stepPut("h", 2, 0).do(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// If the folder is gone, every method returns files.ErrNoBucket, of a handle that has
// written and of one that has not (E3).
func TestVanishedFolderEveryMethod(t *testing.T) {
	ways := map[string]func(t *testing.T, dir string){
		"removed": func(t *testing.T, dir string) { check(t, os.RemoveAll(dir)) },
		"renamed": func(t *testing.T, dir string) { check(t, os.Rename(dir, dir+"-elsewhere")) },
		"replaced by an empty one": func(t *testing.T, dir string) {
			check(t, os.Rename(dir, dir+"-elsewhere"), os.Mkdir(dir, 0o777))
		},
		"replaced by a file": func(t *testing.T, dir string) {
			check(t, os.RemoveAll(dir), os.WriteFile(dir, []byte("a file"), 0o666))
		},
		"gone with its parent": func(t *testing.T, dir string) {
			check(t, os.RemoveAll(filepath.Dir(dir)))
		},
	}
	for way, vanish := range ways {
		for _, written := range []bool{false, true} {
			dir := filepath.Join(t.TempDir(), "parent", "bucket")
			check(t, os.MkdirAll(dir, 0o777))
			b := started(t, dir, fsys.OS(), written)
			vanish(t, dir)
			for name, call := range methods {
				err := call(t.Context(), b)
				if !errors.Is(err, files.ErrNoBucket) || errors.Is(err, files.ErrNotExist) {
					t.Errorf("%s, written %v: %s = %v, want ErrNoBucket", way, written, name, err)
				}
				noPath(t, err, dir)
			}
			if way == "replaced by an empty one" {
				if left, _ := os.ReadDir(dir); len(left) != 0 {
					t.Errorf("%s: %q was written into it", way, left[0].Name())
				}
			}
			if err := b.Close(); err != nil {
				t.Errorf("%s: Close: %v, want nil", way, err)
			}
		}
	}
}

func noPath(t *testing.T, err error, dir string) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), filepath.Base(filepath.Dir(dir))+"/") {
		t.Errorf("the error contains the path: %v", err)
	}
}

// If the folder comes back, the handle works again.
func TestFolderComesBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bucket")
	check(t, os.Mkdir(dir, 0o777))
	b := started(t, dir, fsys.OS(), true)
	check(t, os.Rename(dir, dir+"2"))
	if err := methods["Put"](t.Context(), b); !errors.Is(err, files.ErrNoBucket) {
		t.Errorf("Put = %v, want ErrNoBucket", err)
	}
	check(t, os.Rename(dir+"2", dir))
	for name, call := range methods {
		if strings.Contains(name, "missing") || name == "Delete" || name == "Move" {
			continue
		}
		if err := call(t.Context(), b); err != nil {
			t.Errorf("%s: %v, want nil", name, err)
		}
	}
}

// In a folder that can't be written to, reading works, and every write returns
// files.ErrPermission with its cause and changes nothing.
func TestReadOnlyFileSystem(t *testing.T) {
	for _, cause := range []syscall.Errno{syscall.EROFS, syscall.EACCES} {
		for _, written := range []bool{false, true} {
			dir := t.TempDir()
			var faulter crashfs.Faulter
			b := started(t, dir, crashfs.Wrap(crashfs.Unsynced(), faulter.Hook), written)
			faulter.Fail(cause, changing...)
			for name, call := range methods {
				err := call(t.Context(), b)
				switch {
				case slices.Contains(writing, name):
					if !errors.Is(err, files.ErrPermission) || !errors.Is(err, cause) {
						t.Errorf("%v, written %v: %s = %v, want ErrPermission", cause, written,
							name, err)
					}
				case strings.HasPrefix(name, "Get of a missing"):
					if !errors.Is(err, files.ErrNotExist) {
						t.Errorf("%v: %s: %v, want ErrNotExist", cause, name, err)
					}
				case err != nil:
					t.Errorf("%s after the fault %v: %v", name, cause, err)
				}
				noPath(t, err, dir)
			}
			faulter.Set(nil)
			unharmed(t, dir, b, written)
		}
	}
}

// On a full disk every write returns the cause, nothing is lost or left, deleting still
// works, and the same handle works when there is room again.
func TestFullDiskInjected(t *testing.T) {
	for _, cause := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT} {
		for _, written := range []bool{false, true} {
			dir := t.TempDir()
			var faulter crashfs.Faulter
			b := started(t, dir, crashfs.Wrap(crashfs.Unsynced(), faulter.Hook), written)
			faulter.Fail(cause, crashfs.Create, crashfs.Mkdir, crashfs.Write, crashfs.CopyRange,
				crashfs.Clone, crashfs.Setxattr)
			for _, name := range []string{"Put", "Put if absent", "Copy", "Move"} {
				if err := methods[name](t.Context(), b); !errors.Is(err, cause) {
					t.Errorf("%v, written %v: %s: %v, want %v", cause, written, name, err, cause)
				}
			}
			for _, name := range []string{"Get", "Stat", "List", "Check"} {
				if err := methods[name](t.Context(), b); err != nil {
					t.Errorf("%v, written %v: %s: %v, want nil", cause, written, name, err)
				}
			}
			if written { // it has a staging folder
				if err := b.Delete(t.Context(), "h", nil); err != nil {
					t.Errorf("%v: Delete: %v, want nil", cause, err)
				}
			}
			faulter.Set(nil)
			unharmed(t, dir, b, false)
		}
	}
}

// unharmed checks that f, and h if it was written, are the only files, and that the
// handle still works.
func unharmed(t *testing.T, dir string, b files.Bucket, written bool) {
	t.Helper()
	now := state{}.with("f", stepPut("f", 1, 1).file)
	if written {
		now = now.with("h", stepPut("h", 2, 0).file)
	}
	seen, err := seeAll(t.Context(), b)
	if err == nil {
		err = now.differs(seen)
	}
	if err == nil {
		now, err = perform(t.Context(), b, now, []step{stepPut("f", 3, 2), stepPut("n/g", 4, 0)})
	}
	if err == nil {
		err = closeAndCheck(b, dir, now)
	}
	if err != nil {
		t.Errorf("%v, want nil", err)
	}
}

// A digest that can't be read is an error: the content is not returned unchecked (G6).
func TestUnreadableRecord(t *testing.T) {
	var faulter crashfs.Faulter
	b := started(t, t.TempDir(), crashfs.Wrap(crashfs.Unsynced(), faulter.Hook), true)
	faulter.Fail(syscall.EIO, crashfs.Getxattr)
	for _, name := range []string{"Get", "Stat", "Copy", "Move"} {
		if err := methods[name](t.Context(), b); !errors.Is(err, syscall.EIO) {
			t.Errorf("%s = %v, want EIO", name, err)
		}
	}
}

// If a file's record may not be read, its version is unknown, and a condition on it
// returns ErrPermission (P9, D2, E2): another program's chmod doesn't change the
// version.
func TestConditionOfUnreadable(t *testing.T) {
	var faulter crashfs.Faulter
	dir := t.TempDir()
	b := started(t, dir, crashfs.Wrap(crashfs.Unsynced(), faulter.Hook), true)
	// A file that replaces a newer one has a token in its version, which only its
	// record has.
	later := time.Now().Add(time.Hour)
	check(t, os.Chtimes(filepath.Join(dir, "f"), later, later))
	attributes := files.Attributes{Metadata: map[string]string{"k": "v"}}
	put := &files.PutOptions{Attributes: attributes}
	info, err := files.PutString(t.Context(), b, "f", "content", put)
	if err != nil {
		t.Fatal(err)
	}
	shorter, err := files.PutString(t.Context(), b, "g", "c", put)
	if err != nil {
		t.Fatal(err)
	}
	faulter.Set(func(op *crashfs.Op) error {
		if op.Kind == crashfs.OpenFile && op.Name == "f" {
			return syscall.EACCES
		}
		return nil
	})
	for what, c := range map[string]struct {
		version files.Version
		want    error
	}{
		"its own":               {info.Version, files.ErrPermission},
		"one with another size": {shorter.Version, files.ErrPrecondition},
	} {
		err := b.Delete(t.Context(), "f", &files.DeleteOptions{IfVersion: c.version})
		if files.KindOf(err) != c.want {
			t.Errorf("Delete of %s = %v, want %v", what, err, c.want)
		}
		_, err = files.PutString(t.Context(), b, "f", "new", &files.PutOptions{
			Attributes: attributes,
			If:         files.IfVersion(c.version),
		})
		if files.KindOf(err) != c.want {
			t.Errorf("Put over %s = %v, want %v", what, err, c.want)
		}
	}
	faulter.Set(nil)
	if got, err := files.ReadString(t.Context(), b, "f", nil); got != "content" || err != nil {
		t.Errorf("f = %q, %v, want \"content\"", got, err)
	}
}

// If the commit succeeds but can't be made durable, the error is ErrUncertain with its
// cause (P2, P4).
func TestUnsyncedCommit(t *testing.T) {
	for _, s := range []step{stepPut("f", 5,
		0), stepPut("f", 5,
		2), stepPut("g", 5, 1), stepPut("n/g", 5, 0), stepDelete("f"), stepCopy("f", "g")} {
		dir := t.TempDir()
		var faulter crashfs.Faulter
		b := started(t, dir, crashfs.Wrap(crashfs.Unsynced(), faulter.Hook), true)
		var committed bool
		faulter.Set(func(op *crashfs.Op) error {
			content := (op.Kind == crashfs.Rename ||
				op.Kind == crashfs.Exchange) && !strings.HasSuffix(op.NewName,
				sidecarExt) || op.Kind == crashfs.Unlink && op.Name == "f"
			committed = committed || content
			if committed && op.Kind == crashfs.SyncDir {
				return syscall.EIO
			}
			return nil
		})
		if err := s.do(t.Context(),
			b); !errors.Is(err, files.ErrUncertain) || !errors.Is(err, syscall.EIO) {
			t.Errorf("%v = %v, want ErrUncertain with EIO", s, err)
		}
		faulter.Set(nil)
		before := state{}.with("f", stepPut("f", 1, 1).file).with("h", stepPut("h", 2, 0).file)
		seen, err := seeAll(t.Context(), b)
		if err == nil {
			_, err = anyOf(seen, s.states(before))
		}
		if err == nil {
			err = s.do(t.Context(), b)
		}
		if err != nil {
			t.Errorf("%v: %v, want nil", s, err)
		}
	}
}
