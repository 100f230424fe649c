package local

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cloudfiles.dev/files"
)

// If the note about the disk is removed, a handle that only reads still finds escaped
// names, and Delete deletes them.
func TestNoteRemoved(t *testing.T) {
	for name, sys := range oddDisks() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			note := filepath.Join(dir, controlDir, diskFile)
			open := func() files.Bucket { return openOdd(t, sys(), dir) }
			b := open()
			for _, n := range hardNames {
				putIn(t, b, n, n, nil)
			}
			ok(t, b.Close())
			for _, gone := range []string{note, filepath.Dir(note)} {
				for _, n := range hardNames {
					ok(t, os.RemoveAll(gone))
					fresh := open()
					if s, _ := fetch(t, fresh, n); s != n {
						t.Errorf("without %s, Get(%q) = %q, want its name", filepath.Base(gone), n,
							s)
					}
					ok(t, fresh.Close())
				}
			}
			ok(t, os.RemoveAll(note))
			if got := listed(t,
				open()); !slices.Equal(got, slices.Sorted(slices.Values(hardNames))) {
				t.Errorf("listed %q, want the hard names", got)
			}
			for _, n := range hardNames {
				ok(t, os.RemoveAll(note))
				fresh := open()
				ok(t, fresh.Delete(t.Context(), n, nil))
				if _, err := fresh.Stat(t.Context(), n, nil); !errors.Is(err, files.ErrNotExist) {
					t.Errorf("Stat of the deleted %q = %v, want ErrNotExist", n, err)
				}
				ok(t, fresh.Close())
			}
		})
	}
}

// A new handle lists escaped names as names, and nothing as foreign, even if the whole
// control folder is gone and the first escaped name lies deep. What is listed before it
// comes once.
func TestListedWithoutControl(t *testing.T) {
	for name, sys := range oddDisks() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var want []string
			b := openOdd(t, sys(), dir)
			for _, n := range hardNames {
				want = append(want, "d/e/"+n)
			}
			want = append(want, "a", "b", "z", "d/a")
			for _, n := range want {
				putIn(t, b, n, n, nil)
			}
			ok(t, b.Close())
			slices.Sort(want)
			for _, opts := range []files.ListOptions{
				{},
				{Foreign: true},
				{NamesOnly: true},
				{Limit: 4},
				{Limit: 5, Foreign: true},
				{StartAfter: "b"},
			} {
				ok(t, os.RemoveAll(filepath.Join(dir, controlDir)))
				fresh := openOdd(t, sys(), dir)
				var got []string
				for e, err := range fresh.List(t.Context(), "", &opts) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, e.Name+e.Key)
				}
				rest := want
				if opts.StartAfter != "" {
					rest = want[slices.Index(want, opts.StartAfter)+1:]
				}
				if opts.Limit > 0 {
					rest = rest[:min(opts.Limit, len(rest))]
				}
				if !slices.Equal(got, rest) {
					t.Errorf("%+v:\n got %q\nwant %q", opts, got, rest)
				}
				ok(t, fresh.Close())
			}
			ok(t, os.RemoveAll(filepath.Join(dir, controlDir)))
			fresh := openOdd(t, sys(), dir)
			var dirs []string
			for e, err := range fresh.List(t.Context(), "", &files.ListOptions{Shallow: true}) {
				ok(t, err)
				dirs = append(dirs, e.Name)
			}
			if !slices.Equal(dirs, []string{"a", "b", "d/", "z"}) {
				t.Errorf("a shallow listing yields %q, want a, b, d/ and z", dirs)
			}
		})
	}
}
