//go:build linux || darwin

package files_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// killVariable makes TestDownloadChild the process that is killed; its value is the
// target.
const killVariable = "CLOUDFILES_DOWNLOAD_CHILD"

// TestDownloadChild downloads a part of a file, prints "reached", and waits.
func TestDownloadChild(t *testing.T) {
	path := os.Getenv(killVariable)
	if path == "" {
		t.Skip("it is the process that TestDownloadKilled kills")
	}
	m := mem.New(nil)
	put(t, m, "a", strings.Repeat("x", 3<<20))
	b := files.Wrap(m, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			return io.MultiReader(io.LimitReader(body, 2<<20), waiting{})
		},
	})
	_, err := files.DownloadFile(ctx, b, "a", path, nil)
	t.Fatal("the download ended: ", err)
}

type waiting struct{}

func (waiting) Read([]byte) (int, error) {
	fmt.Println("reached")
	select {}
}

// folder returns the names in a folder.
func folder(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// TestDownloadKilled: a process that is killed in DownloadFile leaves nothing if files
// without a name work. Otherwise the next download removes what it leaves.
func TestDownloadKilled(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestDownloadChild$")
	cmd.Env = append(os.Environ(), killVariable+"="+filepath.Join(dir, "target"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	during := folder(t, dir)
	cmd.Process.Kill()
	cmd.Wait()
	if !strings.Contains(line, "reached") {
		t.Fatalf("the child says %q, %v", line, err)
	}
	if after := folder(t, dir); runtime.GOOS == "linux" && len(after) > 0 {
		t.Logf("the file system has no files without a name: %q, then %q", during, after)
	}
	b := mem.New(nil)
	put(t, b, "a", "text")
	for range 2 { // new, and over what is there
		if _, err := files.DownloadFile(ctx, b, "a", filepath.Join(dir, "other"), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := folder(t, dir); len(got) != 1 || got[0] != "other" {
		t.Errorf("the folder has %q, want only what was downloaded", got)
	}
}

// TestDownloadSweeps: a download doesn't remove a file that a process still holds, or
// that only has a similar name.
func TestDownloadSweeps(t *testing.T) {
	dir := t.TempDir()
	write := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write(".download-0123456789abcdef.tmp")
	held, err := os.Open(write(".download-00000000000000ff.tmp"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"notes.tmp", "0123456789abcde.tmp", "0123456789abcdef0.tmp",
		"0123456789ABCDEF.tmp", "0123456789abcdef.tmp2"} {
		write(".download-" + name)
	}
	write("download-0123456789abcdef.tmp")
	if err := os.Mkdir(filepath.Join(dir, ".download-2222222222222222.tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(dir, ".download-3333333333333333.tmp")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(pipe, os.O_RDWR, 0) // so that opening it waits for nobody
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if err := os.Symlink(write("kept"),
		filepath.Join(dir, ".download-1111111111111111.tmp")); err != nil {
		t.Fatal(err)
	}
	b := mem.New(nil)
	put(t, b, "a", "text")
	if _, err := files.DownloadFile(ctx, b, "a", filepath.Join(dir, "target"), nil); err != nil {
		t.Fatal(err)
	}
	want := ".download-00000000000000ff.tmp .download-0123456789ABCDEF.tmp " +
		".download-0123456789abcde.tmp .download-0123456789abcdef.tmp2 " +
		".download-0123456789abcdef0.tmp .download-1111111111111111.tmp " +
		".download-2222222222222222.tmp .download-3333333333333333.tmp .download-notes.tmp " +
		"download-0123456789abcdef.tmp kept target"
	if got := strings.Join(folder(t, dir), " "); got != want {
		t.Errorf("the folder has %s\nwant %s", got, want)
	}
}
