// Package crashfs wraps the file system layer of the local driver (package fsys) in
// tests: at each operation it can kill the process, return an error, count or record.
// Only tests import it.
package crashfs

import "cloudfiles.dev/drivers/local/internal/fsys"

// Kind is the method of package fsys that an operation calls.
type Kind uint8

// The kinds of operations, one for each method, except those that change nothing and
// whose failure proves nothing, such as Close, OSFile and Volume.
const (
	OpenRoot Kind = iota
	StatRoot
	MkdirAll
	OpenDir
	OpenFile
	Lstat
	ReadDir
	StatDir
	Create
	CreateUnnamed
	Link
	OpenLock
	Mkdir
	Rename
	Exchange
	RenameNoReplace
	Unlink
	Rmdir
	SyncDir
	Read
	ReadAt
	Write
	StatFile
	Getxattr
	Setxattr
	SetModTime
	Clone
	CopyRange
	SyncFile
	TryLock
	Unlock
	TryLockDir
	UnlockDir
	Claim
	Claimed
	kinds
)

// about has each kind's name, and whether the operation changes what others see of the
// folder, so that a kill there matters.
var about = [kinds]struct {
	name    string
	changes bool
}{
	OpenRoot:        {"OpenRoot", false},
	StatRoot:        {"StatRoot", false},
	MkdirAll:        {"MkdirAll", true},
	OpenDir:         {"OpenDir", false},
	OpenFile:        {"OpenFile", false},
	Lstat:           {"Lstat", false},
	ReadDir:         {"ReadDir", false},
	StatDir:         {"StatDir", false},
	Create:          {"Create", true},
	CreateUnnamed:   {"CreateUnnamed", false},
	Link:            {"Link", true},
	OpenLock:        {"OpenLock", true},
	Mkdir:           {"Mkdir", true},
	Rename:          {"Rename", true},
	Exchange:        {"Exchange", true},
	RenameNoReplace: {"RenameNoReplace", true},
	Unlink:          {"Unlink", true},
	Rmdir:           {"Rmdir", true},
	SyncDir:         {"SyncDir", false},
	Read:            {"Read", false},
	ReadAt:          {"ReadAt", false},
	Write:           {"Write", true},
	StatFile:        {"StatFile", false},
	Getxattr:        {"Getxattr", false},
	Setxattr:        {"Setxattr", true},
	SetModTime:      {"SetModTime", true},
	Clone:           {"Clone", true},
	CopyRange:       {"CopyRange", true},
	SyncFile:        {"SyncFile", false},
	TryLock:         {"TryLock", true}, // others see a lock, and a kill releases it
	// therefore a kill before it equals a kill after the previous operation
	Unlock:     {"Unlock", false},
	TryLockDir: {"TryLockDir", true},
	UnlockDir:  {"UnlockDir", false},
	Claim:      {"Claim", false},
	Claimed:    {"Claimed", false},
}

func (k Kind) String() string { return about[k].name }

// Changes reports whether the operation changes what other processes see.
func (k Kind) Changes() bool { return about[k].changes }

// Op is one operation on a directory or a file of the layer below.
type Op struct {
	Kind    Kind
	Dir     fsys.Dir  // nil for an operation on a file, or on a root by its path
	To      fsys.Dir  // target of a rename
	File    fsys.File // nil for an operation on a directory, except Link
	Name    string    // entry, path, or attribute
	NewName string    // of a rename
	Data    []byte    // of Write and Setxattr

	// What a successful operation opened.
	Opened     fsys.Dir
	OpenedFile fsys.File
}

// Hook is called for every operation; do performs it. The driver gets the error that
// Hook returns. A hook calls do at most once. Hooks are called concurrently.
type Hook func(op *Op, do func() error) error
