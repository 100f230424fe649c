//go:build !osroot && (amd64 || arm64)

package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// fewEnv makes a run of the test binary the child of TestFewDescriptors.
const fewEnv = "CLOUDFILES_FEW_DESCRIPTORS"

// If a process has too few descriptors left, from none to as many as a step needs, the
// step succeeds, or returns an error with a kind and changes nothing. No staging folder
// and no upload is left, and the same handle does the step when there are descriptors
// again (X2, P2).
func TestFewDescriptors(t *testing.T) {
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFewDescriptorsChild$",
		"-test.v")
	c.Env = append(os.Environ(), fewEnv+"="+memdir.New(t))
	out, err := c.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestFewDescriptorsChild")) {
		t.Fatalf("the child process failed, or its test didn't pass: %v\n%s", err, out)
	}
}

// TestFewDescriptorsChild is not a test: TestFewDescriptors runs it.
func TestFewDescriptorsChild(t *testing.T) {
	base, is := os.LookupEnv(fewEnv)
	if !is {
		t.Skip("runs only as a child of TestFewDescriptors")
	}
	for _, sc := range faultScenarios() {
		failed, fine := false, 0
		for left := 0; fine < 6; left++ {
			failure, err := fewDescriptors(t, base, sc, left)
			if err != nil {
				t.Errorf("%s with %d descriptors left (%v): %v", sc.name, left, failure, err)
			}
			fine++
			if failure != nil {
				failed, fine = true, 0
			}
		}
		if !failed && sc.name != "get missing" { // it opens nothing
			t.Errorf("%s never failed, even without descriptors", sc.name)
		}
	}
}

// fewDescriptors does a step, or reads, with the given number of descriptors left. It
// returns the step's error, and what is wrong with the result.
func fewDescriptors(t *testing.T, base string, sc faultCase, left int) (failure, err error) {
	ctx := t.Context()
	dir, err := os.MkdirTemp(base, "")
	ok(t, err)
	defer os.RemoveAll(dir)
	b, err := openOver(dir, noSync, fsys.OS())
	ok(t, err)
	before, err := perform(ctx, b, state{}, sc.setup)
	ok(t, err, b.Close())
	b, err = openOver(dir, noSync, fsys.OS())
	ok(t, err)
	defer b.Close()
	open := openDescriptors()

	var want, got []string
	if sc.read != nil {
		want, err = sc.read(ctx, b)
		ok(t, err)
	}
	free := leaveDescriptors(t, left)
	if sc.read != nil {
		got, failure = sc.read(ctx, b)
	} else {
		for range 20 { // each attempt may leave something
			if failure = sc.run.do(ctx, b); failure == nil {
				break
			}
		}
	}
	free()
	if failure != nil && (files.KindOf(failure) == nil || !errors.Is(failure, unix.EMFILE)) {
		return failure, errors.New("the error has no kind, or isn't EMFILE")
	}
	if sc.read != nil {
		return failure, sawEnough(ctx, sc, b, failure, got, want)
	}
	return failure, leftBehind(ctx, sc, b, dir, failure, before, open)
}

// sawEnough checks a case that reads.
func sawEnough(
	ctx context.Context, sc faultCase, b files.Bucket, failure error, got, want []string,
) error {
	if failure == nil && !slices.Equal(got, want) || !inOrder(got, want) {
		return fmt.Errorf("found %.300q, want %.300q", got, want)
	}
	got, err := sc.read(ctx, b)
	if err == nil && !slices.Equal(got, want) {
		err = fmt.Errorf("after that, found %.300q, want %.300q", got, want)
	}
	return err
}

// leftBehind checks what a step left.
func leftBehind(
	ctx context.Context, sc faultCase, b files.Bucket, dir string, failure error, before state,
	open int,
) error {
	allowed := sc.run.states(before)
	switch {
	case failure == nil:
		allowed = allowed[len(allowed)-1:]
	case errors.Is(failure, files.ErrUncertain), sc.run.op == "move":
	default:
		allowed = allowed[:1]
	}
	seen, err := seeAll(ctx, b)
	if err == nil {
		_, err = anyOf(seen, allowed)
	}
	if err != nil {
		return err
	}
	sessions, err := filepath.Glob(filepath.Join(dir, controlDir, stagingMark+"*"))
	if err != nil {
		return err
	}
	if len(sessions) > 1 || len(sessions) == 1 && failure != nil && openDescriptors() == open {
		return fmt.Errorf("staging folders are left: %q", sessions)
	}
	if staged := stagedIn(dir); len(staged) > 0 {
		return fmt.Errorf("staged files are left: %q", staged)
	}
	if failure != nil && sc.run.op != "move" && sc.run.cond == "" {
		if err := sc.run.do(ctx, b); err != nil {
			return fmt.Errorf("the handle no longer works: %w", err)
		}
		if seen, err = seeAll(ctx, b); err == nil {
			err = sc.run.after(before).differs(seen)
		}
	}
	return err
}

// leaveDescriptors uses up all descriptors except left of them, until the function that
// it returns is called.
func leaveDescriptors(t *testing.T, left int) (free func()) {
	t.Helper()
	var was unix.Rlimit
	ok(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	few := was
	few.Cur = uint64(openDescriptors() + left + 16)
	ok(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &few))
	var taken []int
	for {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	for range left {
		unix.Close(taken[len(taken)-1])
		taken = taken[:len(taken)-1]
	}
	return func() {
		ok(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
		for _, fd := range taken {
			unix.Close(fd)
		}
	}
}
