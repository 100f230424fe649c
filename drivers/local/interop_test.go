package local

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
)

func openFileblob(t testing.TB, dir string) *blob.Bucket {
	t.Helper()
	b, err := fileblob.OpenBucket(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

var someAttributes = files.Attributes{
	ContentType:        "text/x-note",
	CacheControl:       "no-store",
	ContentDisposition: "inline",
	ContentEncoding:    "identity",
	ContentLanguage:    "de",
	Metadata:           map[string]string{"owner": "me", "städte": "köln & bonn"},
}

// fileblob reads what the driver writes: content and attributes. It lists no other name.
func TestFileblobReadsOurs(t *testing.T) {
	ctx := context.Background()
	b, dir := newBucket(t, nil)
	fb := openFileblob(t, dir)
	md5 := files.Digest{MD5: "65a8e27d8879283831b664bd8b7f0ad4"}
	putIn(t, b, "plain.txt", "plain", nil)
	putIn(t, b, "d/with", "with attributes", &files.PutOptions{Attributes: someAttributes})
	putIn(t, b, "sum", "Hello, World!", &files.PutOptions{Attributes: someAttributes, Digest: md5})
	putIn(t, b, "replaced", "old", &files.PutOptions{Attributes: someAttributes})
	putIn(t, b, "replaced", "new", nil)
	putIn(t, b, "gone/deep", "x", &files.PutOptions{Attributes: someAttributes})
	del(t, b, "gone/deep")
	for name, want := range map[string]string{
		"plain.txt": "plain",
		"d/with":    "with attributes",
		"sum":       "Hello, World!",
		"replaced":  "new",
	} {
		got, err := fb.ReadAll(ctx, name)
		if err != nil || string(got) != want {
			t.Errorf("fileblob's ReadAll = %q for %s, %v, want %q", got, name, err, want)
		}
	}
	a, err := fb.Attributes(ctx, "d/with")
	if err != nil {
		t.Fatal(err)
	}
	got := files.Attributes{
		ContentType:        a.ContentType,
		CacheControl:       a.CacheControl,
		ContentDisposition: a.ContentDisposition,
		ContentEncoding:    a.ContentEncoding,
		ContentLanguage:    a.ContentLanguage,
		Metadata:           a.Metadata,
	}
	if fmt.Sprint(got) != fmt.Sprint(someAttributes) {
		t.Errorf("fileblob's Attributes = %+v, want %+v", got, someAttributes)
	}
	info, err := b.Stat(ctx, "d/with", nil)
	if err != nil || a.ETag != `"`+string(info.Version)+`"` {
		t.Errorf("fileblob's ETag is %s, the driver's version %s, %v, want %q and nil", a.ETag,
			info.Version, err, `"`+string(info.Version)+`"`)
	}
	if a, err := fb.Attributes(ctx, "sum"); err != nil || fmt.Sprintf("%x", a.MD5) != md5.MD5 {
		t.Errorf("fileblob's MD5 is %x, %v, want that of the Put", a.MD5, err)
	}
	if a, err := fb.Attributes(ctx, "replaced"); err != nil || len(a.Metadata) > 0 {
		t.Errorf("fileblob's Metadata of the replaced file = %v, %v, want none", a.Metadata, err)
	}
	if got, want := blobNames(t,
		fb), []string{"d/with", "plain.txt", "replaced", "sum"}; !slices.Equal(got, want) {
		t.Errorf("fileblob lists %q, want %q", got, want)
	}
}

func blobNames(t *testing.T, b *blob.Bucket) (names []string) {
	t.Helper()
	for it := b.List(nil); ; {
		o, err := it.Next(context.Background())
		if err == io.EOF {
			slices.Sort(names)
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, o.Key)
	}
}

// The driver reads what fileblob writes, also over the driver's files, with its MD5.
func TestWeReadFileblobs(t *testing.T) {
	ctx := context.Background()
	b, dir := newBucket(t, nil)
	fb := openFileblob(t, dir)
	putIn(t, b, "over", "ours",
		&files.PutOptions{Attributes: files.Attributes{Metadata: map[string]string{"x": "y"}}})
	putIn(t, b, "overplain", "ours", nil)
	o := &blob.WriterOptions{
		ContentType:        someAttributes.ContentType,
		CacheControl:       someAttributes.CacheControl,
		ContentDisposition: someAttributes.ContentDisposition,
		ContentEncoding:    someAttributes.ContentEncoding,
		ContentLanguage:    someAttributes.ContentLanguage,
		Metadata:           someAttributes.Metadata,
	}
	for _, name := range []string{"over", "overplain", "d/new"} {
		if err := fb.WriteAll(ctx, name, []byte("theirs "+name), o); err != nil {
			t.Fatal(err)
		}
		got, info := fetch(t, b, name)
		if got != "theirs "+name || fmt.Sprint(info.Attributes) != fmt.Sprint(someAttributes) ||
			info.Digest.MD5 == "" {
			t.Errorf("%s = %q, %+v, want fileblob's content and attributes", name, got, info)
		}
		for e, err := range b.List(ctx, "", nil) {
			if err != nil || e.Name == name && e.Version != info.Version {
				t.Errorf("List yields %+v, %v, want the version %s of Get", e, err, info.Version)
			}
		}
		putIn(t, b, name, "ours again", nil)
		if got, info := fetch(t, b,
			name); got != "ours again" || len(info.Metadata) > 0 || info.CacheControl != "" {
			t.Errorf("%s = %q, %+v, want \"ours again\" without attributes", name, got, info)
		}
	}
	if err := fb.Delete(ctx, "over"); err != nil {
		t.Errorf("Delete(over) = %v, want nil", err)
	}
	del(t, b, "overplain")
	if names := blobNames(t, fb); !slices.Equal(names, []string{"d/new"}) {
		t.Errorf("fileblob lists %q, want d/new", names)
	}
}

// In a folder that fileblob wrote, a name that it escaped is a raw key, by which
// the file is found.
func TestFileblobsEscapedKeys(t *testing.T) {
	ctx := context.Background()
	b, dir := newBucket(t, nil)
	fb := openFileblob(t, dir)
	for _, key := range []string{"a//b", "up../x", "tab\t", "plain"} {
		if err := fb.WriteAll(ctx, key, []byte(key), nil); err != nil {
			t.Fatal(err)
		}
	}
	var names, keys []string
	for e, err := range b.List(ctx, "", &files.ListOptions{Foreign: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Key == "" {
			names = append(names, e.Name)
			continue
		}
		keys = append(keys, e.Key)
		r, err := b.Get(ctx, "", &files.GetOptions{Key: e.Key})
		if err != nil {
			t.Errorf("Get of the key %q = %v, want nil", e.Key, err)
			continue
		}
		if s, err := r.ReadString(); err != nil || !strings.HasPrefix(s,
			e.Key[:1]) || r.Info().Digest.MD5 == "" {
			t.Errorf("Get of the key %q = %q, %+v, %v, want a text that begins with %q, "+
				"Digest.MD5 anything but %q and nil", e.Key, s, r.Info(), err, e.Key[:1], "")
		}
		r.Close()
		if err := b.Delete(ctx, "", &files.DeleteOptions{
			Key:       e.Key,
			IfVersion: e.Version,
		}); err != nil {
			t.Errorf("Delete of the key %q = %v, want nil", e.Key, err)
		}
	}
	if len(keys) != 3 || !slices.Equal(names, []string{"plain"}) {
		t.Errorf("List yields the names %q and the keys %q, want \"plain\" and three keys", names,
			keys)
	}
	if names := blobNames(t, fb); !slices.Equal(names, []string{"plain"}) {
		t.Errorf("fileblob lists %q, want plain", names)
	}
	for _, key := range []string{
		"plain", "plain.attrs", "../x", "/plain", "a//b", ".cloudfiles.attrs/lock.attrs",
		"%cf-l-plain", "x\x00",
	} {
		if _, err := b.Get(ctx, "",
			&files.GetOptions{Key: key}); files.KindOf(err) != files.ErrInvalidName {
			t.Errorf("Get of the key %q = %v, want ErrInvalidName", key, err)
		}
	}
}
