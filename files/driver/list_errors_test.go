package driver_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// scripted is a backend whose listing is given.
type scripted struct {
	*mapdriver.Backend
	entries []files.Entry
	last    error // with the last entry, or alone
	alone   bool
	asked   []driver.ListRequest
}

func (s *scripted) List(_ context.Context,
	req driver.ListRequest) iter.Seq2[files.Entry, error] {
	s.asked = append(s.asked, req)
	return func(yield func(files.Entry, error) bool) {
		for i, e := range s.entries {
			var err error
			if i == len(s.entries)-1 && !s.alone {
				err = s.last
			}
			if !yield(e, err) {
				return
			}
		}
		if s.alone {
			yield(files.Entry{}, s.last)
		}
	}
}

func named(names ...string) (entries []files.Entry) {
	for _, name := range names {
		entries = append(entries, files.Entry{Name: name})
	}
	return entries
}

// listed returns the names that a listing yields, and its error, which must be the last
// thing.
func listed(t *testing.T, ctx context.Context, b files.Bucket, dir string,
	o *files.ListOptions) (names string, err error) {
	t.Helper()
	for e, lerr := range b.List(ctx, dir, o) {
		if err != nil {
			t.Errorf("%q, %v comes after the error", e.Name, lerr)
		}
		if err = lerr; err == nil {
			names += e.Name + " "
		}
	}
	return strings.TrimSpace(names), err
}

// TestListRefuses: a wrong call is an error that names the directory, and the backend
// isn't asked.
func TestListRefuses(t *testing.T) {
	back := &scripted{Backend: mapdriver.New()}
	b := driver.New(back)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for what, c := range map[string]struct {
		ctx  context.Context
		dir  string
		o    files.ListOptions
		want error
	}{
		"directory":   {t.Context(), "d//", files.ListOptions{}, files.ErrInvalidName},
		"limit":       {t.Context(), "d", files.ListOptions{Limit: -1}, files.ErrInvalid},
		"foreign":     {t.Context(), "d", files.ListOptions{Foreign: true}, files.ErrUnsupported},
		"nil context": {nil, "d", files.ListOptions{}, files.ErrInvalid},
		"ended":       {ended, "d", files.ListOptions{}, context.Canceled},
	} {
		names, err := listed(t, c.ctx, b, c.dir, &c.o)
		e, ok := errors.AsType[*files.Error](err)
		if names != "" || !errors.Is(err, c.want) || !ok || e.Op != files.OpList ||
			e.Name != c.dir {
			t.Errorf("%s: %q, %v, want %v", what, names, err, c.want)
		}
	}
	b.List(t.Context(), "", nil)(nil) // yields nothing, and doesn't panic
	if len(back.asked) > 0 {
		t.Errorf("the backend was asked for %+v", back.asked)
	}
}

// TestListErrors: an error comes last, alone or after the entry that it came with, and
// keeps the name of what can't be read if that is in the directory (L9).
func TestListErrors(t *testing.T) {
	in := driver.NewError(files.OpList, "d/in", files.ErrPermission)
	outside := driver.NewError(files.OpList, "dir/x", files.ErrPermission)
	itself := driver.NewError(files.OpList, "d", files.ErrPermission)
	get := driver.NewError(files.OpGet, "d/in", files.ErrPermission)
	for _, c := range []struct {
		dir   string
		last  error
		alone bool
		want  string
	}{
		{"d", files.ErrPermission, true, "d"},
		{"d/", files.ErrPermission, false, "d/"},
		{"d", in, true, "d/in"},
		{"d/", in, false, "d/in"},
		{"", in, true, "d/in"},
		{"d", outside, true, "d"},
		{"d", itself, true, "d"},
		{"d", get, true, "d"},
	} {
		back := &scripted{
			Backend: mapdriver.New(),
			entries: named("d/a", "d/b"),
			last:    c.last,
			alone:   c.alone,
		}
		names, err := listed(t, t.Context(), driver.New(back), c.dir, nil)
		e, ok := errors.AsType[*files.Error](err)
		if names != "d/a d/b" || !errors.Is(err, files.ErrPermission) || !ok ||
			e.Op != files.OpList || e.Name != c.want {
			t.Errorf("%q: %q, %v, want an error for %q", c.dir, names, err, c.want)
		}
	}
}

// TestListStops: a listing ends with the limit, with the caller's loop and with the
// context, whatever else the backend would list.
func TestListStops(t *testing.T) {
	back := &scripted{
		Backend: mapdriver.New(),
		entries: named("a", "b", "c"),
		last:    files.ErrPermission,
		alone:   true,
	}
	b := driver.New(back)
	names, err := listed(t, t.Context(), b, "", &files.ListOptions{Limit: 2})
	if names != "a b" || err != nil {
		t.Errorf("two entries: %q, %v", names, err)
	}
	n := 0
	for range b.List(t.Context(), "", nil) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("a loop that ends got %d entries", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []string
	for e, lerr := range b.List(ctx, "", nil) {
		if err = lerr; err == nil {
			got = append(got, e.Name)
		}
		cancel()
	}
	if !slices.Equal(got, []string{"a"}) || !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %q, %v, want a and context.Canceled", got, err)
	}
}

// TestListStart: StartAfter is compared with whole names. Before the directory it
// changes nothing, and behind it there is nothing, so the backend isn't asked.
func TestListStart(t *testing.T) {
	for _, c := range []struct {
		start, prefix string
		asked         bool
		want          string
	}{
		{"c", "", true, ""},
		{"d", "", true, ""},
		{"d/", "", true, ""},
		{"d/a", "", true, "d/a"},
		{"d0", "", false, ""},
		{"e", "", false, ""},
		{"d/p", "p", true, "d/p"},
		{"d/a", "p", true, ""},
		{"d/q", "p", false, ""},
	} {
		back := &scripted{Backend: mapdriver.New()}
		_, err := listed(t, t.Context(), driver.New(back), "d", &files.ListOptions{
			StartAfter: c.start,
			Prefix:     c.prefix,
		})
		if err != nil || (len(back.asked) > 0) != c.asked {
			t.Errorf("after %q: %v, asked %+v", c.start, err, back.asked)
		}
		if c.asked && (back.asked[0].StartAfter != c.want ||
			back.asked[0].Prefix != "d/"+c.prefix) {
			t.Errorf("after %q: asked %+v, want StartAfter %q", c.start, back.asked[0], c.want)
		}
	}
}
