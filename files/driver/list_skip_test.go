package driver_test

import (
	"context"
	"slices"
	"testing"

	"cloudfiles.dev/examples/mapdriver"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestListSkipping: a listing leaves out the directories that are to be skipped. It asks
// for each directory below its own once, and again only after it has skipped one in it. A
// shallow listing, and a bucket with a layer, list everything.
func TestListSkipping(t *testing.T) {
	b := driver.New(mapdriver.New())
	for _, name := range []string{
		"d/a/1", "d/a/2", "d/a/b/3", "d/a/b/4", "d/a/c/5", "d/a-b", "d/e/a/6", "e/7",
	} {
		if _, err := files.PutString(t.Context(), b, name, "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	list := func(b files.Bucket, opts *files.ListOptions, skip ...string) (names, asked []string) {
		for e, err := range driver.ListSkipping(t.Context(), b, "d", opts, func(dir string) bool {
			asked = append(asked, dir)
			return slices.Contains(skip, dir)
		}) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, e.Name)
		}
		return names, asked
	}
	layered := files.Wrap(b, files.Hooks{
		Begin: func(ctx context.Context, _ *files.Call) (context.Context, error) {
			return ctx, nil
		},
	})
	for _, c := range []struct {
		b           files.Bucket
		opts        *files.ListOptions
		skip        []string
		want, asked []string
	}{
		{
			b:     b,
			skip:  []string{"d/a/b/", "d/e/", "d/"},
			want:  []string{"d/a-b", "d/a/1", "d/a/2", "d/a/c/5"},
			asked: []string{"d/a/", "d/a/b/", "d/a/", "d/a/c/", "d/e/"},
		},
		{
			b:     b,
			opts:  &files.ListOptions{StartAfter: "d/a/b/3"},
			skip:  []string{"d/a/"},
			want:  []string{"d/e/a/6"},
			asked: []string{"d/a/", "d/e/", "d/e/a/"},
		},
		{
			b:    b,
			opts: &files.ListOptions{Shallow: true},
			skip: []string{"d/a/"},
			want: []string{"d/a-b", "d/a/", "d/e/"},
		},
		{
			b:    layered,
			opts: &files.ListOptions{Prefix: "a/"},
			skip: []string{"d/a/", "d/a/b/"},
			want: []string{"d/a/1", "d/a/2", "d/a/b/3", "d/a/b/4", "d/a/c/5"},
		},
	} {
		if got, asked := list(c.b, c.opts, c.skip...); !slices.Equal(got, c.want) ||
			!slices.Equal(asked, c.asked) {
			t.Errorf("%+v without %q: %q, asked for %q, want %q and %q", c.opts, c.skip, got,
				asked, c.want, c.asked)
		}
	}
}
