package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// TestNamesAreNoPatterns: a place is one file or one directory: neither other names that
// begin with it, nor those that it would match as a pattern, are copied, counted or
// deleted.
func TestNamesAreNoPatterns(t *testing.T) {
	dir := t.TempDir()
	odd := []string{"a*b", "a1b", "[x]", "x", "?", "y"}
	for _, place := range []string{"src", "file://" + dir + "/src"} {
		if err := os.RemoveAll(filepath.Join(dir, "src")); err != nil {
			t.Fatal(err)
		}
		write(t, dir, "src/logs/a", "src/logs/b", "src/logs.json", "src/logs_backup/a")
		for _, name := range odd {
			write(t, dir, "src/"+name)
		}
		if place == "src" {
			out, _ := run(t, dir, 0, "du", "src/logs")
			has(t, out, "2 files")
			out, _ = run(t, dir, 0, "ls", "-r", "src/logs")
			if out != "a\nb\n" {
				t.Errorf("ls: %q", out)
			}
			for i, verb := range [][]string{{"cp", "-r"}, {"sync"}, {"sync", "--delete"}} {
				to := fmt.Sprint("dst", i)
				run(t, dir, 0, append(verb, "src/logs", to)...)
				if out, _ := run(t, dir, 0, "ls", "-r", to); out != "a\nb\n" {
					t.Errorf("%q copies %q", verb, out)
				}
			}
			run(t, dir, 0, "rm", "-r", "--all", "src/logs")
			out, _ = run(t, dir, 0, "ls", "-r", "src")
			has(t, out, "logs.json\n", "logs_backup/a\n")
			for _, name := range odd {
				run(t, dir, 0, "cp", "src/"+name, "copy")
				if text, err := os.ReadFile(filepath.Join(dir, "copy")); err != nil ||
					string(text) != "content of src/"+name {
					t.Errorf("cp %s copies %q, %v", name, text, err)
				}
			}
		}
		for i, name := range []string{"a*b", "[x]", "?"} {
			if place != "src" {
				run(t, dir, 0, "sync", "--delete", "--include", strings.NewReplacer("*", `\*`, "[",
					`\[`, "?", `\?`).Replace("/"+name), "src", fmt.Sprint("only", i))
				if out, _ := run(t, dir, 0, "ls", fmt.Sprint("only", i)); out != name+"\n" {
					t.Errorf("of %s are copied %q", name, out)
				}
				continue
			}
			run(t, dir, 0, "rm", "src/"+name)
			for k, kept := range odd {
				_, err := os.Stat(filepath.Join(dir, "src", kept))
				if gone := k%2 == 0 && k/2 <= i; (err != nil) != gone {
					t.Errorf("after rm %s: %s: %v", name, kept, err)
				}
			}
		}
	}
}
