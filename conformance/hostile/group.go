package hostile

import "sync"

// atOnce is how many calls of a way that stalls are made at a time. They only wait.
const atOnce = 4

// group makes the calls of one way: those of a way that stalls several at a time, since
// each waits until its context ends, and the others one after the other. The zero value
// is ready for use.
type group struct {
	calls sync.WaitGroup
	slots chan struct{}
}

// run makes a call, or begins it when fewer than atOnce are being made.
func (g *group) run(w *Way, call func()) {
	if !w.Stalls {
		call()
		return
	}
	if g.slots == nil {
		g.slots = make(chan struct{}, atOnce)
	}
	g.slots <- struct{}{}
	g.calls.Go(func() {
		defer func() { <-g.slots }()
		call()
	})
}

// wait returns when all calls have ended.
func (g *group) wait() { g.calls.Wait() }
