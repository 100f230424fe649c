//go:build unix

package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
)

func init() { childJobs["scenario"] = scenarioChild }

// If a process is killed right before, right after or in the middle of any operation
// that changes something (P1, P2), the file is the old or the new one, whole, nothing
// else has changed or is listed, and the next handle works and cleans up.
func TestKillAtEveryOperation(t *testing.T) {
	for i, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			operations := killedAt(t, i, 0, crashfs.Before)
			if len(operations) < 5 {
				t.Fatalf("counted only the operations %v, want at least 5", operations)
			}
			every := longtest.EachOf(t, 6, 3)
			for n, kind := range operations {
				for _, m := range crashfs.Moments {
					if (m != crashfs.Middle || kind == crashfs.Write) && n%every == i%every {
						killedAt(t, i, n+1, m)
					}
				}
			}
		})
	}
}

// killedAt runs a scenario in a child that is killed at the n-th operation, and checks
// what is left. If n is 0, the child isn't killed, and killedAt returns its operations.
func killedAt(t *testing.T, i, n int, m crashfs.Moment) (operations []crashfs.Kind) {
	t.Helper()
	ctx := t.Context()
	sc := scenarios[i]
	dir, err := os.MkdirTemp(injectedFolder(t), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	before := prepare(t, dir, sc)
	c := child(ctx, childTask{
		Job:    "scenario",
		Dir:    dir,
		N:      n,
		Moment: m,
		Seed:   uint64(i),
	})
	out, err := c.Output()
	allowed := sc.run.states(before)
	if n == 0 {
		allowed = allowed[len(allowed)-1:]
		if err == nil {
			err = json.Unmarshal(out, &operations)
		}
		if err != nil {
			t.Fatalf("child: %v", err)
		}
	} else if err := wasKilled(err); err != nil {
		t.Fatalf("%s operation %d: %v", m, n, err)
	}
	if err := reopened(ctx, dir, allowed, sc.run.subjects()); err != nil {
		t.Errorf("killed %s operation %d: %v, want nil", m, n, err)
	}
	return operations
}

// prepare does the setup of a scenario.
func prepare(t *testing.T, dir string, sc scenario) state {
	t.Helper()
	return prepareOn(t, fsys.OS(), dir, sc)
}

// prepareOn is prepare on another file system.
func prepareOn(t *testing.T, sys fsys.FS, dir string, sc scenario) state {
	t.Helper()
	b, err := openOver(dir, noSync, sys)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	before, err := perform(t.Context(), b, state{}, sc.setup)
	if err != nil {
		t.Fatal(err)
	}
	return before
}

// If a file system can't rename without replacing, a kill in the middle leaves a file
// with both names (N3). It is still one file of the bucket, and it can still make way
// for a folder.
func TestKilledBetweenLinkAndUnlink(t *testing.T) {
	dir := t.TempDir()
	b, err := openOver(dir, noSync, fsys.OS())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	now, err := perform(t.Context(), b, state{}, []step{stepPut("a", 1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []step{stepPut("a/b", 2,
		1), stepDelete("a/b"), stepPut("a", 3, 0), stepDelete("a")} {
		// fails if both exist already
		os.Link(filepath.Join(dir, "a"), filepath.Join(dir, leafName("a")))
		seen, err := seeAll(t.Context(), b)
		if err == nil {
			err = now.differs(seen)
		}
		if err == nil {
			now, err = perform(t.Context(), b, now, []step{s})
		}
		if err != nil {
			t.Fatalf("before %v: %v", s, err)
		}
	}
	if err := closeAndCheck(b, dir, now); err != nil {
		t.Errorf("closeAndCheck = %v, want nil", err)
	}
}

// wasKilled returns an error unless SIGKILL ended the child.
func wasKilled(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ProcessState.String() == "signal: killed" {
		return nil
	}
	return fmt.Errorf("the child was not killed: %v", err)
}

// scenarioChild does a scenario's step and prints its operations if it isn't killed.
func scenarioChild(task childTask) error {
	killer := &crashfs.Killer{N: task.N, Moment: task.Moment}
	b, err := openOver(task.Dir, nil, crashfs.Wrap(crashfs.Unsynced(), killer.Hook))
	if err != nil {
		return err
	}
	if err := scenarios[task.Seed].run.do(context.Background(), b); err != nil {
		return err
	}
	if err := b.Close(); err != nil { // Close also changes something
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(killer.Kinds())
}
