package wrappers

import (
	"context"
	"iter"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// wrapperUnreadable lists over a bucket that reports, after its entries, an error for
// something that can't be read.
func wrapperUnreadable(t suite.T, h *suite.H) {
	if !h.Features().Ordered {
		t.Skipf("the bucket doesn't list in order, so the error may come anywhere")
	}
	first, _ := putInner(t, h, "d/a")
	second, _ := putInner(t, h, "d/b")
	third, _ := putInner(t, h, "d/c")
	if first == "" || second <= first || third <= second {
		t.Skipf("the wrapper stores more or less than one file a name, or in another order")
	}
	u := wrappedOf(t, h)
	inner := files.Wrap(u.inner, files.Hooks{List: unreadableAfter(first)})
	outer := wrappedOf(t, h).by.wrapped(t, inner)
	defer outer.Close()
	for limit, want := range map[int][]string{
		0: {"d/a", "d/b", "d/c"},
		1: {"d/a"},
		2: {"d/a", "d/b"},
		3: {"d/a", "d/b", "d/c"},
	} {
		got, failed := []string{}, error(nil)
		o := &files.ListOptions{Limit: limit}
		for e, err := range outer.List(t.Context(), "d", o) {
			if failed = err; err == nil {
				got = append(got, e.Name)
			}
		}
		check.Same(t, "entries of a listing "+check.ListText(o), got, want)
		if limit == 1 {
			check.Same(t, "the error of what comes after the last entry", failed, nil)
			continue
		}
		check.WantErr(t, "a listing "+check.ListText(o)+" that can't be read in part", failed,
			files.ErrPermission)
	}
}

// unreadableAfter returns a hook for listings with something unreadable after a name.
func unreadableAfter(name string) func(
	context.Context, *files.Call, files.ListOptions,
	func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
) iter.Seq2[files.Entry, error] {
	return func(
		ctx context.Context, c *files.Call, o files.ListOptions,
		next func(context.Context, files.ListOptions) iter.Seq2[files.Entry, error],
	) iter.Seq2[files.Entry, error] {
		return func(yield func(files.Entry, error) bool) {
			n, passed := 0, false
			for e, err := range next(ctx, o) {
				if err != nil {
					yield(e, err)
					return
				}
				passed = passed || e.Name > name && o.StartAfter <= name
				if n++; !yield(e, nil) {
					return
				}
			}
			passed = passed || o.StartAfter <= name && (o.Limit == 0 || n < o.Limit)
			if passed {
				unread := driver.Errorf(files.ErrPermission, "the folder can't be read")
				yield(files.Entry{}, driver.NewError(files.OpList, name+"-", unread))
			}
		}
	}
}
