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
	ns := fi.ModTime().UnixNano()
	s := Stat{Type: Other, Perm: fi.Mode().Perm(), Size: fi.Size(), ModTime: ns, ChangeTime: ns}
	switch {
	case fi.Mode().IsRegular():
		s.Type = Regular
	case fi.IsDir():
		s.Type = Directory
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		s.Dev, s.Ino, s.Nlink = uint64(st.Dev), uint64(st.Ino), uint64(st.Nlink)
	}
	return s
}

func syncHandle(f *os.File) error { return f.Sync() }
