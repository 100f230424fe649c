package local

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"sync/atomic"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

const sessionMark = "s-"

// session is what a handle has in the control folder: the folder s-<random>.attrs with its unfinished uploads. Its lock dies
// with the process; then any other session may remove it.
type session struct {
	control  fsys.Dir
	dir      fsys.Dir
	id       string
	lock     fsys.File // lock.attrs
	alive    fsys.File
	lockless bool // the file system has no locks
	coarse   bool // its times are coarser than a microsecond
	next     atomic.Uint64
}

// begin returns the handle's session, made at the first write, and again where somebody removed the control folder, whose
// locks then lock nothing. That is looked for where fresh is set; making a staged file finds it by itself. What the old session
// has open stays open, for those who use it, until the handle is closed.
func (b *backend) begin(ctx context.Context, fresh bool) (*session, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.session != nil && !fresh {
		return b.session, nil
	}
	if s := b.session; s != nil {
		if st, err := s.lock.Stat(); err == nil && st.Nlink > 0 {
			return s, nil
		}
		b.session = nil // somebody has removed the control folder
		b.lost = append(b.lost, s)
	}
	control, err := b.control()
	if err != nil {
		return nil, err
	}
	s := &session{control: control, id: randomID()}
	if err := b.start(ctx, s); err != nil {
		s.close()
		return nil, err
	}
	b.checked.Store(true)
	b.session = s
	return s, nil
}

// start makes the session's folder and removes those of dead ones, alone among all processes.
func (b *backend) start(ctx context.Context, s *session) error {
	var err error
	if s.lock, err = s.control.OpenLock(lockFile); err != nil {
		return fault(err)
	}
	switch err = waitLock(ctx, s.lock, sessionsLock); {
	case lockless(err):
		s.lockless = true
	case err != nil:
		return fault(err)
	default:
		defer s.lock.Unlock(sessionsLock)
	}
	if err := b.writeFormat(s.control); err != nil {
		return err
	}
	if !s.lockless {
		b.sweep(s)
	}
	name := sessionMark + s.id + sidecarExt
	if err := s.control.Mkdir(name, b.opts.DirFileMode); err != nil {
		return fault(err)
	}
	if s.dir, err = s.control.OpenDir(name); err != nil {
		return fault(err)
	}
	if s.alive, err = s.dir.Create(aliveFile); err != nil {
		return fault(err)
	}
	if !s.lockless {
		if err := s.alive.TryLock(0); err != nil {
			return fault(err)
		}
	}
	return b.probe(s)
}

// probe finds out whether the file system keeps times exactly.
func (b *backend) probe(s *session) error {
	t := b.tick()
	if err := s.alive.SetModTime(t); err != nil {
		return fault(err)
	}
	st, err := s.alive.Stat()
	s.coarse = st.ModTime != t
	return fault(err)
}

// sweep removes the sessions whose process is dead. The caller holds the lock of sessions, so none is just being made. Errors leave
// something to the next sweep.
func (b *backend) sweep(s *session) {
	for _, name := range list(s.control) {
		if !strings.HasPrefix(name, sessionMark) {
			continue
		}
		dir, err := s.control.OpenDir(name)
		if err != nil {
			continue
		}
		if alive, err := dir.OpenLock(aliveFile); err == nil {
			if alive.TryLock(0) == nil {
				empty(dir)
				s.control.Rmdir(name)
			}
			alive.Close()
		}
		dir.Close()
	}
}

// list reads a folder's names; a failure gives fewer.
func list(d fsys.Dir) (names []string) {
	r, err := d.OpenDir("")
	if err != nil {
		return nil
	}
	defer r.Close()
	buf := make([]byte, 16<<10)
	for more := true; more; {
		more, err = r.ReadDir(buf, func(name []byte, _ fsys.Type) { names = append(names, string(name)) })
		if err != nil {
			return names
		}
	}
	return names
}

// empty removes all files of a session's folder, the one that tells its life last.
func empty(d fsys.Dir) {
	for _, name := range list(d) {
		if name != aliveFile {
			d.Unlink(name)
		}
	}
	d.Unlink(aliveFile)
}

// end removes the session's folder.
func (s *session) end() {
	empty(s.dir)
	s.control.Rmdir(sessionMark + s.id + sidecarExt)
	s.close()
}

func (s *session) close() {
	for _, f := range []fsys.File{s.alive, s.lock} {
		if f != nil {
			f.Close()
		}
	}
	for _, d := range []fsys.Dir{s.dir, s.control} {
		if d != nil {
			d.Close()
		}
	}
}

// name returns a new name for a staged file.
func (s *session) name() string { return strconv.FormatUint(s.next.Add(1), 36) + sidecarExt }

func randomID() string {
	var b [10]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func isExist(err error) bool { return errors.Is(err, fs.ErrExist) }
