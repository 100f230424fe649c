package crashfs

import (
	"os"
	"slices"
	"sync"
)

// Moment is when a kill happens.
type Moment int

const (
	Before Moment = iota
	After
	Middle // after half of a Write, but before any other operation
)

// Moments lists every Moment.
var Moments = []Moment{Before, After, Middle}

func (m Moment) String() string { return [...]string{"before", "after", "in the middle of"}[m] }

// Killer kills its own process, as SIGKILL does, at the N-th operation that changes
// something.
type Killer struct {
	N      int // from 1; 0 never kills
	Moment Moment
	mu     sync.Mutex
	kinds  []Kind
}

// Kinds returns the operations so far that change something.
func (k *Killer) Kinds() []Kind {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.kinds)
}

// Hook is the hook for Wrap: it counts operations, and kills the process.
func (k *Killer) Hook(op *Op, do func() error) error {
	if !op.Kind.Changes() {
		return do()
	}
	k.mu.Lock()
	k.kinds = append(k.kinds, op.Kind)
	n := len(k.kinds)
	k.mu.Unlock()
	if n != k.N {
		return do()
	}
	switch k.Moment {
	case After:
		do()
	case Middle:
		if op.Kind == Write {
			op.File.Write(op.Data[:len(op.Data)/2])
		}
	}
	Die()
	return nil
}

// Die ends the process at once: it runs no deferred call and no finalizer, and writes
// no buffer.
func Die() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}
