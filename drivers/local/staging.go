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
	"time"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files/driver"
)

const stagingMark = "s-"

// staging is a handle's folder in the control folder, s-<random>.attrs, which has its
// unfinished uploads. The folder is locked, and so is the file alive.attrs in it. Both
// locks end with the process; then any other handle may remove the folder. If another
// program removes any of it, the handle makes a new staging folder.
type staging struct {
	control fsys.Dir
	dir     fsys.Dir
	id      string
	alive   fsys.File
	life    fsys.Stat // of alive
	coarse  bool      // the file system doesn't keep times exactly
	next    atomic.Uint64

	filePerm fs.FileMode  // of a new file
	owners   bool         // the file system keeps owners
	listed   bool         // a new file in the staging folder gets an access list
	dirGroup bool         // a new file gets its folder's group, even if the folder isn't setgid
	users    atomic.Int32 // the handle and its uploads
}

// begin returns the handle's staging folder. It makes one at the first write, and a new
// one if the current one is lost. The caller releases it.
func (b *backend) begin(ctx context.Context, lost *staging) (*staging, error) {
	if s := b.currentStaging(lost); s != nil {
		return s, nil
	}
	select {
	case b.starting <- struct{}{}:
		defer func() { <-b.starting }()
	case <-ctx.Done():
		return nil, driver.ContextError(ctx)
	}
	if s := b.currentStaging(lost); s != nil {
		return s, nil // another goroutine was faster
	}
	var r retries
	for {
		s, err := b.start(ctx)
		if err == nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.staging = s
			b.checked.Store(true)
			s.users.Store(2)
			return s, nil
		}
		if !vanished(err) {
			return nil, mapError(err)
		}
		if err := b.alive(); err != nil {
			return nil, err
		}
		if err := r.again(ctx, err); err != nil {
			return nil, err
		}
	}
}

// vanished reports whether err means that something in the control folder was removed.
func vanished(err error) bool {
	return isNotExist(err) || fsys.IsStale(err) || errors.Is(err, errRetry)
}

// currentStaging returns the handle's staging folder, or nil if there is none or it is
// lost.
func (b *backend) currentStaging(lost *staging) *staging {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.staging; s != nil && s == lost {
		b.staging = nil
		defer s.release()
	}
	if b.staging == nil {
		return nil
	}
	b.staging.users.Add(1)
	return b.staging
}

// checkAlive returns an error if alive.attrs was removed or replaced, so that other
// machines can't find out that the process is alive.
func (b *backend) checkAlive(s *staging) error {
	if !b.byFile || b.lockless() {
		return nil
	}
	now, err := s.dir.Lstat(aliveFile)
	if err == nil && now.Ino != 0 && !now.SameFile(s.life) {
		err = errRetry
	}
	return err
}

// release ends one use of the staging folder. The last one removes the folder.
func (s *staging) release() {
	if s.users.Add(-1) == 0 {
		s.end()
	}
}

// start makes a staging folder in the control folder or, if another user owns that, in
// this user's control folder. Errors are the system's.
func (b *backend) start(ctx context.Context) (*staging, error) {
	s, err := b.startIn(ctx, controlDir)
	if !isDenied(err) || windows {
		return s, err
	}
	if s, err := b.startIn(ctx, userControl()); err == nil {
		return s, nil
	}
	return nil, err
}

// startIn makes a staging folder and removes those of dead processes, under the control
// folder's lock.
func (b *backend) startIn(ctx context.Context, folder string) (_ *staging, err error) {
	s := &staging{id: randomID()}
	made := false
	defer func() {
		switch {
		case err != nil && made:
			s.end()
		case err != nil:
			s.close()
		}
	}()
	if s.control, err = b.controlAt(folder); err != nil {
		return nil, err
	}
	lock, err := b.lockDir(ctx, s.control, folder)
	if err != nil {
		return nil, err
	}
	defer lock.unlock()
	if err := b.writeFormat(s.control); err != nil {
		return nil, err
	}
	if !b.lockless() {
		b.sweep(s.control)
	}
	name := stagingMark + s.id + sidecarExt
	if err := s.control.Mkdir(name, b.opts.DirFileMode); err != nil {
		return nil, err
	}
	made = true
	if s.dir, err = s.control.OpenDir(name); err != nil {
		return nil, err
	}
	if b.byDir {
		if err := s.dir.TryLock(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return nil, err
		}
	}
	if s.alive, err = s.dir.Create(aliveFile); err != nil {
		return nil, err
	}
	if s.life, err = s.alive.Stat(); err != nil {
		return nil, err
	}
	if err := s.alive.TryLock(0); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return nil, err
	}
	s.learnOwnership()
	b.shareDir(s.dir)
	b.shareFile(s.alive)
	if err := b.probe(s); err != nil {
		return nil, err
	}
	return s, b.learn(s)
}

// probe finds out whether the file system keeps times exactly.
func (b *backend) probe(s *staging) error {
	t := b.clock.time(fsys.Stat{}, time.Now().UnixNano(), true)
	if err := s.alive.SetModTime(t); err != nil {
		return mapError(err)
	}
	st, err := s.alive.Stat()
	s.coarse = st.ModTime != t
	return mapError(err)
}

// sweep removes the staging folders whose process is dead. The caller holds the control
// folder's lock, so none is made meanwhile. The next sweep removes what an error
// leaves.
func (b *backend) sweep(control fsys.Dir) {
	names, _ := list(control)
	for _, name := range names {
		if strings.HasPrefix(name, stagingMark) {
			b.bury(control, name)
			control.Rmdir(name) // if it is empty; a live handle then makes another
		}
		if strings.HasPrefix(name, uploadMark) {
			b.buryUpload(control, name)
		}
	}
}

// bury removes what a dead process has staged.
func (b *backend) bury(control fsys.Dir, name string) {
	dir, err := control.OpenDir(name)
	if err != nil {
		return
	}
	defer dir.Close()
	if b.dead(dir) {
		empty(dir)
	}
}

// dead reports whether the process of a staging folder is certainly dead. It tries the
// lock of the folder and, if it may be another machine's, the lock of alive.attrs in it.
// A staging folder of format 1 has only the file's lock.
func (b *backend) dead(dir fsys.Dir) bool {
	if b.byDir {
		if err := dir.TryLock(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return false
		}
	}
	if _, err := dir.Lstat(aliveFile); err != nil {
		return !b.byFile && isNotExist(err)
	}
	alive, err := dir.OpenLock(aliveFile)
	if err != nil {
		return false
	}
	defer alive.Close()
	return alive.TryLock(0) == nil
}

// list returns the names in a folder, or some of them and an error.
func list(d fsys.Dir) (names []string, err error) {
	r, err := d.OpenDir("")
	if err != nil {
		return nil, err
	}
	defer r.Close()
	buf := make([]byte, 16<<10)
	for more := true; more && err == nil; {
		more, err = r.ReadDir(buf, func(name []byte, _ fsys.Type) {
			names = append(names, string(name))
		})
	}
	return names, err
}

// empty removes all files in a staging folder, alive.attrs last.
func empty(d fsys.Dir) {
	names, _ := list(d)
	for _, name := range names {
		if name != aliveFile {
			d.Unlink(name)
		}
	}
	d.Unlink(aliveFile)
}

// end removes the staging folder, also if making it failed halfway. It closes
// alive.attrs first, because on some file systems an open file prevents that.
func (s *staging) end() {
	if s.alive != nil {
		s.alive.Close()
		s.alive = nil
	}
	if s.dir != nil {
		empty(s.dir)
	}
	s.control.Rmdir(stagingMark + s.id + sidecarExt)
	s.close()
}

func (s *staging) close() {
	if s.alive != nil {
		s.alive.Close()
	}
	for _, d := range []fsys.Dir{s.dir, s.control} {
		if d != nil {
			d.Close()
		}
	}
}

// name returns a new name for a staged file.
func (s *staging) name() string { return nameOf(s.next.Add(1)) }

func nameOf(number uint64) string { return strconv.FormatUint(number, 36) + sidecarExt }

func randomID() string {
	var b [10]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func isExist(err error) bool { return errors.Is(err, fs.ErrExist) }
