package retry_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/retry"
)

// TestOutermostBounds: of several policies, one above the other, a failing call makes at
// most as many requests as the outermost allows, whatever the others allow.
func TestOutermostBounds(t *testing.T) {
	for _, attempts := range [][]int{ // the outermost first
		{5, 5}, {2, 5}, {1, 5}, {5, 2}, {5, 1}, {0, 9}, {4, 1, 3}, {3, 7, 5}, {2, 0, 0, 0},
	} {
		t.Run(fmt.Sprint(attempts), func(t *testing.T) {
			requests := 0
			b := files.Wrap(mem.New(nil), files.Hooks{Around: func(context.Context, *files.Call,
				func(context.Context) error) error {
				requests++
				return files.ErrUnavailable
			}})
			for _, n := range slices.Backward(attempts) {
				b = retry.Wrap(b, &retry.Policy{Attempts: n, Delay: 1})
			}
			most := attempts[0]
			if most == 0 {
				most = retry.DefaultAttempts
			}
			for what, call := range map[string]func() error{
				"Stat": func() error { _, err := b.Stat(t.Context(), "a", nil); return err },
				"Put": func() error {
					_, err := files.PutString(t.Context(), b, "a", "x", nil)
					return err
				},
				"Delete": func() error { return b.Delete(t.Context(), "a", nil) },
				"List": func() (last error) {
					for _, err := range b.List(t.Context(), "", nil) {
						last = err
					}
					return last
				},
				"DeleteMany": func() error {
					_, err := files.DeleteMany(t.Context(), b, slices.Values([]string{"a", "b"}))
					return err
				},
			} {
				requests = 0
				err := call()
				if files.KindOf(err) != files.ErrUnavailable || requests > most || requests == 0 {
					t.Errorf("%s: %d requests, want at most %d; %v", what, requests, most, err)
				}
				if n := retry.Attempts(err); n > 0 && n != requests {
					t.Errorf("%s: the error has %d attempts, and %d were made", what, n, requests)
				}
			}
			if n := strings.Count(fmt.Sprint(files.Layers(b)), "retry "); n != len(attempts) {
				t.Errorf("Layers shows %d policies: %q", n, files.Layers(b))
			}
		})
	}
	// A policy that isn't below a Wrap keeps its own number.
	n := 0
	err := (&retry.Policy{Attempts: 7, Delay: time.Nanosecond}).Do(t.Context(),
		func(context.Context, int) error { n++; return files.ErrUnavailable })
	if n != 7 || retry.Attempts(err) != 7 {
		t.Errorf("%d attempts, %v", n, err)
	}
}
