package retry_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/unread"
	"cloudfiles.dev/files/retry"
)

// TestRetryKeepsUnreadError: a listing reports at its end a file that it couldn't read
// (L9). A retry doesn't lose that error, of whatever kind, and an error after the last
// entry that Limit allows is kept.
func TestRetryKeepsUnreadError(t *testing.T) {
	ctx := context.Background()
	b := mem.New(nil)
	names := []string{"a", "z1", "z2"}
	for _, name := range names {
		if _, err := files.PutString(ctx, b, name, "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	listings := 0
	closed := unread.At(b, "m", files.ErrUnavailable)
	below := files.Wrap(closed, files.Hooks{List: func(
		ctx context.Context, c *files.Call, o files.ListOptions,
		next func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
	) iter.Seq2[files.Entry, error] {
		listings++
		return next(ctx, o)
	}})
	policy := &retry.Policy{}
	for _, limit := range []int{0, 2, 3} {
		want := names
		if limit > 0 {
			want = names[:limit]
		}
		listings = 0
		got, last := unread.List(t, retry.Wrap(below, policy), &files.ListOptions{Limit: limit})
		var fe *files.Error
		if !slices.Equal(got, want) || !errors.As(last, &fe) || fe.Name != "m" || listings != 1 {
			t.Errorf("limit %d: %q, then %v, in %d listings", limit, got, last, listings)
		}
	}
}
