//go:build unix

package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/files"
)

func check(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// wantErr checks the sentinel, and that the text contains no path of the machine.
func wantErr(t testing.TB, what string, err, want error, dir string) {
	t.Helper()
	if !errors.Is(err, want) || want == nil && err != nil {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
	if err != nil && dir != "" && strings.Contains(err.Error(), dir) {
		t.Errorf("%s: the error contains the folder: %v", what, err)
	}
}

// Links, FIFOs and sockets are not files (N5): they are not listed and not opened, Put
// replaces them, and Delete doesn't touch them. A link to a folder isn't followed.
func TestSpecialFilesAreIgnored(t *testing.T) {
	ctx := context.Background()
	b, dir := newBucket(t, nil)
	outside := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	check(t,
		os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o666),
		os.Symlink(filepath.Join(outside, "secret"),
			at("link")), os.Symlink("nowhere", at("dangling")),
		os.Symlink(outside, at("folder")), syscall.Mkfifo(at("fifo"), 0o666))
	t.Chdir(dir) // a socket's path has at most about 100 bytes, so it is relative
	l, err := net.Listen("unix", "socket")
	check(t, err)
	defer l.Close()
	if os.Getuid() == 0 {
		check(t, syscall.Mknod(at("device"), syscall.S_IFCHR|0o666, 0x103))
	}
	for e, err := range b.List(ctx, "", &files.ListOptions{Foreign: true}) {
		t.Errorf("List yields %+v, %v, want nothing", e, err)
	}
	for _, name := range []string{
		"link", "dangling", "folder", "fifo", "socket", "device", "folder/secret", "link/x",
		"fifo/x",
	} {
		_, err := b.Get(ctx, name, nil)
		wantErr(t, "Get "+name, err, files.ErrNotExist, dir)
		_, err = b.Stat(ctx, name, nil)
		wantErr(t, "Stat "+name, err, files.ErrNotExist, dir)
		wantErr(t, "Delete "+name, b.Delete(ctx, name, nil), nil, dir)
		if _, err := os.Lstat(at("link")); err != nil {
			t.Errorf("Delete of %s removed the link", name)
		}
		_, err = b.Put(ctx, name, strings.NewReader("x"),
			&files.PutOptions{If: files.IfVersion("1-1")})
		wantErr(t, "Put if of a version "+name, err, files.ErrPrecondition, dir)
	}
	for _, name := range []string{"folder/new", "link/x", "fifo/x"} {
		_, err := b.Put(ctx, name, strings.NewReader("x"), nil)
		wantErr(t, "Put "+name, err, files.ErrInvalid, dir)
	}
	for _, name := range []string{"link", "dangling", "folder", "fifo"} {
		putIn(t, b, name, "a file", &files.PutOptions{If: files.IfAbsent()})
		if s, _ := fetch(t, b, name); s != "a file" {
			t.Errorf("Get(%s) = %q, want \"a file\"", name, s)
		}
	}
	if s, err := os.ReadFile(filepath.Join(outside,
		"secret")); string(s) != "secret" || err != nil {
		t.Errorf("the file outside = %q, %v, want \"secret\"", s, err)
	}
	if ents, _ := os.ReadDir(outside); len(ents) != 1 {
		t.Errorf("the folder outside has %v, want only the secret", ents)
	}
}

// The bucket's folder may be a link. The bucket stays bound to the folder that was
// opened.
func TestVanishedFolder(t *testing.T) {
	ctx := context.Background()
	parent := t.TempDir()
	dir, link := filepath.Join(parent, "real"), filepath.Join(parent, "link")
	check(t, os.Mkdir(dir, 0o777), os.Symlink("real", link))
	b := openBucket(t, link, nil)
	putIn(t, b, "a", "content", nil)
	r, err := b.Get(ctx, "a", nil)
	check(t, err)
	defer r.Close()
	all := func(what string) {
		t.Helper()
		_, err := b.Put(ctx, "a", strings.NewReader("x"), nil)
		wantErr(t, what+": Put", err, files.ErrNoBucket, parent)
		_, err = b.Get(ctx, "a", nil)
		wantErr(t, what+": Get", err, files.ErrNoBucket, parent)
		_, err = b.Stat(ctx, "none", nil)
		wantErr(t, what+": Stat", err, files.ErrNoBucket, parent)
		wantErr(t, what+": Delete", b.Delete(ctx, "none", nil), files.ErrNoBucket, parent)
		_, err = files.Copy(ctx, b, "b", b, "a", nil)
		wantErr(t, what+": Copy", err, files.ErrNoBucket, parent)
		wantErr(t, what+": Check", files.Check(ctx, b), files.ErrNoBucket, parent)
		for _, err := range b.List(ctx, "", nil) {
			wantErr(t, what+": List", err, files.ErrNoBucket, parent)
		}
	}
	check(t, os.Rename(dir, dir+"2"))
	all("renamed")
	check(t, os.Mkdir(dir, 0o777))
	all("replaced")
	check(t, os.Remove(dir), os.WriteFile(dir, nil, 0o666))
	all("a file")
	check(t, os.Remove(dir), os.Rename(dir+"2", dir))
	if s, _ := fetch(t, b, "a"); s != "content" {
		t.Errorf("after the folder came back, a = %q, want \"content\"", s)
	}
	check(t, os.RemoveAll(dir))
	all("removed")
	if s, err := r.ReadString(); s != "content" || err != nil {
		t.Errorf("the open body = %q, %v, want \"content\"", s, err)
	}
}

// If the folder is emptied, including the control folder, the handle still works.
func TestEmptiedFolder(t *testing.T) {
	b, dir := newBucket(t, nil)
	second := openBucket(t, dir, nil)
	for range 2 {
		putIn(t, b, "a/b", "content", nil)
		putIn(t, second, "c", "content", nil)
		out, err := exec.Command("sh", "-c", `rm -rf "$1"/* "$1"/.[!.]*`, "sh",
			dir).CombinedOutput()
		if err != nil {
			t.Fatalf("emptying the folder: %v: %s", err, out)
		}
		if _, err := b.Stat(context.Background(), "a/b", nil); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("Stat = %v, want ErrNotExist", err)
		}
	}
	putIn(t, b, "a", "content", nil)
	del(t, second, "a")
	wantDisk(t, dir)
}

func init() {
	childJobs["full"] = fullDisk
	childJobs["refused"] = refused
}

// fullDisk is a process whose files may have at most 64 KiB: a larger Put fails and
// changes nothing.
func fullDisk(task childTask) error {
	signal.Ignore(syscall.SIGXFSZ)
	ctx := context.Background()
	b, err := Open(task.Dir, nil)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{
		Cur: 64 << 10,
		Max: 64 << 10,
	}); err != nil {
		return err
	}
	for _, size := range []int64{64<<10 + 1, 10 << 20} {
		_, err = b.Put(ctx, "a", io.LimitReader(zeros{}, size),
			&files.PutOptions{Attributes: someAttributes})
		if !errors.Is(err, files.ErrTooLarge) || !errors.Is(err, syscall.EFBIG) {
			return errors.New("Put beyond the limit = " + text(err))
		}
	}
	_, err = b.Put(ctx, "b", io.LimitReader(zeros{}, 64<<10), nil)
	return err
}

func text(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

func TestFullDisk(t *testing.T) {
	b, dir := newBucket(t, nil)
	putIn(t, b, "a", "old", &files.PutOptions{Attributes: someAttributes})
	check(t, child(t.Context(), childTask{Job: "full", Dir: dir}).Run())
	if s, info := fetch(t, b, "a"); s != "old" || info.Metadata["owner"] != "me" {
		t.Errorf("a = %q, %+v, want \"old\" with its metadata", s, info)
	}
	if staged, _ := filepath.Glob(filepath.Join(dir, controlDir, "s-*", "*")); len(staged) != 1 {
		t.Errorf("the staging folder has %q, want only alive.attrs", staged)
	}
}

// refused is a process without permissions in the folder.
func refused(task childTask) error {
	ctx := context.Background()
	b, err := Open(task.Dir, nil)
	if err != nil {
		return err
	}
	defer b.Close()
	expect := func(what string, err error) error {
		if !errors.Is(err, files.ErrPermission) || strings.Contains(err.Error(), task.Dir) {
			return errors.New(what + ": " + text(err))
		}
		return nil
	}
	_, putErr := b.Put(ctx, "new", strings.NewReader("x"), nil)
	_, overErr := b.Put(ctx, "readable", strings.NewReader("x"), nil)
	_, getErr := b.Get(ctx, "secret", nil)
	seen, err := b.Stat(ctx, "secret", nil) // needs no permission to read the file (S1)
	if err != nil || seen.Size != 1 {
		return fmt.Errorf("Stat of an unreadable file = %d bytes, %w", seen.Size, err)
	}
	_, closedErr := b.Get(ctx, "closed/x", nil)
	var listErr error
	for _, err := range b.List(ctx, "closed", nil) {
		listErr = err
	}
	err = errors.Join(expect("Put", putErr), expect("Put over", overErr),
		expect("Delete", b.Delete(ctx, "readable", nil)), expect("Get", getErr),
		expect("Get below", closedErr), expect("List", listErr))
	if err != nil {
		return err
	}
	if err := b.Delete(ctx, "missing", nil); err != nil {
		return err
	}
	r, err := b.Get(ctx, "readable", nil)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = r.ReadAll()
	return err
}

// In a folder that the user may only read, reading works, and everything else is refused.
func TestReadOnlyFolderRefusesWrites(t *testing.T) {
	dir := t.TempDir()
	for p := dir; len(p) > len(os.TempDir()); p = filepath.Dir(p) {
		check(t, os.Chmod(p, 0o755))
	}
	check(t, os.WriteFile(filepath.Join(dir, "readable"), []byte("x"), 0o644),
		os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600),
		os.Mkdir(filepath.Join(dir, "closed"), 0o700),
		os.WriteFile(filepath.Join(dir, "closed/x"), nil, 0o644), os.Chmod(dir, 0o555))
	t.Cleanup(func() { os.Chmod(dir, 0o755) })
	c := child(t.Context(), childTask{Job: "refused", Dir: dir})
	if os.Getuid() == 0 {
		exe := filepath.Join(t.TempDir(), "child")
		for p := filepath.Dir(exe); len(p) > len(os.TempDir()); p = filepath.Dir(p) {
			check(t, os.Chmod(p, 0o755))
		}
		data, err := os.ReadFile(c.Path)
		check(t, err, os.WriteFile(exe, data, 0o755))
		c.Path, c.Dir = exe, "/"
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{
			Uid: 65534,
			Gid: 65534,
		}}
	} else {
		check(t, os.Chmod(filepath.Join(dir, "secret"), 0),
			os.Chmod(filepath.Join(dir, "closed"), 0))
	}
	check(t, c.Run())
}
