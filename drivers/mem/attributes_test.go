package mem_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestEachAttributeAlone: a file that has one attribute besides its type keeps it, in a
// Put, in a Copy, and in a Copy that sets it.
func TestEachAttributeAlone(t *testing.T) {
	for what, a := range map[string]files.Attributes{
		"none":        {},
		"metadata":    {Metadata: map[string]string{"key": "value"}},
		"two":         {Metadata: map[string]string{"key": "value", "other": ""}},
		"cache":       {CacheControl: "no-cache"},
		"disposition": {ContentDisposition: "attachment"},
		"encoding":    {ContentEncoding: "gzip"},
		"language":    {ContentLanguage: "de"},
	} {
		a.ContentType = "x/y"
		b := mem.New(nil)
		if _, err := files.PutString(t.Context(), b, "a", "x",
			&files.PutOptions{Attributes: a}); err != nil {
			t.Fatal(err)
		}
		put(t, b, "plain", "x")
		if _, err := files.Copy(t.Context(), b, "copy", b, "a", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := files.Copy(t.Context(), b, "set", b, "plain",
			&files.CopyOptions{Attributes: &a}); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a", "copy", "set"} {
			info, err := b.Stat(t.Context(), name, nil)
			if err != nil || !reflect.DeepEqual(info.Attributes, a) {
				t.Errorf("%s: %s has %+v, %v, want %+v", what, name, info.Attributes, err, a)
			}
		}
	}
}

// TestVersionsArePrintable: a version is short printable text, since it becomes an ETag.
func TestVersionsArePrintable(t *testing.T) {
	for _, opts := range []*mem.Options{nil, {VersionPerPut: true}} {
		v := put(t, mem.New(opts), "a", "x").Version
		if v == "" || len(v) > 64 {
			t.Errorf("the version is %q", v)
		}
		for _, c := range []byte(v) {
			if c <= ' ' || c > '~' || c == '"' {
				t.Errorf("the version %q has the byte %#x", v, c)
			}
		}
	}
}

// TestDeleteManyTwice: a deletion of many leaves the bucket usable, and the files that
// were not named.
func TestDeleteManyTwice(t *testing.T) {
	b := mem.New(nil)
	for range 2 {
		for _, name := range []string{"a", "b", "c"} {
			put(t, b, name, "x")
		}
		res, err := files.DeleteMany(t.Context(), b, slices.Values([]string{"a", "c", "none"}))
		if err != nil || res.Deleted != 3 {
			t.Errorf("DeleteMany = %+v, %v, want 3 deleted and no error", res, err)
		}
		var left []string
		for e, err := range b.List(t.Context(), "", nil) {
			if err != nil {
				t.Fatal(err)
			}
			left = append(left, e.Name)
		}
		if !slices.Equal(left, []string{"b"}) {
			t.Errorf("%q is left", left)
		}
	}
}

// TestGetIfNotVersion: a Get with another version than the file's reads it.
func TestGetIfNotVersion(t *testing.T) {
	b := mem.New(nil)
	v := put(t, b, "a", "x").Version
	r, err := b.Get(t.Context(), "a", &files.GetOptions{IfNotVersion: v + "x"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.ReadString(); got != "x" || err != nil {
		t.Errorf(`the body is %q, %v, want "x"`, got, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := b.Get(t.Context(), "a", &files.GetOptions{IfNotVersion: v}); !errors.Is(err,
		files.ErrNotModified) {
		t.Errorf("%v, want ErrNotModified", err)
	}
}
