//go:build amd64 || arm64

package memdir

import (
	"os"
	"syscall"
	"unsafe"
)

// The flags of an inode, from linux/fs.h.
const (
	getFlags = 0x80086601 // FS_IOC_GETFLAGS
	setFlags = 0x40086602 // FS_IOC_SETFLAGS
	topDir   = 0x00020000 // FS_TOPDIR_FL: the top of directories that have nothing in common
)

// spread lets the file system place the folders that will be made in dir far apart. It
// reports whether the file system can.
func spread(dir string) bool {
	f, flags, ok := flagsOf(dir)
	if !ok {
		return false
	}
	defer f.Close()
	flags |= topDir
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), setFlags,
		uintptr(unsafe.Pointer(&flags)))
	return errno == 0 && spreads(dir)
}

// spreads reports whether spread was called for dir.
func spreads(dir string) bool {
	f, flags, ok := flagsOf(dir)
	if !ok {
		return false
	}
	f.Close()
	return flags&topDir != 0
}

func flagsOf(dir string) (f *os.File, flags uint32, ok bool) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, 0, false
	}
	// The kernel reads and writes 32 bits, though the calls' numbers say a long.
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), getFlags,
		uintptr(unsafe.Pointer(&flags)))
	if errno != 0 {
		f.Close()
		return nil, 0, false
	}
	return f, flags, true
}
