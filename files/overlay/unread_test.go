package overlay_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/internal/unread"
)

// TestUnreadFolderBesideMaskedEntries: a folder that can't be read ends no listing with a
// limit before the limit is reached, also if the first entries of its member are masked
// (L9).
func TestUnreadFolderBesideMaskedEntries(t *testing.T) {
	lower := mem.New(nil)
	b := over(t, white, mem.New(nil), unread.At(lower, "closed", files.ErrPermission))
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
	unread.WantLimits(t, b, want...)
}

// TestUnreadInMaskedDirectory: a directory of the first member in which all files are
// masked, and a folder can't be read, ends no shallow listing (L9).
func TestUnreadInMaskedDirectory(t *testing.T) {
	upper, lower := mem.New(nil), mem.New(nil)
	b := over(t, white, unread.At(upper, "d/closed", files.ErrPermission), lower)
	put(t, lower, "d/a", "below")
	is(t, b.Delete(t.Context(), "d/a", nil), nil)
	put(t, lower, "e/a", "below")
	put(t, lower, "f", "below")
	got, last := unread.List(t, b, &files.ListOptions{Shallow: true})
	if !slices.Equal(got, []string{"e/", "f"}) || !errors.Is(last, files.ErrPermission) {
		t.Errorf("List = %q, %v, want e/, f and ErrPermission", got, last)
	}
}
