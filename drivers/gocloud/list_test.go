package gocloud

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
)

// orderNames sort around "/" in every way that fileblob gets wrong. No name is another's
// directory, since fileblob can't store both.
var orderNames = []string{
	"a", "a!", "a-/x", "a.b", "a0", "b/c", "b/c-d", "b/c.d", "b/d/e", "b/d-e", "b/d0", "b0",
	"dir../x", "dir../y/z", "dir-", "z/y../w", "z/~", "__0x2f__.d/x", "z/__0x1__/__0x41__/q",
}

func TestListOrder(t *testing.T) {
	both(t, func(t *testing.T, raw *blob.Bucket, b files.Bucket) {
		for _, n := range orderNames {
			put(t, b, n, n, nil)
		}
		want := slices.Sorted(slices.Values(orderNames))
		for _, size := range []int{0, 1, 2, 3, 5, 100} {
			if got := list(t, b, "", &files.ListOptions{PageSize: size}); !slices.Equal(got, want) {
				t.Errorf("page size %d:\n got %q\nwant %q", size, got, want)
			}
			for i, after := range want {
				if got := list(t, b, "", &files.ListOptions{
					PageSize:   size,
					StartAfter: after,
				}); !slices.Equal(got, want[i+1:]) {
					t.Errorf("page size %d after %s:\n got %q\nwant %q", size, after, got,
						want[i+1:])
				}
			}
		}
		for _, c := range []struct {
			dir  string
			o    files.ListOptions
			want string
		}{
			{
				"",
				files.ListOptions{Shallow: true},
				"__0x2f__.d/ a a! a-/ a.b a0 b/ b0 dir- dir../ z/",
			},
			{"", files.ListOptions{Shallow: true, Prefix: "a"}, "a a! a-/ a.b a0"},
			{"", files.ListOptions{
				Shallow:    true,
				StartAfter: "a-/",
			}, "a.b a0 b/ b0 dir- dir../ z/"},
			{"", files.ListOptions{
				Shallow:    true,
				StartAfter: "a-",
			}, "a-/ a.b a0 b/ b0 dir- dir../ z/"},
			{"b", files.ListOptions{Shallow: true}, "b/c b/c-d b/c.d b/d-e b/d/ b/d0"},
			{"b", files.ListOptions{Prefix: "d"}, "b/d-e b/d/e b/d0"},
			{"b", files.ListOptions{Limit: 2}, "b/c b/c-d"},
			{"dir..", files.ListOptions{}, "dir../x dir../y/z"},
			{"dir..", files.ListOptions{Shallow: true}, "dir../x dir../y/"},
			{"z/y..", files.ListOptions{}, "z/y../w"},
			{"none", files.ListOptions{}, ""},
			{"a", files.ListOptions{}, ""},
		} {
			if got := list(t, b, c.dir, &c.o); !slices.Equal(got, strings.Fields(c.want)) {
				t.Errorf("%q %+v:\n got %q\nwant %q", c.dir, c.o, got, strings.Fields(c.want))
			}
		}
	})
}

// TestListMany: Go CDK's file listing loses names at the boundaries of pages; here each
// name is listed once.
func TestListMany(t *testing.T) {
	both(t, func(t *testing.T, raw *blob.Bucket, b files.Bucket) {
		var want []string
		for i := range 350 {
			want = append(want, fmt.Sprintf("d%03d-x", i), fmt.Sprintf("d%03d/f", i),
				fmt.Sprintf("d%03d.y", i))
		}
		for _, n := range want {
			if err := raw.WriteAll(t.Context(), n, nil,
				&blob.WriterOptions{ContentType: "text/plain"}); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(want)
		for _, size := range []int{0, 1049} {
			if got := list(t, b, "", &files.ListOptions{PageSize: size}); !slices.Equal(got, want) {
				t.Errorf("page size %d: %d names, want %d", size, len(got), len(want))
			}
		}
		if got := list(t, b, "", &files.ListOptions{Shallow: true}); len(got) != len(want) {
			t.Errorf("shallow: %d names, want %d", len(got), len(want))
		}
	})
}

// TestForeignKeys: keys outside the naming rule are ignored, or listed with their key
// (L7).
func TestForeignKeys(t *testing.T) {
	both(t, func(t *testing.T, raw *blob.Bucket, b files.Bucket) {
		foreign := []string{"a//b", "dir/", "x\x01y"}
		for _, k := range append([]string{"a/c", "m"}, foreign...) {
			if err := raw.WriteAll(t.Context(), k, []byte(k), nil); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := list(t, b, "", nil), []string{"a/c", "m"}; !slices.Equal(got, want) {
			t.Errorf("List = %q, want %q", got, want)
		}
		if got, want := list(t, b, "",
			&files.ListOptions{Foreign: true}),
			[]string{"key a//b", "a/c", "key dir/", "m", "key x\x01y"}; !slices.Equal(got, want) {
			t.Errorf("List with raw keys = %q, want %q", got, want)
		}
		if got, want := list(t, b, "a",
			&files.ListOptions{Foreign: true}), []string{"key a//b", "a/c"}; !slices.Equal(got,
			want) {
			t.Errorf("List below a = %q, want %q", got, want)
		}
		for _, k := range foreign {
			if got := get(t, b, "", &files.GetOptions{Key: k}); got != k {
				t.Errorf("Get of the key %q = %q, want %q", k, got, k)
			}
			if st, err := b.Stat(t.Context(), "",
				&files.StatOptions{Key: k}); err != nil || st.Key != k || st.Name != "" {
				t.Errorf("Stat of the key %q = %+v, %v, want Key %q, Name %q and nil", k, st, err,
					k, "")
			}
			if err := b.Delete(t.Context(), "", &files.DeleteOptions{Key: k}); err != nil {
				t.Errorf("Delete of the key %q = %v, want nil", k, err)
			}
		}
		if got, want := list(t, b, "",
			&files.ListOptions{Foreign: true}), []string{"a/c", "m"}; !slices.Equal(got, want) {
			t.Errorf("List after deleting them = %q, want %q", got, want)
		}
	})
}

// TestLinksAreNoFiles: links aren't listed, although fileblob lists them (N5).
func TestLinksAreNoFiles(t *testing.T) {
	dir := t.TempDir()
	b := New(openFile(t, dir, nil), nil)
	put(t, b, "f", "x", nil)
	if err := os.Symlink(filepath.Join(dir, "f"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if got := list(t, b, "", nil); !slices.Equal(got, []string{"f"}) {
		t.Errorf("List = %q, want %q", got, []string{"f"})
	}
}

func TestSingleKey(t *testing.T) {
	raw := openFile(t, t.TempDir(), nil)
	if err := raw.WriteAll(t.Context(), "only", []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
	b := New(blob.SingleKeyBucket(raw, "only"), nil)
	if got := get(t, b, "whatever", nil); got != "x" {
		t.Errorf("Get = %q, want %q", got, "x")
	}
	for _, err := range b.List(t.Context(), "", nil) {
		if files.KindOf(err) != files.ErrUnsupported {
			t.Errorf("List = %v, want ErrUnsupported", err)
		}
	}
}
