package files_test

import (
	"context"
	"sync/atomic"
)

// followed is a context that counts the functions and contexts which wait for its end.
type followed struct {
	context.Context
	waiting atomic.Int64
	most    atomic.Int64
}

func (f *followed) Done() <-chan struct{} { return make(chan struct{}) }

// AfterFunc is what package context calls instead of starting a goroutine.
func (f *followed) AfterFunc(func()) func() bool {
	f.most.Store(max(f.most.Load(), f.waiting.Add(1)))
	var stopped atomic.Bool
	return func() bool {
		if stopped.Swap(true) {
			return false
		}
		f.waiting.Add(-1)
		return true
	}
}
