package driver_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestForgottenFiles: Files that nobody closes hold no goroutine and no connection.
func TestForgottenFiles(t *testing.T) {
	l := newLink(1 << 30)
	l.fast = true
	b := driver.New(l)
	ctx := context.Background() // which nothing ends
	before := runtime.NumGoroutine()
	for i := range 2000 {
		f, err := files.OpenAt(ctx, b, "f", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.ReadAt(make([]byte, 100), int64(i%1000)*mib); err != nil {
			t.Fatal(err)
		}
	}
	for begun := time.Now(); runtime.NumGoroutine() > before+10 ||
		l.bodies.Load() > 0; runtime.Gosched() {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("%d goroutines, before %d; %d connections", runtime.NumGoroutine(), before,
				l.bodies.Load())
		}
	}
}

// TestForgottenBody: the memory of a large body that nobody closes becomes free for
// others.
func TestForgottenBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(64 * mib)
		b := driver.New(l)
		for range 4 {
			r, err := b.Get(t.Context(), "f", nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.CopyN(io.Discard, struct{ io.Reader }{r}, 30*mib); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
		}
		before := l.most.Load()
		l.most.Store(0)
		readAll(t, b, 64*mib)
		if n := l.most.Load(); n < before-1 {
			t.Errorf("%d connections at a time beside forgotten bodies, %d before", n, before)
		}
	})
}

// TestReadLargerThanMemory: a read of four times the memory goes straight to its
// buffer, and evicts no blocks.
func TestReadLargerThanMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink(1 << 30)
		f, err := files.OpenAt(t.Context(), driver.New(l), "f", &files.OpenAtOptions{Memory: mib})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		place, large := make([]byte, 100), make([]byte, 4*mib)
		for range 2 {
			if _, err := f.ReadAt(place, 500*mib); err != nil {
				t.Fatal(err)
			}
		}
		for i := range int64(4) {
			if _, err := f.ReadAt(large, i*100*mib+77); err != nil {
				t.Fatal(err)
			}
			want := make([]byte, len(large))
			if patternAt(want, i*100*mib+77); string(want) != string(large) {
				t.Fatal("the large read is wrong")
			}
		}
		before := l.opens.Load()
		if _, err := f.ReadAt(place, 500*mib); err != nil || l.opens.Load() != before {
			t.Errorf("what was read twice has gone from memory: %v", err)
		}
	})
}

// TestBuffersAreNotMixed: bodies that are closed while their parts are fetched never
// write into the memory of other bodies.
func TestBuffersAreNotMixed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, c := newLink(40*mib), newLink(40*mib)
		other := bytes.Repeat([]byte{0xaa}, 1<<20)
		a.reading = func(_ int64, p []byte) (int, error) { return copy(p, other), nil }
		closed, read := driver.New(a), driver.New(c)
		rng := rand.New(rand.NewPCG(3, 4))
		opts := &files.GetOptions{ConnectionsAfter: 1}
		for range 15 {
			for range 3 {
				r, err := closed.Get(t.Context(), "f", opts)
				if err != nil {
					t.Fatal(err)
				}
				io.CopyN(io.Discard, struct{ io.Reader }{r}, 4*mib+rng.Int64N(6*mib))
				r.Close()
			}
			r, err := read.Get(t.Context(), "f", opts)
			if err != nil {
				t.Fatal(err)
			}
			w := &checking{t: t}
			if _, err := io.CopyN(w, struct{ io.Reader }{r}, 10*mib); err != nil {
				t.Fatal(err)
			}
			r.Close()
		}
	})
}
