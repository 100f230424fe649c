//go:build unix

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// readCalls are calls that change no file, each with its result as text. A listing's has
// a line for each entry that came before the error.
var readCalls = map[string]func(ctx context.Context, b files.Bucket) (string, error){
	"list":      entriesOf("", &files.ListOptions{Foreign: true}),
	"shallow":   entriesOf("", &files.ListOptions{Foreign: true, Shallow: true}),
	"directory": entriesOf("d", &files.ListOptions{Prefix: "d/m"}),
	"names":     entriesOf("", &files.ListOptions{NamesOnly: true, StartAfter: "d/x"}),
	"stat": func(ctx context.Context, b files.Bucket) (string, error) {
		info, err := b.Stat(ctx, "d/m", nil)
		return fmt.Sprintf("%+v", info), err
	},
	"stat of a file of others": func(ctx context.Context, b files.Bucket) (string, error) {
		info, err := b.Stat(ctx, "foreign.txt", nil)
		return fmt.Sprintf("%+v", info), err
	},
	"stat of a file of no known type": func(ctx context.Context, b files.Bucket) (string, error) {
		info, err := b.Stat(ctx, "unknown", nil)
		return fmt.Sprintf("%+v", info), err
	},
	"get": func(ctx context.Context, b files.Bucket) (string, error) {
		s, err := getSeen(ctx, b, long+"/"+long)
		return fmt.Sprintf("%+v", s), err
	},
	"check": func(ctx context.Context, b files.Bucket) (string, error) {
		return "", files.Check(ctx, b)
	},
}

func entriesOf(dir string, opts *files.ListOptions) func(context.Context, files.Bucket) (string,
	error) {
	return func(ctx context.Context, b files.Bucket) (string, error) {
		var lines strings.Builder
		for e, err := range b.List(ctx, dir, opts) {
			if err != nil {
				return lines.String(), err
			}
			fmt.Fprintf(&lines, "%+v\n", e)
		}
		return lines.String(), nil
	}
}

// If any one operation fails once, a call that only reads has its result or the cause. A
// listing yields no entry that isn't there, in order, and is only whole without an error.
func TestReadFaultAtEveryOperation(t *testing.T) {
	for disk, sys := range map[string]fsys.FS{
		"an ordinary disk": fsys.OS(),
		"folds":            oddDisks()["folds"](),
		"FUSE":             &hookFS{FS: fsys.OS(), fuse: true},
	} {
		t.Run(disk, func(t *testing.T) {
			t.Parallel()
			dir := readTree(t, sys)
			for name, call := range readCalls {
				var faulter crashfs.Faulter
				wrapped := crashfs.Wrap(sys, faulter.Hook)
				b, err := openOver(dir, nil, wrapped)
				check(t, err)
				want, err := call(t.Context(), b)
				if err != nil {
					t.Fatalf("%s without a fault: %v", name, err)
				}
				failed, every := 0, longtest.EachOf(t, 6, 3)
				for n, hit := 1, true; hit && !t.Failed(); n += every {
					faulter.FailAt(n, syscall.EIO)
					got, failure := call(t.Context(), b)
					count, kind := faulter.Count()
					hit = count >= n
					faulter.Set(nil)
					switch {
					case failure == nil && got != want:
						t.Errorf("%s: %v at operation %d: %s, want %s", name, kind, n, got, want)
					case failure != nil && (!hit || !errors.Is(failure, syscall.EIO)):
						t.Errorf("%s: %v at operation %d: %v, want EIO", name, kind, n, failure)
					case failure != nil && strings.HasSuffix(want, "\n"):
						if line := notAmong(got, want); line != "" {
							t.Errorf("%s: %v at operation %d: %s is listed, want %q", name, kind, n,
								line, "")
						}
					}
					if failure != nil {
						failed++
					}
					if again, err := call(t.Context(), b); err != nil || again != want {
						t.Errorf("%s: after %v at operation %d: %s, %v, want %q and nil", name,
							kind, n, again, err, want)
					}
				}
				if failed == 0 {
					t.Errorf("%s: no fault made the call fail", name)
				}
				check(t, b.Close())
				if open := wrapped.Open(); open != 0 {
					t.Errorf("%s: %d descriptors are open after Close, want 0", name, open)
				}
			}
		})
	}
}

// readTree makes a folder with all kinds of entries.
func readTree(t *testing.T, sys fsys.FS) string {
	dir := injectedFolder(t)
	b, err := openOver(dir, noSync, sys)
	check(t, err)
	deep := strings.Repeat("deep/", maxLevels+3)
	for i, name := range []string{"a", "a/b", "d/m", "d/m/n", "d/x", deep + "1", deep + "2",
		long + "/" + long, "z/f", "d/m.attrs"} {
		putIn(t, b, name, strings.Repeat("x", i), &files.PutOptions{
			Attributes: proofAttributes(i, i%3),
		})
	}
	check(t, os.WriteFile(filepath.Join(dir, "foreign.txt"), []byte("foreign"), 0o666),
		os.WriteFile(filepath.Join(dir, "unknown"), []byte("foreign"), 0o666),
		os.WriteFile(filepath.Join(dir, "d", "bell\a"), []byte("foreign"), 0o666), b.Close())
	return dir
}

// notAmong returns a line of some that isn't in all, or not in its order.
func notAmong(some, all string) string {
	for line := range strings.Lines(some) {
		i := strings.Index(all, line)
		if i < 0 {
			return line
		}
		all = all[i+len(line):]
	}
	return ""
}

// If any one operation fails once, Open returns the cause and leaves nothing open, or the
// bucket works.
func TestOpenFaultAtEveryOperation(t *testing.T) {
	for disk, sys := range map[string]fsys.FS{
		"an ordinary disk": fsys.OS(),
		"folds":            oddDisks()["folds"](),
	} {
		dir := readTree(t, sys)
		failed := 0
		for n, hit := 1, true; hit; n++ {
			var faulter crashfs.Faulter
			wrapped := crashfs.Wrap(sys, faulter.Hook)
			faulter.FailAt(n, syscall.EIO)
			b, err := openOver(dir, nil, wrapped)
			count, kind := faulter.Count()
			hit = count >= n
			faulter.Set(nil)
			if err == nil {
				if s, _ := fetch(t, b, "a/b"); s != "x" {
					t.Errorf("%s: %v at operation %d: a/b is %q, want %q", disk, kind, n, s, "x")
				}
				check(t, b.Close())
			} else if failed++; !errors.Is(err, syscall.EIO) || !hit {
				t.Errorf("%s: %v at operation %d: Open = %v, want EIO", disk, kind, n, err)
			}
			if open := wrapped.Open(); open != 0 {
				t.Errorf("%s: %v at operation %d (%v): %d descriptors are open, want 0", disk, kind,
					n, err, open)
			}
		}
		if failed == 0 {
			t.Errorf("%s: no fault made Open fail", disk)
		}
	}
}

// A file that the user may not open has what a listing has, and the content type of its
// name.
func TestStatOfUnreadable(t *testing.T) {
	dir := readTree(t, fsys.OS())
	var faulter crashfs.Faulter
	b, err := openOver(dir, nil, crashfs.Wrap(fsys.OS(), faulter.Hook))
	check(t, err)
	defer b.Close()
	for name, typ := range map[string]string{
		"a":           "application/octet-stream",
		"a/b":         "application/octet-stream",
		"foreign.txt": "text/plain; charset=utf-8",
		"d/m":         "application/octet-stream",
	} {
		faulter.Set(nil)
		want := stat(t, b, name)
		faulter.Fail(syscall.EACCES, crashfs.OpenFile)
		info, err := b.Stat(t.Context(), name, nil)
		if err != nil || info.Entry != want.Entry || info.ContentType != typ ||
			len(info.Metadata) != 0 {
			t.Errorf("Stat(%s) = %+v, %v, want %+v with the type %s", name, info, err, want.Entry,
				typ)
		}
		if _, err := b.Get(t.Context(), name, nil); !errors.Is(err, files.ErrPermission) {
			t.Errorf("Get(%s) = %v, want ErrPermission", name, err)
		}
	}
}

// A file of others that has the name of a sidecar makes way for it. If any one operation
// fails once, no file is lost, and the Put can be made again.
func TestMoveAsideFaultAtEveryOperation(t *testing.T) {
	for _, name := range []string{"f", "d/f"} {
		failed := 0
		for n, hit := 1, true; hit && !t.Failed(); n++ {
			dir := t.TempDir()
			path := filepath.Join(dir, name+sidecarExt)
			check(t, os.MkdirAll(filepath.Dir(path), 0o777),
				os.WriteFile(path, []byte("of others"), 0o666))
			var faulter crashfs.Faulter
			wrapped := crashfs.Wrap(crashfs.Unsynced(), faulter.Hook)
			b, err := openOver(dir, nil, wrapped)
			check(t, err)
			put := func() error {
				_, err := b.Put(t.Context(), name, strings.NewReader("content"), &files.PutOptions{
					Attributes: proofAttributes(1, 1),
				})
				return err
			}
			faulter.FailAt(n, syscall.EIO)
			failure := put()
			count, kind := faulter.Count()
			hit = count >= n
			faulter.Set(nil)
			if failure != nil {
				failed++
				if !hit || !errors.Is(failure, syscall.EIO) {
					t.Errorf("%v at operation %d: %v, want EIO", kind, n, failure)
				}
			}
			if s, _ := fetch(t, b, name+sidecarExt); s != "of others" {
				t.Errorf("%v at operation %d (%v): the other file is %q, want %q", kind, n, failure,
					s, "of others")
			}
			if failure != nil {
				check(t, put())
			}
			if s, info := fetch(t, b, name); s != "content" || info.Metadata["seq"] != "1" {
				t.Errorf("%v at operation %d: %q, %+v, want the content", kind, n, s, info)
			}
			if s, _ := fetch(t, b, name+sidecarExt); s != "of others" {
				t.Errorf("%v at operation %d: the other file is %q afterwards, want %q", kind, n, s,
					"of others")
			}
			check(t, b.Close())
			if open := wrapped.Open(); open != 0 {
				t.Errorf("%v at operation %d: %d descriptors are open, want 0", kind, n, open)
			}
		}
		if failed == 0 {
			t.Error("no fault made the Put fail")
		}
	}
}

// A file of others is found by the name that it is listed with, whatever its length.
func TestLongNamesLikeSidecars(t *testing.T) {
	b, dir := newBucket(t, nil)
	for n := 240; n <= 255; n++ {
		name := strings.Repeat("n", n-len(sidecarExt)) + sidecarExt
		check(t, os.WriteFile(filepath.Join(dir, name), []byte("of others"), 0o666))
		listed := 0
		for e, err := range b.List(t.Context(), "", &files.ListOptions{Foreign: true}) {
			check(t, err)
			listed++
			if (e.Key != "") != (n > 241) {
				t.Errorf("%d bytes: the file is listed as %+v", n, e)
			}
			if e.Key != "" {
				r, err := b.Get(t.Context(), "", &files.GetOptions{Key: e.Key})
				check(t, err)
				r.Close()
			} else if s, _ := fetch(t, b, e.Name); s != "of others" {
				t.Errorf("%d bytes: %.20q is %q, want %q", n, e.Name, s, "of others")
			}
		}
		if listed != 1 {
			t.Errorf("%d bytes: %d files are listed, want 1", n, listed)
		}
		check(t, os.Remove(filepath.Join(dir, name)))
	}
}
