package main

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A process is one run of a test program.
type process struct {
	program string
	dir     string // the package's folder
	args    []string
	env     []string
	timeout time.Duration // for everything, however loaded the machine is
	spin    time.Duration // of processor time; 0 for any
	idle    time.Duration // during which nothing of it runs or waits for a processor; 0 for any
	scratch string        // TMPDIR of the tests; emptied afterwards
}

// An outcome is how it ended.
type outcome struct {
	failed bool
	by     string // the first test that failed, or what happened
	took   time.Duration
	used   time.Duration // processor time, with that of its children
	output []string      // its last lines
	ran    []string      // the tests that began, with their subtests
}

var (
	failLine = regexp.MustCompile(`^\s*--- FAIL: (\S+)`)
	runLine  = regexp.MustCompile(`^=== (?:RUN|CONT)\s+(\S+)`)
)

// run runs it until it ends, until the first test fails, or until the time is over.
// Nothing of it is left afterwards: no process, no mount, no file.
func (p *process) run(ctx context.Context) (outcome, error) {
	if err := os.MkdirAll(p.scratch, 0o777); err != nil {
		return outcome{}, err
	}
	defer clear(p.scratch)
	parent := ctx
	ctx, cancel := context.WithTimeout(parent, p.timeout)
	defer cancel()
	cmd := exec.Command(p.program, p.args...)
	cmd.Dir = p.dir
	cmd.Env = slices.Concat(os.Environ(), p.env, []string{"TMPDIR=" + p.scratch, "CI="})
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r, w, err := os.Pipe()
	if err != nil {
		return outcome{}, err
	}
	defer r.Close()
	cmd.Stdout, cmd.Stderr = w, w
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		w.Close()
		return outcome{}, err
	}
	w.Close()
	stop := func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	unstop := context.AfterFunc(ctx, stop)
	defer unstop()

	var o outcome
	done := make(chan struct{})
	go func() {
		defer close(done)
		o.read(r, stop)
	}()
	watched := make(chan bool, 1)
	go func() { watched <- p.watch(ctx, cmd.Process.Pid, stop) }()
	err = cmd.Wait()
	cancel()
	hung := <-watched
	o.took = time.Since(begin)
	o.used = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	stop()
	reap()
	r.SetReadDeadline(time.Now().Add(5 * time.Second)) // a stranger may hold the other end
	<-done
	switch {
	case parent.Err() != nil:
		return o, parent.Err()
	case hung && !o.failed:
		o.failed, o.by = true, "timeout in "+o.by
	case err != nil && !o.failed:
		o.failed, o.by = true, err.Error()+" in "+o.by
	case !o.failed:
		o.by = ""
	}
	return o, nil
}

// watch stops a process that spins or hangs, and reports whether it did. On a loaded
// machine the time on the clock says little: what waits for a processor is left alone.
func (p *process) watch(ctx context.Context, group int, stop func()) bool {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	active := time.Now()
	var before time.Duration
	for {
		select {
		case <-ctx.Done():
			return errors.Is(ctx.Err(), context.DeadlineExceeded)
		case <-tick.C:
		}
		used, running := activity(group)
		if running || used > before+10*time.Millisecond {
			before, active = used, time.Now()
		}
		if p.spin > 0 && used > p.spin || p.idle > 0 && time.Since(active) > p.idle {
			stop()
			return true
		}
	}
}

// read follows the output until the first failure. Without one, by is the test that ran
// last.
func (o *outcome) read(r *os.File, stop func()) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		line := lines.Text()
		if o.failed {
			// The subtest that failed is named below its test.
			m := failLine.FindStringSubmatch(line)
			if m != nil && strings.HasPrefix(m[1], o.by+"/") {
				o.by = m[1]
			}
			continue
		}
		if len(o.output) == 40 {
			o.output = o.output[1:]
		}
		o.output = append(o.output, line)
		if m := failLine.FindStringSubmatch(line); m != nil {
			o.failed, o.by = true, m[1]
			soon := time.AfterFunc(100*time.Millisecond, stop)
			defer soon.Stop()
		} else if m := runLine.FindStringSubmatch(line); m != nil {
			o.by = m[1]
			if strings.HasPrefix(line, "=== RUN") {
				o.ran = append(o.ran, o.by)
			}
		} else if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			o.failed, o.by = true, "panic in "+o.by
			stop()
		}
	}
}

// clear removes the scratch folder, with what is mounted in it.
func clear(folder string) {
	if b, err := os.ReadFile("/proc/self/mounts"); err == nil {
		for _, line := range slices.Backward(strings.Split(string(b), "\n")) {
			fields := strings.Fields(line)
			if len(fields) > 1 && strings.HasPrefix(fields[1], folder+"/") {
				unmount(fields[1])
			}
		}
	}
	filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			os.Chmod(path, 0o700)
		}
		return nil
	})
	os.RemoveAll(folder)
}
