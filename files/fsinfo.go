package files

import (
	"io/fs"
	"path"
	"time"
)

// fsInfo is an entry as fs.FileInfo and fs.DirEntry.
type fsInfo struct {
	entry Entry
	sys   any
}

func dirInfo(name string) fsInfo { return fsInfo{entry: Entry{Name: name, IsDir: true}} }

func listedInfo(e Entry) fsInfo {
	if e.IsDir {
		return dirInfo(e.Name)
	}
	return fsInfo{entry: e, sys: e}
}

func (i fsInfo) Name() string               { return path.Base(i.entry.Name) }
func (i fsInfo) Size() int64                { return i.entry.Size }
func (i fsInfo) ModTime() time.Time         { return i.entry.ModTime }
func (i fsInfo) IsDir() bool                { return i.entry.IsDir }
func (i fsInfo) Type() fs.FileMode          { return i.Mode().Type() }
func (i fsInfo) Info() (fs.FileInfo, error) { return i, nil }
func (i fsInfo) Sys() any                   { return i.sys }
func (i fsInfo) String() string             { return Printable(fs.FormatFileInfo(i)) }

// Mode says that the view is for reading; a bucket has no modes.
func (i fsInfo) Mode() fs.FileMode {
	if i.entry.IsDir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}
