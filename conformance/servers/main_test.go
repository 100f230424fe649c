package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// With asCommand the test binary is the command itself, so that tests can run and kill
// it. With asParent it is a process that runs the command.
const (
	asCommand = "CLOUDFILES_SERVERS_TEST_COMMAND"
	asParent  = "CLOUDFILES_SERVERS_TEST_PARENT"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(asParent) != "":
		os.Exit(parent())
	case os.Getenv(asCommand) != "":
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// held is a command that runs with -json.
type held struct {
	Ready
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	said *tail
}

// hold runs the command for a server, until the test ends.
func hold(t *testing.T, name string, env ...string) *held {
	t.Helper()
	h := &held{said: &tail{more: io.Discard}}
	h.cmd = exec.Command(os.Args[0], "-json", name)
	h.cmd.Env = append(append(os.Environ(), asCommand+"=1", "TMPDIR="+shortTemp(t)), env...)
	h.cmd.Stderr = h.said
	var err error
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	h.out = bufio.NewReader(out)
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.in.Close()
		h.cmd.Wait()
	})
	h.next(t, &h.Ready)
	return h
}

// next reads the next line that the command prints.
func (h *held) next(t *testing.T, v any) {
	t.Helper()
	line, err := h.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("the command prints no more: %v\n%s", err, h.said)
	}
	if err := json.Unmarshal(line, v); err != nil {
		t.Fatalf("the line %s isn't JSON: %v", line, err)
	}
}

// do sends a command and returns the response.
func (h *held) do(t *testing.T, do, name string) Answer {
	t.Helper()
	if err := json.NewEncoder(h.in).Encode(Command{do, name}); err != nil {
		t.Fatal(err)
	}
	var a Answer
	h.next(t, &a)
	return a
}

// shortTemp is a temporary folder with a short name, for Unix sockets in it.
func shortTemp(t *testing.T) string {
	dir, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// need skips the test if the server is missing on this machine. In CI the test fails.
func need(t *testing.T, h *held) {
	t.Helper()
	switch {
	case h.Error == "":
	case h.Missing && os.Getenv("CI") == "":
		t.Skip(h.Error)
	default:
		t.Fatalf("the server can't be started: %s", h.Error)
	}
}

// eventually waits until ok returns true. The test fails after two minutes.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(pollTime) {
		if time.Now().After(end) {
			t.Fatalf("waited two minutes in vain: %s", what)
		}
	}
}

// processesIn returns the processes that have the text in their command line.
func processesIn(t *testing.T, text string) []int {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, name := range lines {
		line, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
		if strings.Contains(string(line), text) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, pid)
		}
	}
	return found
}
