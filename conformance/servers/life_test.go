package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// gone checks that no process of the server is left, nor its folder.
func gone(t *testing.T, temp, endpoint string) {
	t.Helper()
	if runtime.GOOS == "linux" {
		eventually(t, "its processes are gone", func() bool {
			return len(processesIn(t, temp)) == 0
		})
	}
	eventually(t, "its port is closed", func() bool {
		c, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "http://"))
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	eventually(t, "its folder is gone", func() bool {
		left, err := filepath.Glob(filepath.Join(temp, "cloudfiles-servers-*"))
		return err == nil && len(left) == 0
	})
}

// tempOf returns the temporary folder that hold gave the command. It is the last one of
// the environment, in which the tests' own folder may be, too.
func (h *held) tempOf() string {
	for _, e := range slices.Backward(h.cmd.Env) {
		if dir, ok := strings.CutPrefix(e, "TMPDIR="); ok {
			return dir
		}
	}
	panic("no TMPDIR")
}

// TestServersLeaveNothing checks that every server starts, makes buckets, and leaves
// nothing when its input ends, when it is interrupted, and when it is killed.
func TestServersLeaveNothing(t *testing.T) {
	ends := map[string]func(h *held) error{
		"input ends":  func(h *held) error { return h.in.Close() },
		"interrupted": func(h *held) error { return h.cmd.Process.Signal(os.Interrupt) },
	}
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for name, end := range ends {
				t.Run(name, func(t *testing.T) {
					h := hold(t, s.name)
					need(t, h)
					if h.Name != s.name || h.Version != s.version() || h.Service != s.service ||
						h.Bucket != "cloudfiles" {
						t.Errorf("Ready = %+v, want server %s", h.Ready, s.name)
					}
					if a := h.do(t, "bucket",
						"another"); a.Error != "" || !strings.Contains(a.URL, "another") {
						t.Errorf("another bucket: %+v", a)
					}
					if a := h.do(t, "bucket", "no bucket's name"); a.Error == "" {
						t.Errorf("a bucket with a wrong name: %+v, want an error", a)
					}
					if a := h.do(t, "stop",
						"nothing"); !strings.Contains(a.Error, `no node "nothing"`) {
						t.Errorf("a node that does not exist: %+v, want an error", a)
					}
					if a := h.do(t, "dance", ""); !strings.Contains(a.Error, "not a command") {
						t.Errorf("an unknown command: %+v, want an error", a)
					}
					if err := end(h); err != nil {
						t.Fatal(err)
					}
					gone(t, h.tempOf(), h.Endpoint)
					if err := h.cmd.Wait(); err != nil {
						t.Errorf("the command ended with %v\n%s", err, h.said)
					}
					if fi, err := os.Stat(h.Logs); err != nil || !fi.IsDir() {
						t.Errorf("the logs: %v", err)
					}
				})
			}
		})
	}
}

// parent is the process that TestParentKilled kills. It runs the command with -json.
func parent() int {
	cmd := exec.Command(os.Args[0], "-json", os.Getenv(asParent))
	cmd.Env = append(os.Environ(), asParent+"=", asCommand+"=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer in.Close()
	cmd.Wait()
	return 1
}

// TestParentKilled checks that no server is left if the test that started it is killed.
func TestParentKilled(t *testing.T) {
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			h := hold(t, s.name, asParent+"="+s.name)
			need(t, h)
			if err := h.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			gone(t, h.tempOf(), h.Endpoint)
		})
	}
}

// TestCommandKilled checks that the kernel ends the servers of a killed command, and
// that the next start removes the folder.
func TestCommandKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux kills the children of a killed process")
	}
	h := hold(t, "fake-gcs-server")
	need(t, h)
	if err := h.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its processes are gone", func() bool {
		return len(processesIn(t, strings.TrimPrefix(h.Endpoint, "http://"))) == 0
	})
	left := func() []string {
		list, err := filepath.Glob(filepath.Join(h.tempOf(), "cloudfiles-servers-*"))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if n := len(left()); n != 1 {
		t.Fatalf("%d folders are left by the kill, want 1", n)
	}
	next := hold(t, "fake-gcs-server", "TMPDIR="+h.tempOf())
	need(t, next)
	// A start must not remove the folder of a server that runs.
	third := hold(t, "fake-gcs-server", "TMPDIR="+h.tempOf())
	need(t, third)
	if n := len(left()); n != 2 {
		t.Errorf("%d folders are there, want 2, of the servers that run", n)
	}
}

// TestTwoAtOnce checks that two servers have different ports and credentials, and that
// neither accepts the other's signature.
func TestTwoAtOnce(t *testing.T) {
	one, two := hold(t, "versitygw"), hold(t, "versitygw")
	need(t, one)
	need(t, two)
	if one.Endpoint == two.Endpoint || one.AccessKey == two.AccessKey ||
		one.SecretKey == two.SecretKey {
		t.Errorf("they share something: %+v, %+v", one.Ready, two.Ready)
	}
	i := &instance{ready: one.Ready}
	for endpoint, want := range map[string]int{
		one.Endpoint: http.StatusOK,
		two.Endpoint: http.StatusForbidden,
	} {
		status, body, err := i.s3Request(t.Context(), http.MethodGet, endpoint, "/cloudfiles",
			nil)
		if err != nil || status != want {
			t.Errorf("%s: HTTP status %d, %v, want %d: %s", endpoint, status, err, want, body)
		}
	}
}

// TestServerDies checks that the command ends and reports why if its server dies.
func TestServerDies(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	h := hold(t, "fake-gcs-server")
	need(t, h)
	port := strings.TrimPrefix(h.Endpoint, "http://")
	for _, pid := range processesIn(t, port) {
		if p, err := os.FindProcess(pid); err != nil || p.Kill() != nil {
			t.Fatalf("the server, process %d, can't be killed", pid)
		}
	}
	var r Ready
	h.next(t, &r)
	if r.Missing || !strings.Contains(r.Error, "fake-gcs-server ended by itself (signal: killed)") {
		t.Errorf("the last line is %+v, want that the server was killed", r)
	}
	gone(t, h.tempOf(), h.Endpoint)
}

// TestPortTaken checks that a server gets another port if the first one is taken.
func TestPortTaken(t *testing.T) {
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			others, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer others.Close()
			before, calls := freePort, 0
			defer func() { freePort = before }()
			freePort = func() (int, error) {
				if calls++; calls == 1 {
					return others.Addr().(*net.TCPAddr).Port, nil
				}
				return before()
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			i, err := start(ctx, s.name, "cloudfiles", t.Output())
			if err != nil {
				t.Fatal(err)
			}
			if calls < 2 {
				t.Errorf("freePort was called %d times, want at least 2", calls)
			}
			if err := i.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
