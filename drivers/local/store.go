package local

import (
	"path/filepath"
	"runtime"
	"sync"
	"weak"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files/driver"
)

// store identifies a folder, whichever path leads to it. There is one of it for each
// folder that is in use, so pointers are compared.
type store struct {
	id  folder
	sys fsys.FS

	mu   sync.Mutex
	path string // of the bucket that was opened last
}

// folder is what a file system numbers a folder by.
type folder struct{ dev, ino uint64 }

// stores are the folders in use.
var stores = struct {
	sync.Mutex
	of map[folder]weak.Pointer[store]
}{of: map[folder]weak.Pointer[store]{}}

// storeOf returns the store of a folder that was opened by the path.
func storeOf(sys fsys.FS, st fsys.Stat, path string) *store {
	stores.Lock()
	defer stores.Unlock()
	id := folder{st.Dev, st.Ino}
	s := stores.of[id].Value()
	if s == nil {
		s = &store{id: id, sys: sys}
		stores.of[id] = weak.Make(s)
		runtime.AddCleanup(s, forgetStore, id)
	}
	s.mu.Lock()
	s.path = path
	s.mu.Unlock()
	return s
}

// forgetStore is called when no bucket uses a folder any more.
func forgetStore(id folder) {
	stores.Lock()
	defer stores.Unlock()
	if stores.of[id].Value() == nil { // it may be in use again
		delete(stores.of, id)
	}
}

// FolderPath implements driver.Folder.
func (s *store) FolderPath() (path string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.path, true
}

// Inside implements driver.Nested: it looks for the other folder among the parents. A
// name that the other bucket would write with escapes is returned as it is on the disk.
func (s *store) Inside(other any) (dir string, ok bool) {
	id, ok := s.folderOf(other)
	if !ok {
		return "", false
	}
	if id == s.id { // through package iofs
		return "", true
	}
	path, _ := s.FolderPath()
	path, err := filepath.EvalSymlinks(path)
	for err == nil && filepath.Dir(path) != path {
		dir = filepath.Base(path) + "/" + dir
		path = filepath.Dir(path)
		var st fsys.Stat
		if st, err = s.sys.StatRoot(path); err == nil && (folder{st.Dev, st.Ino}) == id {
			return dir, true
		}
	}
	return "", false
}

// folderOf returns the folder that another store is.
func (s *store) folderOf(other any) (id folder, ok bool) {
	if o, ok := other.(*store); ok {
		return o.id, true
	}
	f, ok := other.(driver.Folder)
	if !ok {
		return folder{}, false
	}
	path, ok := f.FolderPath()
	if !ok {
		return folder{}, false
	}
	st, err := s.sys.StatRoot(path)
	return folder{st.Dev, st.Ino}, err == nil
}
