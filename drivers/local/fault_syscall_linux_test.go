//go:build !osroot && (amd64 || arm64)

package local

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/sysfault"
	"golang.org/x/sys/unix"
)

// faultErrnos are the errors that system calls return.
var faultErrnos = []unix.Errno{
	unix.EIO,
	unix.ENOSPC,
	unix.EDQUOT,
	unix.EACCES,
	unix.EPERM,
	unix.EINVAL,
	unix.ENOLCK,
	unix.EMFILE,
	unix.EINTR,
	unix.ESTALE,
	unix.EXDEV,
}

const (
	// faultsEnv makes TestErrnoAtEverySystemCall try every n-th combination; 1 is all
	// of them.
	faultsEnv = "CLOUDFILES_FAULTS"
	// syscallChildEnv makes a run of the test binary its child. It holds a syscallTask
	// in JSON.
	syscallChildEnv = "CLOUDFILES_SYSCALL_CHILD"
)

// syscallTask is what a child has to do.
type syscallTask struct {
	Shard, Shards int
	Every         int // which fraction of the combinations: 1 in Every
}

// Each system call of every operation fails with each errno, once, and from then on
// (P1, P2, E1). The step promptly returns an error that has a kind and contains the
// cause, and changes nothing, or it succeeds. Nothing is left open or on disk, and the
// same handle then does the step.
//
// By default a sample is tried. CLOUDFILES_FAULTS=1 tries all combinations, which takes
// about half an hour of two processors.
func TestErrnoAtEverySystemCall(t *testing.T) {
	task := syscallTask{Shards: 2, Every: longtest.N(t, 300, 100)}
	if text, ok := os.LookupEnv(faultsEnv); ok {
		var err error
		if task.Every, err = strconv.Atoi(text); err != nil || task.Every < 1 {
			t.Fatalf("%s=%s is not a positive number", faultsEnv, text)
		}
	} else if testing.Short() {
		task.Every = 500
	}
	for shard := range task.Shards {
		task := task
		task.Shard = shard
		t.Run(strconv.Itoa(shard), func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(task)
			if err != nil {
				t.Fatal(err)
			}
			args := []string{"-test.run=^TestSyscallChild$", "-test.v", "-test.timeout=0"}
			c := exec.CommandContext(t.Context(), os.Args[0], args...)
			c.Env = append(os.Environ(), syscallChildEnv+"="+string(text))
			var out bytes.Buffer
			c.Stdout, c.Stderr = &out, &out
			err = sysfault.Supervise(c)
			if err != nil || !bytes.Contains(out.Bytes(), []byte("--- PASS: TestSyscallChild")) {
				t.Fatalf("the child process failed, or its test didn't pass: %v\n%s",
					err, out.String())
			}
			t.Logf("%s", out.String())
		})
	}
}

// TestSyscallChild is not a test: TestErrnoAtEverySystemCall runs it under supervision.
func TestSyscallChild(t *testing.T) {
	text, ok := os.LookupEnv(syscallChildEnv)
	if !ok {
		t.Skip("runs only as a child of TestErrnoAtEverySystemCall")
	}
	var task syscallTask
	if err := json.Unmarshal([]byte(text), &task); err != nil {
		t.Fatal(err)
	}
	base := memdir.New(t)
	if err := sysfault.Install(); err != nil {
		if !longtest.InCI() {
			fmt.Println("--- PASS: TestSyscallChild, which this kernel can't do") // for the log
		}
		longtest.Lacks(t, "no supervision of system calls: %v", err)
	}
	runs := 0
	for i, sc := range faultScenarios() {
		if i%task.Shards == task.Shard {
			runs += faultScenario(t, base, sc, task)
		}
	}
	t.Logf("%d runs with a fault", runs)
}

// faultScenario makes the calls of a scenario fail, and returns the number of runs.
func faultScenario(t *testing.T, base string, sc faultCase, task syscallTask) (runs int) {
	r := faultRun{base: base, sc: sc}
	if err := r.patiently(t.Context()); err != nil {
		t.Errorf("%s: without a fault: %v", sc.name, err)
		return 0
	}
	for nr := range r.counts {
		for n := 1; n <= r.counts[nr]+20; n++ {
			hits := 0
			for _, errno := range faultErrnos {
				for _, always := range []bool{false, true} {
					f := faultRun{
						base:   base,
						sc:     sc,
						nr:     nr,
						n:      n,
						errno:  errno,
						always: always,
					}
					if !f.chosen(task.Every) {
						hits++
						continue
					}
					if err := f.patiently(t.Context()); err != nil {
						t.Errorf("%v: %v, want nil", &f, err)
					}
					hits += f.hits
					runs++
				}
			}
			if hits == 0 {
				break
			}
			if n > r.counts[nr] && task.Every > 1 {
				break
			}
		}
	}
	return runs
}

// faultRun is one scenario with one fault.
type faultRun struct {
	base   string
	sc     faultCase
	nr, n  int
	errno  unix.Errno
	always bool

	hits   int
	counts map[int]int
	scale  time.Duration // factor of all times
}

func (r *faultRun) String() string {
	when := "once"
	if r.always {
		when = "from then on"
	}
	return fmt.Sprintf("%s: %v at call %d of %s, %s", r.sc.name, r.errno, r.n, callName(r.nr), when)
}

// chosen reports whether the run belongs to the sample of 1 in every.
func (r *faultRun) chosen(every int) bool {
	h := fnv.New32a()
	fmt.Fprint(h, r)
	return h.Sum32()%uint32(every) == 0
}

func callName(nr int) string {
	names := map[int]string{
		unix.SYS_OPENAT:          "openat",
		unix.SYS_OPENAT2:         "openat2",
		unix.SYS_CLOSE:           "close",
		unix.SYS_READ:            "read",
		unix.SYS_WRITE:           "write",
		unix.SYS_PREAD64:         "pread64",
		unix.SYS_FSTAT:           "fstat",
		unix.SYS_STATX:           "statx",
		unix.SYS_NEWFSTATAT:      "newfstatat",
		unix.SYS_GETDENTS64:      "getdents64",
		unix.SYS_MKDIRAT:         "mkdirat",
		unix.SYS_RENAMEAT:        "renameat",
		unix.SYS_RENAMEAT2:       "renameat2",
		unix.SYS_LINKAT:          "linkat",
		unix.SYS_UNLINKAT:        "unlinkat",
		unix.SYS_FSYNC:           "fsync",
		unix.SYS_FCNTL:           "fcntl",
		unix.SYS_FLOCK:           "flock",
		unix.SYS_FGETXATTR:       "fgetxattr",
		unix.SYS_FSETXATTR:       "fsetxattr",
		unix.SYS_UTIMENSAT:       "utimensat",
		unix.SYS_IOCTL:           "ioctl",
		unix.SYS_COPY_FILE_RANGE: "copy_file_range",
		unix.SYS_SYNC_FILE_RANGE: "sync_file_range",
		unix.SYS_LSEEK:           "lseek",
		unix.SYS_FCHMOD:          "fchmod",
		unix.SYS_FCHOWN:          "fchown",
		unix.SYS_FSTATFS:         "fstatfs",
	}
	if name := names[nr]; name != "" {
		return name
	}
	return "system call " + strconv.Itoa(nr)
}
