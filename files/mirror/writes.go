package mirror

import "sync"

// writes records the writes in progress, by name, so that DeleteMany needn't check the
// first again for names that no other call writes.
type writes struct {
	mu sync.Mutex
	m  map[string]*inProgress
}

type inProgress struct {
	users int
	begun uint64 // writes that have begun since the entry was made
}

// begin records a write, and returns the value to pass to alone.
func (w *writes) begin(name string) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.m == nil {
		w.m = map[string]*inProgress{}
	}
	p := w.m[name]
	if p == nil {
		p = &inProgress{}
		w.m[name] = p
	}
	p.users++
	p.begun++
	return p.begun
}

func (w *writes) end(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.m[name]; p.users > 1 {
		p.users--
	} else {
		delete(w.m, name)
	}
}

// alone reports whether no other write has been in progress since the write began.
func (w *writes) alone(name string, begun uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return begun == 1 && w.m[name].begun == 1
}
