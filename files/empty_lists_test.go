package files_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestEmptyLists: a list that is empty means nothing, and never everything. A sequence
// that is nil is a mistake of the caller, and refused.
func TestEmptyLists(t *testing.T) {
	b := mem.New(nil)
	for _, name := range []string{"a", "d/b"} {
		if _, err := files.PutString(t.Context(), b, name, "content", &files.PutOptions{
			Attributes: files.Attributes{Metadata: map[string]string{"k": "v"}},
			Native:     []files.NativeOption{},
		}); err != nil {
			t.Fatal(err)
		}
	}
	there := func(what string) {
		t.Helper()
		if n, _, err := files.Usage(t.Context(), b, ""); n != 2 || err != nil {
			t.Errorf("after %s there are %d files, %v, want 2 and nil", what, n, err)
		}
	}
	res, err := files.DeleteMany(t.Context(), b, slices.Values([]string(nil)))
	if err != nil || res.Deleted != 0 || res.Failed != nil {
		t.Errorf("DeleteMany without names = %+v, %v, want zero and nil", res, err)
	}
	there("DeleteMany without names")
	if _, err := files.DeleteMany(t.Context(), b, nil); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("DeleteMany(nil) = %v, want ErrInvalid", err)
	}
	there("DeleteMany(nil)")
	if _, err := files.DeleteDir(t.Context(), b, ""); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("DeleteDir of nothing = %v, want ErrInvalid", err)
	}
	there("DeleteDir of nothing")

	r := newRemote(t)
	r.put(t, "f", []byte("content"))
	for what, ranges := range map[string][]files.Range{"nil": nil, "empty": {}} {
		got, err := files.ReadRanges(t.Context(), r, "f", ranges, nil)
		if err != nil || got == nil || len(got) != 0 || r.sent.Load() != 0 {
			t.Errorf("ReadRanges(%s) = %v, %v, and %d bytes are read, want an empty result", what,
				got, err, r.sent.Load())
		}
		_, err = files.ReadRanges(t.Context(), r, "missing", ranges, nil)
		if !errors.Is(err, files.ErrNotExist) {
			t.Errorf("ReadRanges(%s) of a missing file = %v, want ErrNotExist", what, err)
		}
	}
	f, err := files.OpenAt(t.Context(), r, "f", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	gets := r.gets.Load()
	if got, err := f.ReadRanges(); err != nil || got == nil || len(got) != 0 ||
		r.gets.Load() != gets {
		t.Errorf("File.ReadRanges() = %v, %v, and %d requests, want an empty result and none",
			got, err, r.gets.Load()-gets)
	}

	// nil attributes are the source's, and empty ones are empty, as the metadata in them.
	for what, c := range map[string]struct {
		attributes *files.Attributes
		want       map[string]string
	}{
		"nil":            {nil, map[string]string{"k": "v"}},
		"zero":           {&files.Attributes{}, nil},
		"empty metadata": {&files.Attributes{Metadata: map[string]string{}}, nil},
	} {
		_, err := files.Copy(t.Context(), b, "a", b, "d/b",
			&files.CopyOptions{Attributes: c.attributes})
		if err != nil {
			t.Fatal(err)
		}
		info, err := b.Stat(t.Context(), "a", nil)
		if err != nil || !maps.Equal(info.Metadata, c.want) {
			t.Errorf("Copy with attributes that are %s: %v, %v, want %v", what, info.Metadata, err,
				c.want)
		}
	}
}
