//go:build unix

package local

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// A newFolders counts the syncs, and knows which folders have new folders whose entries
// aren't durable.
type newFolders struct {
	syncs   int
	fails   int // which sync of a folder from now on fails, counted from 1
	pending []uint64
}

func (f *newFolders) hook(op *crashfs.Op, do func() error) error {
	switch op.Kind {
	case crashfs.SyncFile:
		f.syncs++
	case crashfs.Mkdir, crashfs.SyncDir:
		st, err := op.Dir.Stat()
		if err != nil {
			return err
		}
		if op.Kind == crashfs.Mkdir {
			f.pending = append(f.pending, st.Ino)
			break
		}
		f.syncs++
		if f.fails--; f.fails == 0 {
			return syscall.EIO
		}
		f.pending = slices.DeleteFunc(f.pending, func(i uint64) bool { return i == st.Ino })
	}
	return do()
}

// The entry of a new folder is durable when Put returns, also if the folder has the
// identity of one that was removed: some file systems use an inode number again and know
// no time of birth. A sync that fails doesn't count. With NoSync nothing is made durable
// (P3).
func TestNewFolderIsDurable(t *testing.T) {
	for _, noSync := range []bool{false, true} {
		for _, reuses := range []bool{false, true} {
			var f newFolders
			b, err := openOver(memdir.New(t), &Options{NoSync: noSync},
				&hookFS{FS: crashfs.Wrap(fsys.OS(), f.hook), reuses: reuses})
			ok(t, err)
			putIn(t, b, "begin", "makes the control folder", nil)
			for _, name := range []string{"d/a", "d/b", "d/e/f/a", "g/a"} {
				refused := 0
				for fails := range 8 {
					f.pending, f.fails = nil, fails
					_, err := files.PutString(t.Context(), b, name, "text", nil)
					f.fails = 0
					if err == nil && !noSync && len(f.pending) > 0 {
						t.Errorf("reuses %v: Put(%s) succeeds, although new folders aren't durable",
							reuses, name)
					}
					if err != nil {
						refused++
					}
					if err != nil && (fails == 0 || !errors.Is(err, syscall.EIO)) {
						t.Errorf("Put(%s) without sync %d: %v", name, fails, err)
					}
					ok(t, b.Delete(t.Context(), name, nil))
				}
				if noSync != (refused == 0) {
					t.Errorf("NoSync %v: %d times Put(%s) fails without a sync", noSync, refused,
						name)
				}
			}
			ok(t, b.Close())
			if noSync != (f.syncs == 0) {
				t.Errorf("NoSync %v: %d syncs", noSync, f.syncs)
			}
		}
	}
}

// A file makes way for a folder of its name whatever has its other name: the same file,
// if a move in two steps was interrupted, or an older one (N3).
func TestFileMakesWay(t *testing.T) {
	for what, other := range map[string]func(dir string) error{
		"nothing": func(string) error { return nil },
		"the same file": func(dir string) error {
			return os.Link(filepath.Join(dir, "a"), filepath.Join(dir, leafName("a")))
		},
		"an older file": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, leafName("a")), []byte("older"), 0o666)
		},
	} {
		dir := memdir.New(t)
		b := openBucket(t, dir, nil)
		putIn(t, b, "a", "file", nil)
		ok(t, other(dir))
		putIn(t, b, "a/b", "below", nil)
		for name, want := range map[string]string{"a": "file", "a/b": "below"} {
			if got, err := files.ReadString(t.Context(), b, name, nil); got != want || err != nil {
				t.Errorf("%s: %s has %q, %v, want %q", what, name, got, err, want)
			}
		}
		if got := listed(t, b); !slices.Equal(got, []string{"a", "a/b"}) {
			t.Errorf("%s: listed %q, want a and a/b", what, got)
		}
	}
}

// If the file can't make way, Put returns the error and the file stays as it is. If
// something was moved or removed meanwhile, Put tries again (P2).
func TestFileDoesNotMakeWay(t *testing.T) {
	for _, linked := range []bool{false, true} { // the file has its other name already
		for _, c := range []struct {
			at   crashfs.Kind
			name string
			err  syscall.Errno
			once bool // and Put succeeds
		}{
			{crashfs.Unlink, "a", syscall.EACCES, false},
			{crashfs.Unlink, "a", syscall.EISDIR, true},
			{crashfs.Unlink, "a", syscall.ENOENT, true},
			{crashfs.Rename, "a", syscall.EACCES, false},
			{crashfs.Rename, "a", syscall.EISDIR, true},
			{crashfs.Rename, "a", syscall.ENOENT, true},
			{crashfs.Mkdir, "a", syscall.EACCES, false},
			{crashfs.Mkdir, "a", syscall.ENOENT, true},
			{crashfs.Mkdir, "a", syscall.EEXIST, true},
		} {
			if c.at == crashfs.Mkdir && linked || c.at == crashfs.Unlink && !linked ||
				c.at == crashfs.Rename && linked {
				continue // isn't called
			}
			dir := memdir.New(t)
			var faulter crashfs.Faulter
			b, err := openOver(dir, noSync, crashfs.Wrap(fsys.OS(), faulter.Hook))
			ok(t, err)
			putIn(t, b, "a", "file", nil)
			if linked {
				ok(t, os.Link(filepath.Join(dir, "a"), filepath.Join(dir, leafName("a"))))
			}
			hits := 0
			faulter.Set(func(op *crashfs.Op) error {
				if op.Kind != c.at || op.Name != c.name || c.once && hits > 0 {
					return nil
				}
				hits++
				return c.err
			})
			_, err = files.PutString(t.Context(), b, "a/b", "below", nil)
			faulter.Set(nil)
			if hits == 0 {
				t.Errorf("linked %v: Put doesn't call %v", linked, c.at)
			}
			if c.once != (err == nil) || !c.once && (!errors.Is(err, c.err) ||
				files.KindOf(err) != files.ErrPermission) {
				t.Errorf("linked %v: Put = %v while %v fails with %v, want success: %v", linked,
					err, c.at, c.err, c.once)
			}
			got, err := files.ReadString(t.Context(), b, "a", nil)
			if got != "file" || err != nil {
				t.Errorf("linked %v: after %v has failed, a has %q, %v", linked, c.at, got, err)
			}
			want := []string{"a"}
			if c.once {
				want = append(want, "a/b")
			}
			if got := listed(t, b); !slices.Equal(got, want) {
				t.Errorf("linked %v: after %v has failed, listed %q, want %q", linked, c.at, got,
					want)
			}
			ok(t, b.Close())
		}
	}
}
