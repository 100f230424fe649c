//go:build !osroot

package local

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// needUnnamed skips the test if the file system has no files without a name.
func needUnnamed(t *testing.T, dir string) {
	t.Helper()
	d, err := fsys.OS().OpenRoot(dir)
	check(t, err)
	defer d.Close()
	f, err := d.CreateUnnamed()
	if errors.Is(err, errors.ErrUnsupported) {
		longtest.Lacks(t, "the file system has no files without a name")
	}
	check(t, err)
	check(t, f.Close())
}

// stagedNames returns the paths of staged files.
func stagedNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, controlDir, stagingMark+"*", "*"))
	check(t, err)
	for _, p := range all {
		if filepath.Base(p) != aliveFile {
			names = append(names, p)
		}
	}
	return names
}

// A new file of a Put that isn't synced, or is on tmpfs, has no name before its commit,
// so no other program can find it. A file that replaces another has a staged name if
// the previous Put also replaced a file, and so has a file that is synced.
func TestStagedWithoutName(t *testing.T) {
	for _, kind := range []mounts.Kind{mounts.Ext4, mounts.Tmpfs} {
		t.Run(string(kind), func(t *testing.T) {
			stagedWithoutName(t, inMount(t, kind), true, false)
			stagedWithoutName(t, inMount(t, kind), kind == mounts.Tmpfs, true)
		})
	}
}

func stagedWithoutName(t *testing.T, dir string, nameless, sync bool) {
	t.Helper()
	b := openBucket(t, dir, &Options{NoSync: !sync})
	needUnnamed(t, dir)
	for i, names := range []int{0, 0, 1, 0, 0} {
		want := 1
		if nameless {
			want = names
		}
		if i == 3 {
			del(t, b, "a")
		}
		content := io.MultiReader(strings.NewReader("content"), afterwards(func() {
			if names := stagedNames(t, dir); len(names) != want {
				t.Errorf("sync %v, Put %d: staged files are %q, want %d", sync, i, names, want)
			}
		}))
		opts := &files.PutOptions{Attributes: someAttributes}
		_, err := b.Put(t.Context(), "a", content, opts)
		check(t, err)
		s, info := fetch(t, b, "a")
		if s != "content" || info.CacheControl != someAttributes.CacheControl {
			t.Errorf("Get = %q, %+v, want \"content\" with its attributes", s, info)
		}
		if names := stagedNames(t, dir); len(names) != 0 {
			t.Errorf("staged files are left: %q", names)
		}
	}
}

// If something has the name of a file that is staged without a name, or the file system
// refuses to link it, it gets a staged name or is staged again.
func TestStagedGetsName(t *testing.T) {
	attrs := []files.Attributes{{}, someAttributes}
	put := func(b files.Bucket, at files.Attributes, before func()) error {
		content := io.MultiReader(strings.NewReader("new"), afterwards(before))
		_, err := b.Put(t.Context(), "d/a", content, &files.PutOptions{Attributes: at})
		return err
	}
	for name, before := range map[string]func(dir string){
		"a file": func(dir string) {
			check(t, os.WriteFile(filepath.Join(dir, "d/a"), []byte("x"), 0o666))
		},
		"a link": func(dir string) { check(t, os.Symlink("b", filepath.Join(dir, "d/a"))) },
		"a side": func(dir string) {
			check(t, os.Symlink("b", filepath.Join(dir, "d/a.attrs")))
		},
		"a folder": func(dir string) {
			check(t, os.Mkdir(filepath.Join(dir, "d/a"), 0o777))
		},
		"no folder": func(dir string) { check(t, os.RemoveAll(filepath.Join(dir, "d"))) },
		"no staging folder": func(dir string) {
			check(t, os.RemoveAll(filepath.Join(dir, controlDir)))
		},
	} {
		for _, at := range attrs {
			b, dir := newBucket(t, &Options{NoSync: true})
			needUnnamed(t, dir)
			putIn(t, b, "d/b", "b", nil)
			if err := put(b, at, func() { before(dir) }); err != nil {
				t.Errorf("%s: Put = %v, want nil", name, err)
				continue
			}
			if s, info := fetch(t, b, "d/a"); s != "new" || info.CacheControl != at.CacheControl {
				t.Errorf("%s: Get = %q, %+v, want \"new\" with its attributes", name, s, info)
			}
		}
	}
	faults := []error{
		errors.ErrUnsupported, syscall.EOPNOTSUPP, syscall.EXDEV, syscall.EEXIST, syscall.ENOENT,
		syscall.ESTALE,
	}
	for _, fault := range faults {
		for _, at := range attrs {
			met := 0
			h := &hookFS{before: func(op, _ string) error {
				if op == "link" && met < 3 {
					met++
					return fault
				}
				return nil
			}}
			dir := t.TempDir()
			needUnnamed(t, dir)
			b := openHooked(t, dir, &Options{NoSync: true}, h)
			if err := put(b, at, func() {}); err != nil || met == 0 {
				t.Errorf("with Link failing with %v %d times, Put = %v, want more than 0 and nil",
					fault, met, err)
				continue
			}
			if s, info := fetch(t, b, "d/a"); s != "new" || info.CacheControl != at.CacheControl {
				t.Errorf("%v: Get = %q, %+v, want \"new\" with its attributes", fault, s, info)
			}
			if names := stagedNames(t, dir); len(names) != 0 {
				t.Errorf("%v: staged files are left: %q", fault, names)
			}
		}
	}
}

// If a staged file gets a name because it replaces a file that only its owner may read,
// other users can't read it, or its sidecar, by that name.
func TestStagedNameIsPrivate(t *testing.T) {
	long := files.Attributes{
		Metadata: map[string]string{"k": strings.Repeat("v", maxRecord)},
	}
	for _, at := range []files.Attributes{{}, someAttributes, long} {
		dir, met := t.TempDir(), 0
		h := &hookFS{before: func(string, string) error {
			for _, p := range stagedNames(t, dir) {
				fi, err := os.Stat(p)
				check(t, err)
				if met++; fi.Mode().Perm() != 0o600 {
					t.Errorf("the staged file %s has mode %v, want 0600", filepath.Base(p),
						fi.Mode())
				}
			}
			return nil
		}}
		b := openHooked(t, dir, &Options{NoSync: true}, h)
		path := filepath.Join(dir, "a")
		ok(t, os.WriteFile(path, []byte("old"), 0o600), os.Chmod(path, 0o600))
		_, err := files.PutString(t.Context(), b, "a", "new", &files.PutOptions{Attributes: at})
		check(t, err)
		if met == 0 {
			t.Error("no staged file had a name")
		}
		side, err := os.Stat(path + sidecarExt)
		if err == nil && side.Mode().Perm() != 0o600 || err != nil && at.Metadata != nil {
			t.Errorf("Stat of the sidecar = %v, %v, want mode 0600", side, err)
		}
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("Stat of the file = %v, %v, want mode 0600", fi, err)
		}
	}
}
