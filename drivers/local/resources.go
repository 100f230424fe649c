package local

import (
	"sync"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// resources are what a handle has open and what it has in the control folder. If a
// bucket is dropped without Close, the garbage collector releases them, as it does for
// an os.File. Therefore nothing here refers to the backend, and every method of the
// backend that uses them keeps the backend alive until it returns: a descriptor that is
// closed too early soon belongs to another file.
type resources struct {
	root  fsys.Dir
	pages *pages // where listings ended

	mu       sync.Mutex
	staging  *staging  // nil until the first write
	lockFile *lockFile // nil until it is needed
}

// releaseAll removes and closes them. Uploads in progress keep their staging folder until
// they end.
func (o *resources) releaseAll() error {
	o.mu.Lock()
	s, l := o.staging, o.lockFile
	o.staging, o.lockFile = nil, nil
	o.mu.Unlock()
	if s != nil {
		s.release()
	}
	if l != nil {
		l.leave(false) // the handle counts as a user
	}
	if !o.pages.shared {
		o.pages.clear()
	}
	return o.root.Close()
}

// forget is releaseAll for the garbage collector, whose cleanups must not wait for a
// disk.
func (o *resources) forget() { go o.releaseAll() }
