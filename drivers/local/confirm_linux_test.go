//go:build linux && !osroot

package local

import (
	"errors"
	"sync/atomic"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// A file that is replaced again and again is never missing, also if a program serves
// the file system (X1, L4).
func TestReplacedOnFUSE(t *testing.T) {
	for _, kind := range []mounts.Kind{mounts.Bindfs, mounts.NTFS3G, mounts.Mergerfs} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			dir := mounts.New(t, kind)
			b := openOdd(t, fsys.OS(), dir)
			c := openOdd(t, fsys.OS(), dir)
			put := func() error {
				_, err := files.PutString(t.Context(), b, "a", "content", nil)
				return err
			}
			ok(t, put())
			var done atomic.Bool
			failed := make(chan error, 1)
			go func() {
				defer done.Store(true)
				for range 400 {
					if err := put(); err != nil {
						failed <- err
						return
					}
				}
			}()
			calls, lost := 0, 0
			for ; !done.Load(); calls++ {
				if _, err := c.Stat(t.Context(), "a", nil); err != nil {
					lost++
					t.Logf("Stat: %v", err)
				}
				if n := len(listed(t, c)); n != 1 {
					lost++
				}
			}
			select {
			case err := <-failed:
				t.Error(err)
			default:
			}
			if lost > 0 {
				t.Errorf("the file was missing %d times in %d calls of Stat and List", lost, calls)
			}
		})
	}
}

// exFAT's program may crash when it looks up a name that isn't UTF-8, so it never gets
// such a name unless its folder lists it.
func TestKeyNotUTF8OnFUSE(t *testing.T) {
	dir := mounts.New(t, mounts.ExfatFuse)
	b := openOdd(t, fsys.OS(), dir)
	_, err := files.PutString(t.Context(), b, "a", "a", nil)
	ok(t, err)
	key := "dir/\xed\xa0\x80"
	if _, err := b.Stat(t.Context(), "",
		&files.StatOptions{Key: key}); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("Stat of a key that can't exist = %v, want ErrNotExist", err)
	}
	if s, _ := fetch(t, b, "a"); s != "a" {
		t.Errorf("a = %q, want \"a\"", s)
	}
}

// deadFS is a file system whose program is gone if dead is set.
type deadFS struct {
	fsys.FS
	dead bool
}

func (d *deadFS) StatRoot(path string) (fsys.Stat, error) {
	if d.dead {
		return fsys.Stat{}, syscall.ENOTCONN
	}
	return d.FS.StatRoot(path)
}

// A file system whose program is dead is a missing bucket (E3).
func TestDeadFUSE(t *testing.T) {
	sys := &deadFS{FS: fsys.OS()}
	dir := t.TempDir()
	b := openOdd(t, sys, dir)
	sys.dead = true
	if _, err := b.Stat(t.Context(), "a", nil); !errors.Is(err, files.ErrNoBucket) {
		t.Errorf("Stat = %v, want ErrNoBucket", err)
	}
	if _, err := open(dir, nil, sys); !errors.Is(err, files.ErrNoBucket) {
		t.Errorf("Open = %v, want ErrNoBucket", err)
	}
}
