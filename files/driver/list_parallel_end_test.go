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

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

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
