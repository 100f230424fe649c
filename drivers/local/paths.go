package local

import (
	"strings"
	"unicode/utf8"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// filePaths says where on disk a file may be. It is at one of three places in its folder,
// looked at in this order:
//
//	base             its own
//	leafName(base)   while a folder has its own (N3)
//	raw              x.attrs, unescaped, where other programs put a file that is no sidecar
//
// If there is a file at an earlier place, what a crash left at a later one is garbage.
type filePaths struct {
	lock string // what is locked
	name string // the caller's name, which tells the content type
	dir  string // of the folder, "" for the root
	base string
	raw  string // "" for most names
	alts int    // how many places there are
}

// pathsOf finds the places of a file. The key of a foreign file is its path on disk.
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

// at returns the i-th place's name in the folder.
func (p *filePaths) at(i int) string {
	switch i {
	case 0:
		return p.base
	case 1:
		return leafName(p.base)
	}
	return p.raw
}

// unlessSidecar reports whether what lies at the i-th place is no file where it is a
// sidecar.
func (p *filePaths) unlessSidecar(i int) bool {
	return i == 2 || p.alts == 1 && strings.HasSuffix(p.base, sidecarExt)
}

// first returns the path of the first place.
func (p *filePaths) first() string {
	if n := len(p.dir); n > 0 && n+1+len(p.base) == len(p.name) && p.name[:n] == p.dir &&
		p.name[n+1:] == p.base {
		return p.name // it stands for itself
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

// rawPathsOf is the place of a file that has no name. It must be one that List yields
// as foreign.
func (b *backend) rawPathsOf(key string) (filePaths, error) {
	refuse := files.Errorf(files.ErrInvalidName, "not the key of a foreign file")
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

// current is the file that a name has, as it is seen under the name's lock.
type current struct {
	exists  bool
	at      int // the place
	name    string
	st      fsys.Stat
	dirAt0  bool     // a folder has the name
	garbage []string // files at later places
}

// findCurrent finds the current file in its folder and, if that is asked for or cheap,
// what else lies at its places. The caller holds the name's lock.
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
			break // a leaf beside it can only be garbage, which goes when the file does
		}
	}
	return c, nil
}

// rawSidecarName reports whether a file of this name, which ends in .attrs, may lie on
// disk unescaped, where other programs put it. The driver's own files may not.
func (r rules) rawSidecarName(element string) bool {
	kind, _, _ := r.decode(element)
	return kind == foreignEntry && len(element) <= r.limit() && !strings.HasPrefix(element,
		ownPrefix)
}

// foreignPath reports whether a path on disk is that of a foreign file: it isn't the
// place of a name, and it doesn't belong to the driver.
func (r rules) foreignPath(path string) bool {
	at := region{}
	for {
		disk, rest, more := strings.Cut(path, "/")
		if !more {
			return !at.isName(r,
				disk) && !(strings.HasPrefix(disk,
				ownPrefix) && strings.HasSuffix(disk, sidecarExt))
		}
		at, path = at.enter(r, disk), rest
	}
}
