package files_test

import (
	"errors"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

func TestSubRefuses(t *testing.T) {
	b := mem.New(nil)
	_, err := files.Sub(b, "")
	is(t, err, files.ErrInvalid)
	for _, dir := range []string{"/", "..", "a//b", "a/../..", "a\x00", strings.Repeat("d",
		files.MaxName-1), strings.Repeat("d", files.MaxName+1)} {
		_, err := files.Sub(b, dir)
		if !errors.Is(err, files.ErrInvalidName) {
			t.Errorf("%.30q: Sub = %v, want ErrInvalidName", dir, err)
		}
	}
	narrow, err := files.Sub(b, strings.Repeat("d", files.MaxName-2))
	if err != nil {
		t.Fatal(err)
	}
	put(t, narrow, "x", "1")
	_, err = files.PutString(ctx, narrow, "xy", "1", nil)
	is(t, err, files.ErrInvalidName)
	if _, err := files.Sub(narrow, "x"); !errors.Is(err, files.ErrInvalidName) {
		t.Errorf("Sub = %v, want ErrInvalidName", err)
	}
}

// TestSubIsTheDirectory: a sub-bucket has the listings, files and pages of the
// directory, without its name.
func TestSubIsTheDirectory(t *testing.T) {
	b := tree(t)
	for _, dir := range []string{"d", "d/", "d/a", "nothing"} {
		sub, err := files.Sub(b, dir)
		if err != nil {
			t.Fatal(err)
		}
		prefix := strings.TrimSuffix(dir, "/") + "/"
		for _, o := range []files.ListOptions{
			{},
			{Shallow: true},
			{Prefix: "a"},
			{StartAfter: "a/"},
			{
				StartAfter: "a/",
				Shallow:    true,
			},
			{StartAfter: "~"},
			{Limit: 2},
			{Shallow: true, Limit: 3, PageSize: 1},
		} {
			outer := o
			if o.StartAfter != "" {
				outer.StartAfter = prefix + o.StartAfter
			}
			var want []string
			for e, err := range b.List(ctx, dir, &outer) {
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, strings.TrimPrefix(e.Name, prefix))
			}
			wantList(t, sub, "", &o, want...)
		}
	}
	sub, _ := files.Sub(b, "d")
	wantList(t, sub, "a", nil, "a/x", "a/y")
	wantList(t, sub, "a/", &files.ListOptions{StartAfter: "a/x"}, "a/y")
	has(t, sub, "a/x", "d/a/x")
	put(t, sub, "new", "1")
	has(t, b, "d/new", "1")
	if err := sub.Delete(ctx, "b", nil); err != nil {
		t.Error(err)
	}
	missing(t, b, "d/b")
	for _, name := range []string{"../d0", "..", "/d0", ""} {
		_, err := sub.Stat(ctx, name, nil)
		is(t, err, files.ErrInvalidName)
	}
	_, err := sub.Stat(ctx, "", &files.StatOptions{Key: "d0"})
	is(t, err, files.ErrUnsupported)
	for _, err := range sub.List(ctx, "", &files.ListOptions{Foreign: true}) {
		is(t, err, files.ErrUnsupported)
	}
	deeper, err := files.Sub(sub, "a")
	if err != nil {
		t.Fatal(err)
	}
	wantList(t, deeper, "", nil, "x", "y")
	sub.Close()
	has(t, b, "d0", "d0")
	_, err = sub.Stat(ctx, "a", nil)
	is(t, err, files.ErrClosed)
}
