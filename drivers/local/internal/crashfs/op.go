// Package crashfs stands between the local driver and its seam in tests: it kills,
// breaks, counts and records at each operation. Only tests import it.
package crashfs

import "cloudfiles.dev/drivers/local/internal/fsys"

// Kind is the method of the seam that an operation is.
type Kind uint8

// The kinds of operations, one for each method but Close, OSFile and Volume, which can
// neither fail usefully nor change anything.
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

// about says what a kind is called and whether it changes what others see of the
// folder: where a kill matters.
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
	TryLock:         {"TryLock", true}, // others see a lock, and a kill gives it back
	Unlock:          {"Unlock", false}, // so a kill before it is one after the operation before
	TryLockDir:      {"TryLockDir", true},
	UnlockDir:       {"UnlockDir", false},
	Claim:           {"Claim", false},
	Claimed:         {"Claimed", false},
}

func (k Kind) String() string { return about[k].name }

// Changes reports whether the operation changes what other processes see.
func (k Kind) Changes() bool { return about[k].changes }

// Op is one operation, with the directory or the file of the layer below that it is
// made on.
type Op struct {
	Kind    Kind
	Dir     fsys.Dir  // nil for an operation on a file or on a root by its path
	To      fsys.Dir  // of a rename
	File    fsys.File // nil for an operation on a directory but Link
	Name    string    // entry, path, or attribute
	NewName string    // of a rename
	Data    []byte    // of Write and Setxattr

	// What a successful operation opened.
	Opened     fsys.Dir
	OpenedFile fsys.File
}

// Hook is called around every operation: do performs it. What Hook returns is what the
// driver sees. do may be left out, or called once. Hooks are called concurrently.
type Hook func(op *Op, do func() error) error
