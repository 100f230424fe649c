package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"golang.org/x/sys/unix"
)

// needRoot skips the test, or fails it in CI, if owners can't be changed.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() == 0 {
		return
	}
	longtest.Lacks(t, "only root can change owners")
}

func owner(t *testing.T, path string) string {
	t.Helper()
	var st unix.Stat_t
	ok(t, unix.Lstat(path, &st))
	return fmt.Sprintf("%04o %d:%d", st.Mode&0o7777, st.Uid, st.Gid)
}

func withUmask(t *testing.T, mask int) {
	old := syscall.Umask(mask)
	t.Cleanup(func() { syscall.Umask(old) })
}

// A Put over a file keeps its mode, user, group and access list, and gives its sidecar
// the same.
func TestReplacedKeepsOwner(t *testing.T) {
	needRoot(t)
	withUmask(t, 0o022)
	list := acl(acEntry{1, 6, 0}, acEntry{2, 4, 4242}, acEntry{4, 0, 0}, acEntry{16, 4, 0},
		acEntry{32, 0, 0})
	for _, mode := range []uint32{0o600, 0o640, 0o644, 0o660, 0o666, 0o400, 0o755} {
		for _, withACL := range []bool{false, true} {
			b, dir := newBucket(t, nil)
			for _, name := range []string{"a.txt", "d/e/a.txt"} {
				path := filepath.Join(dir, name)
				ok(t, os.MkdirAll(filepath.Dir(path), 0o777),
					os.WriteFile(path, []byte("old"), 0o600),
					os.Chown(path, 1234, 4321), syscall.Chmod(path, mode))
				if withACL {
					ok(t, unix.Setxattr(path, accessList, list, 0))
				}
				want := owner(t, path)
				putIn(t, b, "source", "x", nil)
				for range 2 {
					putIn(t, b, name, "new", &files.PutOptions{Attributes: someAttributes})
					if got := owner(t, path); got != want {
						t.Errorf("after Put, %s is %s, want %s", name, got, want)
					}
					if got := owner(t, path+".attrs"); got != want {
						t.Errorf("the sidecar of %s is %s, want %s", name, got, want)
					}
					if withACL {
						buf := make([]byte, 256)
						n, err := unix.Getxattr(path, accessList, buf)
						if err != nil || !bytes.Equal(buf[:n], list) {
							t.Errorf("%s has the access list %x, %v, want the old one", name,
								buf[:max(n, 0)], err)
						}
					}
					_, err := files.Copy(context.Background(), b, name, b, "source", nil)
					ok(t, err)
					if got := owner(t, path); got != want {
						t.Errorf("after Copy, %s is %s, want %s", name, got, want)
					}
				}
			}
		}
	}
}

// A Put over a file that has an access list keeps it, even if a new file would get the same
// mode and owner.
func TestReplacedKeepsList(t *testing.T) {
	needRoot(t)
	b, dir := newBucket(t, nil)
	path := filepath.Join(dir, "a")
	list := acl(acEntry{1, 6, 0}, acEntry{2, 4, 4242}, acEntry{4, 0, 0}, acEntry{16, 0, 0},
		acEntry{32, 0, 0})
	ok(t, os.WriteFile(path, []byte("old"), 0o600), unix.Setxattr(path, accessList, list, 0))
	want := owner(t, path)
	putIn(t, b, "a", "new", nil)
	buf := make([]byte, 256)
	n, err := unix.Getxattr(path, accessList, buf)
	if err != nil || !bytes.Equal(buf[:n], list) {
		t.Errorf("the access list is %x, %v, want %x", buf[:max(n, 0)], err, list)
	}
	if got := owner(t, path); got != want {
		t.Errorf("after Put, the file is %s, want %s", got, want)
	}
}

// acEntry is an entry of an access list: its tag, permissions and id.
type acEntry struct {
	tag, perm uint16
	id        uint32
}

func acl(entries ...acEntry) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range entries {
		b = binary.LittleEndian.AppendUint16(b, e.tag)
		b = binary.LittleEndian.AppendUint16(b, e.perm)
		if e.tag != 2 && e.tag != 8 {
			e.id = ^uint32(0)
		}
		b = binary.LittleEndian.AppendUint32(b, e.id)
	}
	return b
}

// A new file gets what open(2) gives it in its folder, also in setgid folders and in
// folders with a default access list, whatever the control folder has.
func TestNewFileAsOpen(t *testing.T) {
	needRoot(t)
	withUmask(t, 0o027)
	list := acl(acEntry{1, 7, 0}, acEntry{2, 6, 4242}, acEntry{4, 5, 0}, acEntry{16, 7, 0},
		acEntry{32, 0, 0})
	b, dir := newBucket(t, nil)
	ok(t, os.Chown(dir, 0, 4321), syscall.Chmod(dir, 0o2775))
	for _, f := range []struct {
		name string
		gid  int
		mode uint32
		list []byte
	}{
		{"plain", 0, 0o755, nil},
		{"group", 77, 0o2775, nil},
		{"lost", 88, 0o775, nil},
		{"list", 0, 0o775, list},
	} {
		path := filepath.Join(dir, f.name)
		ok(t, os.Mkdir(path, 0o777), os.Chown(path, 0, f.gid), syscall.Chmod(path, f.mode))
		if f.list != nil {
			ok(t, unix.Setxattr(path, defaultList, f.list, 0))
		}
	}
	attribute := func(path string) string {
		buf := make([]byte, 256)
		n, _ := unix.Getxattr(path, accessList, buf)
		return string(buf[:max(n, 0)])
	}
	for _, folder := range []string{"", "plain", "group", "lost", "list"} {
		opened := filepath.Join(dir, folder, "opened")
		ok(t, os.WriteFile(opened, nil, 0o666))
		for _, name := range []string{"put.txt", "new/put.txt"} {
			if folder != "" {
				name = folder + "/" + name
			}
			if strings.HasSuffix(name, "new/put.txt") {
				ok(t, os.Mkdir(filepath.Join(dir, folder, "made"), 0o777))
				opened = filepath.Join(dir, folder, "made", "opened")
				ok(t, os.WriteFile(opened, nil, 0o666))
			}
			putIn(t, b, name, "new", nil)
			path := filepath.Join(dir, name)
			if got, want := owner(t,
				path), owner(t, opened); got != want || attribute(path) != attribute(opened) {
				t.Errorf("%s is %s %x, want %s %x as from open", name, got, attribute(path), want,
					attribute(opened))
			}
		}
	}
}

// Neither a user with a narrow umask nor a control folder of an older version prevents
// another user, who may write in the folder, from using the bucket.
func TestOthersMayWrite(t *testing.T) {
	needRoot(t)
	for _, umask := range []int{0o022, 0o077} {
		for _, mode := range []uint32{0o2775, 0o777, 0o1777} {
			for _, old := range []uint32{0, 0o755, 0o700} {
				t.Run(fmt.Sprintf("umask %03o, folder %04o, control folder %03o", umask, mode, old),
					func(t *testing.T) {
						withUmask(t, umask)
						dir, err := os.MkdirTemp("/tmp", "local")
						ok(t, err)
						t.Cleanup(func() { os.RemoveAll(dir) })
						ok(t, os.Chown(dir, 0, 4321), syscall.Chmod(dir, mode))
						if old != 0 {
							ok(t, os.Mkdir(filepath.Join(dir, controlDir), 0o777),
								os.WriteFile(filepath.Join(dir, controlDir, versionFile),
									[]byte("1\n"), 0o666),
								syscall.Chmod(filepath.Join(dir, controlDir), old))
						} else {
							b := openBucket(t, dir, nil)
							putIn(t, b, "roots", "old", nil)
							putIn(t, b, "gone", "old", nil)
							del(t, b, "gone")
						}
						c := child(t.Context(), childTask{Job: "stranger", Dir: dir})
						exe := filepath.Join(t.TempDir(), "child")
						for p := filepath.Dir(exe); len(p) >
							len(os.TempDir()); p = filepath.Dir(p) {
							check(t, os.Chmod(p, 0o755))
						}
						data, err := os.ReadFile(c.Path)
						check(t, err, os.WriteFile(exe, data, 0o755), os.Chmod(exe, 0o755))
						c.Path, c.Dir = exe, "/"
						c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{
							Uid:    65534,
							Gid:    65534,
							Groups: []uint32{4321},
						}}
						check(t, c.Run())
					})
			}
		}
	}
}

func init() { childJobs["stranger"] = stranger }

func stranger(task childTask) error {
	ctx := context.Background()
	b, err := Open(task.Dir, nil)
	if err != nil {
		return err
	}
	defer b.Close()
	for _, name := range []string{"mine", "d/mine"} {
		for _, opts := range []*files.PutOptions{
			{If: files.IfAbsent()},
			{Attributes: someAttributes},
		} {
			info, err := b.Put(ctx, name, strings.NewReader("x"), opts)
			if err != nil {
				return fmt.Errorf("Put of %s: %w", name, err)
			}
			if s, err := files.ReadString(ctx, b, name, nil); s != "x" || err != nil {
				return fmt.Errorf("%s = %q, %w", name, s, err)
			}
			if info.Version == "" {
				return errors.New("Put returned no version")
			}
		}
	}
	var names []string
	for e, err := range b.List(ctx, "", &files.ListOptions{Foreign: true}) {
		if err != nil {
			return err
		}
		if e.Name != "roots" {
			names = append(names, e.Name+e.Key)
		}
	}
	if !slices.Equal(names, []string{"d/mine", "mine"}) {
		return fmt.Errorf("listed %q, want d/mine and mine", names)
	}
	for _, name := range names {
		if err := b.Delete(ctx, name, nil); err != nil {
			return fmt.Errorf("Delete of %s: %w", name, err)
		}
	}
	return nil
}

// A folder that no Put would have made stays when its last file is deleted.
func TestFolderOfItsOwn(t *testing.T) {
	withUmask(t, 0o022)
	b, dir := newBucket(t, nil)
	ok(t, syscall.Chmod(dir, 0o755))
	for _, mode := range []uint32{0o700, 0o775, 0o777, 0o2755, 0o1755, 0o755} {
		name := fmt.Sprintf("m%o", mode)
		path := filepath.Join(dir, name)
		ok(t, os.Mkdir(path, 0o777), syscall.Chmod(path, mode))
		putIn(t, b, name+"/a/b", "x", nil)
		del(t, b, name+"/a/b")
		if _, err := os.Lstat(filepath.Join(path, "a")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("Lstat(%s/a) = %v, want not exist", name, err)
		}
		if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) != (mode == 0o755) {
			t.Errorf("Lstat of the folder with mode %04o = %v, want not exist only for 0755", mode,
				err)
		}
	}
}

// A file keeps its mode and its owner even if the file that replaces it has to be staged
// twice, because its folder is another mount or because another program removed what was
// staged. Its version is the one that Put returned.
func TestOwnerOfRestaged(t *testing.T) {
	needRoot(t)
	for name, lose := range map[string]func(dir string){
		"another mount": nil,
		"removed": func(dir string) {
			check(t, os.RemoveAll(filepath.Join(dir, controlDir)))
		},
	} {
		for _, noSync := range []bool{false, true} {
			dir := t.TempDir()
			ok(t, os.Chown(dir, 0, 4321), syscall.Chmod(dir, 0o2775)) // for what is staged
			b := openHooked(t, dir, &Options{NoSync: noSync}, &hookFS{mount: lose == nil})
			path := filepath.Join(dir, "d", "a")
			ok(t, os.Mkdir(filepath.Join(dir, "d"), 0o777),
				os.WriteFile(path, []byte("old"), 0o666))
			ok(t, os.Chown(path, 0, 0), os.Chmod(path, 0o640))
			content := io.MultiReader(strings.NewReader("new"), afterwards(func() {
				if lose != nil {
					lose(dir)
				}
			}))
			put, err := b.Put(t.Context(), "d/a", content, nil)
			ok(t, err)
			if got, want := owner(t, path), "0640 0:0"; got != want {
				t.Errorf("%s, sync %v: the file is %s, want %s", name, !noSync, got, want)
			}
			if s, now := fetch(t, b, "d/a"); s != "new" || now.Version != put.Version {
				t.Errorf("%s, sync %v: the file is %q with version %s, want \"new\" and %s", name,
					!noSync, s, now.Version, put.Version)
			}
		}
	}
}
