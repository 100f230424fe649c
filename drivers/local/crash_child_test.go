package local

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// childEnv makes a run of the test binary a child of a crash test. It holds a childTask
// in JSON.
const childEnv = "CLOUDFILES_CRASH_CHILD"

// childTask is what a child has to do.
type childTask struct {
	Job    string // a key of childJobs
	Dir    string // the bucket's folder
	N      int
	Moment crashfs.Moment
	Seed   uint64
	NoSync bool
}

// childJobs has the jobs, which the tests that need them add.
var childJobs = map[string]func(childTask) error{}

// TestCrashChild is not a test: the crash tests run it in child processes, which they
// kill.
func TestCrashChild(t *testing.T) {
	text, ok := os.LookupEnv(childEnv)
	if !ok {
		t.Skip("runs only as the child of a crash test")
	}
	var task childTask
	if err := json.Unmarshal([]byte(text), &task); err != nil {
		t.Fatal(err)
	}
	if err := childJobs[task.Job](task); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child returns the command of a child, whose standard error is the test's.
func child(ctx context.Context, task childTask) *exec.Cmd {
	text, err := json.Marshal(task)
	if err != nil {
		panic(err)
	}
	c := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestCrashChild$")
	c.Env = append(os.Environ(), childEnv+"="+string(text))
	c.Stderr = os.Stderr
	return c
}

// openOver opens a bucket on the file systems of sys.
func openOver(dir string, opts *Options, sys fsys.FS) (files.Bucket, error) {
	b, err := open(dir, opts, sys)
	if err != nil {
		return nil, err
	}
	return driver.New(b), nil
}

// noSync are the options of handles whose writes needn't survive a power failure.
var noSync = &Options{NoSync: true}
