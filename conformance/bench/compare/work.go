package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// scale says how much work there is. Flags set its fields.
type scale struct {
	Large int64 // bytes of a large file
	Many  int   // files of a work on many files
	Calls int   // calls of a work on small files
	Tree  int   // files of a tree
	Names []int // files of the listings
}

// work is a task that is measured.
type work struct {
	group   string // the heading in the report, and the plot
	name    string // within the group: the row's name, or the label on the plot's axis
	service string
	memory  bool // the service is a server in memory, of this command
	link    string
	bytes   bool // the amount is bytes, not calls
	// prepare makes the files that the work needs, by this library and the loopback link.
	prepare func(ctx context.Context, c client, s scale) error
	// run does the work once. It calls m.begin when the measurement is to begin, and
	// returns the number of bytes or calls.
	run func(ctx context.Context, c client, s scale, m *meter) (float64, error)
}

func (w work) id() string { return w.service + "/" + w.link + "/" + w.group + "/" + w.name }

// pattern is content that can't be compressed, and that is the same each time.
type pattern struct{ at, size int64 }

var noise = func() []byte {
	p := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{1}).Read(p)
	return p
}()

func (c *pattern) Read(p []byte) (int, error) {
	if c.at >= c.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), c.size-c.at)]
	n := copy(p, noise[c.at%int64(len(noise)):])
	c.at += int64(n)
	return n, nil
}

func (c *pattern) Seek(off int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		off += c.at
	case io.SeekEnd:
		off += c.size
	}
	if off < 0 {
		return 0, fmt.Errorf("seek to %d", off)
	}
	c.at = off
	return off, nil
}

// counted counts the bytes that arrive, in any order.
type counted struct{ n atomic.Int64 }

func (c *counted) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

func (c *counted) WriteAt(p []byte, _ int64) (int, error) { return c.Write(p) }

// want returns an error unless n bytes arrived.
func (c *counted) want(n int64) error {
	if got := c.n.Load(); got != n {
		return fmt.Errorf("%d bytes arrived, want %d", got, n)
	}
	return nil
}

// together calls do(0) to do(n-1), at most at calls at a time, until one fails.
func together(n, at int, do func(i int) error) error {
	var next atomic.Int64
	var once sync.Once
	var failed error
	var all sync.WaitGroup
	for range min(n, at) {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					once.Do(func() { failed = err })
					next.Store(int64(n))
					return
				}
			}
		})
	}
	all.Wait()
	return failed
}
