package local

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local/internal/mounts"
	"cloudfiles.dev/files"
)

// A name that looks like a placeholder of a removed file works as any other (N2), and a
// placeholder on disk has no name (L7).
func TestPlaceholderNames(t *testing.T) {
	b, dir := newBucket(t, &Options{NoSync: true})
	names := []string{
		".__afs0001",
		".__smb0A1f",
		".fuse_hidden000004d200000001",
		".fuse_hidden000004d200000001/below",
		".fuse_hidden000004d20000000g",
		".nfs0000000000d1a2b300000001",
		".nfs0000000000d1a2b30000001",
		".nfsfoo",
		".smb0000000000000001",
		"d/.nfs0000000000d1a2b300000001",
	}
	for _, name := range names {
		if _, err := files.PutString(t.Context(), b, name, name, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		if s, err := files.ReadString(t.Context(), b, name, nil); err != nil || s != name {
			t.Errorf("ReadString(%q) = %q, %v, want its name", name, s, err)
		}
	}
	write(t, dir, ".nfs0000000000ffffff00000001", "")
	var got []string
	for e, err := range b.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Name)
	}
	if !slices.Equal(got, names) {
		t.Errorf("got  %q\nwant %q", got, names)
	}
	for _, kept := range []string{".nfsfoo", ".nfs0000000000d1a2b30000001"} {
		if _, err := os.Stat(filepath.Join(dir, kept)); err != nil {
			t.Errorf("a name that isn't a placeholder's is not on disk unchanged: %v", err)
		}
	}
}

// A file that is deleted or replaced while it is read leaves nothing that a listing
// yields, and no directory.
func TestPlaceholdersHidden(t *testing.T) {
	for _, kind := range []mounts.Kind{mounts.Bindfs, mounts.ExfatFuse} {
		t.Run(string(kind), func(t *testing.T) {
			dir := mounts.New(t, kind)
			b, err := Open(dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			content := strings.Repeat("x", 1<<20)
			for _, name := range []string{"a/x", "a/y", "b/x"} {
				if _, err := files.PutString(t.Context(), b, name, content, nil); err != nil {
					t.Fatal(err)
				}
				r, err := b.Get(t.Context(), name, nil)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				if name == "a/y" {
					_, err = files.PutString(t.Context(), b, name, "new", nil)
				} else {
					err = b.Delete(t.Context(), name, nil)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			hidden, _ := filepath.Glob(filepath.Join(dir, "*/.fuse_hidden*"))
			if len(hidden) == 0 {
				t.Fatal("the file system has no placeholders, so the test proves nothing")
			}
			for _, o := range []files.ListOptions{{}, {Foreign: true}, {NamesOnly: true}} {
				var got []string
				for e, err := range b.List(t.Context(), "", &o) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, fmt.Sprint(e.Name, e.Key))
				}
				if !slices.Equal(got, []string{"a/y"}) {
					t.Errorf("%+v: List yields %q, want a/y", o, got)
				}
			}
			for e, err := range b.List(t.Context(), "", &files.ListOptions{Shallow: true}) {
				if err != nil || e.Name != "a/" {
					t.Errorf("a shallow listing yields %q, %v, want a/", e.Name, err)
				}
			}
		})
	}
}
