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

// FailAt makes the n-th operation from now on, from 1, fail with err; n 0 only counts.
// Of the kinds given, where there are any.
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

// Set makes operations fail with what match returns; nil ends all failing. match is
// never called twice at a time.
func (f *Faulter) Set(match func(op *Op) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.match, f.count = match, 0
}

// Count is how many operations were counted, or failed, since then, and Kind the kind
// of the last that failed.
func (f *Faulter) Count() (int, Kind) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count, f.at
}

// Hook fails what is to fail.
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
