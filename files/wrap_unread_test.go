package files_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/unread"
)

// unreadAt is a bucket of a hundred files "d/00" to "d/99". A folder just before "d/55"
// can't be read.
func unreadAt(t *testing.T) files.Bucket {
	t.Helper()
	b := mem.New(nil)
	for i := range 100 {
		if _, err := files.PutString(ctx, b, fmt.Sprintf("d/%02d", i), "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	return unread.At(b, "d/54-", files.ErrPermission)
}

// TestWrapReportsUnreadFolder: a listing through a wrapper that maps names, or leaves some out,
// reports what can't be read as the bucket below does: after the last entry that Limit
// allows, if it lies before that entry (L9).
func TestWrapReportsUnreadFolder(t *testing.T) {
	below := unreadAt(t)
	sub, err := files.Sub(below, "d")
	if err != nil {
		t.Fatal(err)
	}
	few := func(c *files.Call, e files.Entry) bool { return strings.HasSuffix(e.Name, "0") }
	one := func(c *files.Call, e files.Entry) bool { return strings.HasSuffix(e.Name, "77") }
	for _, tt := range []struct {
		what   string
		b      files.Bucket
		limit  int
		want   int
		unread string // "" is none
	}{
		{"below", below, 55, 55, ""},
		{"below", below, 56, 56, "d/54-"},
		{"sub", sub, 0, 100, "54-"},
		{"sub", sub, 55, 55, ""},
		{"sub", sub, 56, 56, "54-"},
		{"sub", sub, 100, 100, "54-"},
		{"sub", sub, 200, 100, "54-"},
		{"few", files.Wrap(below, files.Hooks{Entry: few}), 6, 6, ""},
		{"few", files.Wrap(below, files.Hooks{Entry: few}), 7, 7, "d/54-"},
		{"few", files.Wrap(below, files.Hooks{Entry: few}), 20, 10, "d/54-"},
		{"one", files.Wrap(below, files.Hooks{Entry: one}), 1, 1, "d/54-"},
		{"few of sub", files.Wrap(sub, files.Hooks{Entry: few}), 7, 7, "54-"},
	} {
		got, last := unread.List(t, tt.b, &files.ListOptions{Limit: tt.limit})
		name := ""
		var fe *files.Error
		if errors.As(last, &fe) {
			name = fe.Name
		}
		if len(got) != tt.want || name != tt.unread || last != nil && !errors.Is(last,
			files.ErrPermission) {
			t.Errorf("%s, %d: %d entries, then %v", tt.what, tt.limit, len(got), last)
		}
	}
}

// TestWrapLimitOnce: a wrapper that leaves out nothing lists once, with the limit.
func TestWrapLimitOnce(t *testing.T) {
	var limits []int
	counted := files.Wrap(unreadAt(t), files.Hooks{List: func(
		ctx context.Context, c *files.Call, o files.ListOptions,
		next func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
	) iter.Seq2[files.Entry, error] {
		limits = append(limits, o.Limit)
		return next(ctx, o)
	}})
	sub, err := files.Sub(counted, "d")
	if err != nil {
		t.Fatal(err)
	}
	for range sub.List(ctx, "", &files.ListOptions{Limit: 7}) {
	}
	if !slices.Equal(limits, []int{7}) {
		t.Errorf("listings below, by their limits: %v", limits)
	}
}
