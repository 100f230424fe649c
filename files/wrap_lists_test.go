package files_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
	"cloudfiles.dev/files/internal/unread"
)

// TestFirstUnreadFolder: of two folders that can't be read, a listing through a wrapper
// that leaves out entries reports the first one, whatever ends the listing (L9).
func TestFirstUnreadFolder(t *testing.T) {
	store := mem.New(nil)
	for i := range 100 {
		put(t, store, fmt.Sprintf("d/%02d", i), "x")
	}
	few := files.Hooks{Entry: func(_ *files.Call, e files.Entry) bool {
		return strings.HasSuffix(e.Name, "0")
	}}
	for _, c := range []struct {
		second string // the first is "d/01-"
		limit  int
		want   int
	}{
		{"d/12-", 3, 3},   // the third part ends by its own limit
		{"d/77-", 20, 10}, // the third part ends with the listing
		{"d/77-", 0, 10},
	} {
		below := unread.At(unread.At(store, "d/01-", files.ErrPermission), c.second,
			files.ErrUnavailable)
		names, err := unread.List(t, files.Wrap(below, few), &files.ListOptions{Limit: c.limit})
		e, ok := errors.AsType[*files.Error](err)
		if len(names) != c.want || !ok || e.Name != "d/01-" ||
			!errors.Is(err, files.ErrPermission) {
			t.Errorf("%+v: %d entries, then %v", c, len(names), err)
		}
	}
}

// TestDoneOfListings: Done gets the error that ended a listing, or that came at its end,
// with the number of entries before it.
func TestDoneOfListings(t *testing.T) {
	store := mem.New(nil)
	for _, name := range []string{"a", "b", "c"} {
		put(t, store, name, "x")
	}
	hides := &files.Transform{Info: func(_ *files.Call, i files.Info) (files.Info, error) {
		if i.Name == "b" {
			return i, driver.Errorf(files.ErrCorrupt, "no key")
		}
		return i, nil
	}}
	refuses := func(context.Context, *files.Call, func(context.Context) error) error {
		return errBroken
	}
	for what, c := range map[string]struct {
		b     files.Bucket
		hooks files.Hooks
		want  error
		n     int64
	}{
		"an entry that can't be shown": {store, files.Hooks{Transform: hides}, files.ErrCorrupt, 2},
		"broken":                       {&failingList{store}, files.Hooks{}, errBroken, 1},
		"whole":                        {store, files.Hooks{}, nil, 3},
		"refused":                      {store, files.Hooks{Around: refuses}, errBroken, 0},
	} {
		calls := 0
		c.hooks.Done = func(_ context.Context, _ *files.Call, n int64, err error) {
			calls++
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || n != c.n {
				t.Errorf("%s: Done gets %d, %v, want %d, %v", what, n, err, c.n, c.want)
			}
		}
		err := listing(files.Wrap(c.b, c.hooks), "", files.ListOptions{})
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || calls != 1 {
			t.Errorf("%s: the listing ends with %v after %d calls of Done, want %v and one", what,
				err, calls, c.want)
		}
	}
}

// failsAt is a bucket whose listings are one error, of that operation and about that name.
type failsAt struct {
	files.Bucket
	op   files.Op
	name string
}

func (f failsAt) List(context.Context, string,
	*files.ListOptions) iter.Seq2[files.Entry, error] {
	return func(yield func(files.Entry, error) bool) {
		refused := driver.Errorf(files.ErrPermission, "no")
		yield(files.Entry{}, driver.NewError(f.op, f.name, refused))
	}
}

// TestNameOfAListingsError: the error of a listing has the name of what lies below the
// directory, as the wrapper's caller knows it, and otherwise the name of the directory.
func TestNameOfAListingsError(t *testing.T) {
	for _, c := range []struct {
		op               files.Op
		below, dir, want string
	}{
		{files.OpList, "d/a/b", "a", "a/b"},
		{files.OpList, "d/a/b", "", "a/b"},
		{files.OpList, "d/ab", "a", "a"},
		{files.OpList, "d/a", "a", "a"},
		{files.OpList, "d/a", "", "a"},
		{files.OpList, "d/b", "a", "a"},
		{files.OpList, "e/a/b", "a", "a"},
		{files.OpList, "e/a", "", ""},
		{files.OpList, "", "a", "a"},
		{files.OpStat, "d/a/b", "a", "a"},
	} {
		sub, err := files.Sub(failsAt{mem.New(nil), c.op, c.below}, "d")
		if err != nil {
			t.Fatal(err)
		}
		err = listing(sub, c.dir, files.ListOptions{})
		e, ok := errors.AsType[*files.Error](err)
		if !ok || e.Name != c.want || !errors.Is(err, files.ErrPermission) {
			t.Errorf("%+v: the error is %v", c, err)
		}
	}
}
