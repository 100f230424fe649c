package wrappers

import (
	"context"
	"iter"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/files"
)

// wrapperUnread lists over a bucket that tells, behind its entries, of something that
// can't be read.
func wrapperUnread(t suite.T, h *suite.H) {
	if !h.Features().Ordered {
		t.Skipf("without an order nothing lies before or behind what can't be read")
	}
	first, _ := putBelow(t, h, "d/a")
	second, _ := putBelow(t, h, "d/b")
	third, _ := putBelow(t, h, "d/c")
	if first == "" || second <= first || third <= second {
		t.Skipf("the wrapper stores something else than a file a name, in another order")
	}
	u := under(t, h)
	inner := files.Wrap(u.inner, files.Hooks{List: unreadBehind(first)})
	outer := under(t, h).by.wrapped(t, inner)
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
			check.Same(t, "the error of what lies behind the last entry", failed, nil)
			continue
		}
		check.WantErr(t, "a listing "+check.ListText(o)+" of what can't be read in part", failed,
			files.ErrPermission)
	}
}

// unreadBehind is a hook for listings that meet something behind a name that can't be
// read.
func unreadBehind(name string) func(
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
				unread := files.Errorf(files.ErrPermission, "the folder cannot be read")
				yield(files.Entry{}, files.NewError(files.OpList, name+"-", unread))
			}
		}
	}
}
