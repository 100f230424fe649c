package gocloud

import (
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/files"
	"gocloud.dev/blob"
)

var (
	// ordinaryKeys are the same as the names on disk.
	ordinaryKeys = []string{"plain.txt", "dir/sub/f", "dir/a b", "é☺", "x__y", "%41", "..."}
	// escapedKeys are escaped by Go CDK.
	escapedKeys = []string{
		"a//b", "a///b", "dir/", "line\nbreak", "v1../x", "v1../y/z", "__0x41__", "x__0x2f__y",
		"x\x01/y\x02/z",
	}
)

// TestFileblobFolder: through the bridge over drivers/local, a program written for Go
// CDK finds its folder's files under the same keys, and fileblob finds the files that
// were written that way: content, type, metadata.
func TestFileblobFolder(t *testing.T) {
	writer := &blob.WriterOptions{
		ContentType:  "text/x-thing",
		CacheControl: "no-cache",
		Metadata:     map[string]string{"k": "v"},
	}
	for _, c := range []struct {
		name        string
		keys        []string
		write, read func(dir string) *blob.Bucket
	}{
		{
			"by fileblob, read by ours",
			append(ordinaryKeys, escapedKeys...),
			func(dir string) *blob.Bucket {
				return openFile(t, dir, nil)
			},
			func(dir string) *blob.Bucket { return localBlob(t, dir, nil) },
		},
		{"by ours, read by fileblob", ordinaryKeys, func(dir string) *blob.Bucket {
			return localBlob(t, dir, nil)
		}, func(dir string) *blob.Bucket { return openFile(t, dir, nil) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			w, want := c.write(dir), map[string]bool{}
			for _, key := range c.keys {
				want[key] = true
				if err := w.WriteAll(t.Context(), key, []byte(key), writer); err != nil {
					t.Fatalf("write %q: %v", key, err)
				}
			}
			r, got := c.read(dir), map[string]bool{}
			for _, key := range listedKeys(t, r, nil) {
				got[key] = true
			}
			if shallow, want := listedKeys(t, r,
				&blob.ListOptions{Delimiter: "/"}), modelList(c.keys, "",
				"/"); !equalSets(shallow, want) {
				t.Errorf("shallow List = %q, want %q", shallow, want)
			}
			if !maps.Equal(got, want) {
				t.Errorf("List = %q, want %q", slices.Sorted(maps.Keys(got)),
					slices.Sorted(maps.Keys(want)))
			}
			for key := range want {
				content, err := r.ReadAll(t.Context(), key)
				if string(content) != key || err != nil {
					t.Errorf("%q has %q, %v, want %q and nil", key, content, err, key)
					continue
				}
				for _, prefix := range []string{key, key[:len(key)-1], key[:strings.LastIndex(key,
					"/")+1]} {
					if found := listedKeys(t, r,
						&blob.ListOptions{Prefix: prefix}); !slices.Contains(found, key) {
						t.Errorf("%q is not listed with the prefix %q, but %q is", key, prefix,
							found)
					}
				}
				a, err := r.Attributes(t.Context(), key)
				if err != nil || a.ContentType != writer.ContentType ||
					a.CacheControl != "no-cache" || a.Metadata["k"] != "v" || len(a.MD5) != 16 {
					t.Errorf("%q: %+v, %v, want ContentType %q, CacheControl %q, %q, MD5 16 "+
						"bytes and nil", key, a, err, writer.ContentType, "no-cache", "v")
				}
			}
		})
	}
}

func localBlob(t *testing.T, dir string, o *local.Options) *blob.Bucket {
	t.Helper()
	b, err := local.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	raw := ToBlob(b, &ToBlobOptions{Own: true})
	t.Cleanup(func() { raw.Close() })
	return raw
}

// TestTwoViewsOfAFolder: the adapter over fileblob and drivers/local show a folder as
// the same bucket.
func TestTwoViewsOfAFolder(t *testing.T) {
	dir := t.TempDir()
	theirs := New(openFile(t, dir, nil), nil)
	ours, err := local.Open(dir, &local.Options{AlwaysSidecar: true})
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	attrs := files.Attributes{ContentDisposition: "inline", Metadata: map[string]string{"k": "v"}}
	names := []string{"by/a.txt", "by/b.csv", "by/c", "v1../x"}
	for _, n := range names[:3] {
		put(t, theirs, "theirs-"+n, n, &files.PutOptions{Attributes: attrs})
		put(t, ours, "ours-"+n, n, &files.PutOptions{Attributes: attrs})
	}
	for _, b := range []files.Bucket{theirs, ours} {
		if got := list(t, b, "", nil); len(got) != 6 || !slices.IsSorted(got) {
			t.Errorf("List = %q", got)
		}
		for _, name := range list(t, b, "", nil) {
			_, content, _ := strings.Cut(name, "-")
			if got := get(t, b, name, nil); got != content {
				t.Errorf("%s has %q, want %q", name, got, content)
			}
			a, aerr := ours.Stat(t.Context(), name, nil)
			o, oerr := theirs.Stat(t.Context(), name, nil)
			if aerr != nil || oerr != nil || a.ContentType != o.ContentType || a.Size != o.Size ||
				!a.ModTime.Equal(o.ModTime) || !maps.Equal(a.Metadata,
				o.Metadata) || a.ContentDisposition != o.ContentDisposition {
				t.Errorf("Info of %s = %+v by drivers/local, %+v by fileblob", name, a, o)
			}
		}
	}
	// fileblob sees nothing that drivers/local adds: it lists everything that isn't a
	// sidecar.
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(dir,
			path); err == nil && !d.IsDir() && !strings.HasSuffix(rel,
			".attrs") && !strings.Contains(rel, "by/") && !strings.Contains(rel, ".attrs/") {
			t.Errorf("the folder has %s", rel)
		}
		return nil
	})
	for _, n := range list(t, theirs, "", nil) {
		if err := theirs.Delete(t.Context(), n, nil); err != nil {
			t.Errorf("Delete = %v, want nil", err)
		}
	}
	if got := list(t, ours, "", nil); len(got) != 0 {
		t.Errorf("List of drivers/local after deleting all = %q, want none", got)
	}
}

// listedKeys lists keys; directories have modelList's mark.
func listedKeys(t *testing.T, b *blob.Bucket, o *blob.ListOptions) (keys []string) {
	t.Helper()
	for it := b.List(o); ; {
		obj, err := it.Next(t.Context())
		if err == io.EOF {
			return keys
		}
		if err != nil {
			t.Fatal(err)
		}
		if obj.IsDir {
			obj.Key += "|dir"
		}
		keys = append(keys, obj.Key)
	}
}
