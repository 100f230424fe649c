// Package unread is for tests of code that passes listings on. It makes buckets with a
// folder that can't be read (L9), and checks what a listing of such a bucket yields.
package unread

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// At returns the bucket with a folder of that name that can't be read. A listing reports
// it as a driver does: an error of that kind comes after the last entry, unless Limit ends
// the listing before it reaches the folder.
func At(b files.Bucket, folder string, kind error) files.Bucket {
	list := func(
		ctx context.Context, c *files.Call, o files.ListOptions,
		next func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
	) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			n, last := 0, ""
			for e, err := range next(ctx, o) {
				n++
				if last = e.Name; !yield(e, err) || err != nil {
					return
				}
			}
			reached := o.Limit == 0 || n < o.Limit || last > folder
			if reached && o.StartAfter < folder && strings.HasPrefix(folder, c.Name) {
				refused := driver.Errorf(kind, "the folder can't be read")
				yield(files.Entry{}, driver.NewError(files.OpList, folder, refused))
			}
		}
	}
	return files.Wrap(b, files.Hooks{List: list, CloseInner: true})
}

// List lists the whole bucket. It returns the names, and the error that comes after them;
// an entry after an error fails the test.
func List(t testing.TB, b files.Bucket, o *files.ListOptions) (names []string, last error) {
	t.Helper()
	for e, err := range b.List(t.Context(), "", o) {
		if last != nil {
			t.Errorf("List yields %q, %v after the error %v", e.Name, err, last)
		}
		if last = err; err == nil {
			names = append(names, e.Name)
		}
	}
	return names, last
}

// WantLimits checks that listings of the bucket yield the names, as many as Limit allows,
// and then ErrPermission. The names are directly below the root, and come after the folder
// that can't be read, so each Limit reaches it.
func WantLimits(t testing.TB, b files.Bucket, names ...string) {
	t.Helper()
	for _, shallow := range []bool{false, true} {
		for limit := range len(names) + 2 {
			want := names
			if limit > 0 {
				want = names[:min(limit, len(names))]
			}
			got, err := List(t, b, &files.ListOptions{Limit: limit, Shallow: shallow})
			if !slices.Equal(got, want) || !errors.Is(err, files.ErrPermission) {
				t.Errorf("List with limit %d, shallow %v = %q, %v, want %q and ErrPermission",
					limit, shallow, got, err, want)
			}
		}
	}
}
