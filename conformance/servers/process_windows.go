package main

import (
	"errors"
	"os"
	"os/exec"
)

const exe = ".exe"

func setGroup(*exec.Cmd) {}

func killGroup(p *os.Process) error {
	if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

func terminate(p *os.Process) error { return p.Kill() }
