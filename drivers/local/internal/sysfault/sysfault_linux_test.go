//go:build amd64 || arm64

package sysfault

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

const childEnv = "CLOUDFILES_SYSFAULT_CHILD"

func TestNthCallFails(t *testing.T) {
	c := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	c.Env = append(os.Environ(), childEnv+"=1")
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := Supervise(c); err != nil || !bytes.Contains(out.Bytes(),
		[]byte("--- PASS: TestChild")) {
		t.Fatalf("the child process failed, or its test didn't pass: %v\n%s", err, out.String())
	}
}

// TestChild is not a test: TestNthCallFails runs it under supervision.
func TestChild(t *testing.T) {
	if os.Getenv(childEnv) == "" {
		t.Skip("runs only as a child")
	}
	dir := t.TempDir()
	if err := Install(); err != nil {
		t.Fatal(err)
	}
	write := func() error {
		fd, err := unix.Open(filepath.Join(dir, "f"), unix.O_CREAT|unix.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = unix.Write(fd, []byte("text"))
		_, err2 := unix.Write(fd, []byte("more"))
		if cerr := unix.Close(fd); err == nil {
			err = cerr
		}
		if err == nil {
			err = err2
		}
		return err
	}
	Arm(0, 0, 0, false)
	if err := write(); err != nil {
		t.Fatal(err)
	}
	if Disarm() != 0 {
		t.Error("Disarm reports a failed call, want none")
	}
	if c := Counts(); c[unix.SYS_OPENAT] != 1 || c[unix.SYS_WRITE] != 2 || c[unix.SYS_CLOSE] != 1 {
		t.Errorf("Counts() = %v, want one openat, two writes and one close", c)
	}
	for nr, calls := range map[int]int{unix.SYS_OPENAT: 1, unix.SYS_WRITE: 2, unix.SYS_CLOSE: 1} {
		for n := 1; n <= calls+1; n++ {
			Arm(nr, n, unix.EDQUOT, false)
			err := write()
			hits := Disarm()
			if want := n <= calls; hits == 1 != want || (err == unix.EDQUOT) != want {
				t.Errorf("call %d of system call %d: %d hits, %v", n, nr, hits, err)
			}
		}
	}
	Arm(unix.SYS_WRITE, 1, unix.EIO, true)
	err := write()
	if hits := Disarm(); hits != 2 || err != unix.EIO {
		t.Errorf("with always: %d hits, %v, want 2, EIO", hits, err)
	}
}
