// Package fsys is the seam between the local driver and the operating system: every
// file operation of the driver is one call here, so that tests can count, record, break
// or kill at each of them.
//
// Operations are relative to an open directory and never follow a symbolic link below
// it. A name is one element; a path is elements separated by "/", without "." and "..",
// and "" is the directory itself. A call that changes something makes one changing
// system call, unless its comment says otherwise. Errors are bare: syscall.Errno if the
// system gave one. So errors.Is with fs.ErrNotExist and the like works, and no text
// holds a path.
package fsys

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"time"
)

// FS opens root folders.
type FS interface {
	// OpenRoot opens the folder at path, which may be a link.
	OpenRoot(path string) (Dir, error)
	// StatRoot looks where the path leads, following links.
	StatRoot(path string) (Stat, error)
	// MkdirAll makes the folder and its missing parents, and syncs each parent of a new
	// one if sync is set: several system calls.
	MkdirAll(path string, perm fs.FileMode, sync bool) error
}

// Dir is an open directory. It is safe for concurrent use, except for Close and
// ReadDir.
type Dir interface {
	// OpenDir opens a directory below. A link, or anything else on the way that isn't a
	// directory, is ErrNotDir.
	OpenDir(path string) (Dir, error)
	// OpenFile opens a regular file for reading, and never blocks. What is not a
	// regular file is ErrNotFile, and is not opened: to open a FIFO would wake who
	// waits at it, a device would do what it does. So is what lies behind a link or a
	// file that stands for a directory. Two system calls before the opening's result is
	// known to be that file.
	OpenFile(path string) (File, Stat, error)
	// OpenSeen is OpenFile with one system call less: Stat is what was seen before the
	// opening. What was opened is the same file, unless another took its name at that
	// moment; File.Stat tells, and is ErrNotFile if it is no regular file.
	OpenSeen(path string) (File, Stat, error)
	// Lstat looks at one entry without following a link. In a path, it follows the
	// links on the way, so an opening may find something else.
	Lstat(path string) (Stat, error)
	// ReadDir reads some entries, in the order of the file system, into buf, of at
	// least 4 KiB, and calls each for all but "." and "..", with the name, valid during
	// the call only, and the type, which may be Unknown. It returns false when there
	// are no more. The position belongs to the handle, so reading anew needs a new
	// OpenDir, or Rewind.
	ReadDir(buf []byte, each func(name []byte, t Type)) (more bool, err error)
	// Rewind makes the next ReadDir begin anew: at the first entry, or, if tail is set
	// and the system can, at the last one that was read.
	Rewind(tail bool) error
	// Stat looks at the directory itself.
	Stat() (Stat, error)
	// Kind returns the kind of file system that the directory is on.
	Kind() Kind

	// Create makes a new file, open for writing and reading, of mode 0666 less umask;
	// fs.ErrExist if the name is taken.
	Create(name string) (File, error)
	// CreatePrivate is Create of mode 0600.
	CreatePrivate(name string) (File, error)
	// CreateUnnamed makes a new file, as Create does, but without a name. It is gone
	// when it is closed, unless Link has given it a name. errors.ErrUnsupported if the
	// system or the file system can't.
	CreateUnnamed() (File, error)
	// Link gives such a file its name: fs.ErrExist if the name is taken.
	// errors.ErrUnsupported if the file system refuses.
	Link(f File, name string) error
	// OpenLock opens the file for writing, for Lock. It makes a missing file, of mode
	// 0666 less umask.
	OpenLock(name string) (File, error)
	// Mkdir makes a directory of mode perm less umask.
	Mkdir(name string, perm fs.FileMode) error
	// Rename moves the entry to newname in the directory to, replacing a file there.
	Rename(name string, to Dir, newname string) error
	// Exchange swaps the entry and newname, which exists, in one step;
	// errors.ErrUnsupported if the system or the file system can't.
	Exchange(name string, to Dir, newname string) error
	// RenameNoReplace moves the entry unless newname exists: fs.ErrExist. On a file
	// system that can't, it is a link and an unlink: between them the file has both
	// names. If there are no links either, it is a look and a Rename, which the
	// caller's lock makes one step.
	RenameNoReplace(name string, to Dir, newname string) error
	// Unlink removes an entry that isn't a directory.
	Unlink(name string) error
	// Rmdir removes an empty directory: ENOTEMPTY (IsNotEmpty) otherwise.
	Rmdir(name string) error
	// SetMode and SetOwner change the directory's own mode and owner, as those of File
	// do.
	SetMode(perm fs.FileMode) error
	SetOwner(uid, gid int) error
	// Attribute reads an extended attribute of an entry, or of the directory itself if
	// the name is "". It is ErrNoXattr as File.Getxattr is, and if the entry is gone.
	// With a nil buf it returns only the attribute's length.
	Attribute(name, attr string, buf []byte) (int, error)
	// Sync makes the directory's entries durable.
	Sync() error

	// TryLock takes the directory's exclusive advisory lock, which ends with the
	// process: ErrLocked if another open directory has it, also one of the same
	// process. It needs no room, no permission but to read, and nothing that could be
	// removed. Unlock gives it back. errors.ErrUnsupported if the system has no such
	// locks.
	TryLock() error
	Unlock() error
	// Claim says, until Close, that the directory is in use as a root, and Claimed
	// reports whether another open directory says so. errors.ErrUnsupported if the
	// system can't tell.
	Claim() error
	Claimed() (bool, error)
	// Volume says what is known of the file system. It is a hint.
	Volume() Volume

	Close() error
}

// Volume is what is known of a file system by its type.
type Volume struct {
	// Local: no other machine has it, so the locks of this one exclude everyone.
	Local bool
	// SMB: a rename over an open file is refused until the file is closed.
	SMB bool
}

// File is an open file. Only its locks may be used by several goroutines.
type File interface {
	Read(p []byte) (int, error)
	// ReadAt reads as io.ReaderAt does.
	ReadAt(p []byte, off int64) (int, error)
	// AppendOnly makes every Write go to the file's end, so that a file which others
	// cut stays shorter than what was written, instead of getting a hole. It is a hint.
	AppendOnly()
	// Write writes all of p, in one system call unless the system takes less.
	Write(p []byte) (int, error)
	Stat() (Stat, error)
	// Look is Stat with the time of birth.
	Look() (Stat, error)
	// Getxattr reads an extended attribute into buf: ErrNoXattr if there is none, the
	// file system has none at all, or they may not be read.
	Getxattr(name string, buf []byte) (int, error)
	// Setxattr sets an extended attribute: errors.ErrUnsupported if the file system has
	// none, ErrNoXattr if this one can't be set, because it is too large, or not
	// allowed, or the file system has no room for it.
	Setxattr(name string, value []byte) error
	// SetModTime sets the modification time, and that of the last access, in
	// nanoseconds since 1970.
	SetModTime(ns int64) error
	// SetMode sets permissions, and the bits ModeSetgid and ModeSticky.
	SetMode(perm fs.FileMode) error
	// SetOwner changes user and group. -1 leaves either as it is.
	SetOwner(uid, gid int) error
	// Clone makes the file, which is empty, share src's content; an error changes nothing
	// (reflink).
	Clone(src File) error
	// CopyRange copies up to n bytes between the two files' positions inside the
	// system; 0 at src's end. An error at the first call means that the system can't,
	// and nothing was copied.
	CopyRange(src File, n int64) (int64, error)
	// Data finds the first part of the file at or after off that isn't a hole. If the
	// file has no more data, from is its size. If the system can't find holes,
	// everything is data.
	Data(off, size int64) (from, to int64)
	// MoveTo moves the position of Read, Write and CopyRange to off.
	MoveTo(off int64) error
	// SetSize cuts the file, or adds a hole.
	SetSize(size int64) error
	// StartSync begins to write the content to the disk and doesn't wait. If another
	// file is synced meanwhile, both go with one write of a journal. It is a hint: it
	// promises nothing, and changes nothing.
	StartSync()
	// Sync makes content, times and attributes durable.
	Sync() error
	// TryLock takes an exclusive advisory lock on the byte at off, which dies with the
	// process: ErrLocked if another open file has it. Locks of one open file do not
	// exclude each other. Unlock gives it back. errors.ErrUnsupported if the system has
	// no such locks.
	TryLock(off int64) error
	Unlock(off int64) error
	// Guard keeps others from changing the content of a file that this process has
	// made. They wait, at the latest until Close. After Guard the file can't be written
	// to. The error is busy (IsBusy) if somebody has the file open for writing, or is
	// just cutting it; errors.ErrUnsupported if the system has nothing like it. The Stat
	// is that of the guarded file.
	//
	// numbered says that the file keeps its inode number, so that the system needn't be
	// asked twice whether the name still leads to it. ErrReplaced if it doesn't: then
	// the content is lost, and the file may only be closed.
	Guard(numbered bool) (Stat, error)
	// Guarded reports whether Guard still holds, and nobody waits to change the content.
	Guarded() bool
	// Unguard ends it.
	Unguard()
	// OSFile makes an os.File of it, which owns it from now on.
	OSFile(name string) *os.File
	Close() error
}

// Type is the type of a directory's entry.
type Type uint8

// Types. Other is whatever can't be a file of the bucket: links, devices, sockets, FIFOs.
const (
	Unknown Type = iota // look with Lstat
	Regular
	Directory
	Other
)

// Stat is what the system reports about an entry. Times are nanoseconds since 1970. A
// time that int64 can't hold, before 1678 or after 2261, is the nearest that it can
// hold.
type Stat struct {
	Type       Type
	Perm       fs.FileMode // with ModeSetgid and ModeSticky
	UID, GID   uint32      // 0 where the system has none
	Size       int64
	ModTime    int64
	ChangeTime int64
	Dev, Ino   uint64
	Nlink      uint64
	Birth      int64 // told by Dir.Stat, Lstat and File.Look only, where it is known; else 0
	modSec     int64 // of a ModTime that is the nearest only
	modNsec    int64
}

// Modified is the modification time, of any year.
func (s Stat) Modified() time.Time {
	if s.ModTime == math.MaxInt64 || s.ModTime == math.MinInt64 {
		return time.Unix(s.modSec, s.modNsec).UTC()
	}
	return time.Unix(0, s.ModTime).UTC()
}

// setModTime sets the time in both forms.
func (s *Stat) setModTime(sec, nsec int64) {
	s.ModTime = nanos(sec, nsec)
	s.modSec, s.modNsec = sec, nsec
}

const second = 1_000_000_000 // nanoseconds

// nanos are nanoseconds since 1970, or the nearest that there are.
func nanos(sec, nsec int64) int64 {
	switch {
	case sec >= math.MaxInt64/second:
		return math.MaxInt64
	case sec <= math.MinInt64/second:
		return math.MinInt64
	}
	return sec*second + nsec
}

// SameFile reports whether both are one file on disk.
func (s Stat) SameFile(t Stat) bool { return s.Dev == t.Dev && s.Ino == t.Ino }

// Errors beside the system's own.
var (
	ErrNotDir  = errors.New("not a directory")
	ErrNotFile = errors.New("not a regular file")
	ErrNoXattr = errors.New("no such attribute")
	ErrLocked  = errors.New("locked by another process")

	ErrReplaced = errors.New("another file has the name")
)
