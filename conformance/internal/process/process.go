package process

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files/driver"
)

// Process is another process that has opened the store of the case's bucket.
type Process struct {
	enc     *gob.Encoder
	writing sync.Mutex

	mu      sync.Mutex
	last    int
	waiting map[int]chan *Answer
	dead    error

	prefix string            // of the case's bucket in a shared store, or ""
	stored *suite.Remembered // the files that are put there
}

// Start starts the other process.
func Start(t suite.T, h *suite.H) *Process {
	t.Helper()
	if h.Harness.Process == nil {
		t.Skipf("the harness has no other process")
	}
	store, prefix := suite.Base(h.Bucket)
	cmd := h.Harness.Process(t, store)
	if cmd == nil {
		t.Fatalf("the harness is wrong: Process returned nil")
	}
	said := &tail{most: 4 << 10}
	cmd.Stderr = said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatalf("the other process: %v", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatalf("the other process: %v", err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the other process: %v", err)
	}
	p := &Process{
		enc:     gob.NewEncoder(in),
		waiting: map[int]chan *Answer{},
		prefix:  prefix,
		stored:  &h.Runner.Stored,
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.receive(out)
	}()
	t.Cleanup(func() {
		in.Close()
		end := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
		defer end.Stop()
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("the other process ended with %v, and wrote %s", err, said)
		}
	})
	if prefix != "" {
		p.send(&Call{Do: "below", Name: prefix[:len(prefix)-1]})
	}
	return p
}

// receive passes each response to the call that waits for it.
func (p *Process) receive(out io.Reader) {
	dec := gob.NewDecoder(out)
	for {
		a := &Answer{}
		err := dec.Decode(a)
		p.mu.Lock()
		if err != nil {
			p.dead = fmt.Errorf("the other process ended: %w", err)
			for _, w := range p.waiting {
				close(w)
			}
			clear(p.waiting)
			p.mu.Unlock()
			return
		}
		w := p.waiting[a.ID]
		delete(p.waiting, a.ID)
		p.mu.Unlock()
		if w != nil {
			w <- a
		}
	}
}

func (p *Process) send(c *Call) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.enc.Encode(c)
}

// puts returns the names of the store that the call may write.
func (c *Call) puts(prefix string) (names []string) {
	switch c.Do {
	case "put", "count", "go on":
		return []string{prefix + c.Name}
	case "create":
		for _, name := range c.Names {
			names = append(names, prefix+name)
		}
	}
	return names
}

// Do makes one call. Several calls may run at once.
func (p *Process) Do(c Call) (*Answer, error) {
	if p.prefix != "" {
		defer p.stored.Put(c.puts(p.prefix)...)()
	}
	w := make(chan *Answer, 1)
	p.mu.Lock()
	if p.dead != nil {
		defer p.mu.Unlock()
		return nil, p.dead
	}
	p.last++
	c.ID = p.last
	p.waiting[c.ID] = w
	p.mu.Unlock()
	if err := p.send(&c); err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.waiting, c.ID)
		// The other process reads calls until it ends, and the end of its responses may be
		// noticed later.
		return nil, fmt.Errorf("the other process ended: %w", err)
	}
	a, ok := <-w
	switch {
	case !ok:
		p.mu.Lock()
		defer p.mu.Unlock()
		return nil, p.dead
	case a.Kind > 0:
		return a, driver.Errorf(check.Kinds[a.Kind-1], "in the other process: %s", a.Failed)
	case a.Failed != "":
		return a, errors.New("in the other process: " + a.Failed)
	}
	return a, nil
}
