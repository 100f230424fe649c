//go:build linux && !osroot

package fsys

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// OS returns the operating system's file systems.
func OS() FS { return linuxFS{} }

type linuxFS struct{}

// dir is a directory's descriptor.
type dir struct {
	fd int
	// last and next are the offsets, in the directory, of the last entry that was read
	// and of the one after it.
	last, next int64
}

const (
	openDir  = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC
	openFile = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY
	resolve  = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS
)

// hasOpenat2 is false on kernels before 5.6 and in sandboxes that refuse the call.
var hasOpenat2 = sync.OnceValue(func() bool {
	fd, err := unix.Openat2(unix.AT_FDCWD, "/", &unix.OpenHow{
		Flags:   openDir,
		Resolve: unix.RESOLVE_NO_SYMLINKS,
	})
	if err != nil {
		return false
	}
	unix.Close(fd)
	return true
})

func (linuxFS) OpenRoot(path string) (Dir, error) {
	hasGetxattrat() // find it out now, not by a later call's error
	fd, err := retry(func() (int, error) { return unix.Open(path, openDir, 0) })
	if err != nil {
		return nil, err
	}
	return &dir{fd: fd}, nil
}

func (linuxFS) StatRoot(path string) (Stat, error) {
	var st unix.Stat_t
	if _, err := stale(func() (int, error) { return 0, statPath(path, &st) }); err != nil {
		return Stat{}, err
	}
	return toStat(&st), nil
}

func (l linuxFS) MkdirAll(path string, perm fs.FileMode, sync bool) error {
	err := unix.Mkdir(path, uint32(perm.Perm()))
	if err == unix.ENOENT {
		parent := filepath.Dir(path)
		if parent == path {
			return err
		}
		if err := l.MkdirAll(parent, perm, sync); err != nil {
			return err
		}
		err = unix.Mkdir(path, uint32(perm.Perm()))
	}
	if err == unix.EEXIST {
		return nil
	}
	if err != nil || !sync {
		return err
	}
	d, err := l.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// maxInterrupts is how many times in a row a call may be interrupted.
const maxInterrupts = 100

// retry repeats a call that a signal interrupted, which happens on network file systems.
func retry(f func() (int, error)) (n int, err error) {
	for range maxInterrupts {
		if n, err = f(); err != unix.EINTR {
			break
		}
	}
	return n, err
}

// staleTries is how many times a path is looked up if its file is removed during the
// lookup (ESTALE). Network file systems and mergerfs remember for a while what a name
// led to.
const staleTries = 10

// open opens a path below d without following links.
func (d *dir) open(path string, flags int) (fd int, err error) {
	if path == "" {
		path = "."
	}
	if hasOpenat2() {
		return d.openBeneath(path, flags)
	}
	return d.openElements(path, flags)
}

func (d *dir) openBeneath(path string, flags int) (int, error) {
	if len(path) >= maxPath {
		return d.openFar(path, flags)
	}
	if strings.IndexByte(path, '/') < 0 { // one element can't lead out of the directory
		return stale(func() (int, error) { return openat(d.fd, path, flags|unix.O_NOFOLLOW, 0) })
	}
	return stale(func() (int, error) { return openat2(d.fd, path, flags) })
}

// maxPath is the length of the longest path in a system call, with the zero byte at its
// end.
const maxPath = 4096

// openFar opens a path that is too long for one system call. It first opens the deepest
// folder that one call can reach. Escaped names may be three times as long as what they
// stand for.
func (d *dir) openFar(path string, flags int) (int, error) {
	i := strings.LastIndexByte(path[:maxPath], '/')
	if i <= 0 {
		return -1, unix.ENAMETOOLONG
	}
	fd, err := d.openBeneath(path[:i], unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(fd)
	return (&dir{fd: fd}).openBeneath(path[i+1:], flags)
}

// stale repeats a lookup if the file was replaced meanwhile, on a server or below
// another file system (ESTALE), or was moved out of the directory (EXDEV from openat2).
// The latter happens if d is a root inside another bucket, because what a Put replaces
// there goes to the other bucket's control folder. The number of tries is limited,
// because a folder that a server has removed stays stale.
func stale(f func() (int, error)) (n int, err error) {
	for range staleTries {
		if n, err = retry(f); err != unix.ESTALE && err != unix.EXDEV {
			break
		}
	}
	return n, err
}

// openElements is open for systems without openat2.
func (d *dir) openElements(path string, flags int) (int, error) {
	fd := d.fd
	for {
		i := 0
		for i < len(path) && path[i] != '/' {
			i++
		}
		f := flags | unix.O_NOFOLLOW
		if i < len(path) {
			f = unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
		}
		element := path[:i]
		next, err := stale(func() (int, error) { return unix.Openat(fd, element, f, 0) })
		if fd != d.fd {
			unix.Close(fd)
		}
		if err != nil || i == len(path) {
			return next, err
		}
		fd, path = next, path[i+1:]
	}
}

func (d *dir) OpenDir(path string) (Dir, error) {
	fd, err := d.open(path, openDir)
	if err != nil {
		if err == unix.ENOTDIR || err == unix.ELOOP {
			err = ErrNotDir
		}
		return nil, err
	}
	return &dir{fd: fd}, nil
}

func (d *dir) OpenFile(path string) (f File, st Stat, err error) {
	for range 3 { // the file may be replaced before StatBirth
		if f, st, err = d.openFileOnce(path); err != unix.ESTALE {
			break
		}
	}
	return f, st, err
}

func (d *dir) openFileOnce(path string) (File, Stat, error) {
	f, _, err := d.OpenSeen(path)
	if err != nil {
		return nil, Stat{}, err
	}
	st, err := f.StatBirth()
	if err != nil {
		f.Close()
		return nil, Stat{}, err
	}
	return f, st, nil
}

// OpenSeen calls Lstat first. Lstat may follow a link in the path, which open then
// refuses.
func (d *dir) OpenSeen(path string) (File, Stat, error) {
	st, err := d.Lstat(path)
	if err != nil {
		return nil, st, notFile(err)
	}
	if st.Type != Regular {
		return nil, st, ErrNotFile
	}
	fd, err := d.open(path, openFile)
	if err != nil {
		return nil, Stat{}, notFile(err)
	}
	return &file{fd: fd}, st, nil
}

// notFile returns ErrNotFile for the errors of opening something that isn't a regular
// file.
func notFile(err error) error {
	switch err {
	case unix.ELOOP, unix.ENXIO, unix.ENODEV, unix.ENOTDIR, unix.EISDIR:
		return ErrNotFile
	}
	return err
}

func (d *dir) Stat() (Stat, error) {
	st, err := statxFD(d.fd)
	if err != nil || st.Type != Directory {
		return fstat(d.fd)
	}
	return st, nil
}

func (d *dir) Create(name string) (File, error) {
	return opened(d.create(name,
		unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o666))
}

func (d *dir) CreatePrivate(name string) (File, error) {
	return opened(d.create(name,
		unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600))
}

func (d *dir) OpenLock(name string) (File, error) {
	return opened(d.create(name,
		unix.O_RDWR|unix.O_CREAT|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0o666))
}

// opened returns f as a File, which is nil if there is an error.
func opened(f *file, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (d *dir) create(name string, flags int, mode uint32) (*file, error) {
	fd, err := retry(func() (int, error) { return openat(d.fd, name, flags, mode) })
	if err != nil {
		return nil, err
	}
	return &file{fd: fd, in: d, name: name}, nil
}

func (d *dir) Mkdir(name string, perm fs.FileMode) error {
	return unix.Mkdirat(d.fd, name, uint32(perm.Perm()))
}

func (d *dir) Rename(name string, to Dir, newname string) error {
	return renameat(d.fd, name, to.(*dir).fd, newname)
}

func (d *dir) Exchange(name string, to Dir, newname string) error {
	err := renameat2(d.fd, name, to.(*dir).fd, newname, unix.RENAME_EXCHANGE)
	if err == unix.EINVAL || err == unix.ENOSYS || err == unix.EOPNOTSUPP {
		return errors.ErrUnsupported
	}
	return err
}

func (d *dir) RenameNoReplace(name string, to Dir, newname string) error {
	t := to.(*dir)
	err := unix.Renameat2(d.fd, name, t.fd, newname, unix.RENAME_NOREPLACE)
	if err != unix.EINVAL && err != unix.ENOSYS && err != unix.EOPNOTSUPP {
		return err
	}
	switch err := unix.Linkat(d.fd, name, t.fd, newname, 0); err {
	case nil:
		return unix.Unlinkat(d.fd, name, 0)
	case unix.EPERM, unix.EOPNOTSUPP, unix.ENOSYS, unix.EIO:
		// exFAT and FAT have no links. The caller holds the lock of the name.
		if _, err := t.Lstat(newname); err != unix.ENOENT {
			if err == nil {
				err = unix.EEXIST
			}
			return err
		}
		return d.Rename(name, to, newname)
	default:
		return err
	}
}

func (d *dir) Unlink(name string) error { return unlinkat(d.fd, name, 0) }
func (d *dir) Rmdir(name string) error  { return unlinkat(d.fd, name, unix.AT_REMOVEDIR) }

// Sync does nothing if the file system can't sync folders, or needn't.
func (d *dir) Sync() error {
	err := fsync(d.fd)
	if err == unix.EINVAL || err == unix.EOPNOTSUPP || err == unix.ENOSYS {
		return nil
	}
	return err
}

func (d *dir) Close() error { return unix.Close(d.fd) }

func fsync(fd int) error {
	_, err := retry(func() (int, error) { return 0, unix.Fsync(fd) })
	return err
}

func fstat(fd int) (Stat, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return Stat{}, err
	}
	return toStat(&st), nil
}

func toStat(st *unix.Stat_t) Stat {
	s := Stat{
		Perm:       permOf(st.Mode),
		Size:       st.Size,
		UID:        st.Uid,
		GID:        st.Gid,
		ChangeTime: nanos(int64(st.Ctim.Sec), int64(st.Ctim.Nsec)),
		Dev:        uint64(st.Dev),
		Ino:        st.Ino,
		Nlink:      uint64(st.Nlink),
	}
	s.setModTime(int64(st.Mtim.Sec), int64(st.Mtim.Nsec))
	s.Type = typeOf(st.Mode)
	return s
}

func permOf(mode uint32) fs.FileMode {
	p := fs.FileMode(mode & 0o777)
	if mode&unix.S_ISGID != 0 {
		p |= fs.ModeSetgid
	}
	if mode&unix.S_ISVTX != 0 {
		p |= fs.ModeSticky
	}
	return p
}

func modeOf(p fs.FileMode) uint32 {
	mode := uint32(p.Perm())
	if p&fs.ModeSetgid != 0 {
		mode |= unix.S_ISGID
	}
	if p&fs.ModeSticky != 0 {
		mode |= unix.S_ISVTX
	}
	return mode
}

func typeOf(mode uint32) Type {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return Regular
	case unix.S_IFDIR:
		return Directory
	}
	return Other
}

// toStatx is toStat for statx, which also returns the time of birth.
func toStatx(x *unix.Statx_t) Stat {
	s := Stat{
		Type:       typeOf(uint32(x.Mode)),
		Perm:       permOf(uint32(x.Mode)),
		UID:        x.Uid,
		GID:        x.Gid,
		Size:       int64(x.Size),
		ChangeTime: nanos(x.Ctime.Sec, int64(x.Ctime.Nsec)),
		Dev:        unix.Mkdev(x.Dev_major, x.Dev_minor),
		Ino:        x.Ino,
		Nlink:      uint64(x.Nlink),
	}
	s.setModTime(x.Mtime.Sec, int64(x.Mtime.Nsec))
	if x.Mask&unix.STATX_BTIME != 0 {
		s.Birth = nanos(x.Btime.Sec, int64(x.Btime.Nsec))
	}
	return s
}

// osFile returns an os.File for a descriptor.
func osFile(fd int, name string) *os.File { return os.NewFile(uintptr(fd), name) }
