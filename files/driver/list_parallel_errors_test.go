package driver_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// partial is a store whose listing of a name comes with an error and ends there.
type partial struct {
	*paged
	at    string
	alone bool // the error comes after the entry, without one
	err   error
}

func (p *partial) List(ctx context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		for e, err := range p.paged.List(ctx, req) {
			switch at := e.Name+e.Key == p.at; {
			case at && !p.alone:
				yield(e, p.err)
				return
			case !yield(e, err) || err != nil:
				return
			case at:
				yield(files.Entry{}, p.err)
				return
			}
		}
	}
}

// TestParallelPartial: an error that comes with an entry, or after one, follows all
// entries up to that one, wherever the listing is divided (L9). A loop that ends at the
// last entry gets no error.
func TestParallelPartial(t *testing.T) {
	names := shapes["deep"](1500)
	boom := errors.New("boom")
	for at := 3; at < len(names); at += 61 {
		for _, alone := range []bool{false, true} {
			for _, stops := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					p := &partial{
						paged: newPaged(15, names...),
						alone: alone,
						err:   boom,
					}
					p.latency = time.Second
					p.at = p.names[at]
					var got []string
					var end error
					for e, err := range driver.New(p).List(t.Context(), "",
						&files.ListOptions{Parallel: 8}) {
						if end != nil {
							t.Errorf("at %d: %+v, %v after the error", at, e, err)
						}
						if end = err; err != nil {
							continue
						}
						got = append(got, e.Name)
						if stops && e.Name == p.at {
							break
						}
					}
					if !slices.Equal(got, p.names[:at+1]) {
						t.Errorf("at %d: %d names, want %d", at, len(got), at+1)
					}
					if stops != (end == nil) || !stops && !errors.Is(end, boom) {
						t.Errorf("at %d, alone %v, stops %v: %v", at, alone, stops, end)
					}
				})
			}
		}
	}
}

// TestParallelPartialForeign: an error that comes with an object outside the naming rule
// is yielded without that object, unless such objects are wanted.
func TestParallelPartialForeign(t *testing.T) {
	names := shapes["deep"](1500)
	boom := errors.New("boom")
	for at := 3; at < len(names); at += 211 {
		for _, wanted := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				foreign := names[at] + "\n"
				p := &partial{
					paged: newPaged(15, append(slices.Clone(names), foreign)...),
					at:    foreign,
					err:   boom,
				}
				p.latency = time.Second
				n, _ := slices.BinarySearch(p.names, foreign)
				want := slices.Clone(p.names[:n])
				if wanted {
					want = append(want, foreign)
				}
				got, err := listing(t.Context(), driver.New(p), "",
					files.ListOptions{Parallel: 8, Foreign: wanted})
				if !slices.Equal(got, want) || !errors.Is(err, boom) {
					t.Errorf("at %d, wanted %v: %d names, %v, want %d and boom", at, wanted,
						len(got), err, len(want))
				}
			})
		}
	}
}

// TestParallelFrom: the store is asked once whether it can list from the latest name, and
// never from a key that is no name.
func TestParallelFrom(t *testing.T) {
	for _, raw := range []int{0, 5} {
		var names []string
		for i := range 60 {
			name := fmt.Sprintf("f%02d", i)
			if i >= 29 && i < 29+raw {
				name += "//" // no legal name
			}
			names = append(names, name)
		}
		p := newPaged(10, names...)
		p.notFrom = true
		got, err := listing(t.Context(), driver.New(p), "", files.ListOptions{
			Parallel: 8,
			Foreign:  true,
		})
		if want := fmt.Sprintf("f%02d", 29+raw); err != nil || len(got) != 60 ||
			len(p.from) != 1 || p.from[0] != want {
			t.Errorf("%d raw keys: %d names, %v, asked from %q, want %s", raw, len(got), err,
				p.from, want)
		}
	}
}

// TestParallelWithoutPages: a backend that says that its listings are never divided gets
// one plain listing, whatever the options ask for.
func TestParallelWithoutPages(t *testing.T) {
	names := shapes["flat, numbered"](500)
	for _, most := range []int{0, -1} {
		p := &pageless{newPaged(10, names...), most}
		p.latency = 0
		got, err := listing(t.Context(), driver.New(p), "", files.ListOptions{Parallel: 8})
		if err != nil || !slices.Equal(got, p.names) || p.requests.Load() != 50 ||
			p.max.Load() != 1 {
			t.Errorf("%d: %d names, %v, %d requests", most, len(got), err, p.requests.Load())
		}
	}
}

// pageless is a store that tells no size of its pages.
type pageless struct {
	*paged
	most int
}

func (p *pageless) ListPage() int { return p.most }
