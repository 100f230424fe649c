//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

const exe = ""

// setGroup gives the command a process group of its own, so that a Ctrl-C in the
// terminal reaches this program alone, which then stops the command in order.
func setGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	diesWithParent(cmd.SysProcAttr)
}

// killGroup kills the process and its children.
func killGroup(p *os.Process) error {
	if err := syscall.Kill(-p.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }
