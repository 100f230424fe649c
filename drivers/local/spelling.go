package local

import (
	"crypto/sha256"
	"encoding/base32"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// A file system that folds takes several spellings for one name: it ignores the case of
// letters or the form of accents, or has short aliases. spelledDir makes it look like a
// file system that compares names byte by byte, so that the rest of the driver needs no
// rule for it (N2):
//
//   - A name is on disk unchanged (raw) if no other spelling of it was there first.
//   - While another spelling of it exists, it is %cf-c-<digest of the name>-<name>.
//
// So the photos of a camera keep their names, whichever program wrote them. The escaped
// entry takes precedence over the raw one, and a name gets a raw entry only while it
// has no escaped one.
//
// Only a listing shows how an entry is spelled. An entry that Lstat finds under a name
// belongs to that name if the folder lists the name, byte for byte, between two calls
// of Lstat that find the same inode.
//
// The folder's lock is held while a writer finds out whether a raw entry is free. Every
// writer holds it.
const spelledMark = mark + "c-"

// spelledExtra is how much longer than its name an escaped spelling is, in bytes.
const spelledExtra = len(spelledMark) + 26 + 1

var spelledDigits = base32.HexEncoding.WithPadding(base32.NoPadding)

// spelledName returns the escaped entry of a name, which it has while another spelling
// exists.
func spelledName(name string) string {
	sum := sha256.Sum256([]byte(name))
	digest := spelledDigits.EncodeToString(sum[:16])
	return spelledMark + strings.ToLower(digest) + "-" + name
}

// nameOnDisk returns the name that an entry on disk stands for.
func nameOnDisk(disk string) string {
	if len(disk) > spelledExtra && strings.HasPrefix(disk, spelledMark) {
		if name := disk[spelledExtra:]; spelledName(name) == disk {
			return name
		}
	}
	return disk
}

// spelling is the state that the directories of one handle share.
type spelling struct {
	on    atomic.Bool // the file system folds
	found foundDirs
}

// spelledDir is a directory that distinguishes spellings.
type spelledDir struct {
	fsys.Dir
	sp        *spelling
	root      bool
	inControl bool // the control folder, or a folder in it: its names are the driver's
	mu        sync.Mutex
	located   map[string]located // entries that were found a moment ago
	reading   *spellings         // what ReadDir has read so far
	seen      atomic.Pointer[spellings]
}

func (sp *spelling) dir(d fsys.Dir, inControl bool) *spelledDir {
	return &spelledDir{Dir: d, sp: sp, inControl: inControl}
}

// exact reports whether names are passed to the file system unchanged.
func (d *spelledDir) exact() bool { return d.inControl || !d.sp.on.Load() }

// isControlPath reports whether a path leads to the control folder.
func isControlPath(path string) bool {
	rest, ok := strings.CutPrefix(path, controlDir)
	return ok && (rest == "" || rest[0] == '/')
}

// seat says what a name leads to.
type seat uint8

const (
	freeSeat  seat = iota // nothing
	takenSeat             // an entry with another spelling
	foundSeat             // the name's entry
)

// maxLookups is how many times an entry that keeps changing is looked up.
const maxLookups = 100

// locate returns the entry of a name, or the entry that a new file would get.
func (d *spelledDir) locate(name string) (disk string, st fsys.Stat, s seat, err error) {
	if disk, st, ok := d.remembered(name); ok {
		return disk, st, foundSeat, nil
	}
	if l, ok := d.lately(name); ok {
		return l.disk, l.st, foundSeat, nil
	}
	escaped := spelledName(name)
	for range maxLookups {
		if len(escaped) <= maxForeign {
			st, err = d.Dir.Lstat(escaped)
			if err == nil {
				return escaped, st, foundSeat, nil
			}
			if !isNotExist(err) && err != syscall.ENAMETOOLONG {
				return "", st, freeSeat, err
			}
		}
		if st, err = d.Dir.Lstat(name); isNotExist(err) {
			return name, st, freeSeat, nil
		} else if err != nil {
			return "", st, freeSeat, err
		}
		listed, err := listsName(d.Dir, name)
		if err != nil {
			return "", st, freeSeat, err
		}
		now, err := d.Dir.Lstat(name)
		switch {
		case err != nil && !isNotExist(err):
			return "", st, freeSeat, err
		case err != nil || !now.SameFile(st):
			continue
		case listed:
			d.locatedAt(name, located{name, now, time.Now()})
			return name, now, foundSeat, nil
		}
		return escaped, now, takenSeat, nil
	}
	return "", st, freeSeat, syscall.ESTALE
}

// listsName reports whether a folder lists a name, byte for byte.
func listsName(dir fsys.Dir, name string) (found bool, err error) {
	d, err := dir.OpenDir("")
	if err != nil {
		return false, err
	}
	defer d.Close()
	buf := smallBuffers.Get().(*[]byte)
	defer smallBuffers.Put(buf)
	for more := true; more && !found && err == nil; {
		more, err = d.ReadDir(*buf, func(n []byte, _ fsys.Type) {
			found = found || string(n) == name
		})
	}
	return found, err
}

// split splits a path before its last element.
func split(path string) (dir, base string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}

func (d *spelledDir) OpenDir(path string) (fsys.Dir, error) {
	inControl := d.inControl || isControlPath(path)
	if path == "" || inControl || d.exact() {
		e, err := d.Dir.OpenDir(path)
		if err != nil {
			return nil, err
		}
		return d.sp.dir(e, inControl), nil
	}
	e, err := d.openPath(path)
	if err != nil {
		return nil, err
	}
	return e, nil
}

// openOne opens a folder in d.
func (d *spelledDir) openOne(name string) (e *spelledDir, disk string, id dirID, err error) {
	for range maxLookups {
		disk, st, s, err := d.locate(name)
		if err == nil && s != foundSeat {
			err = syscall.ENOENT
		}
		if err != nil {
			return nil, "", id, err
		}
		e, err := d.Dir.OpenDir(disk)
		if err != nil {
			return nil, "", id, err
		}
		now, err := e.Stat()
		if err == nil && (disk != name || now.Ino == st.Ino) {
			return d.sp.dir(e, false), disk, idOf(now), nil
		}
		e.Close()
		if err != nil {
			return nil, "", id, err
		}
		d.forget()
	}
	return nil, "", id, syscall.ESTALE
}

func (d *spelledDir) OpenFile(path string) (fsys.File, fsys.Stat, error) {
	if d.exact() || isControlPath(path) {
		return d.Dir.OpenFile(path)
	}
	at := d
	dir, base := split(path)
	if dir != "" {
		e, err := d.OpenDir(dir)
		if err == fsys.ErrNotDir {
			err = fsys.ErrNotFile
		}
		if err != nil {
			return nil, fsys.Stat{}, err
		}
		defer e.Close()
		at = e.(*spelledDir)
	}
	for range maxLookups {
		disk, st, s, err := at.locate(base)
		if err != nil {
			return nil, st, err
		}
		if s != foundSeat {
			return nil, st, syscall.ENOENT
		}
		f, now, err := at.Dir.OpenFile(disk)
		if err != nil {
			return nil, now, err
		}
		if disk != base || now.Ino == st.Ino {
			return f, now, nil
		}
		f.Close()
		at.forget()
	}
	return nil, fsys.Stat{}, syscall.ESTALE
}

// OpenSeen is OpenFile, unless names are exact.
func (d *spelledDir) OpenSeen(path string) (fsys.File, fsys.Stat, error) {
	if d.exact() || isControlPath(path) {
		return d.Dir.OpenSeen(path)
	}
	return d.OpenFile(path)
}

func (d *spelledDir) Lstat(path string) (fsys.Stat, error) {
	if d.exact() || isControlPath(path) {
		return d.Dir.Lstat(path)
	}
	dir, name := split(path)
	at := d
	if dir != "" {
		e, err := d.OpenDir(dir)
		if err != nil {
			return fsys.Stat{}, err
		}
		defer e.Close()
		at = e.(*spelledDir)
	}
	_, st, s, err := at.locate(name)
	if err == nil && s != foundSeat {
		err = syscall.ENOENT
	}
	return st, err
}

// existing returns the entry of a name that exists.
func (d *spelledDir) existing(name string) (string, error) {
	if d.exact() {
		return name, nil
	}
	disk, _, s, err := d.locate(name)
	if err == nil && s != foundSeat {
		err = syscall.ENOENT
	}
	return disk, err
}

// place finds the entry that a new file gets and calls put with it.
func (d *spelledDir) place(name string, put func(disk string) error) error {
	if d.exact() || isControlPath(name) {
		return put(name)
	}
	disk, _, s, err := d.locate(name)
	if stem, ok := strings.CutSuffix(name,
		sidecarExt); err == nil && s == freeSeat && ok && stem != "" {
		// A sidecar gets no raw entry that would seem to belong to the file of another
		// spelling.
		if _, _, s, err = d.locate(stem); s == takenSeat {
			disk = spelledName(name)
		}
	}
	if err != nil {
		return err
	}
	return put(disk)
}

// create makes a file with the entry that a new file gets.
func (d *spelledDir) create(
	name string, create func(disk string) (fsys.File, error),
) (f fsys.File, err error) {
	err = d.place(name, func(disk string) (err error) {
		f, err = create(disk)
		return err
	})
	return f, err
}

func (d *spelledDir) Create(name string) (fsys.File, error) {
	return d.create(name, d.Dir.Create)
}

func (d *spelledDir) CreatePrivate(name string) (fsys.File, error) {
	return d.create(name, d.Dir.CreatePrivate)
}

func (d *spelledDir) OpenLock(name string) (fsys.File, error) {
	return d.create(name, d.Dir.OpenLock)
}

func (d *spelledDir) Link(f fsys.File, name string) error {
	return d.place(name, func(disk string) error { return d.Dir.Link(f, disk) })
}

func (d *spelledDir) Attribute(name, attr string, buf []byte) (int, error) {
	if name == "" || isControlPath(name) {
		return d.Dir.Attribute(name, attr, buf)
	}
	disk, err := d.existing(name)
	if err != nil {
		return 0, fsys.ErrNoXattr
	}
	return d.Dir.Attribute(disk, attr, buf)
}

func (d *spelledDir) Mkdir(name string, perm fs.FileMode) error {
	return d.place(name, func(disk string) error { return d.Dir.Mkdir(disk, perm) })
}

func (d *spelledDir) Rename(name string, to fsys.Dir, newname string) error {
	return d.move(name, to, newname, d.Dir.Rename)
}

func (d *spelledDir) RenameNoReplace(name string, to fsys.Dir, newname string) error {
	return d.move(name, to, newname, d.Dir.RenameNoReplace)
}

// Exchange swaps two names that exist; each keeps its entry.
func (d *spelledDir) Exchange(name string, to fsys.Dir, newname string) error {
	from, err := d.existing(name)
	if err != nil {
		return err
	}
	t := to.(*spelledDir)
	target, err := t.existing(newname)
	if err != nil {
		return err
	}
	defer d.forget()
	defer t.forget()
	return d.Dir.Exchange(from, t.Dir, target)
}

func (d *spelledDir) move(
	name string, to fsys.Dir, newname string, rename func(string, fsys.Dir, string) error,
) error {
	from, err := d.existing(name)
	if err != nil {
		return err
	}
	t := to.(*spelledDir)
	return t.place(newname, func(disk string) error { return rename(from, t.Dir, disk) })
}

func (d *spelledDir) Unlink(name string) error {
	disk, err := d.existing(name)
	if err != nil {
		return err
	}
	return d.Dir.Unlink(disk)
}

func (d *spelledDir) Rmdir(name string) error {
	disk, err := d.existing(name)
	if err != nil {
		return err
	}
	return d.Dir.Rmdir(disk)
}
