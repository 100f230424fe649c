// Package fsys is the layer between the local driver and the operating system. Every
// file operation of the driver is a call of this package, so tests can count
// operations, record them, make them fail, or kill the process at each of them.
//
// Operations are relative to an open directory and never follow a symbolic link below
// it. A name is one element; a path is elements separated by "/", without "." and "..",
// and "" is the directory itself. A call that changes something makes one system call
// that does so, unless its comment says otherwise. Errors are not wrapped: an error of
// the system is its syscall.Errno. So errors.Is with fs.ErrNotExist and the like works,
// and no text contains a path.
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
	// StatRoot returns the Stat of what the path leads to, following links.
	StatRoot(path string) (Stat, error)
	// MkdirAll makes the folder and its missing parents. If sync is set, it syncs each
	// parent of a new folder. It makes several system calls.
	MkdirAll(path string, perm fs.FileMode, sync bool) error
}

// Dir is an open directory. It is safe for concurrent use, except for Close and
// ReadDir.
type Dir interface {
	// OpenDir opens a directory below. If a part of the path is a link, or anything
	// else that isn't a directory, the error is ErrNotDir.
	OpenDir(path string) (Dir, error)
	// OpenFile opens a regular file for reading, and never blocks. Anything else is
	// ErrNotFile and is not opened, because opening a FIFO would wake the process that
	// waits at it, and opening a device may have effects. A path through a link, or
	// through a file in place of a directory, is ErrNotFile too. The result is
	// certainly the file that Stat describes, which takes a StatBirth after the opening.
	OpenFile(path string) (File, Stat, error)
	// OpenSeen is OpenFile with one system call less: it returns the Stat from before
	// the opening. It opens the same file, unless another one gets the name at that
	// moment. File.Stat reports which file was opened, and is ErrNotFile if it is not a
	// regular file.
	OpenSeen(path string) (File, Stat, error)
	// Lstat returns the Stat of one entry without following a link. It follows links in
	// the directories of the path, so OpenFile may find something else.
	Lstat(path string) (Stat, error)
	// ReadDir reads some entries, in the order of the file system, into buf, which has
	// at least 4 KiB. It calls each for every entry except "." and "..", with the name,
	// which is valid only during the call, and the type, which may be Unknown. It
	// returns false at the end. The position belongs to the handle, so reading from the
	// beginning needs a new OpenDir, or Rewind.
	ReadDir(buf []byte, each func(name []byte, t Type)) (more bool, err error)
	// Rewind makes the next ReadDir begin at the first entry or, if tail is set and the
	// system can do that, at the last one that was read.
	Rewind(tail bool) error
	// Stat returns the Stat of the directory itself.
	Stat() (Stat, error)
	// Kind returns the kind of file system that the directory is on.
	Kind() Kind

	// Create makes a new file with mode 0666 less umask, open for writing and reading.
	// The error is fs.ErrExist if the name is taken.
	Create(name string) (File, error)
	// CreatePrivate is Create with mode 0600.
	CreatePrivate(name string) (File, error)
	// CreateUnnamed makes a new file, as Create does, but without a name. The file
	// vanishes when it is closed, unless Link has given it a name. The error is
	// errors.ErrUnsupported if the system or the file system can't do that.
	CreateUnnamed() (File, error)
	// Link gives a file of CreateUnnamed its name. The error is fs.ErrExist if the name
	// is taken, and errors.ErrUnsupported if the file system refuses.
	Link(f File, name string) error
	// OpenLock opens the file for writing, for TryLock. It makes a missing file with
	// mode 0666 less umask.
	OpenLock(name string) (File, error)
	// Mkdir makes a directory with mode perm less umask.
	Mkdir(name string, perm fs.FileMode) error
	// Rename moves the entry to newname in the directory to, and replaces a file there.
	Rename(name string, to Dir, newname string) error
	// Exchange swaps the entry and newname, which exists, in one step. The error is
	// errors.ErrUnsupported if the system or the file system can't do that.
	Exchange(name string, to Dir, newname string) error
	// RenameNoReplace moves the entry, unless newname exists: then the error is
	// fs.ErrExist. On a file system that can't do that, it is a link and an unlink, and
	// between them the file has both names. If there are no links either, it is an
	// Lstat and a Rename, which the caller's lock makes one step.
	RenameNoReplace(name string, to Dir, newname string) error
	// Unlink removes an entry that isn't a directory.
	Unlink(name string) error
	// Rmdir removes an empty directory. Otherwise the error is ENOTEMPTY (IsNotEmpty).
	Rmdir(name string) error
	// SetMode and SetOwner change the directory's mode and owner, as File's methods do.
	SetMode(perm fs.FileMode) error
	SetOwner(uid, gid int) error
	// Attribute reads an extended attribute of an entry, or of the directory itself if
	// the name is "". The error is ErrNoXattr if File.Getxattr's would be, or if the
	// entry is gone. With a nil buf it returns only the attribute's length.
	Attribute(name, attr string, buf []byte) (int, error)
	// Sync makes the directory's entries durable.
	Sync() error

	// TryLock takes the directory's exclusive advisory lock, which ends with the
	// process. The error is ErrLocked if another open directory, also of the same
	// process, has the lock. It needs no room on the disk, no permission except to
	// read, and no file that could be removed. Unlock releases it. The error is
	// errors.ErrUnsupported if the system has no such locks.
	TryLock() error
	Unlock() error
	// Claim marks the directory as a root in use, until Close, and Claimed reports
	// whether another open directory has marked it. The error is errors.ErrUnsupported
	// if the system has no such marks.
	Claim() error
	Claimed() (bool, error)
	// Volume returns what is known of the file system. It is a hint.
	Volume() Volume

	Close() error
}

// Volume is what is known of a file system by its type.
type Volume struct {
	// Local means that no other machine can reach it, so this machine's locks exclude
	// everyone.
	Local bool
	// SMB means that a rename over an open file is refused until the file is closed.
	SMB bool
}

// File is an open file. Only its locks may be used by several goroutines.
type File interface {
	Read(p []byte) (int, error)
	// ReadAt reads as io.ReaderAt does.
	ReadAt(p []byte, off int64) (int, error)
	// AppendOnly makes every Write append to the file, so that a file that another
	// program truncates stays shorter than what was written, instead of getting a hole.
	// It is a hint.
	AppendOnly()
	// Write writes all of p, in one system call unless the system writes less at a time.
	Write(p []byte) (int, error)
	Stat() (Stat, error)
	// StatBirth is Stat with the time of birth.
	StatBirth() (Stat, error)
	// Getxattr reads an extended attribute into buf. The error is ErrNoXattr if there
	// is none, if the file system has no attributes, or if the user may not read them.
	Getxattr(name string, buf []byte) (int, error)
	// Setxattr sets an extended attribute. The error is errors.ErrUnsupported if the
	// file system has no attributes, and ErrNoXattr if this one can't be set because it
	// is too large or not allowed, or because the file system has no room for it.
	Setxattr(name string, value []byte) error
	// SetModTime sets the times of the last modification and the last access, in
	// nanoseconds since 1970.
	SetModTime(ns int64) error
	// SetMode sets permissions, and the bits ModeSetgid and ModeSticky.
	SetMode(perm fs.FileMode) error
	// SetOwner changes user and group. -1 leaves either as it is.
	SetOwner(uid, gid int) error
	// Clone makes the file, which is empty, share src's content (reflink). An error
	// changes nothing.
	Clone(src File) error
	// CopyRange copies up to n bytes between the two files' positions inside the
	// system, and returns 0 at src's end. An error at the first call means that the
	// system can't do that, and nothing was copied.
	CopyRange(src File, n int64) (int64, error)
	// Data finds the first part of the file at or after off that isn't a hole. If the
	// file has no more data, from is its size. If the system can't find holes,
	// everything is data.
	Data(off, size int64) (from, to int64)
	// MoveTo moves the position of Read, Write and CopyRange to off.
	MoveTo(off int64) error
	// SetSize truncates the file, or extends it by a hole.
	SetSize(size int64) error
	// StartSync begins to write the content to the disk, and doesn't wait. If another
	// file is synced meanwhile, both need only one write of the journal. It is a hint.
	StartSync()
	// Sync makes content, times and attributes durable.
	Sync() error
	// TryLock takes an exclusive advisory lock on the byte at off, which ends with the
	// process. The error is ErrLocked if another open file has the lock. Locks of one
	// open file do not exclude each other. Unlock releases it. The error is
	// errors.ErrUnsupported if the system has no such locks.
	TryLock(off int64) error
	Unlock(off int64) error
	// Guard keeps others from changing the content of a file that this process has
	// made. They wait until Unguard or Close. After Guard the file can't be written to.
	// The error is busy (IsBusy) if another program has the file open for writing or is
	// truncating it, and errors.ErrUnsupported if the system has no guards. Guard
	// returns the Stat of the guarded file.
	//
	// numbered says that the file keeps its inode number, which saves a system call
	// that checks whether the name still leads to the file. If it doesn't, the error is
	// ErrReplaced, the content is lost, and the only valid call is Close.
	Guard(numbered bool) (Stat, error)
	// Guarded reports whether the guard still holds and no program waits to change the
	// content.
	Guarded() bool
	// Unguard ends the guard.
	Unguard()
	// OSFile returns an os.File that owns the descriptor from now on.
	OSFile(name string) *os.File
	Close() error
}

// Type is the type of a directory's entry.
type Type uint8

// The types. Other is whatever can't be a file of the bucket: links, devices, sockets,
// FIFOs.
const (
	Unknown Type = iota // Lstat returns the type
	Regular
	Directory
	Other
)

// Stat is what the system reports about an entry. Times are nanoseconds since 1970. A
// time that int64 can't hold, before 1678 or after 2261, is the nearest one that it
// can.
type Stat struct {
	Type       Type
	Perm       fs.FileMode // with ModeSetgid and ModeSticky
	UID, GID   uint32      // 0 if the system has none
	Size       int64
	ModTime    int64
	ChangeTime int64
	Dev, Ino   uint64
	Nlink      uint64
	Birth      int64 // 0 if unknown; only Dir.Stat, Lstat and File.StatBirth return it
	modSec     int64 // the exact time, if ModTime is only the nearest
	modNsec    int64
}

// Modified returns the exact modification time, of any year.
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

// nanos returns nanoseconds since 1970, or the nearest value that int64 can hold.
func nanos(sec, nsec int64) int64 {
	switch {
	case sec >= math.MaxInt64/second:
		return math.MaxInt64
	case sec <= math.MinInt64/second:
		return math.MinInt64
	}
	return sec*second + nsec
}

// SameFile reports whether s and t describe the same file.
func (s Stat) SameFile(t Stat) bool { return s.Dev == t.Dev && s.Ino == t.Ino }

// Errors other than the system's.
var (
	ErrNotDir  = errors.New("not a directory")
	ErrNotFile = errors.New("not a regular file")
	ErrNoXattr = errors.New("no such attribute")
	ErrLocked  = errors.New("locked by another process")

	ErrReplaced = errors.New("another file has the name")
)
