package local

import (
	"strings"
	"sync"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// foundDirs remembers, for a moment, the entries of the folders of a path, because a
// path of 500 folders is walked for each of them when they are made. A folder is
// identified by its inode and birth, so another folder of the same name is not mistaken
// for it.
type foundDirs struct {
	mu   sync.Mutex
	dirs map[string]foundDir
}

type foundDir struct {
	disk string // the path on disk
	id   dirID
	at   time.Time
}

// open opens the folder at a path below the root if it was found a moment ago.
func (f *foundDirs) open(root fsys.Dir, path string) (fsys.Dir, string) {
	f.mu.Lock()
	found, ok := f.dirs[path]
	f.mu.Unlock()
	if !ok || time.Since(found.at) > fresh {
		return nil, ""
	}
	d, err := root.OpenDir(found.disk)
	if err != nil {
		return nil, ""
	}
	if st, err := d.Stat(); err != nil || idOf(st) != found.id {
		d.Close()
		return nil, ""
	}
	return d, found.disk
}

func (f *foundDirs) add(path, disk string, id dirID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dirs == nil || len(f.dirs) >= maxDirSet {
		f.dirs = map[string]foundDir{}
	}
	f.dirs[path] = foundDir{disk: disk, id: id, at: time.Now()}
}

func idOf(st fsys.Stat) dirID { return dirID{st.Dev, st.Ino, st.Birth} }

// openPath opens a folder below d, element by element, beginning at the deepest folder
// that was found a moment ago. Only the root remembers folders.
func (d *spelledDir) openPath(path string) (*spelledDir, error) {
	at, rest, disk := d, path, ""
	if d.root {
		for known := path; known != ""; known, _ = split(known) {
			if e, p := d.sp.found.open(d.Dir, known); e != nil {
				at, disk = d.sp.dir(e, false), p
				rest = strings.TrimPrefix(path[len(known):], "/")
				break
			}
		}
	}
	for rest != "" {
		element, more, _ := strings.Cut(rest, "/")
		next, at2, id, err := at.openOne(element)
		if at != d {
			at.Close()
		}
		if err != nil {
			return nil, err
		}
		disk = strings.TrimPrefix(disk+"/"+at2, "/")
		if d.root {
			d.sp.found.add(path[:len(path)-len(more)-min(len(more), 1)], disk, id)
		}
		at, rest = next, more
	}
	return at, nil
}
