package all

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/watch"
)

// TestWatch: on every service a change, a deletion and a return with the same content
// are reported once, a report that the function failed on is repeated, and only Gets
// are sent.
func TestWatch(t *testing.T) {
	for name, store := range newStores {
		t.Run(name, func(t *testing.T) {
			b := open(t, store(t))
			put := func(text string) func() error {
				return func() error {
					_, err := files.PutString(t.Context(), b, "d/a", text, nil)
					return err
				}
			}
			// each is done after another call of the function
			steps := []func() error{
				func() error { return errors.New("the function's own") },
				put("two"),
				func() error { return b.Delete(t.Context(), "d/a", nil) },
				put("two"),
				put(""),
				func() error { return watch.Stop },
			}
			if err := put("one")(); err != nil {
				t.Fatal(err)
			}
			ops := &operations{n: map[files.Op]int{}}
			seen, looks := []string{}, files.Wrap(b, files.Hooks{Around: ops.around})
			err := watch.File(t.Context(), looks, "d/a", time.Millisecond,
				func(_ context.Context, r *files.Reader) error {
					text := "-"
					if r != nil {
						content, err := io.ReadAll(r)
						if err != nil {
							return err
						}
						text = string(content)
					}
					seen = append(seen, text)
					return steps[len(seen)-1]()
				}, &watch.Options{OnError: func(err error, _ int) { t.Log(err) }})
			if want := []string{"one", "one", "two", "-", "two", ""}; err != nil ||
				!slices.Equal(seen, want) {
				t.Errorf("the reports are %q, want %q; %v", seen, want, err)
			}
			if n := ops.take(); len(n) != 1 || n[files.OpGet] < len(steps) {
				t.Errorf("the operations are %v", n)
			}
		})
	}
}
