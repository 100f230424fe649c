package local

import (
	"strings"
	"unicode/utf8"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// filePaths are the paths on disk that a file may have. It has one of three names in
// its folder, which are tried in this order:
//
//	base             the plain or escaped name
//	leafName(base)   while a folder has that name (N3)
//	raw              x.attrs, unescaped: a file of another program that isn't a sidecar
//
// If there is a file at an earlier path, a file at a later one was left by a crash and
// is garbage.
type filePaths struct {
	lock string // what is locked
	name string // the caller's name, which determines the content type
	dir  string // of the folder, "" for the root
	base string
	raw  string // "" for most names
	alts int    // how many paths there are
}

// pathsOf returns the paths of a file. A raw key is the path on disk.
func (b *backend) pathsOf(key driver.Key) (filePaths, error) {
	if key.Raw {
		return b.rawPathsOf(key.Name)
	}
	if err := b.checkLost(key.Name); err != nil {
		return filePaths{}, err
	}
	p := filePaths{lock: key.Name, name: key.Name, alts: 2}
	p.dir, p.base = b.rules().encode(key.Name)
	if strings.HasSuffix(key.Name, sidecarExt) {
		if last := key.Name[strings.LastIndexByte(key.Name,
			'/')+1:]; b.rules().rawSidecarName(last) {
			p.raw = last
			p.alts = 3
		}
	}
	return p, nil
}

// at returns the i-th name in the folder.
func (p *filePaths) at(i int) string {
	switch i {
	case 0:
		return p.base
	case 1:
		return leafName(p.base)
	}
	return p.raw
}

// unlessSidecar reports whether a file at the i-th path doesn't count if it is a sidecar.
func (p *filePaths) unlessSidecar(i int) bool {
	return i == 2 || p.alts == 1 && strings.HasSuffix(p.base, sidecarExt)
}

// first returns the first path.
func (p *filePaths) first() string {
	if n := len(p.dir); n > 0 && n+1+len(p.base) == len(p.name) && p.name[:n] == p.dir &&
		p.name[n+1:] == p.base {
		return p.name // the name is the path
	}
	return p.path(p.base)
}

// path returns the path of a name in the folder.
func (p *filePaths) path(name string) string {
	if p.dir == "" {
		return name
	}
	return p.dir + "/" + name
}

func (p *filePaths) sidecar() string { return p.base + sidecarExt }

func (p *filePaths) sidecarPath() string {
	if p.dir == "" {
		return p.sidecar()
	}
	return p.dir + "/" + p.base + sidecarExt
}

// maxForeign is the longest name in bytes that any disk has: 255 characters of NTFS.
const maxForeign = 4 * 255

// rawPathsOf returns the path of a raw key, which must be one that List yields.
func (b *backend) rawPathsOf(key string) (filePaths, error) {
	refuse := driver.Errorf(files.ErrInvalidName, "not the key of a foreign file")
	if len(key) > 4096 || strings.IndexByte(key, 0) >= 0 {
		return filePaths{}, refuse
	}
	for e := range strings.SplitSeq(key, "/") {
		if e == "" || e == "." || e == ".." || isControl(e) || len(e) > maxForeign {
			return filePaths{}, refuse
		}
	}
	if !b.rules().foreignPath(key) {
		return filePaths{}, refuse
	}
	if b.disk.kind == fsys.FUSE && !utf8.ValidString(key) && !listedPath(b.root, key) {
		return filePaths{}, files.ErrNotExist
	}
	i := strings.LastIndexByte(key, '/')
	return filePaths{
		lock: "\x00" + key,
		name: key,
		dir:  key[:max(i, 0)],
		base: key[i+1:],
		alts: 1,
	}, nil
}

// current is the file that has a name now. It is found under the name's lock.
type current struct {
	exists  bool
	at      int // the index of the path
	name    string
	st      fsys.Stat
	dirAt0  bool     // a folder has the name
	garbage []string // files at later paths
}

// findCurrent finds the current file in its folder, and the garbage at its other paths
// if garbage is set or that is cheap. The caller holds the name's lock.
func (b *backend) findCurrent(d fsys.Dir, p *filePaths, garbage bool) (c current, err error) {
	for i := range p.alts {
		name := p.at(i)
		st, err := d.Lstat(name)
		if missing(err) {
			continue
		}
		if err != nil {
			return c, mapError(err)
		}
		if i == 0 && st.Type == fsys.Directory {
			c.dirAt0 = true
		}
		if st.Type != fsys.Regular {
			continue
		}
		if p.unlessSidecar(i) {
			if is, err := isSidecar(d, name); err != nil || is {
				if err != nil && !missing(err) {
					return c, mapError(err)
				}
				continue
			}
		}
		if c.exists {
			c.garbage = append(c.garbage, name)
			continue
		}
		c.exists, c.at, c.name, c.st = true, i, name, st
		if i == 0 && !garbage && p.raw == "" {
			break // a leaf beside it can only be garbage, which is removed with the file
		}
	}
	return c, nil
}

// rawSidecarName reports whether a file of another program may have this name, which
// ends in .attrs, unescaped on disk. The driver's own files may not.
func (r rules) rawSidecarName(element string) bool {
	kind, _, _ := r.decode(element)
	return kind == foreignEntry && len(element) <= r.limit() && !strings.HasPrefix(element,
		controlPrefix) && r.escapedBeside(element)
}

// escapedBeside reports whether the escaped form of an element is in the same folder. All
// paths of a file are in one folder, so a longer name x.attrs of another program is a raw
// key.
func (r rules) escapedBeside(element string) bool {
	chain, _ := r.encodeElement(element)
	return chain == nil
}

// foreignPath reports whether a path on disk is a raw key: it isn't the path of a
// name, and it doesn't belong to the driver.
func (r rules) foreignPath(path string) bool {
	at := region{}
	for {
		disk, rest, more := strings.Cut(path, "/")
		if !more {
			return !at.isName(r,
				disk) && !(strings.HasPrefix(disk,
				controlPrefix) && strings.HasSuffix(disk, sidecarExt))
		}
		at, path = at.enter(r, disk), rest
	}
}
