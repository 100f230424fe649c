package driver_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestParallelTime: with eight connections, a long listing takes at most a third of the
// time if names grow evenly, and at most a third more requests and two in any case.
func TestParallelTime(t *testing.T) {
	for shape, names := range shapes {
		t.Run(shape, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPaged(100, names(40_000)...)
				p.latency = 100 * time.Millisecond
				b := driver.New(p)
				took := func(parallel int) (d time.Duration, requests int, names []string) {
					start := time.Now()
					requests = p.used(func() {
						var err error
						names, err = listing(t.Context(), b, "",
							files.ListOptions{Parallel: parallel})
						if err != nil {
							t.Fatal(err)
						}
					})
					return time.Since(start), requests, names
				}
				plain, plainRequests, want := took(0)
				parallel, requests, got := took(8)
				t.Logf("%v, %d requests; with 8: %v, %d (%.1f times as fast)", plain,
					plainRequests, parallel, requests, float64(plain)/float64(parallel))
				if !slices.Equal(got, want) || len(got) != len(p.names) {
					t.Errorf("%d names, want %d", len(got), len(want))
				}
				most := plain / 3
				switch shape {
				case "one huge among small", "flat, counted", "words": // names grow unevenly
					most = plain * 4 / 5
				}
				if parallel > most {
					t.Errorf("it takes %v, and plainly %v", parallel, plain)
				}
				if requests > plainRequests*4/3+2 {
					t.Errorf("%d requests, and plainly %d", requests, plainRequests)
				}
				if p.max.Load() > 8 {
					t.Errorf("%d requests at a time", p.max.Load())
				}
			})
		})
	}
}

// TestParallelEqual: the result is that of a plain listing, for random trees, page
// sizes, options and numbers of connections.
func TestParallelEqual(t *testing.T) {
	divided := 0
	for seed := range uint64(longtest.N(t, 600, 10_000)) {
		synctest.Test(t, func(t *testing.T) {
			g := rand.New(rand.NewPCG(seed, 7))
			p := newPaged(1+g.IntN(1+g.IntN(1000)), randomTree(g, 400)...)
			if g.IntN(3) > 0 {
				p.most = 1 + g.IntN(12)
			}
			if g.IntN(3) == 0 {
				p.least = 1 + g.IntN(p.most)
			}
			b := driver.New(p)
			dir, o := randomOptions(g, p.names)
			var want, got []string
			var err error
			plain := p.used(func() { want, err = listing(t.Context(), b, dir, o) })
			if err != nil {
				t.Fatal(err)
			}
			o.Parallel = 2 + g.IntN(16)
			p.max.Store(0)
			p.latency = time.Second
			requests := p.used(func() { got, err = listing(t.Context(), b, dir, o) })
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("seed %d, %q, %+v: %v, %d names, want %d\n%q\n%q", seed, dir, o, err,
					len(got), len(want), got, want)
			}
			if requests > plain*4/3+2 || p.max.Load() > int64(o.Parallel) {
				t.Fatalf("seed %d: %d requests, plainly %d; %d at a time", seed, requests, plain,
					p.max.Load())
			}
			if p.max.Load() > 1 {
				divided++
			}
		})
	}
	if t.Logf("%d listings were divided", divided); divided < longtest.N(t, 150, 2500) {
		t.Errorf("only %d listings were divided", divided)
	}
}

// TestParallelSmall: a listing of three pages and less is made as without the option,
// and so is one that can't be divided.
func TestParallelSmall(t *testing.T) {
	for n := range 31 {
		p := newPaged(10, shapes["flat, numbered"](n)...)
		b := driver.New(p)
		plain := p.used(func() { listing(t.Context(), b, "", files.ListOptions{}) })
		got := p.used(func() { listing(t.Context(), b, "", files.ListOptions{Parallel: 8}) })
		if got != plain && n < 30 {
			t.Errorf("%d names: %d requests, plainly %d", n, got, plain)
		}
		if len(p.from) != n/30 {
			t.Errorf("%d names: asked for listings from %q, want none below 30", n, p.from)
		}
	}
	p := newPaged(10, shapes["flat, numbered"](500)...)
	b := driver.New(p)
	for _, o := range []files.ListOptions{
		{Parallel: 1}, {Parallel: 8, Limit: 450}, {Parallel: 8, Shallow: true}, {},
	} {
		want := 50
		if o.Limit > 0 {
			want = 45
		}
		dir := "logs"
		if got := p.used(func() { listing(t.Context(), b, dir, o) }); got != want {
			t.Errorf("%+v: %d requests, want %d", o, got, want)
		}
	}
	p.notFrom = true
	if got := p.used(func() {
		listing(t.Context(), b, "", files.ListOptions{Parallel: 8})
	}); got != 50 {
		t.Errorf("a store that can't begin at a name: %d requests", got)
	}
	if _, err := listing(t.Context(), b, "", files.ListOptions{Parallel: -1}); !errors.Is(err,
		files.ErrInvalid) {
		t.Errorf("a negative number: %v", err)
	}
}

// TestParallelMemory: while nobody takes entries, a bounded number of pages is listed.
func TestParallelMemory(t *testing.T) {
	for shape, names := range shapes {
		synctest.Test(t, func(t *testing.T) {
			p := newPaged(20, names(6_000)...)
			p.latency = time.Second
			n, most := 0, int64(0)
			for range driver.New(p).List(t.Context(), "", &files.ListOptions{Parallel: 4}) {
				if n++; n%20 == 0 {
					time.Sleep(5 * time.Second) // longer than a page takes
				}
				if n%997 == 0 {
					before := p.entries.Load()
					time.Sleep(time.Hour)
					most = max(most, p.entries.Load()-before)
				}
			}
			// twenty pages wait, one for each connection is under way, and directories
			// are listed
			if limit := int64(20 * 27); most > limit {
				t.Errorf("%s: %d entries were listed meanwhile", shape, most)
			}
			t.Log(shape, most)
		})
	}
}

// TestParallelWriters: a name that exists all the while is listed exactly once, in order,
// while others come and go (L4).
func TestParallelWriters(t *testing.T) {
	for seed := range uint64(longtest.N(t, 5, 50)) {
		synctest.Test(t, func(t *testing.T) {
			g := rand.New(rand.NewPCG(seed, 9))
			p := newPaged(10, randomTree(g, 3000)...)
			p.latency = time.Second
			stay := slices.Clone(p.names)
			ctx, cancel := context.WithCancel(t.Context())
			var writer sync.WaitGroup
			defer writer.Wait()
			defer cancel()
			writer.Go(func() {
				for ctx.Err() == nil {
					time.Sleep(700 * time.Millisecond)
					p.mu.Lock()
					p.names = slices.Clone(stay)
					for range g.IntN(1000) {
						p.names = append(p.names, randomTree(g, 1)...)
					}
					slices.Sort(p.names)
					p.names = slices.Compact(p.names)
					p.mu.Unlock()
				}
			})
			got, err := listing(ctx, driver.New(p), "",
				files.ListOptions{Parallel: 8, Foreign: true})
			if err != nil {
				t.Fatal(err)
			}
			for i := range got[1:] {
				if got[i] >= got[i+1] {
					t.Fatalf("seed %d: %q after %q", seed, got[i+1], got[i])
				}
			}
			for _, name := range stay {
				if _, ok := slices.BinarySearch(got, name); !ok {
					t.Fatalf("seed %d: %q is missing", seed, name)
				}
			}
		})
	}
}
