package cases

import (
	"errors"
	"slices"
	"strings"

	"cloudfiles.dev/conformance/internal/check"
	"cloudfiles.dev/conformance/internal/suite"
	"cloudfiles.dev/conformance/internal/term"
	"cloudfiles.dev/files"
)

// listUnreadable lists a store with a directory that can't be read (L9).
func listUnreadable(t suite.T, h *suite.H) {
	if h.Harness.Unreadable == nil {
		t.Skipf("the harness has no Unreadable")
	}
	readable := []string{"a/1", "z/1", "z/2"}
	check.Puts(t, h, append([]string{"m/1", "m/2", "m/n/3"}, readable...)...)
	b := h.Harness.Unreadable(t, h.Bucket, "m")
	if b == nil {
		t.Fatalf("the harness is wrong: Unreadable returned nil")
	}
	t.Cleanup(func() { b.Close() })

	for _, o := range []files.ListOptions{{}, {PageSize: 1}, {NamesOnly: true}, {Limit: 3}} {
		wantUnread(t, b, "", &o, "m", readable...)
	}
	wantUnread(t, b, "", &files.ListOptions{Limit: 2}, "m", "a/1", "z/1")
	wantUnread(t, b, "m", nil, "m")
	check.Same(t, "entries before it", check.List(t, b, "", &files.ListOptions{Limit: 1}),
		readable[:1])
	check.Same(t, "entries after it", check.List(t, b, "", &files.ListOptions{StartAfter: "y"}),
		readable[1:])
	check.Same(t, "entries of a directory beside it", check.List(t, b, "z", nil), readable[1:])

	sub, err := files.Sub(b, "z")
	if err != nil {
		t.Fatalf("Sub: %v, want no error", err)
	}
	check.Same(t, "a sub-bucket beside it", check.List(t, sub, "", nil), []string{"1", "2"})

	var all []files.Entry
	var failed error
	for token := "-"; token != ""; {
		if token == "-" {
			token = ""
		}
		var page []files.Entry
		page, token, err = files.ListPage(t.Context(), b, "", token, 2, nil)
		if err != nil {
			failed = err
		}
		if all = append(all, page...); len(all) > len(readable) || len(page) == 0 {
			break
		}
	}
	check.Same(t, "names by pages", entryNames(all), readable)
	wantNamed(t, "ListPage", failed, "m")
	check.Same(t, "the number of files through the first handle",
		len(check.List(t, h, "", nil)), len(readable)+3)
}

func entryNames(entries []files.Entry) (names []string) {
	for _, e := range entries {
		names = append(names, e.Name)
	}
	return names
}

// wantUnread requires these entries of a listing, and then one error that names what
// can't be read.
func wantUnread(t suite.T, b files.Bucket, dir string, o *files.ListOptions, unread string,
	want ...string) {
	t.Helper()
	got, failed := []string{}, error(nil)
	for e, err := range b.List(t.Context(), dir, o) {
		if failed != nil {
			t.Errorf("List(%s, %s) goes on after its error", term.Quote(dir), check.ListText(o))
			return
		}
		if failed = err; err == nil {
			got = append(got, e.Name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("List(%s, %s) with something that can't be read: %q before the error %s, want %q",
			term.Quote(dir), check.ListText(o), got, check.ErrText(failed), want)
	}
	wantNamed(t, "List("+term.Quote(dir)+", "+check.ListText(o)+")", failed, unread)
}

// wantNamed requires an error that names a directory, or something in it.
func wantNamed(t suite.T, what string, err error, dir string) {
	t.Helper()
	var e *files.Error
	if !errors.As(err,
		&e) || files.KindOf(err) == nil || e.Name != dir && !strings.HasPrefix(e.Name, dir+"/") {
		t.Errorf("%s: got %s, want an error with a sentinel that names %s, which can't be read",
			what, check.ErrText(err), term.Quote(dir))
	}
}
