package driver_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// shapes are trees of about n names.
var shapes = map[string]func(n int) []string{
	"flat, numbered": func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("logs/file-%07d.json", i))
		}
		return names
	},
	"flat, counted": func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("logs/file-%d.json", i))
		}
		return names
	},
	"flat, hashes": func(n int) (names []string) {
		g := rand.New(rand.NewPCG(1, 1))
		for range n {
			names = append(names, fmt.Sprintf("%016x%016x", g.Uint64(), g.Uint64()))
		}
		return names
	},
	"flat, Chinese": func(n int) (names []string) {
		g := rand.New(rand.NewPCG(1, 2))
		for range n {
			r := func() rune { return rune(0x4e00 + g.IntN(0x5000)) }
			names = append(names, "图片/"+string([]rune{r(), r(), r()})+".jpg")
		}
		return names
	},
	"deep": func(n int) (names []string) { // 10 × 10 × … × 40 names
		for i := range n {
			names = append(names, fmt.Sprintf("data/%d/%d/part %d/%d/%02d.bin",
				i/400000, i/40000%10, i/4000%10, i/400%10, i%400))
		}
		return names
	},
	"days": func(n int) (names []string) {
		at := time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range n {
			names = append(names, at.Add(time.Duration(i)*7*time.Minute).
				Format("tenant/2006/01/02/15/0405.json"))
		}
		return names
	},
	"words": func(n int) (names []string) {
		g := rand.New(rand.NewPCG(1, 3))
		for len(names) < n {
			dir := "shop/" + word(g) + "-" + word(g) + "/"
			for range 1 + g.IntN(600) {
				names = append(names, dir+word(g)+"/"+word(g)+".txt")
			}
		}
		return names
	},
	"one huge among small": func(n int) (names []string) {
		for i := range n / 8 {
			names = append(names, fmt.Sprintf("a%04d/x", i), fmt.Sprintf("z%04d/x", i))
		}
		for i := range n - 2*len(names) {
			names = append(names, fmt.Sprintf("huge/%x.dat", i*7919))
		}
		return names
	},
	"small directories": func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("users/%06x/%d", i/3*7919%0x1000000, i%3))
		}
		return names
	},
}

func word(g *rand.Rand) string {
	w := make([]byte, 2+g.IntN(7))
	for i := range w {
		w[i] = "eeeettaaooiinnsshhrrddlucmfywgpbvkxqjz"[g.IntN(38)]
	}
	return string(w)
}

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

// oddPieces are pieces of names that sort in surprising places, or are no legal names.
var oddPieces = []string{
	"a", "a/", "a-", "a0", "a/b", "a//b", "/", "//", "-", ".", "0", "00", "9", "A", "~", "é", "日",
	"日本", "\U0001F600", "\uE000", "\uFFFD", "\x01", "\x7f", "\\", "\xff", "\x80", "%2F", " ", "+",
	"z", "zz", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
}

// randomTree returns up to n names.
func randomTree(g *rand.Rand, n int) []string {
	var names []string
	kind, depth := g.IntN(4), 1+g.IntN(6)
	for range 1 + g.IntN(n) {
		var s strings.Builder
		for i := range depth {
			if i > 0 && g.IntN(8) > 0 {
				s.WriteByte('/')
			}
			switch kind {
			case 0:
				s.WriteString(oddPieces[g.IntN(len(oddPieces))])
			case 1:
				fmt.Fprintf(&s, "%02d", g.IntN(30))
			case 2:
				s.WriteString(word(g))
			default:
				s.WriteByte("abcdefgh"[g.IntN(1+g.IntN(8))])
			}
		}
		names = append(names, s.String())
	}
	return names
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

// randomOptions returns a directory of the names, or "", and options.
func randomOptions(g *rand.Rand, names []string) (dir string, o files.ListOptions) {
	o = files.ListOptions{Foreign: g.IntN(2) == 0, PageSize: g.IntN(3) * g.IntN(20)}
	some := names[g.IntN(len(names))]
	if i := strings.IndexByte(some, '/'); i > 0 && g.IntN(3) == 0 &&
		files.CheckName(some[:i]) == nil {
		dir = some[:i]
	}
	if g.IntN(3) == 0 {
		o.StartAfter = some[:g.IntN(len(some)+1)] + oddPieces[g.IntN(len(oddPieces))]
	}
	if g.IntN(6) == 0 {
		o.Prefix = some[:g.IntN(min(4, len(some)+1))]
	}
	return dir, o
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

// TestParallelEnds: an error, a cancelled context, the end of the loop and a panic in it
// end the listing, after a part of what a plain listing yields, and no goroutine is
// left, whenever they happen. (A goroutine that is left fails synctest.)
func TestParallelEnds(t *testing.T) {
	names := shapes["deep"](1500)
	boom := errors.New("boom")
	for at := 0; at < 110; at += longtest.N(t, 4, 1) {
		for how, end := range map[string]func(p *paged, cancel func()) error{
			"error": func(p *paged, _ func()) error {
				p.request = func(n int64) error {
					if n == int64(at) {
						return boom
					}
					return nil
				}
				return boom
			},
			"cancel": func(p *paged, cancel func()) error {
				p.request = func(n int64) error {
					if n == int64(at) {
						cancel()
					}
					return nil
				}
				return context.Canceled
			},
		} {
			synctest.Test(t, func(t *testing.T) {
				p := newPaged(15, names...)
				p.latency = time.Second
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				want := end(p, cancel)
				got, err := listing(ctx, driver.New(p), "", files.ListOptions{Parallel: 8})
				if len(got) > len(p.names) || !slices.Equal(got, p.names[:len(got)]) {
					t.Errorf("%s at %d: wrong names", how, at)
				}
				reached := at > 0 && p.requests.Load() >= int64(at)
				if len(got) < len(p.names) && !errors.Is(err, want) ||
					err != nil && !(reached && errors.Is(err, want)) {
					t.Errorf("%s at %d: %d names of %d, %v", how, at, len(got), len(p.names), err)
				}
			})
		}
	}
}

// TestParallelStops: when the loop ends early, or panics, all goroutines have ended.
func TestParallelStops(t *testing.T) {
	names := shapes["deep"](1500)
	for at := 0; at < 1500; at += longtest.N(t, 53, 7) {
		for _, panics := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				p := newPaged(15, names...)
				p.latency = time.Second
				defer func() {
					if r := recover(); panics != (r == "mine") {
						t.Errorf("at %d: panic %v", at, r)
					}
					before := p.requests.Load()
					time.Sleep(time.Hour)
					if p.requests.Load() != before {
						t.Error("requests after the end")
					}
				}()
				n := 0
				for _, err := range driver.New(p).List(t.Context(), "",
					&files.ListOptions{Parallel: 8}) {
					if err != nil {
						t.Fatal(err)
					}
					if n++; n > at {
						if panics {
							panic("mine")
						}
						break
					}
				}
			})
		}
	}
}

// TestParallelPanic: a panic of the backend reaches the caller, whichever goroutine it
// happens in.
func TestParallelPanic(t *testing.T) {
	for at := int64(1); at < 60; at += 3 {
		synctest.Test(t, func(t *testing.T) {
			p := newPaged(15, shapes["deep"](1500)...)
			p.latency = time.Second
			p.request = func(n int64) error {
				if n == at {
					panic("theirs")
				}
				return nil
			}
			defer func() {
				if r := recover(); r != "theirs" {
					t.Errorf("at %d: %v", at, r)
				}
			}()
			listing(t.Context(), driver.New(p), "", files.ListOptions{Parallel: 8})
		})
	}
}

// TestParallelPanicUnneeded: so does one in a section of which nothing was needed, if the
// loop ends before.
func TestParallelPanicUnneeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPaged(15, shapes["flat, numbered"](1500)...)
		p.latency = time.Second
		p.request = func(n int64) error {
			if n == 12 {
				panic("theirs")
			}
			return nil
		}
		defer func() {
			if r := recover(); r != "theirs" {
				t.Errorf("recovered %v", r)
			}
		}()
		n := 0
		for _, err := range driver.New(p).List(t.Context(), "", &files.ListOptions{Parallel: 8}) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 100 { // sections are being listed
				time.Sleep(time.Hour)
				break
			}
		}
		t.Errorf("no panic after %d names", n)
	})
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

// endsLate is a store whose listing from the beginning ends some time after its last name.
type endsLate struct{ *paged }

func (l endsLate) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	if req.Shallow || req.StartAfter != "" {
		return l.paged.List(ctx, req)
	}
	return func(yield func(files.Entry, error) bool) {
		for _, name := range l.names {
			if !yield(files.Entry{Name: name}, nil) {
				return
			}
		}
		time.Sleep(10 * l.latency)
	}
}

// TestParallelEndsLate: a listing that ends while it is divided before its last names
// yields these once.
func TestParallelEndsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var names []string
		for i := range 96 {
			names = append(names, fmt.Sprintf("d%02d/%02d", i/32, i%32))
		}
		p := newPaged(16, append(names, "d90/x", "d90/y")...)
		p.latency = time.Second
		got, err := listing(t.Context(), driver.New(endsLate{p}), "",
			files.ListOptions{Parallel: 8})
		if err != nil || !slices.Equal(got, p.names) {
			t.Errorf("%d names, %v, want %d; the last are %q", len(got), err, len(p.names),
				got[max(0, len(got)-3):])
		}
		if p.requests.Load() < 2 {
			t.Errorf("%d requests: the listing wasn't divided", p.requests.Load())
		}
	})
}
