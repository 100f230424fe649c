package overlay_test

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
	"cloudfiles.dev/files/driver"
)

// unreading has a folder that can't be read, which a listing of what it is in reports at
// its end (L9).
type unreading struct {
	files.Bucket
	folder string
}

func (b unreading) List(ctx context.Context, dir string,
	o *files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		for e, err := range b.Bucket.List(ctx, dir, o) {
			if !yield(e, err) {
				return
			}
		}
		if strings.HasPrefix(b.folder, dir) {
			yield(files.Entry{}, driver.NewError(files.OpList, b.folder, files.ErrPermission))
		}
	}
}

// TestUnreadWithLimit: a folder that can't be read ends no listing with a limit before
// the limit is reached, also if the first entries of its member are masked (L9).
func TestUnreadWithLimit(t *testing.T) {
	for _, shallow := range []bool{false, true} {
		lower := mem.New(nil)
		b := over(t, white, mem.New(nil), unreading{lower, "closed"})
		var want []string
		for i := range 10 {
			name := fmt.Sprint("f", i)
			put(t, lower, name, "below")
			if i < 5 {
				is(t, b.Delete(t.Context(), name, nil), nil)
			} else {
				want = append(want, name)
			}
		}
		for limit := range 7 {
			var got []string
			var unread []error
			for e, err := range b.List(t.Context(), "", &files.ListOptions{
				Limit:   limit,
				Shallow: shallow,
			}) {
				if err != nil {
					unread = append(unread, err)
				} else {
					got = append(got, e.Name)
				}
			}
			some := want
			if limit > 0 {
				some = want[:min(limit, len(want))]
			}
			if !slices.Equal(got, some) || len(unread) != 1 ||
				!errors.Is(unread[0], files.ErrPermission) {
				t.Errorf("limit %d: %q, %v, want %q and one ErrPermission", limit, got, unread,
					some)
			}
		}
	}
}

// TestUnreadInMaskedDirectory: a directory of the first member in which all files are
// masked, and a folder can't be read, ends no shallow listing (L9).
func TestUnreadInMaskedDirectory(t *testing.T) {
	upper, lower := mem.New(nil), mem.New(nil)
	b := over(t, white, unreading{upper, "d/closed"}, lower)
	put(t, lower, "d/a", "below")
	is(t, b.Delete(t.Context(), "d/a", nil), nil)
	put(t, lower, "e/a", "below")
	put(t, lower, "f", "below")
	var got []string
	var last error
	for e, err := range b.List(t.Context(), "", &files.ListOptions{Shallow: true}) {
		if last = err; err == nil {
			got = append(got, e.Name)
		}
	}
	if !slices.Equal(got, []string{"e/", "f"}) || !errors.Is(last, files.ErrPermission) {
		t.Errorf("List = %q, %v, want e/, f and ErrPermission", got, last)
	}
}
