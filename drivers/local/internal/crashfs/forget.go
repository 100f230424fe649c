package crashfs

import "sync"

// Sync is a kind of Sync that can be forgotten.
type Sync int

const (
	FileSync   Sync = iota // of a file
	FolderSync             // of a directory in which no directory was made
	ParentSync             // of a directory in which a directory was made
)

func (s Sync) String() string { return [...]string{"file sync", "folder sync", "parent sync"}[s] }

// Forgetter leaves out one kind of Sync and reports success. A test of durability must
// notice that.
type Forgetter struct {
	Forget  Sync
	mu      sync.Mutex
	parents map[inode]bool
}

// Hook is the hook for Wrap.
func (f *Forgetter) Hook(op *Op, do func() error) error {
	switch op.Kind {
	case SyncFile:
		if f.Forget == FileSync {
			return nil
		}
	case Mkdir:
		if err := do(); err != nil {
			return err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.parents == nil {
			f.parents = map[inode]bool{}
		}
		f.parents[inodeOf(op.Dir)] = true
		return nil
	case SyncDir:
		f.mu.Lock()
		n := inodeOf(op.Dir)
		parent := f.parents[n]
		f.mu.Unlock()
		if f.Forget == FolderSync && !parent || f.Forget == ParentSync && parent {
			return nil
		}
	}
	return do()
}

func inodeOf(s stater) inode {
	st, err := s.Stat()
	if err != nil {
		panic(err)
	}
	return inode{st.Dev, st.Ino}
}
