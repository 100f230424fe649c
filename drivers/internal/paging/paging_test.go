package paging_test

import (
	"errors"
	"fmt"
	"testing"

	"cloudfiles.dev/drivers/internal/paging"
	"cloudfiles.dev/files"
)

// TestNextFindsCycles: tokens that repeat are an error after at most a few rounds, however
// long the cycle and what is before it are; tokens that don't repeat are none.
func TestNextFindsCycles(t *testing.T) {
	for before := range 20 {
		for cycle := 1; cycle <= 20; cycle++ {
			var r paging.Run
			var err error
			n := 0
			for ; err == nil && n < 200; n++ {
				at := n
				if n >= before {
					at = before + (n-before)%cycle
				}
				err = r.Next(fmt.Sprint("t", at), false, "token")
			}
			if !errors.Is(err, files.ErrUnavailable) {
				t.Errorf("%d tokens before a cycle of %d: %v after %d pages, want ErrUnavailable",
					before, cycle, err, n)
			}
		}
	}
	var r paging.Run
	for n := range 10_000 {
		if err := r.Next(fmt.Sprint("t", n), false, "token"); err != nil {
			t.Fatalf("page %d: %v, want nil", n, err)
		}
	}
}

// TestNextCountsEmptyPages: MaxEmpty empty pages in a row are right, and one more is an
// error; a page with an entry begins the count again.
func TestNextCountsEmptyPages(t *testing.T) {
	var r paging.Run
	n := 0
	next := func(empty bool) error { n++; return r.Next(fmt.Sprint("t", n), empty, "token") }
	for round := range 2 {
		for range paging.MaxEmpty {
			if err := next(true); err != nil {
				t.Fatalf("round %d, page %d: %v, want nil", round, n, err)
			}
		}
		if round == 0 {
			if err := next(false); err != nil {
				t.Fatalf("a page with an entry: %v, want nil", err)
			}
		}
	}
	if err := next(true); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("%d empty pages: %v, want ErrUnavailable", paging.MaxEmpty+1, err)
	}
}
