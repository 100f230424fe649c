package conformance

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"cloudfiles.dev/files"
)

// listUnreadable lists a store of which a directory can't be read (L9).
func listUnreadable(t T, h *H) {
	if h.harness.Unreadable == nil {
		t.Skipf("the harness has no Unreadable")
	}
	readable := []string{"a/1", "z/1", "z/2"}
	puts(t, h, append([]string{"m/1", "m/2", "m/n/3"}, readable...)...)
	b := h.harness.Unreadable(t, h.Bucket, "m")
	if b == nil {
		t.Fatalf("the harness is wrong: Unreadable returned nil")
	}
	t.Cleanup(func() { b.Close() })

	for _, o := range []files.ListOptions{{}, {PageSize: 1}, {NamesOnly: true}, {Limit: 3}} {
		wantUnread(t, b, "", &o, "m", readable...)
	}
	wantUnread(t, b, "", &files.ListOptions{Limit: 2}, "m", "a/1", "z/1")
	wantUnread(t, b, "m", nil, "m")
	same(t, "what lies before it", list(t, b, "", &files.ListOptions{Limit: 1}), readable[:1])
	same(t, "what lies behind it", list(t, b, "", &files.ListOptions{StartAfter: "y"}),
		readable[1:])
	same(t, "what lies beside it", list(t, b, "z", nil), readable[1:])

	sub, err := files.Sub(b, "z")
	if err != nil {
		t.Fatalf("Sub: %v", err)
	}
	same(t, "a sub-bucket beside it", list(t, sub, "", nil), []string{"1", "2"})

	var all []files.Entry
	var told error
	for token := "-"; token != ""; {
		if token == "-" {
			token = ""
		}
		var page []files.Entry
		page, token, err = files.ListPage(t.Context(), b, "", token, 2, nil)
		if err != nil {
			told = err
		}
		if all = append(all, page...); len(all) > len(readable) || len(page) == 0 {
			break
		}
	}
	same(t, "names by pages", entryNames(all), readable)
	wantNamed(t, "ListPage", told, "m")
	same(t, "what everybody may read", len(list(t, h, "", nil)), len(readable)+3)
}

func entryNames(entries []files.Entry) (names []string) {
	for _, e := range entries {
		names = append(names, e.Name)
	}
	return names
}

// wantUnread wants these entries of a listing, and then one error that names what can't
// be read.
func wantUnread(t T, b files.Bucket, dir string, o *files.ListOptions, unread string,
	want ...string) {
	t.Helper()
	got, failed := []string{}, error(nil)
	for e, err := range b.List(t.Context(), dir, o) {
		if failed != nil {
			t.Errorf("List(%s, %s) goes on after its error", quote(dir), listText(o))
			return
		}
		if failed = err; err == nil {
			got = append(got, e.Name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("List(%s, %s) with something that can't be read: %q before the error %s, want %q",
			quote(dir), listText(o), got, errText(failed), want)
	}
	wantNamed(t, "List("+quote(dir)+", "+listText(o)+")", failed, unread)
}

// wantNamed wants an error that names a directory, or something in it.
func wantNamed(t T, what string, err error, dir string) {
	t.Helper()
	var e *files.Error
	if !errors.As(err,
		&e) || files.KindOf(err) == nil || e.Name != dir && !strings.HasPrefix(e.Name, dir+"/") {
		t.Errorf("%s: got %s, want an error of a kind that names %s, which can't be read",
			what, errText(err), quote(dir))
	}
}

// wrapperUnread lists over a bucket that tells, behind its entries, of something that
// can't be read.
func wrapperUnread(t T, h *H) {
	if !h.Features().Ordered {
		t.Skipf("without an order nothing lies before or behind what can't be read")
	}
	first, _ := h.below(t, "d/a")
	second, _ := h.below(t, "d/b")
	third, _ := h.below(t, "d/c")
	if first == "" || second <= first || third <= second {
		t.Skipf("the wrapper stores something else than a file a name, in another order")
	}
	u := h.under(t)
	inner := files.Wrap(u.inner, files.Hooks{List: unreadBehind(first)})
	outer := h.harness.under.wrapped(t, inner)
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
		same(t, "entries of a listing "+listText(o), got, want)
		if limit == 1 {
			same(t, "the error of what lies behind the last entry", failed, nil)
			continue
		}
		wantErr(t, "a listing "+listText(o)+" of what can't be read in part", failed,
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
