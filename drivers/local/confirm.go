package local

import (
	"slices"
	"strings"
	"unicode/utf8"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// A file system that a program serves (FUSE) may report a file as missing while the
// file is replaced, because the program looks up a path that the file has just lost. So
// on FUSE a missing file is looked up again as long as its folder lists it. A writer
// doesn't need this, because it holds the folder's lock.

// maxConfirms is how many times a file that its folder lists is looked up.
const maxConfirms = 50

// confirmed reports whether no file in the folder has one of the names. On FUSE, where
// lookups may be wrong, the folder's listing decides.
func confirmed(d fsys.Dir, names ...string) bool {
	if d.Kind() != fsys.FUSE {
		return true
	}
	e, err := d.OpenDir("")
	if err != nil {
		return true
	}
	defer e.Close()
	buf := smallBuffers.Get().(*[]byte)
	defer smallBuffers.Put(buf)
	found := false
	for more := true; more && !found && err == nil; {
		more, err = e.ReadDir(*buf, func(n []byte, t fsys.Type) {
			if t == fsys.Regular || t == fsys.Unknown {
				found = found || slices.Contains(names, string(n))
			}
		})
	}
	return !found
}

// confirmedAt is confirmed for the file with these paths.
func (b *backend) confirmedAt(p *filePaths) bool {
	return confirmedAt(b.root, p.dir, p.base, leafName(p.base))
}

// confirmedAt is confirmed for the folder dir below d.
func confirmedAt(d fsys.Dir, dir string, names ...string) bool {
	if d.Kind() != fsys.FUSE {
		return true
	}
	e, err := d.OpenDir(dir)
	if err != nil {
		return true
	}
	defer e.Close()
	return confirmed(e, names...)
}

// listedPath reports whether each element of the path that isn't UTF-8 is listed by its
// folder. exFAT's FUSE program crashes when it looks up a name that it can't hold.
func listedPath(d fsys.Dir, path string) bool {
	at := ""
	for {
		i := len(at)
		for i < len(path) && path[i] != '/' {
			i++
		}
		element := path[len(at):i]
		if !utf8.ValidString(element) {
			e, err := d.OpenDir(strings.TrimSuffix(at, "/"))
			if err != nil {
				return false
			}
			listed, err := listsName(e, element)
			e.Close()
			if !listed || err != nil {
				return false
			}
		}
		if i == len(path) {
			return true
		}
		at = path[:i+1]
	}
}
