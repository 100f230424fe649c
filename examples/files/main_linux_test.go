package main

import (
	"path/filepath"
	"syscall"
	"testing"
)

// TestIllegalNames: a file whose name a bucket can't have is reported, also with --quiet,
// and the exit code says that not everything was copied.
func TestIllegalNames(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "src/a", "src/bad\xff")
	for _, quiet := range []string{"--quiet=0", "--quiet"} {
		_, errs := run(t, dir, 1, "sync", quiet, "src", "dst")
		has(t, errs, `left out, such as bad\xff`)
	}
	run(t, dir, 0, "sync", "src", "dst", "--exclude", "bad*")
	if out, _ := run(t, dir, 0, "ls", "dst"); out != "a\n" {
		t.Errorf("ls: %q", out)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"cat", "pipe"}, {"cp", "pipe", "b"}, {"rm", "pipe"}} {
		_, errs := run(t, dir, 1, args...)
		has(t, errs, "pipe is neither a file nor a folder")
	}
}
