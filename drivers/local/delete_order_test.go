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

// deleteSteps notes what a delete of the file a removes and makes durable, in its order,
// and makes one of these steps fail.
type deleteSteps struct {
	did   []string
	fails int // the step, counted from 0; -1: none
	err   syscall.Errno
}

func (s *deleteSteps) hook(op *crashfs.Op, do func() error) error {
	step := "sync"
	if op.Kind == crashfs.Unlink {
		step = op.Name
	} else if op.Kind != crashfs.SyncDir {
		return do()
	}
	s.did = append(s.did, step)
	if len(s.did)-1 == s.fails {
		return s.err
	}
	return do()
}

// A delete removes older content durably before the content, and the sidecar after it: a
// crash leaves the content with its attributes or nothing, never the older content. If a
// step fails, the delete returns the error and the file is whole, unless its content is
// removed already (P2, P3).
func TestDeleteInOrder(t *testing.T) {
	const side = "a" + sidecarExt
	leaf := leafName("a")
	for _, c := range []struct {
		what   string
		noSync bool
		older  bool // there is older content under the other name
		want   []string
	}{
		{"alone", false, false, []string{"a", "sync", side}},
		{"over older", false, true, []string{leaf, "sync", "a", "sync", side}},
		{"alone, NoSync", true, false, []string{"a", side}},
		{"over older, NoSync", true, true, []string{leaf, "a", side}},
	} {
		for fails := -1; fails < len(c.want); fails++ {
			dir := memdir.New(t)
			s := &deleteSteps{fails: -1, err: syscall.EACCES}
			b, err := openOver(dir, &Options{NoSync: c.noSync, AlwaysSidecar: true},
				crashfs.Wrap(fsys.OS(), s.hook))
			ok(t, err)
			putIn(t, b, "a", "content", &files.PutOptions{Attributes: someAttributes})
			if c.older {
				write(t, dir, leaf, "older")
			}
			s.did, s.fails = nil, fails
			err = b.Delete(t.Context(), "a", nil)
			did := s.did
			s.fails = -1
			removed := slices.Index(c.want, "a")
			switch {
			case fails < 0 && (err != nil || !slices.Equal(did, c.want)):
				t.Errorf("%s: Delete = %v after %q, want nil after %q", c.what, err, did, c.want)
			case fails >= 0 && fails != len(c.want)-1 && !errors.Is(err, s.err):
				t.Errorf("%s: Delete = %v, although %q failed", c.what, err, did[fails])
			case fails == len(c.want)-1 && err != nil: // a sidecar without a file means nothing
				t.Errorf("%s: Delete = %v, although only %q failed", c.what, err, did[fails])
			}
			info, err := b.Stat(t.Context(), "a", nil)
			whole := fails >= 0 && fails <= removed
			switch {
			case !whole && !errors.Is(err, files.ErrNotExist):
				t.Errorf("%s: after %q, of which step %d failed, Stat = %v, want ErrNotExist",
					c.what, did, fails, err)
			case whole && !slices.Equal(did, c.want[:fails+1]):
				t.Errorf("%s: after step %d failed, Delete does %q", c.what, fails, did)
			case whole && (err != nil || info.Size != int64(len("content")) ||
				info.CacheControl != someAttributes.CacheControl):
				t.Errorf("%s: after %q, of which step %d failed, Stat = %+v, %v, want the file "+
					"with its attributes", c.what, did, fails, info, err)
			}
			putIn(t, b, "a", "again", nil)
			ok(t, b.Delete(t.Context(), "a", nil), b.Close())
			for _, name := range []string{"a", leaf, side} {
				if _, err := os.Lstat(filepath.Join(dir, name)); !os.IsNotExist(err) {
					t.Errorf("%s: after step %d failed and another Delete, Lstat(%s) = %v", c.what,
						fails, name, err)
				}
			}
		}
	}
}

// A file that is put as soon as the old one is deleted durably keeps its own
// sidecar (P1).
func TestDeleteAndPutAgain(t *testing.T) {
	dir := memdir.New(t)
	writer := openBucket(t, dir, &Options{AlwaysSidecar: true})
	var again func()
	sys := crashfs.Wrap(fsys.OS(), func(op *crashfs.Op, do func() error) error {
		err := do()
		if op.Kind == crashfs.SyncDir && again != nil {
			put := again
			again = nil
			put()
		}
		return err
	})
	b, err := openOver(dir, nil, sys)
	ok(t, err)
	t.Cleanup(func() { b.Close() })
	putIn(t, writer, "a", "old", &files.PutOptions{Attributes: someAttributes})
	again = func() {
		putIn(t, writer, "a", "new", &files.PutOptions{Attributes: someAttributes})
	}
	ok(t, b.Delete(t.Context(), "a", nil))
	text, info := fetch(t, b, "a")
	if text != "new" || info.CacheControl != someAttributes.CacheControl {
		t.Errorf("after Delete and Put, a has %q and Cache-Control %q, want %q and %q", text,
			info.CacheControl, "new", someAttributes.CacheControl)
	}
	if _, err := os.Lstat(filepath.Join(dir, "a"+sidecarExt)); err != nil {
		t.Errorf("after Delete and Put, Lstat of the sidecar = %v, want nil", err)
	}
}

// If a file is missing, and it can't be found out whether its sidecar is there to be
// removed, Delete returns the error (P2).
func TestDeleteOfUnreadableSidecar(t *testing.T) {
	dir := memdir.New(t)
	var faulter crashfs.Faulter
	b, err := openOver(dir, nil, crashfs.Wrap(fsys.OS(), faulter.Hook))
	ok(t, err)
	t.Cleanup(func() { b.Close() })
	write(t, dir, "a"+sidecarExt, "of others")
	faulter.Set(func(op *crashfs.Op) error {
		if op.Kind == crashfs.OpenFile && op.Name == "a"+sidecarExt {
			return syscall.EIO
		}
		return nil
	})
	if err := b.Delete(t.Context(), "a", nil); !errors.Is(err, syscall.EIO) {
		t.Errorf("Delete = %v, want EIO", err)
	}
	faulter.Set(nil)
	ok(t, b.Delete(t.Context(), "a", nil))
}

// If something else has a name that is to be removed at that moment, Delete looks again,
// and returns only when the file is gone (P2).
func TestDeleteLooksAgain(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EISDIR, syscall.ESTALE, syscall.ENOENT} {
		dir := memdir.New(t)
		var faulter crashfs.Faulter
		b, err := openOver(dir, noSync, crashfs.Wrap(fsys.OS(), faulter.Hook))
		ok(t, err)
		t.Cleanup(func() { b.Close() })
		putIn(t, b, "a", "content", nil)
		faulter.FailAt(1, errno, crashfs.Unlink)
		if errno == syscall.ENOENT { // another program removed it
			faulter.Set(func(op *crashfs.Op) error {
				if op.Kind == crashfs.Unlink {
					ok(t, os.RemoveAll(filepath.Join(dir, "a")))
				}
				return nil
			})
		}
		if err := b.Delete(t.Context(), "a", nil); err != nil {
			t.Errorf("Delete = %v after %v, want nil", err, errno)
		}
		if _, err := os.Lstat(filepath.Join(dir, "a")); !os.IsNotExist(err) {
			t.Errorf("after %v and Delete, Lstat(a) = %v, want not exist", errno, err)
		}
	}
}
