//go:build unix && (!linux || osroot)

package fsys

import (
	"io/fs"
	"os"
	"syscall"
)

const nonblock = syscall.O_NONBLOCK

func statFile(f *os.File) (Stat, error) {
	fi, err := f.Stat()
	if err != nil {
		return Stat{}, bare(err)
	}
	return toStat(fi), nil
}

func toStat(fi fs.FileInfo) Stat {
	t := fi.ModTime()
	s := Stat{
		Type: Other,
		Perm: fi.Mode() & (fs.ModePerm | fs.ModeSetgid | fs.ModeSticky),
		Size: fi.Size(),
	}
	s.setModTime(t.Unix(), int64(t.Nanosecond()))
	s.ChangeTime = s.ModTime
	switch {
	case fi.Mode().IsRegular():
		s.Type = Regular
	case fi.IsDir():
		s.Type = Directory
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		s.Dev, s.Ino, s.Nlink = uint64(st.Dev), uint64(st.Ino), uint64(st.Nlink)
		s.UID, s.GID = st.Uid, st.Gid
		s.ChangeTime = changeTime(st, s.ModTime)
	}
	return s
}

func syncHandle(f *os.File) error { return f.Sync() }
