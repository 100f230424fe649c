package files

import (
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// Constants that package syscall doesn't have.
const (
	unnamedFile   = 0x400000 | syscall.O_DIRECTORY // O_TMPFILE
	atFDCWD       = -0x64
	followSymlink = 0x400
)

// openUnnamed opens a file in the folder that has no name. If it never gets one, it is
// gone once it is closed. ok is false if the file system or the system has no such
// files.
func openUnnamed(dir string) (f *os.File, ok bool) {
	if _, err := os.Stat("/proc/self/fd"); err != nil { // the file gets its name by this path
		return nil, false
	}
	fd, err := syscall.Open(dir, syscall.O_RDWR|unnamedFile|syscall.O_CLOEXEC, 0o666)
	if err != nil {
		return nil, false
	}
	return os.NewFile(uintptr(fd), dir), true
}

// linkUnnamed gives the file a name; it returns fs.ErrExist if the name is taken.
func linkUnnamed(f *os.File, path string) error {
	old, err := syscall.BytePtrFromString("/proc/self/fd/" + strconv.Itoa(int(f.Fd())))
	if err != nil {
		return err
	}
	name, err := syscall.BytePtrFromString(path)
	if err != nil {
		return err
	}
	dir := atFDCWD
	_, _, errno := syscall.Syscall6(syscall.SYS_LINKAT, uintptr(dir), uintptr(unsafe.Pointer(old)),
		uintptr(dir), uintptr(unsafe.Pointer(name)), followSymlink, 0)
	if errno != 0 {
		return &os.LinkError{
			Op:  "link",
			Old: "",
			New: path,
			Err: errno,
		}
	}
	return nil
}
