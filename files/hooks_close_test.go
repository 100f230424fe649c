package files_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestErrorOfACloseBelowHooks: a hook that closes the body which it was given gets the
// error of the body, also through the replaced body of a wrapper below.
func TestErrorOfACloseBelowHooks(t *testing.T) {
	closes := 0
	below := files.Wrap(&answering{mem.New(nil), func(ctx context.Context,
		_ files.GetOptions) (*files.Reader, error) {
		return bodyOf(ctx, failingClose{strings.NewReader("text"), &closes}, 0), nil
	}}, files.Hooks{Body: func(_ context.Context, _ *files.Call, r io.Reader) io.Reader {
		return readerFunc(r.Read)
	}})
	b := files.Wrap(below, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			if err := body.(io.Closer).Close(); !errors.Is(err, errBroken) {
				t.Errorf("Close of the body = %v, want its error", err)
			}
			return nil
		},
	})
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Close(); closes != 1 {
		t.Errorf("the body was closed %d times, want once", closes)
	}
}
