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

// grace is how long a process has to end by itself.
const grace = 10 * time.Second

// command is a command that is killed with all its children when the context ends.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	setGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd.Process) }
	cmd.WaitDelay = grace // its pipes
	return cmd
}

// spawner starts every process, on one thread that never ends: Linux kills a child with
// the *thread* that started it.
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

// process is a program that serves.
type process struct {
	name string
	argv []string
	env  []string // beside the environment
	dir  string
	log  string // the file that holds what it prints
	// abrupt reports that there is nothing for it to put in order when all is over.
	abrupt bool

	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how; to be read after done
}

// start starts it; the log goes on where the last run ended.
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

// end asks the process to end, kills it if it doesn't, and returns when it has ended.
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

// failure says how the process ended and what it printed last.
func (p *process) failure() error {
	return fmt.Errorf("%s ended by itself (%v); the end of its log %s:\n%s", p.name, p.err,
		filepath.Base(p.log), lastLines(tailOf(p.log)))
}
