package local

import (
	"io/fs"
	"os"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// Owners and modes:
//
//   - A file that replaces another keeps its mode, group and access list, and its user
//     if the system allows that. A user who couldn't read the old file can't read the
//     new one at any moment.
//   - A new file gets what open(2) would give it in its folder: in a setgid folder the
//     folder's group, and the folder's default access list. If a staged file can't be
//     given that, it is staged again in the folder itself.
//   - All users who may write in the bucket's folder may use the control folder and
//     everything in it.

const (
	accessList  = "system.posix_acl_access"
	defaultList = "system.posix_acl_default"
)

// processGroup is the group of new files, except in setgid folders. Go programs don't
// change it.
var processGroup = uint32(os.Getegid())

// ownership is the owner, mode and access list of the file that is to be replaced.
type ownership struct {
	there    bool
	perm     fs.FileMode
	uid, gid uint32
	list     []byte // the access list, nil if there is none
}

func (l *ownership) same(st fsys.Stat) bool {
	return l.there && l.perm == st.Perm.Perm() && l.uid == st.UID && l.gid == st.GID
}

// ownershipOf returns the ownership of the current file. It is called without a lock.
func (b *backend) ownershipOf(p *filePaths) ownership {
	path := p.first()
	st, err := b.root.Lstat(path)
	// The other path has a file only if the first is a folder, or for a short time.
	if err == nil && st.Type == fsys.Directory {
		path = p.path(p.at(1))
		st, err = b.root.Lstat(path)
	}
	if err != nil || st.Type != fsys.Regular {
		return ownership{}
	}
	return ownershipAt(b.root, path, st)
}

func ownershipAt(d fsys.Dir, name string, st fsys.Stat) ownership {
	l := ownership{
		there: true,
		perm:  st.Perm.Perm(),
		uid:   st.UID,
		gid:   st.GID,
	}
	if n, err := d.Attribute(name, accessList, nil); err == nil && n > 0 {
		list := make([]byte, n)
		if n, err = d.Attribute(name, accessList, list); err == nil {
			l.list = list[:n]
		}
	}
	return l
}

// create makes an empty staged file. Only this user may read it, unless it is to have
// the mode of a new file.
func (s *staging) create(d fsys.Dir, name string, like *ownership) (fsys.File, error) {
	if like.there && (like.perm != s.filePerm || like.list != nil) {
		return d.CreatePrivate(name)
	}
	return d.Create(name)
}

// dress gives the staged file the ownership of the file that it replaces. It reports
// whether it changed anything.
func (st *staged) dress() bool {
	if !st.like.there || !st.worn && st.like.list == nil && st.like.same(st.id) {
		return false
	}
	was := st.id
	if st.worn {
		if now, err := st.f.Stat(); err == nil {
			was = now
		}
	}
	st.worn = true
	st.like.put(st.f, was)
	if now, err := st.f.Stat(); err == nil {
		st.perm = now.Perm
	}
	return true
}

// put gives a file this ownership; now is the file's Stat. If the group or the list
// can't be kept, the group gets no more permissions than others. It reports whether it
// changed anything.
func (l *ownership) put(f fsys.File, now fsys.Stat) bool {
	if l.same(now) && l.list == nil {
		return false
	}
	perm := l.perm
	if l.gid != now.GID && f.SetOwner(-1, int(l.gid)) != nil {
		perm &^= 0o070 &^ (perm & 0o007 << 3)
	}
	if l.uid != now.UID {
		f.SetOwner(int(l.uid), -1) // only root may
	}
	if l.list != nil && f.Setxattr(accessList, l.list) != nil {
		perm &^= 0o070 &^ (perm & 0o007 << 3)
	}
	f.SetMode(perm)
	return true
}

// fit gives the staged file the ownership that it must have at the moment of its
// commit. It is called under the lock. errOtherMount means that the file must be staged
// in its folder.
func (b *backend) fit(st *staged, d fsys.Dir, c *current) error {
	if windows || !st.s.owners {
		return nil
	}
	changed := false
	switch {
	case c.exists:
		if st.like.same(c.st) {
			return nil
		}
		st.like = ownershipAt(d, c.name, c.st)
		changed = st.dress()
	case st.like.there && (st.like.list != nil || st.like.perm != st.s.filePerm ||
		!st.like.same(st.id)):
		st.like = ownership{} // the old file was deleted meanwhile
		if !st.inTarget {
			return errOtherMount
		}
	case !st.inTarget:
		folder := st.root
		if d != b.root || !st.isBrief() {
			var err error
			if folder, err = d.Stat(); err != nil {
				return mapError(err)
			}
		}
		gid := processGroup
		if folder.Perm&fs.ModeSetgid != 0 || st.s.dirGroup {
			gid = folder.GID
		}
		if hasList(d) || st.s.listed {
			return errOtherMount
		}
		if gid == st.id.GID {
			return nil
		}
		if st.f.SetOwner(-1, int(gid)) != nil {
			return errOtherMount
		}
		changed = true
	}
	if changed && !b.opts.NoSync && !st.dirty {
		return mapError(st.f.Sync())
	}
	return nil
}

// fitUnnamed is fit for a file without a name that is to replace another. It is called
// before the file, or its sidecar, gets a name.
func (b *backend) fitUnnamed(st *staged, d fsys.Dir, c *current) error {
	if !st.unnamed || !c.exists {
		return nil
	}
	return b.fit(st, d, c)
}

// hasList reports whether the folder gives new files an access list.
func hasList(d fsys.Dir) bool {
	n, err := d.Attribute("", defaultList, nil)
	return err == nil && n > 0
}

// learnOwnership finds out, from the first file in the staging folder, what mode and
// owner the system gives a new file.
func (s *staging) learnOwnership() {
	alive, err := s.alive.Stat()
	dir, err2 := s.dir.Stat()
	if err != nil || err2 != nil {
		return
	}
	s.filePerm = alive.Perm.Perm()
	s.owners = int(alive.UID) == os.Geteuid()
	s.listed = hasList(s.dir)
	s.dirGroup = dir.Perm&fs.ModeSetgid == 0 && int(alive.GID) != os.Getegid() &&
		alive.GID == dir.GID
}

// setter is a file or a folder.
type setter interface {
	SetMode(fs.FileMode) error
	SetOwner(uid, gid int) error
}

// share makes an entry of the control folder usable by all users who may write in the
// bucket's folder, as far as the system allows that.
func (b *backend) share(e setter, now fsys.Stat) {
	root, err := b.root.Stat()
	if windows || err != nil {
		return
	}
	perm := root.Perm
	if now.Type == fsys.Regular {
		perm = perm&0o666 | 0o600
	} else {
		perm |= 0o700
	}
	if now.GID != root.GID {
		e.SetOwner(-1, int(root.GID))
	}
	if now.Perm != perm {
		e.SetMode(perm)
	}
}

func (b *backend) shareDir(d fsys.Dir) {
	if st, err := d.Stat(); err == nil {
		b.share(d, st)
	}
}

func (b *backend) shareFile(f fsys.File) {
	if st, err := f.Stat(); err == nil {
		b.share(f, st)
	}
}

// madeByUs reports whether the folder child, in the folder d, has the mode that a Put
// would have given it. Any other folder was made by another program, and stays when its
// last file is deleted.
func (b *backend) madeByUs(d, child fsys.Dir) bool {
	umask, known, err := fsys.Umask()
	st, err1 := child.Stat()
	up, err2 := d.Stat()
	if err != nil || err1 != nil || err2 != nil {
		return false // it is unknown; an empty folder does no harm
	}
	if !known {
		return true
	}
	if !b.keepsModes(st) {
		return true
	}
	want := b.opts.DirFileMode.Perm()
	if hasList(d) {
		return hasList(child) && st.Perm&fs.ModeSticky == 0
	}
	want = want&^umask | up.Perm&fs.ModeSetgid
	return st.Perm == want && (up.Perm&fs.ModeSetgid == 0 || st.GID == up.GID)
}

// keepsModes reports whether the file system stores modes. A file system without modes
// reports all permissions.
func (b *backend) keepsModes(st fsys.Stat) bool {
	return st.Perm.Perm() != 0o777 || st.Dev == b.rootStat.Dev && b.rootStat.Perm.Perm() != 0o777
}
