package crashfs

import (
	"slices"
	"sync"
)

// Faulter makes operations fail without doing them.
type Faulter struct {
	mu    sync.Mutex
	match func(op *Op) error
	count int
	at    Kind
}

// FailAt makes the n-th operation from now on, counted from 1, fail with err; if n is
// 0, it only counts. If kinds are given, only operations of these kinds count.
func (f *Faulter) FailAt(n int, err error, of ...Kind) {
	f.Set(func(op *Op) error {
		if len(of) > 0 && !slices.Contains(of, op.Kind) {
			return nil
		}
		if f.count++; f.count != n {
			return nil
		}
		f.at = op.Kind
		return err
	})
}

// Fail makes every operation of these kinds fail with err from now on.
func (f *Faulter) Fail(err error, of ...Kind) {
	f.Set(func(op *Op) error {
		if slices.Contains(of, op.Kind) {
			f.count++
			f.at = op.Kind
			return err
		}
		return nil
	})
}

// Set makes operations fail with the error that match returns; a nil match ends all
// failures. match is never called concurrently.
func (f *Faulter) Set(match func(op *Op) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.match, f.count = match, 0
}

// Count returns how many operations were counted, or failed, since the last call of
// FailAt, Fail or Set, and the kind of the last one that failed.
func (f *Faulter) Count() (int, Kind) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count, f.at
}

// Hook is the hook for Wrap: it returns the error of an operation that is to fail, and
// does the others.
func (f *Faulter) Hook(op *Op, do func() error) error {
	f.mu.Lock()
	var err error
	if f.match != nil {
		err = f.match(op)
	}
	f.mu.Unlock()
	if err != nil {
		return err
	}
	return do()
}
