//go:build unix && !aix

package lease

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/drivers/local"
)

// stoppedFolder names the folder to the process that TestStoppedHolderIsReplaced stops.
const stoppedFolder = "LEASE_TEST_FOLDER"

const stoppedDuration = 2 * time.Second

// TestStoppedHolderIsReplaced: a holder that was stopped by SIGSTOP is replaced, and
// when it continues, the first call of its context's Err returns an error.
func TestStoppedHolderIsReplaced(t *testing.T) {
	if dir := os.Getenv(stoppedFolder); dir != "" {
		holdFor(t, dir)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestStoppedHolderIsReplaced$", "-test.v")
	cmd.Env = append(os.Environ(), stoppedFolder+"="+dir)
	ask, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	answer := func() string {
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "answer "); ok {
				return text
			}
		}
		t.Fatalf("the holder ended: %v", lines.Err())
		return ""
	}
	if got := answer(); got != "1" {
		t.Fatalf("the holder's token is %s", got)
	}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	b, err := local.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	next := acquire(t, newLock(t, b, Options{Poll: 50 * time.Millisecond}))
	if next.Token() != 2 {
		t.Errorf("the token is %d", next.Token())
	}
	if _, err := fmt.Fprintln(ask, "?"); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got := answer(); got != "lost" {
		t.Errorf("after it was stopped, the holder printed %q", got)
	}
	if _, err := newLock(t, b, Options{}).TryAcquire(t.Context()); !errors.Is(err, ErrHeld) {
		t.Errorf("the holder's Release ended the next holder's lease: %v", err)
	}
	release(t, next)
	ask.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// holdFor holds the lease until a line comes on standard input.
func holdFor(t *testing.T, dir string) {
	b, err := local.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	held := acquire(t, newLock(t, b, Options{Duration: stoppedDuration}))
	fmt.Printf("\nanswer %d\n", held.Token())
	in := bufio.NewScanner(os.Stdin)
	in.Scan()
	state := "held"
	if held.Context().Err() != nil && errors.Is(context.Cause(held.Context()), ErrLost) {
		state = "lost"
	}
	release(t, held)
	fmt.Printf("\nanswer %s\n", state)
	in.Scan()
}
