package iofs

import (
	"os"
	"path/filepath"

	"cloudfiles.dev/files/driver"
)

// Store implements driver.Identifier. Each bucket of this package is a store of its own,
// which may be a folder on disk.
func (s *source) Store() any { return s }

// FolderPath implements driver.Folder: the root of os.DirFS, and of other file systems on
// disk, is an *os.File.
func (s *source) FolderPath() (path string, ok bool) {
	root, err := s.fsys.Open(".")
	if err != nil || root == nil {
		return "", false
	}
	defer root.Close()
	f, ok := root.(*os.File)
	if !ok {
		return "", false
	}
	return f.Name(), true
}

// Inside implements driver.Nested: it looks for the folder of a local bucket among the
// file system's own folder and its parents. Two file systems of this package don't
// matter, because neither can be written.
func (s *source) Inside(other any) (dir string, ok bool) {
	o, ok := other.(driver.Folder)
	if _, own := other.(*source); own || !ok {
		return "", false
	}
	path, ok := o.FolderPath()
	if !ok {
		return "", false
	}
	wanted, err := os.Stat(path)
	if err != nil {
		return "", false
	}
	if path, ok = s.FolderPath(); !ok {
		return "", false
	}
	if path, err = filepath.Abs(path); err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	for err == nil {
		fi, err := os.Stat(path)
		if err == nil && os.SameFile(fi, wanted) {
			return dir, true
		}
		if err != nil || filepath.Dir(path) == path {
			break
		}
		dir = filepath.Base(path) + "/" + dir
		path = filepath.Dir(path)
	}
	return "", false
}
