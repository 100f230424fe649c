//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package files

import (
	"os"
	"syscall"
)

// renamesOpen: an open file can be renamed and removed.
const renamesOpen = true

// lockDownload locks the file until it is closed, by whatever ends the process. It
// returns false if another process or another download has locked it.
func lockDownload(f *os.File) bool {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EINTR {
			return err == nil
		}
	}
}
