package mirror_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestWriteBetween: if another process writes to the first while the second is written, the
// second gets that content too.
func TestWriteBetween(t *testing.T) {
	for _, content := range []io.Reader{
		strings.NewReader("mine"),
		io.MultiReader(strings.NewReader("mine")),
		nil, // a Delete
	} {
		first, second := mem.New(nil), mem.New(nil)
		left := 2
		b := of(t, first, files.Wrap(second, files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				err := next(ctx)
				if left--; c.Op.Writes() && left >= 0 {
					text := strings.Repeat("theirs", left+1)
					if _, err := files.PutString(ctx, first, "a", text, nil); err != nil {
						t.Error(err)
					}
				}
				return err
			},
		}))
		var err error
		if content == nil {
			err = b.Delete(t.Context(), "a", nil)
		} else {
			_, err = b.Put(t.Context(), "a", content, nil)
		}
		is(t, err, nil)
		equal(t, first, second)
		if got, err := files.ReadString(t.Context(), second, "a",
			nil); got != "theirs" || err != nil {
			t.Errorf("the second has %q, %v", got, err)
		}
	}
}
