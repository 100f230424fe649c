//go:build unix

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/conformance"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// childVariable makes the test binary run as the command. Its value is the id of the user
// as whom it runs.
const childVariable = "CLOUDFILES_DOCTOR_CHILD"

// TestMain runs the command if childVariable is set, and otherwise the tests.
func TestMain(m *testing.M) {
	if user := os.Getenv(childVariable); user != "" {
		if id, err := strconv.Atoi(user); err != nil ||
			id != os.Geteuid() && syscall.Setuid(id) != nil {
			fmt.Fprintln(os.Stderr, "the child can't become", user)
			os.Exit(99)
		}
		registerStuck()
		os.Args = append(os.Args[:1], os.Args[2:]...) // without the "--"
		main()
	}
	os.Exit(m.Run())
}

// registerStuck registers stuck://, a bucket in which only the probe's delete ever ends.
func registerStuck() {
	var deletes atomic.Int64
	driver.Register(files.Scheme{
		Name:    "stuck",
		Package: "cloudfiles.dev/conformance/doctor",
		Example: "stuck://",
		Open: func(context.Context, *url.URL) (files.Bucket, error) {
			return files.Wrap(mem.Open("stuck"), files.Hooks{
				CloseInner: true,
				Around: func(ctx context.Context, c *files.Call,
					next func(context.Context) error) error {
					if (c.Op == files.OpDelete ||
						c.Op == files.OpDeleteMany) && deletes.Add(1) > 1 {
						fmt.Fprintln(os.Stderr, "a delete hangs")
						<-make(chan int)
					}
					return next(ctx)
				},
			}), nil
		},
	})
}

// child is the command in a process of its own.
type child struct {
	*exec.Cmd
	out, err *bufio.Scanner
	said     strings.Builder
}

func start(t *testing.T, user int, args ...string) *child {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	c := &child{Cmd: exec.CommandContext(ctx, os.Args[0], append([]string{"--"}, args...)...)}
	c.Env = append(os.Environ(), fmt.Sprint(childVariable, "=", user))
	pipe := func(r io.ReadCloser, err error) *bufio.Scanner {
		if err != nil {
			t.Fatal(err)
		}
		return bufio.NewScanner(r)
	}
	c.out, c.err = pipe(c.StdoutPipe()), pipe(c.StderrPipe())
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// wait reads lines until one contains the text. If the text is "", it reads to the end.
func (c *child) wait(t *testing.T, s *bufio.Scanner, text string) {
	t.Helper()
	for s.Scan() {
		c.said.WriteString(s.Text() + "\n")
		if text != "" && strings.Contains(s.Text(), text) {
			return
		}
	}
	if text != "" {
		t.Fatalf("the command didn't print %q:\n%s", text, c.said.String())
	}
}

// status waits until the process ends, and returns its exit status.
func (c *child) status(t *testing.T) int {
	t.Helper()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		io.Copy(io.Discard, stripped{c.out})
	}()
	c.wait(t, c.err, "")
	<-drained
	c.Wait()
	return c.ProcessState.ExitCode()
}

// stripped is a Reader that reads a scanner to its end and returns no bytes.
type stripped struct{ s *bufio.Scanner }

func (r stripped) Read([]byte) (int, error) {
	if r.s.Scan() {
		return 0, nil
	}
	return 0, io.EOF
}

// TestInterrupted checks that an interrupted run removes the files that it stored, and
// leaves the user's files unchanged.
func TestInterrupted(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		dir := userFolder(t)
		before := tree(t, dir)
		report := filepath.Join(t.TempDir(), "r.json")
		c := start(t, os.Geteuid(), "-url", fileURL(dir), "-v", "-report", report)
		for range 20 {
			c.wait(t, c.out, "ok    ")
		}
		during, err := filepath.Glob(filepath.Join(dir, conformance.StorePrefix+"*"))
		if err := c.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if s := c.status(t); s != statusInterrupted || !strings.Contains(c.said.String(),
			"removing the run's files") || !strings.Contains(c.said.String(), "interrupted") {
			t.Errorf("status %d after %v:\n%s", s, signal, c.said.String())
		}
		if len(during) != 2 { // the run's directory, and the user's folder of such a name
			t.Errorf("during the run the folder had %q, %v, want 2 folders", during, err)
		}
		unchanged(t, dir, before)
		f, err := os.Open(report)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if r, err := conformance.ReadReport(f); err != nil || !r.Interrupted || r.OK() ||
			len(r.Cases) == 0 || r.Count(conformance.Failed) > 0 {
			t.Errorf("the report of an interrupted run is %+v, %v", r, err)
		}
	}
}

// TestInterruptedTwice checks that a second signal ends a run that can't clean up.
func TestInterruptedTwice(t *testing.T) {
	c := start(t, os.Geteuid(), "-url", "stuck://", "-run", "^S1/is-get$")
	c.wait(t, c.err, "a delete hangs")
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.wait(t, c.err, "interrupt again to end at once")
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if s := c.status(t); s != statusInterrupted || !strings.Contains(c.said.String(),
		"ended at once; files may be left in the bucket below "+conformance.StorePrefix) {
		t.Errorf("status %d:\n%s", s, c.said.String())
	}
}

// TestReadOnlyFolder checks the advice for a read-only folder, as a user who isn't root.
func TestReadOnlyFolder(t *testing.T) {
	const nobody = 65534
	dir := userFolder(t)
	user := os.Geteuid()
	if user == 0 {
		user = nobody
		if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o755)
	before := tree(t, dir)
	c := start(t, user, "-url", fileURL(dir))
	if s := c.status(t); s != statusUsage || !strings.Contains(c.said.String(),
		"permission denied") || !strings.Contains(c.said.String(),
		"write and search (-wx) on the folder") {
		t.Errorf("status %d:\n%s", s, c.said.String())
	}
	unchanged(t, dir, before)
}
