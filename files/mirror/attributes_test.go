package mirror_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestAttributesBetween: if another process puts the same bytes with other attributes
// while the second is written, the second gets those too, although the version is the same
// on a store whose versions are those of the bytes.
func TestAttributesBetween(t *testing.T) {
	with := func(v string) *files.PutOptions {
		return &files.PutOptions{
			Attributes: files.Attributes{Metadata: map[string]string{"Of": v}},
		}
	}
	for _, content := range []io.Reader{
		strings.NewReader("same"),
		io.MultiReader(strings.NewReader("same")),
	} {
		first, second := mem.New(nil), mem.New(nil)
		done := false
		b := of(t, first, files.Wrap(second, files.Hooks{
			Around: func(ctx context.Context, c *files.Call,
				next func(context.Context) error) error {
				err := next(ctx)
				if c.Op == files.OpPut && !done {
					done = true
					if _, err := files.PutString(ctx, first, "a", "same",
						with("theirs")); err != nil {
						t.Error(err)
					}
				}
				return err
			},
		}))
		_, err := b.Put(t.Context(), "a", content, with("mine"))
		is(t, err, nil)
		equal(t, first, second)
	}
}
