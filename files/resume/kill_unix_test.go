//go:build unix

package resume_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/resume"
)

// TestMain is the killed process if the variable is set: it downloads a number of bytes
// and then waits.
func TestMain(m *testing.M) {
	if os.Getenv("RESUME_CHILD") == "" {
		os.Exit(m.Run())
	}
	most, err := strconv.ParseInt(os.Getenv("RESUME_CHILD"), 10, 64)
	if err != nil {
		panic(err)
	}
	b, err := local.Open(os.Getenv("RESUME_BUCKET"), nil)
	if err != nil {
		panic(err)
	}
	c := newCounted(b)
	slow := files.Wrap(c, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			return readerFunc(func(p []byte) (int, error) {
				if c.sent.Load() >= most {
					os.Stdout.WriteString("waiting\n")
					select {}
				}
				return body.Read(p)
			})
		},
	})
	if os.Getenv("RESUME_TOKEN") != "" {
		uploadUntilKilled(b, int(most))
	}
	_, err = resume.Download(context.Background(), slow, "f", os.Getenv("RESUME_PATH"), small)
	panic(err)
}

// killChild starts this program with the variables, waits until it prints a line, and
// kills it.
func killChild(t *testing.T, env ...string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(exe)
	child.Env = append(os.Environ(), env...)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("the child ended by itself: %v", err)
	}
	child.Process.Kill()
	var exit *exec.ExitError
	if err := child.Wait(); !errors.As(err, &exit) {
		t.Fatal(err)
	}
}

// TestDownloadKilled: if a download is killed five times in a row, the target is the
// old file until it is the new one, and hardly anything is fetched twice.
func TestDownloadKilled(t *testing.T) {
	const size = 100 * part
	folder, dir := t.TempDir(), t.TempDir()
	b, err := local.Open(folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	want := content(12, size)
	put(t, b, "f", want)
	path := filepath.Join(dir, "f")
	if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	fetched := 0
	for _, most := range []int{1, part / 2, 5 * part, 20*part + 77, 30 * part} {
		killChild(t, "RESUME_CHILD="+strconv.Itoa(most), "RESUME_BUCKET="+folder,
			"RESUME_PATH="+path)
		fetched += most
		if old, err := os.ReadFile(path); err != nil || string(old) != "old" {
			t.Fatalf("after the kill the file is %q, %v", old, err)
		}
	}
	c := newCounted(b)
	if _, err := resume.Download(t.Context(), c, "f", path, small); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, want)
	// Each kill loses the parts in progress, at most three, and what the network has
	// buffered.
	if n := fetched + int(c.sent.Load()); n > size+5*4*part {
		t.Errorf("%d bytes were fetched of %d", n, size)
	}
}
