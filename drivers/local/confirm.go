package local

import (
	"slices"
	"strings"
	"unicode/utf8"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// A file system that a program serves (FUSE) may answer that a file is missing while it
// is replaced: the program finds the path of a file that it has just given another one.
// So what is missing there is looked for again while its folder lists it. A writer need
// not: it holds the folder's lock.

// maxConfirms bounds how often a file is looked for that its folder lists.
const maxConfirms = 50

// confirmed reports whether no file in the folder has one of the names, as its listing
// says where looks may err.
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

// confirmedAt is confirmed for a file of a name.
func (b *backend) confirmedAt(p *filePaths) bool {
	return confirmedAt(b.root, p.dir, p.base, leafName(p.base))
}

// confirmedAt is confirmed for a folder below.
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

// listedPath reports whether each element of a path that isn't UTF-8 is listed. exFAT's
// program dies of being asked for one that can't be.
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
