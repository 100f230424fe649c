package fsys

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

const nonblock = 0

func statFile(f *os.File) (Stat, error) {
	fi, err := f.Stat()
	if err != nil {
		return Stat{}, bare(err)
	}
	s := toStat(fi)
	var h windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &h); err != nil {
		return Stat{}, err
	}
	s.Dev, s.Ino = uint64(h.VolumeSerialNumber), uint64(h.FileIndexHigh)<<32|uint64(h.FileIndexLow)
	s.Nlink = uint64(h.NumberOfLinks)
	return s, nil
}

// toStat leaves inode and links 0, which Windows reports only for an open file.
func toStat(fi fs.FileInfo) Stat {
	t := fi.ModTime()
	s := Stat{Type: Other, Perm: fi.Mode().Perm(), Size: fi.Size()}
	s.setModTime(t.Unix(), int64(t.Nanosecond()))
	s.ChangeTime = s.ModTime
	switch {
	case fi.Mode().IsRegular():
		s.Type = Regular
	case fi.IsDir():
		s.Type = Directory
	}
	return s
}

// syncHandle does nothing, since Windows has no call that makes a folder's entries
// durable.
func syncHandle(*os.File) error { return nil }

func (f *file) Getxattr(string, []byte) (int, error) { return 0, ErrNoXattr }
func (f *file) Setxattr(string, []byte) error        { return errors.ErrUnsupported }

// region returns the byte to lock for off. Windows locks are mandatory, so it lies far
// beyond the content.
func region(off int64) *windows.Overlapped {
	off += 1 << 40
	return &windows.Overlapped{Offset: uint32(off), OffsetHigh: uint32(off >> 32)}
}

func (f *file) TryLock(off int64) error {
	err := windows.LockFileEx(windows.Handle(f.f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, region(off))
	if err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING {
		return ErrLocked
	}
	return err
}

func (f *file) Unlock(off int64) error {
	return windows.UnlockFileEx(windows.Handle(f.f.Fd()), 0, 1, 0, region(off))
}
