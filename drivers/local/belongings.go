package local

import (
	"sync"

	"cloudfiles.dev/drivers/local/internal/fsys"
)

// belongings are what a handle has open and in the control folder. A bucket that is
// dropped without Close gives them back as well, as an os.File does, when the garbage
// collector finds it. So nothing here leads to the backend, and every method of the
// backend that uses them keeps it alive to its end: a descriptor that is closed too
// early is another file's soon.
type belongings struct {
	root  fsys.Dir
	pages *pages // where listings ended

	mu       sync.Mutex
	session  *staging  // nil until the first write
	lockFile *lockFile // nil until it is needed
}

// giveBack removes and closes them. Uploads that are going on keep their session to
// their end.
func (o *belongings) giveBack() error {
	o.mu.Lock()
	s, l := o.session, o.lockFile
	o.session, o.lockFile = nil, nil
	o.mu.Unlock()
	if s != nil {
		s.release()
	}
	if l != nil {
		l.leave(false) // the handle's own use
	}
	if !o.pages.shared {
		o.pages.clear()
	}
	return o.root.Close()
}

// forget is giveBack for the garbage collector, whose cleanups must not wait for a disk.
func (o *belongings) forget() { go o.giveBack() }
