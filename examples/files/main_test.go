package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestMain runs the command in the processes that the tests start.
func TestMain(m *testing.M) {
	if os.Getenv("FILES_TEST_MAIN") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// command returns the command line as a new process in the folder dir.
func start(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "FILES_TEST_MAIN=1",
		"XDG_CACHE_HOME="+filepath.Join(dir, ".cache"), "AWS_ACCESS_KEY_ID=id",
		"AWS_SECRET_ACCESS_KEY=s3cr3t", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent")
	return cmd
}

// run runs a command line and checks its exit code.
func run(t *testing.T, dir string, code int, args ...string) (out, errs string) {
	t.Helper()
	cmd := start(t, dir, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("files %q: exit code %d, want %d (%v)\n%s%s", args, got, code, err, &stdout,
			&stderr)
	}
	return stdout.String(), stderr.String()
}

func write(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("content of "+name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func has(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in\n%s", w, text)
		}
	}
}

// TestCommands runs all commands with folders.
func TestCommands(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "src/a.txt", "src/sub/b.txt", "src/sub/c.tmp", "src/d*d", "src/dxd")
	url := "file://" + filepath.ToSlash(dir) + "/bucket?create_dir=1"

	out, _ := run(t, dir, 0, "sync", "src", url, "--exclude", "*.tmp")
	has(t, out, "copy a.txt (missing, 20 bytes)", "4 files (", "done, 0 equal")
	out, _ = run(t, dir, 0, "sync", "src", url, "--exclude", "*.tmp")
	has(t, out, "0 files (0 bytes) done, 4 equal")
	out, _ = run(t, dir, 0, "ls", url)
	if out != "a.txt\nd*d\ndxd\nsub/\n" {
		t.Errorf("ls: %q", out)
	}
	out, _ = run(t, dir, 0, "ls", "-r", "-l", "bucket/sub")
	has(t, out, "  b.txt", "          24  2")
	out, _ = run(t, dir, 0, "cat", "src/a.txt", "bucket/sub/b.txt")
	if out != "content of src/a.txtcontent of src/sub/b.txt" {
		t.Errorf("cat: %q", out)
	}
	out, _ = run(t, dir, 0, "du", "--json", url)
	var usage struct{ Files, Bytes int }
	if err := json.Unmarshal([]byte(out),
		&usage); err != nil || usage.Files != 4 || usage.Bytes != 80 {
		t.Errorf("du: %q, %v", out, err)
	}
	out, _ = run(t, dir, 1, "check", "src", url)
	has(t, out, "sub/c.tmp: missing", "4 files are the same, 1 differ, 0 were not compared")
	run(t, dir, 0, "check", "src", url, "--exclude", "*.tmp")
	run(t, dir, 0, "check", url)

	// a name is one file, whatever characters it has
	run(t, dir, 0, "rm", "bucket/d*d")
	out, _ = run(t, dir, 0, "ls", url)
	if out != "a.txt\ndxd\nsub/\n" {
		t.Errorf("ls after rm: %q", out)
	}
	run(t, dir, 0, "cp", "src/d*d", url)
	run(t, dir, 0, "cp", "bucket/d*d", "copy")
	run(t, dir, 0, "cp", "bucket/a.txt", "src/sub")
	if text, err := os.ReadFile(filepath.Join(dir, "copy")); string(text) != "content of src/d*d" {
		t.Errorf("the copy is %q, %v", text, err)
	}
	run(t, dir, 1, "cp", "--no-overwrite", "bucket/a.txt", "copy")
	run(t, dir, 1, "cp", "copy", "copy")
	run(t, dir, 1, "cp", "bucket", "copy")

	// deletions
	write(t, dir, "src/new")
	if err := os.Remove(filepath.Join(dir, "src", "a.txt")); err != nil {
		t.Fatal(err)
	}
	out, _ = run(t, dir, 0, "sync", "--delete", "--dry-run", "src", url, "--exclude", "sub/")
	has(t, out, "delete a.txt (notInSource)", "2 files (18 bytes) would be done")
	_, errs := run(t, dir, 1, "sync", "--delete", "--max-delete", "1", "empty/../src", url,
		"--include",
		"/a*")
	has(t, errs, "the source has no file", "1 deletions were withheld")
	out, _ = run(t, dir, 0, "sync", "--delete", "src", url, "--exclude", "sub/")
	has(t, out, "delete a.txt", "2 files")
	out, _ = run(t, dir, 0, "sync", "--delete", "src", url, "--exclude", "sub/", "--json")
	var last map[string]any
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]),
		&last); err != nil || last["equal"] != 3.0 {
		t.Errorf("the last line is %q, %v", lines[len(lines)-1], err)
	}
	_, errs = run(t, dir, 1, "sync", "src", "src/sub")
	has(t, errs, "overlap")
	run(t, dir, 0, "sync", "--quiet", "src", "there/new")
	run(t, dir, 0, "check", "src", "there/new", "--compare", "content")
	run(t, dir, 0, "sync", "--dry-run", "src", "nowhere")
	if _, err := os.Stat(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("the dry run made its target")
	}
	_, errs = run(t, dir, 1, "rm", "-r", url)
	has(t, errs, "--all")
	run(t, dir, 0, "rm", "-r", "--all", url)
	if out, _ = run(t, dir, 0, "ls", url); out != "" {
		t.Errorf("ls after rm -r: %q", out)
	}
	_, errs = run(t, dir, 1, "sign", "src/dxd")
	has(t, errs, "unsupported")
}

// TestMissing: a place that doesn't exist is an error.
func TestMissing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "src/a", "src2/b")
	for _, args := range [][]string{
		{"ls", "gone"}, {"cat", "gone"}, {"cp", "gone", "x"}, {"cp", "-r", "gone", "x"},
		{"sync", "gone", "x"}, {"du", "gone"}, {"rm", "gone"}, {"check", "gone"},
		{"sync", "src", "x", "--include", "nothing*"}, {"cat", "src"}, {"cat", "src/a", "gone"},
		{"ls", "s4://bucket"}, {"sync", "src/a", "x"}, {"check", "file:///does/not/exist"},
		{"check", "mem://", "mem://"}, {"check", "src", "src2", "--include", "typo"},
		{"check", "src/a", "src2/b"}, {"rm", "-r", "src", "--all", "--include", "typo"},
		{"rm", "-r", "src/typo"}, {"cp", "-r", "src", "x", "--include", "typo"},
	} {
		_, errs := run(t, dir, 1, args...)
		has(t, errs, "files: ")
		if strings.Contains(errs, "files: files: ") {
			t.Errorf("files %q has its prefix twice: %s", args, errs)
		}
	}
}

// TestOneIsMissing: of several places, each is done, whether or not another fails.
func TestOneIsMissing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a", "b")
	out, errs := run(t, dir, 1, "cat", "a", "gone", "b")
	if out != "content of acontent of b" || !strings.Contains(errs, "gone: there is no such file") {
		t.Errorf("cat prints %q and %q", out, errs)
	}
	out, _ = run(t, dir, 1, "du", "gone", "a")
	has(t, out, "1 files  a")
	run(t, dir, 1, "rm", "gone", "a", "also gone", "b")
	if out, _ := run(t, dir, 0, "ls", "."); out != "" {
		t.Errorf("rm leaves %q", out)
	}
}

// TestEmptyPlace: a place that is empty, such as a variable that isn't set, is a wrong
// command line, and never the current folder.
func TestEmptyPlace(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "kept", "src/a")
	for _, args := range [][]string{
		{"ls", ""}, {"rm", "-r", "--all", ""}, {"sync", "--delete", "src", ""}, {"cp", "kept", ""},
	} {
		_, errs := run(t, dir, 2, args...)
		has(t, errs, "a place is empty")
	}
	if out, _ := run(t, dir, 0, "ls", "-r", "."); out != "kept\nsrc/a\n" {
		t.Errorf("left are %q", out)
	}
}

// TestCopyIntoFolder: cp makes the folder of its target.
func TestCopyIntoFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a")
	run(t, dir, 0, "cp", "a", "new/sub/b")
	run(t, dir, 0, "cp", "a", "other/")
	run(t, dir, 0, "cp", "--dry-run", "a", "nowhere/")
	out, _ := run(t, dir, 0, "ls", "-r", ".")
	if out != "a\nnew/sub/b\nother/a\n" {
		t.Errorf("there are %q", out)
	}
	_, errs := run(t, dir, 1, "cp", "a", "a/")
	has(t, errs, "not a directory")
}

// TestStandardInput: cp takes "-" for standard input and output.
func TestStandardInput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fmt.Fprint(w, "piped")
	w.Close()
	old := os.Stdin
	defer func() { os.Stdin = old }()
	os.Stdin = r
	var out bytes.Buffer
	a := &app{out: &out, err: &out}
	a.quiet = true
	target := place{b: mem.New(nil), name: "dir/new"}
	if err := a.cp(t.Context(), []place{{text: "-"}, target}); err != nil {
		t.Fatal(err)
	}
	err = a.cp(t.Context(), []place{target, {text: "-"}})
	if err != nil || out.String() != "piped" {
		t.Errorf(`cp to standard output writes %q, %v, want "piped"`, &out, err)
	}
	a.transfer.NoOverwrite = true
	if err := a.cp(t.Context(), []place{{text: "-"}, target}); !errors.Is(err, files.ErrExist) {
		t.Errorf("over another file: %v", err)
	}
	dir := t.TempDir()
	write(t, dir, "a")
	if text, _ := run(t, dir, 0, "cp", "a", "-"); text != "content of a" {
		t.Errorf("cp to standard output prints %q", text)
	}
	for _, args := range [][]string{{"cp", "-", "b"}, {"cp", "-", "-"}, {"cp", "-", "mem://x"}} {
		_, errs := run(t, dir, 1, args...)
		has(t, errs, "standard input can only be copied to the URL of a file")
	}
	if out, _ := run(t, dir, 0, "ls", "."); out != "a\n" {
		t.Errorf("there are %q", out)
	}
}

// TestText: the text of a place has the name, without the parameters of the URL.
func TestText(t *testing.T) {
	for url, want := range map[string]string{
		"s3://bucket/dir/a%20b/?region=eu-central-1": "s3://bucket/dir/a b",
		"s3://bucket?region=eu-central-1":            "s3://bucket",
		"s3://bucket/?region=eu-central-1":           "s3://bucket",
	} {
		p, err := (&app{}).open(t.Context(), url, false)
		if err != nil {
			t.Fatal(err)
		}
		defer p.b.Close()
		if p.text != want {
			t.Errorf("%s: %q, want %q", url, p.text, want)
		}
	}
}

// TestUsage: a wrong command line is exit code 2, and help is 0.
func TestUsage(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"nothing"}, {"ls"}, {"ls", "a", "b"}, {"cp", "a"}, {"sync", "a", "b", "--unknown"},
		{"sync", "a", "b", "--compare", "magic"}, {"ls", "--"},
	} {
		_, errs := run(t, dir, 2, args...)
		if errs == "" {
			t.Errorf("files %q prints nothing", args)
		}
	}
	for _, args := range [][]string{{}, {"help"}, {"--help"}, {"help", "sync"}, {"sync", "-h"}} {
		out, errs := run(t, dir, 0, args...)
		has(t, out+errs, "files ", "sync")
	}
}

// TestNames: control characters in names are escaped, and names in JSON are whole.
func TestNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("such names can't be made there")
	}
	dir := t.TempDir()
	name := "evil\u202egpj.exe"
	write(t, dir, "src/"+name)
	out, _ := run(t, dir, 0, "ls", "src")
	has(t, out, `evil\u202egpj.exe`)
	out, _ = run(t, dir, 0, "ls", "--json", "src")
	var e struct{ Name string }
	if err := json.Unmarshal([]byte(out), &e); err != nil || e.Name != name {
		t.Errorf("ls --json prints %q, %v, want the name %q", out, err, name)
	}
	out, errs := run(t, dir, 0, "sync", "src", "dst")
	if strings.Contains(out+errs, name) {
		t.Errorf("sync prints %q", out+errs)
	}
	_, errs = run(t, dir, 1, "ls", "\x1b[31mred")
	if strings.Contains(errs, "\x1b") {
		t.Errorf("ls prints %q", errs)
	}
}

// TestInterrupt: Ctrl-C, or SIGTERM, soon ends a command that waits for a server, with
// the exit code 130 and a text about a second run. No secret of the URL is printed.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no interrupt to send")
	}
	dir := t.TempDir()
	write(t, dir, "src/a")
	for i, args := range [][]string{{"ls"}, {"sync", "src"}, {"cp", "src/a"}} {
		server, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		if err := server.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
			t.Fatal(err)
		}
		args = append(args, fmt.Sprintf(
			"s3://bucket/dir?region=us-east-1&use_path_style=1&endpoint=http://%s", server.Addr()))
		cmd := start(t, dir, args...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		conn, err := server.Accept() // and never respond
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := cmd.Process.Signal([]os.Signal{os.Interrupt, syscall.SIGTERM}[i%2]); err != nil {
			t.Fatal(err)
		}
		sent := time.Now()
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 130 || time.Since(sent) > 30*time.Second {
			t.Errorf("files %q: exit code %d after %v\n%s", args, code, time.Since(sent), &stderr)
		}
		if strings.Contains(stderr.String(), "s3cr3t") {
			t.Errorf("a secret is printed: %s", &stderr)
		}
		has(t, stderr.String(), "interrupted", "half-written", "does the rest")
	}
}

// TestKilled: a killed sync leaves whole files, and the second run does the rest.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for i := range 400 {
		names = append(names, fmt.Sprintf("src/d%d/f%03d", i%7, i))
	}
	write(t, dir, names...)
	for _, lines := range []int{0, 1, 100, 300} {
		url := fmt.Sprintf("file://%s/bucket%d?create_dir=1&sync=none", filepath.ToSlash(dir),
			lines)
		cmd := start(t, dir, "sync", "src", url)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		read := bufio.NewScanner(out)
		for range lines {
			read.Scan()
		}
		cmd.Process.Kill()
		cmd.Wait()
		text, _ := run(t, dir, 0, "sync", "src", url)
		var again int
		fmt.Sscanf(text[strings.LastIndex(strings.TrimSpace(text), "\n")+1:], "%d files", &again)
		if again > 400-lines {
			t.Errorf("after %d files were reported, %d were copied again", lines, again)
		}
		run(t, dir, 0, "check", "src", url)
	}
}

// TestSize: the command stays small.
func TestSize(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
				n++
			}
		}
	}
	if n == 0 || n >= 600 {
		t.Errorf("the command has %d lines of code", n)
	}
}
