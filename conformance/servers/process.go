package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// grace is how long a process may take to end after SIGTERM.
const grace = 10 * time.Second

// command returns a command that is killed with all its children when the context ends.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	setGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd.Process) }
	cmd.WaitDelay = grace // its pipes
	return cmd
}

// spawner starts every process on one thread, which never ends, because Linux kills a
// child together with the *thread* that started it.
var spawner = func() chan func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
}()

// spawn starts the command.
func spawn(cmd *exec.Cmd) error {
	started := make(chan error)
	spawner <- func() { started <- cmd.Start() }
	return <-started
}

// process is a process of a server, which can be started again after it has ended.
type process struct {
	name string
	argv []string
	env  []string // added to the environment
	dir  string
	log  string // the file that holds what it prints
	// abrupt reports that stop may kill it at once, because its data isn't kept.
	abrupt bool

	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // of Wait; may be read once done is closed
}

// start starts the process. It appends to the log of the last run.
func (p *process) start() error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(p.argv[0], p.argv[1:]...)
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), p.env...)
	cmd.Stdout, cmd.Stderr = log, log
	setGroup(cmd)
	if err := spawn(cmd); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	done := make(chan struct{})
	p.cmd, p.done = cmd, done
	go func() {
		p.err = cmd.Wait()
		close(done)
	}()
	return nil
}

// running reports whether it was started and has not ended.
func (p *process) running() bool {
	if p.done == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// stop ends the process permanently.
func (p *process) stop() error {
	if p.abrupt {
		return p.kill()
	}
	return p.end()
}

// end sends SIGTERM to the process, and kills it if it hasn't ended after grace.
func (p *process) end() error {
	if !p.running() {
		return nil
	}
	if err := terminate(p.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
	}
	return p.kill()
}

// kill ends the process and its children at once.
func (p *process) kill() error {
	if p.done == nil {
		return nil
	}
	if err := killGroup(p.cmd.Process); err != nil {
		return err
	}
	<-p.done
	return nil
}

// failure returns an error with the reason why the process ended and its last output.
func (p *process) failure() error {
	return fmt.Errorf("%s ended by itself (%v); the end of its log %s:\n%s", p.name, p.err,
		filepath.Base(p.log), lastLines(tailOf(p.log)))
}
