package mem_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDependencies: an application's tests link this package, so it uses only the
// standard library, without net/http. TestProgramSize checks how large a program is
// that opens a bucket by URL.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{.Standard}} {{.ImportPath}}",
		".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		standard, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		if path == "net/http" || path == "net" || path == "crypto/tls" ||
			standard == "false" && !strings.HasPrefix(path, "cloudfiles.dev/") {
			t.Errorf("%s is linked", path)
		}
	}
	if !strings.Contains(string(out), "false cloudfiles.dev/drivers/mem\n") {
		t.Errorf("go list -deps does not list the package itself:\n%s", out)
	}
}

func TestProgramSize(t *testing.T) {
	if testing.Short() {
		t.Skip("links a program")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod",
		"module tiny\n\ngo 1.26\n\nrequire cloudfiles.dev v0.0.0\n\nreplace cloudfiles.dev => "+
			filepath.ToSlash(root)+"\n")
	write("main.go", `package main

import (
	"context"
	"fmt"
	"os"

	_ "cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

func main() {
	ctx := context.Background()
	b, err := files.Open(ctx, "mem://")
	if err != nil {
		panic(err)
	}
	if _, err := b.Put(ctx, "stdin.txt", os.Stdin, nil); err != nil {
		panic(err)
	}
	r, err := b.Get(ctx, "stdin.txt", nil)
	if err != nil {
		panic(err)
	}
	r.WriteTo(os.Stdout)
	for e, err := range b.List(ctx, "", nil) {
		fmt.Println(e, err)
	}
}
`)
	build := exec.Command("go", "build", "-o", "tiny", ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	fi, err := os.Stat(filepath.Join(dir, "tiny"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", fi.Size())
	// Reading (G10) and listing (L3) by several connections, which every driver has, are
	// 140 kB of it.
	if fi.Size() >= 4<<20+384<<10 {
		t.Errorf("the program has %d bytes, want less than 4.375 MiB", fi.Size())
	}
}
