//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package flock

import (
	"os"
	"syscall"
)

// Works reports whether the system has such locks, and renames and removes open files.
const Works = true

// Lock locks the file until it is closed, by whatever ends the process. It returns false
// if another has locked it.
func Lock(f *os.File) bool {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EINTR {
			return err == nil
		}
	}
}
