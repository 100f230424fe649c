package crashfs

import (
	"errors"
	"io"
	"maps"
	"sync"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// Recorder records every operation that changes something or makes it durable, with its
// data. The folder must be empty when the recording begins, and every change of it must
// go through the recorder.
type Recorder struct {
	mu     sync.Mutex
	ids    map[inode]int
	dirs   map[int]bool
	nodes  int
	files  map[int]fileState // as the running system reports them
	events []event
	err    error
}

type inode struct{ dev, ino uint64 }

// fileState is everything of a file except its name.
type fileState struct {
	content string
	xattrs  map[string]string
	modTime int64
}

// event is one thing that happened.
type event struct {
	kind    eventKind
	node    int
	file    fileState // the file's state after a change of it
	entries []entry
	mark    any
}

type eventKind uint8

const (
	entriesChanged eventKind = iota // one operation on entries of directories
	fileChanged
	fileSynced
	dirSynced
	marked
)

// entry is the change of one entry; a node of 0 removes it.
type entry struct {
	dir  int
	name string
	node int
	was  int // what the entry was before
}

// root is the node of the root folder.
const root = 1

// Mark adds a mark to the recording.
func (r *Recorder) Mark(m any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event{kind: marked, mark: m})
}

// Err returns an error if the recording is incomplete.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Hook is the hook for Wrap. Operations are done one at a time, so that the recording
// has their order.
func (r *Recorder) Hook(op *Op, do func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var was, target int
	switch op.Kind {
	case Rename, RenameNoReplace, Exchange:
		was, target = r.lookup(op.Dir, op.Name), r.lookup(op.To, op.NewName)
	case Unlink, Rmdir:
		was = r.lookup(op.Dir, op.Name)
	case OpenLock:
		was = r.lookup(op.Dir, op.Name)
	}
	if err := do(); err != nil {
		return err
	}
	switch op.Kind {
	case OpenRoot:
		if r.nodes == 0 {
			r.ids, r.dirs, r.files = map[inode]int{}, map[int]bool{}, map[int]fileState{}
			r.add(op.Opened, true)
		}
	case MkdirAll:
		r.fail(errors.New("MkdirAll can't be recorded"))
	case Create:
		r.create(op, 0)
	case CreateUnnamed:
		r.begin(op)
	case Link:
		r.entries(entry{dir: r.node(op.Dir), name: op.Name, node: r.fileNode(op.File)})
	case OpenLock:
		if was == 0 {
			r.create(op, 0)
		}
	case Mkdir:
		d, err := op.Dir.OpenDir(op.Name)
		if err != nil {
			r.fail(err)
			break
		}
		defer d.Close()
		r.entries(entry{dir: r.node(op.Dir), name: op.Name, node: r.add(d, true)})
	case Rename, RenameNoReplace:
		from, to := r.node(op.Dir), r.node(op.To)
		r.entries(entry{
			dir:  to,
			name: op.NewName,
			node: was,
			was:  target,
		}, entry{dir: from, name: op.Name, was: was})
	case Exchange:
		from, to := r.node(op.Dir), r.node(op.To)
		r.entries(entry{
			dir:  to,
			name: op.NewName,
			node: was,
			was:  target,
		}, entry{
			dir:  from,
			name: op.Name,
			node: target,
			was:  was,
		})
	case Unlink, Rmdir:
		r.entries(entry{dir: r.node(op.Dir), name: op.Name, was: was})
	case SyncDir:
		r.events = append(r.events, event{kind: dirSynced, node: r.node(op.Dir)})
	case SyncFile:
		r.events = append(r.events, event{kind: fileSynced, node: r.fileNode(op.File)})
	case Write, Setxattr, SetModTime, Clone, CopyRange:
		r.change(op)
	}
	return nil
}

func (r *Recorder) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

type stater interface{ Stat() (fsys.Stat, error) }

// add gives a new file or directory its number, because the system reuses inode numbers.
func (r *Recorder) add(s stater, dir bool) int {
	st, err := s.Stat()
	if err != nil {
		r.fail(err)
	}
	r.nodes++
	r.ids[inode{st.Dev, st.Ino}] = r.nodes
	r.dirs[r.nodes] = dir
	return r.nodes
}

func (r *Recorder) node(d stater) int {
	st, err := d.Stat()
	if err != nil {
		r.fail(err)
	}
	n := r.ids[inode{st.Dev, st.Ino}]
	if n == 0 {
		r.fail(errors.New("an operation on a file or directory that was not recorded"))
	}
	return n
}

func (r *Recorder) fileNode(f fsys.File) int { return r.node(f) }

// lookup returns the node of an entry, or 0 if there is none.
func (r *Recorder) lookup(d fsys.Dir, name string) int {
	st, err := d.Lstat(name)
	if err != nil {
		return 0
	}
	return r.ids[inode{st.Dev, st.Ino}]
}

func (r *Recorder) entries(e ...entry) {
	r.events = append(r.events, event{kind: entriesChanged, entries: e})
}

func (r *Recorder) create(op *Op, was int) {
	n := r.begin(op)
	r.entries(entry{
		dir:  r.node(op.Dir),
		name: op.Name,
		node: n,
		was:  was,
	})
}

// begin records a new file.
func (r *Recorder) begin(op *Op) int {
	n := r.add(op.OpenedFile, false)
	st, err := op.OpenedFile.Stat()
	if err != nil {
		r.fail(err)
	}
	r.put(n, fileState{modTime: st.ModTime})
	return n
}

// change records the file's state after an operation on it.
func (r *Recorder) change(op *Op) {
	n := r.fileNode(op.File)
	s := r.files[n]
	st, err := op.File.Stat()
	if err != nil {
		r.fail(err)
	}
	s.modTime = st.ModTime
	switch op.Kind {
	case Setxattr:
		s.xattrs = maps.Clone(s.xattrs)
		if s.xattrs == nil {
			s.xattrs = map[string]string{}
		}
		s.xattrs[op.Name] = string(op.Data)
	case Write, Clone, CopyRange:
		content := make([]byte, st.Size)
		if m, err := op.File.ReadAt(content, 0); err != nil && err != io.EOF || m < len(content) {
			r.fail(errors.New("a file can't be read back"))
		}
		s.content = string(content)
	}
	r.put(n, s)
}

func (r *Recorder) put(n int, s fileState) {
	r.files[n] = s
	r.events = append(r.events, event{kind: fileChanged, node: n, file: s})
}
