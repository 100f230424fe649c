package local

import (
	"context"
	"strings"
	"sync"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// parent is a folder that contains a file, directly or not.
type parent struct {
	dir, base string // on disk
	name      string // the directory's name; "" in the middle of a long element's chain
}

func (f parent) path() string { return (&filePaths{dir: f.dir}).path(f.base) }

// parents returns the folders that contain the file, the outermost first.
func (b *backend) parents(p *filePaths) (all []parent) {
	if p.dir == "" {
		return nil
	}
	names := map[string]string{} // by path on disk
	if p.lock == p.name {        // otherwise the name is a raw key
		for i := range len(p.name) {
			if p.name[i] == '/' {
				names[b.rules().encodeDir(p.name[:i])] = p.name[:i]
			}
		}
	}
	for i := 0; i <= len(p.dir); i++ {
		if i == len(p.dir) || p.dir[i] == '/' {
			path := p.dir[:i]
			j := strings.LastIndexByte(path, '/')
			all = append(all, parent{dir: path[:max(j, 0)], base: path[j+1:], name: names[path]})
		}
	}
	return all
}

// makeParents makes the folders that contain the file. A file that has a folder's name
// gets its other name (N3).
func (b *backend) makeParents(ctx context.Context, p *filePaths) error {
	for _, f := range b.parents(p) {
		if err := b.makeParent(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

func (b *backend) makeParent(ctx context.Context, f parent) error {
	d, err := b.openDir(&filePaths{dir: f.dir})
	if missing(err) {
		return retryLookup(err)
	}
	if err != nil {
		return mapError(err)
	}
	defer b.closeDir(d)
	st, err := d.Lstat(f.base)
	switch {
	case err == nil && st.Type == fsys.Directory:
		return nil
	case err == nil && st.Type == fsys.Regular && f.name != "":
		return b.makeWay(ctx, d, f)
	case err == nil:
		return driver.Errorf(files.ErrInvalid,
			"a link or another special file has the name of a folder that is needed")
	case !missing(err):
		return mapError(err)
	}
	if b.disk.folds() { // only one process at a time may choose the folder's spelling
		return b.makeWay(ctx, d, f)
	}
	return b.mkdir(d, f)
}

// mkdir makes a folder and makes its entry durable. An existing name is not an error.
func (b *backend) mkdir(d fsys.Dir, f parent) error {
	err := d.Mkdir(f.base, b.opts.DirFileMode)
	switch {
	case isExist(err):
		return nil // whatever it is, the caller tries again
	case isNotExist(err):
		return retryLookup(err)
	case err != nil:
		return mapError(err)
	case b.opts.NoSync:
		return nil
	}
	return mapError(d.Sync())
}

// makeWay gives the file that has the folder's name its other name, and makes the
// folder. It does so under the lock of the folder that contains both.
func (b *backend) makeWay(ctx context.Context, d fsys.Dir, f parent) error {
	lock, err := b.lockDir(ctx, d, f.dir)
	if err != nil {
		return err
	}
	defer lock.unlock()
	st, err := d.Lstat(f.base)
	if err == nil && st.Type == fsys.Regular && f.name != "" {
		if err := moveToLeaf(d, f.base, st); err != nil {
			if missing(err) || fsys.IsDirectory(err) {
				return retryLookup(err)
			}
			return mapError(err)
		}
	} else if err != nil && !missing(err) {
		return mapError(err)
	}
	return b.mkdir(d, f)
}

// moveToLeaf gives a file its other name. The file may already have both:
// RenameNoReplace may be a link and an unlink, and a crash in between leaves both
// names. A rename between two names of one file does nothing, so the plain name is
// unlinked.
func moveToLeaf(d fsys.Dir, base string, st fsys.Stat) error {
	leaf := leafName(base)
	if other, err := d.Lstat(leaf); err == nil && other.SameFile(st) {
		return d.Unlink(base)
	}
	return d.Rename(base, d, leaf)
}

// removeParents removes the folders that became empty, the innermost first, and gives a
// file that had to make way for one of them its plain name back (N3). Errors are
// ignored, since an empty folder isn't a directory of the bucket.
func (b *backend) removeParents(ctx context.Context, p *filePaths) {
	all := b.parents(p)
	for i := len(all) - 1; i >= 0; i-- {
		if !b.removeParent(ctx, all[i]) {
			return
		}
	}
}

func (b *backend) removeParent(ctx context.Context, f parent) bool {
	d, err := b.openDir(&filePaths{dir: f.dir})
	if err != nil {
		return missing(err)
	}
	defer b.closeDir(d)
	if err := b.rmdir(ctx, d, f.path(), f.base); err != nil {
		return isNotExist(err)
	}
	if f.name == "" {
		return true
	}
	leaf := leafName(f.base)
	if st, err := d.Lstat(leaf); err != nil || st.Type != fsys.Regular {
		return true
	}
	lock, err := b.lockDir(ctx, d, f.dir)
	if err != nil {
		return false
	}
	defer lock.unlock()
	d.RenameNoReplace(leaf, d, f.base)
	return false // the parent is not empty
}

// dirSet is a set of folders.
type dirSet struct {
	mu   sync.Mutex
	dirs map[string]dirID
}

// dirID distinguishes a folder from one that got its inode number later.
type dirID struct {
	dev, ino uint64
	birth    int64
}

const maxDirSet = 4096 // entries; then it is cleared

func (l *dirSet) known(path string, id dirID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dirs[path] == id
}

func (l *dirSet) add(path string, id dirID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dirs == nil || len(l.dirs) >= maxDirSet {
		l.dirs = map[string]dirID{}
	}
	l.dirs[path] = id
}

// syncParents makes the entries of the folders that contain the file durable, once for
// each folder that the handle uses, since another process may have made one and not
// synced it yet.
func (b *backend) syncParents(p *filePaths, d fsys.Dir) error {
	if b.opts.NoSync || p.dir == "" {
		return nil
	}
	st, err := d.Stat()
	if missing(err) {
		return nil // the file was deleted again, with its folder
	}
	if err != nil {
		return driver.WithCause(files.ErrUncertain, err, "the folders could not be made durable")
	}
	id := dirID{st.Dev, st.Ino, st.Birth}
	if b.durable.known(p.dir, id) {
		return nil
	}
	for _, f := range b.parents(p) {
		up, err := b.openDir(&filePaths{dir: f.dir})
		if missing(err) {
			return nil // the file was deleted again
		}
		if err != nil {
			return driver.WithCause(files.ErrUncertain,
				err, "the folders could not be made durable")
		}
		err = b.syncDir(up)
		b.closeDir(up)
		if err != nil {
			return err
		}
	}
	b.durable.add(p.dir, id)
	return nil
}

// pathsOfName returns the paths of a legal name.
func (b *backend) pathsOfName(name string) filePaths {
	p, _ := b.pathsOf(driver.Key{Name: name})
	return p
}
