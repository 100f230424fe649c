package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// asNobody runs f, in one goroutine, with the permissions of the user nobody.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		longtest.Lacks(t, "only root can run as another user")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // the thread ends with the goroutine
		syscall.RawSyscall(syscall.SYS_SETFSGID, 65534, 0, 0)
		syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0)
		f()
	}()
	<-done
}

func chmod(t *testing.T, mode fs.FileMode, path ...string) {
	t.Helper()
	if err := os.Chmod(filepath.Join(path...), mode); err != nil {
		t.Fatal(err)
	}
}

// entries returns the names of a listing, with an error as "error" and its name.
func entries(b files.Bucket, t *testing.T, dir string, opts *files.ListOptions) (got []string) {
	for e, err := range b.List(t.Context(), dir, opts) {
		if err == nil {
			got = append(got, e.Name+e.Key)
			continue
		}
		var fe *files.Error
		if !errors.As(err,
			&fe) || !errors.Is(err, files.ErrPermission) || strings.Contains(err.Error(), "/tmp") {
			t.Errorf("List yields the error %v, want ErrPermission without a path", err)
			continue
		}
		got = append(got, "error "+fe.Name)
	}
	return got
}

// unreadableBucket makes a bucket with files and folders that another user can't read.
func unreadableBucket(t *testing.T, dir string) files.Bucket {
	t.Helper()
	for _, name := range []string{
		"a", "b/0600.txt", "b/c", "d/names/x", "d/search/x", "d/z", "zz",
	} {
		write(t, dir, name, "1234")
	}
	chmod(t, 0o755, dir)
	chmod(t, 0o600, dir, "b/0600.txt")
	chmod(t, 0o744, dir, "d/names")
	chmod(t, 0o711, dir, "d/search")
	b, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// A folder that can't be read doesn't end a listing. Its error comes last and names it
// (L9).
func TestListUnreadable(t *testing.T) {
	for _, kind := range []mounts.Kind{mounts.Ext4, mounts.Ext4Old, mounts.Btrfs, mounts.Tmpfs} {
		t.Run(string(kind), func(t *testing.T) {
			root := mounts.New(t, kind, mounts.Size(128<<20))
			reachable(t, root)
			b := unreadableBucket(t, filepath.Join(root, "bucket"))
			asNobody(t, func() { listUnreadable(t, b) })
		})
	}
}

// reachable lets other users reach the folder.
func reachable(t *testing.T, dir string) {
	t.Helper()
	for ; len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
		if fi, err := os.Stat(dir); err == nil && fi.Mode()&0o005 != 0o005 {
			chmod(t, fi.Mode()|0o055, dir)
		}
	}
}

func listUnreadable(t *testing.T, b files.Bucket) {
	all := []string{"a", "b/0600.txt", "b/c", "d/z", "zz"}
	for _, c := range []struct {
		dir  string
		opts files.ListOptions
		want []string
	}{
		{opts: files.ListOptions{}, want: append(slices.Clone(all), "error d/names")},
		{opts: files.ListOptions{Foreign: true}, want: append(slices.Clone(all), "error d/names")},
		{opts: files.ListOptions{Shallow: true}, want: []string{"a", "b/", "d/", "zz"}},
		{opts: files.ListOptions{Limit: 3}, want: all[:3]},
		{opts: files.ListOptions{Limit: 4}, want: append(slices.Clone(all[:4]), "error d/names")},
		{opts: files.ListOptions{StartAfter: "d/o"}, want: []string{"d/z", "zz", "error d/search"}},
		{
			opts: files.ListOptions{StartAfter: "d/search/x"},
			want: []string{"d/z", "zz", "error d/search"},
		},
		{opts: files.ListOptions{StartAfter: "d/t"}, want: []string{"d/z", "zz"}},
		{
			dir:  "d",
			opts: files.ListOptions{Shallow: true},
			want: []string{"d/names/", "d/z", "error d/search"},
		},
		{dir: "d/search", want: []string{"error d/search"}},
		{dir: "d/names", want: []string{"error d/names"}},
		{dir: "d/names", opts: files.ListOptions{NamesOnly: true}, want: []string{"d/names/x"}},
		{dir: "b", want: all[1:3]},
	} {
		if got := entries(b, t, c.dir, &c.opts); !slices.Equal(got, c.want) {
			t.Errorf("List(%q, %+v) yields %q, want %q", c.dir, c.opts, got, c.want)
		}
	}
	for e := range b.List(t.Context(), "b", nil) {
		info, err := b.Stat(t.Context(), e.Name, nil)
		if err != nil || info.Entry != e || e.Version == "" || e.Size != 4 ||
			info.ContentType == "" {
			t.Errorf("Stat = %+[2]v, %[3]v, want the entry %+[1]v of List", e, info, err)
		}
	}
	if _, err := files.ReadString(t.Context(), b, "b/0600.txt",
		nil); !errors.Is(err, files.ErrPermission) {
		t.Errorf("Get of an unreadable file = %v, want ErrPermission", err)
	}
	var paged []string
	failed := 0
	for token := ""; ; {
		page, next, err := files.ListPage(t.Context(), b, "", token, 2, nil)
		for _, e := range page {
			paged = append(paged, e.Name)
		}
		if err != nil {
			failed++
			if !errors.Is(err, files.ErrPermission) || !strings.Contains(err.Error(), " d/") {
				t.Errorf("%v, want ErrPermission and a text with %q", err, " d/")
			}
		}
		if token = next; next == "" {
			break
		}
	}
	if !slices.Equal(paged, all) || failed == 0 {
		t.Errorf("pages have %q and %d errors, want %q and an error", paged, failed,
			all)
	}
	if n, size, err := files.Usage(t.Context(), b,
		""); n != 5 || size != 20 || !errors.Is(err, files.ErrPermission) {
		t.Errorf("Usage = %d files of %d bytes, %v, want 5 of 20 and ErrPermission", n, size, err)
	}
	if err := files.Check(t.Context(), b); err != nil {
		t.Errorf("Check = %v, want nil", err)
	}
	sub, err := files.Sub(b, "d")
	if err != nil {
		t.Fatal(err)
	}
	if got := entries(sub, t, "", nil); !slices.Equal(got, []string{"z", "error names"}) {
		t.Errorf("the Sub bucket lists %q, want z and an error", got)
	}
	if got := entries(sub, t, "search", nil); !slices.Equal(got, []string{"error search"}) {
		t.Errorf("the Sub bucket's directory lists %q, want an error", got)
	}
}

// Check returns the error of a bucket's folder that can't be listed, or whose files
// can't be reached.
func TestCheckFindsWhatListWould(t *testing.T) {
	dir := t.TempDir()
	reachable(t, dir)
	write(t, dir, "bucket/x", "")
	b, err := Open(filepath.Join(dir, "bucket"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, mode := range []fs.FileMode{0o744, 0o711} {
		chmod(t, mode, dir, "bucket")
		asNobody(t, func() {
			if err := files.Check(t.Context(), b); !errors.Is(err, files.ErrPermission) {
				t.Errorf("mode %o: Check = %v, want ErrPermission", mode, err)
			}
			if got := entries(b, t, "", nil); !slices.Equal(got, []string{"error "}) {
				t.Errorf("mode %o: List yields %q, want an error", mode, got)
			}
		})
	}
}

// The lost+found of a file system is neither listed nor an error; a folder of that name
// elsewhere is listed.
func TestListLostFound(t *testing.T) {
	root := mounts.New(t, mounts.Ext4)
	reachable(t, root)
	if _, err := os.Stat(filepath.Join(root, "lost+found")); err != nil {
		t.Fatal(err)
	}
	write(t, root, "lost+found/#12", "")
	for _, name := range []string{"a", "sub/lost+found/x", "z"} {
		write(t, root, name, "")
	}
	b, err := Open(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	list := func() {
		want := []string{"a", "sub/lost+found/x", "z"}
		for _, o := range []files.ListOptions{{}, {NamesOnly: true}, {Foreign: true}} {
			if got := entries(b, t, "", &o); !slices.Equal(got, want) {
				t.Errorf("%+v: List yields %q, want %q", o, got, want)
			}
		}
		if got := entries(b, t, "",
			&files.ListOptions{Shallow: true}); !slices.Equal(got, []string{"a", "sub/", "z"}) {
			t.Errorf("a shallow listing yields %q, want a, sub/ and z", got)
		}
		if got := entries(b, t, "lost+found", nil); got != nil {
			t.Errorf("List of the file system's lost+found yields %q, want nothing", got)
		}
		if err := files.Check(t.Context(), b); err != nil {
			t.Errorf("Check = %v, want nil", err)
		}
	}
	list()
	asNobody(t, list)
	if _, err := files.PutString(t.Context(), b, "lost+found/x", "",
		nil); !errors.Is(err, files.ErrPermission) {
		t.Errorf("Put in the file system's lost+found = %v, want ErrPermission", err)
	}
	plain, err := Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := files.PutString(t.Context(), plain, "lost+found/x", "", nil); err != nil {
		t.Fatal(err)
	}
	if got := entries(plain, t, "", nil); !slices.Equal(got, []string{"lost+found/x"}) {
		t.Errorf("List of another folder with lost+found yields %q, want lost+found/x", got)
	}
}
