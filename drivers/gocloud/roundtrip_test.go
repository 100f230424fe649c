package gocloud

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"gocloud.dev/blob"
)

// TestToBlobRoundTrip: a files.Bucket through ToBlob and New keeps everything but the
// result of a Put.
func TestToBlobRoundTrip(t *testing.T) {
	for _, c := range []struct {
		name   string
		open   func(b files.Bucket) *blob.Bucket
		prefix string
	}{
		{"bare", func(b files.Bucket) *blob.Bucket { return ToBlob(b, nil) }, ""},
		{"with a prefix", func(b files.Bucket) *blob.Bucket {
			return blob.PrefixedBucket(ToBlob(b, nil), "p/")
		}, "p/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inner := mem.New(nil)
			defer inner.Close()
			b := New(c.open(inner), nil)
			defer b.Close()
			f, in := b.Features(), inner.Features()
			if f.MaxName != in.MaxName-len(c.prefix) || f.PutReturnsVersion || !f.ForeignKeys {
				t.Errorf("Features = %+v", f)
			}
			f.MaxName, f.PutReturnsVersion, f.ForeignKeys = in.MaxName, in.PutReturnsVersion,
				in.ForeignKeys
			if f != in {
				t.Errorf("Features =\n%+v, the inner bucket's\n%+v", f, in)
			}
			attrs := files.Attributes{
				ContentType:  "text/csv",
				CacheControl: "no-cache",
				Metadata:     map[string]string{"k": "v"},
			}
			put(t, b, "d/f", "0123456789", &files.PutOptions{
				Attributes: attrs,
				If:         files.IfAbsent(),
			})
			want, err := inner.Stat(t.Context(), c.prefix+"d/f", nil)
			if err != nil {
				t.Fatal(err)
			}
			st, err := b.Stat(t.Context(), "d/f", nil)
			if err != nil || st.Name != "d/f" || st.Version != want.Version ||
				!st.ModTime.Equal(want.ModTime) || st.Digest != want.Digest ||
				st.Metadata["k"] != "v" {
				t.Errorf("Stat = %+v, %v; want %+v", st, err, want)
			}
			for e, err := range b.List(t.Context(), "", nil) {
				if err != nil || e != st.Entry {
					t.Errorf("List = %+v, %v; want %+v", e, err, st.Entry)
				}
			}
			r, err := b.Get(t.Context(), "d/f", &files.GetOptions{
				Range:     files.Last(3),
				IfVersion: st.Version,
			})
			if err != nil {
				t.Fatal(err)
			}
			if s, err := r.ReadString(); s != "789" || err != nil || r.Offset() != 7 ||
				r.Info().Version != st.Version || r.Info().Name != "d/f" {
				t.Errorf("%q, %v, offset %d, %+v, want %q, nil, 7, Version %q and Name %q", s, err,
					r.Offset(), r.Info(), "789", st.Version, "d/f")
			}
			r.Close()
			for what, c := range map[string]struct {
				err  error
				want error
			}{
				"get if not version": {third(b.Get(t.Context(), "d/f",
					&files.GetOptions{IfNotVersion: st.Version})), files.ErrNotModified},
				"get if version": {third(b.Get(t.Context(), "d/f",
					&files.GetOptions{IfVersion: "other"})), files.ErrPrecondition},
				"put if absent": {third(b.Put(t.Context(), "d/f", strings.NewReader("x"),
					&files.PutOptions{If: files.IfAbsent()})), files.ErrExist},
				"put if version": {third(b.Put(t.Context(), "d/f", strings.NewReader("x"),
					&files.PutOptions{If: files.IfVersion("other")})), files.ErrPrecondition},
				"delete if version": {b.Delete(t.Context(), "d/f",
					&files.DeleteOptions{IfVersion: "other"}), files.ErrPrecondition},
				"delete a missing if": {b.Delete(t.Context(), "none",
					&files.DeleteOptions{IfVersion: "other"}), files.ErrPrecondition},
				"delete a missing": {b.Delete(t.Context(), "none", nil), nil},
				"get a missing": {third(b.Get(t.Context(), "none",
					nil)), files.ErrNotExist},
				"copy if version": {third(files.Copy(t.Context(), b, "to", b, "d/f",
					&files.CopyOptions{IfSource: "other"})), files.ErrPrecondition},
				"copy over if absent": {third(files.Copy(t.Context(), b, "d/f2", b, "d/f",
					&files.CopyOptions{If: files.IfVersion("x")})), files.ErrPrecondition},
				"metadata of two folds": {
					third(b.Put(t.Context(), "x", strings.NewReader("x"), &files.PutOptions{
						Attributes: files.Attributes{Metadata: map[string]string{
							"a": "",
							"A": "",
						}},
					})),
					files.ErrInvalid,
				},
			} {
				if !errors.Is(c.err, c.want) || c.want == nil && c.err != nil {
					t.Errorf("%s: %v, want %v", what, c.err, c.want)
				}
			}
			put(t, b, "d/f", "new", &files.PutOptions{If: files.IfVersion(st.Version)})
			if got := get(t, b, "d/f", nil); got != "new" {
				t.Errorf("Get after the update = %q, want %q", got, "new")
			}
			moved, err := files.Move(t.Context(), b, "moved", b, "d/f", nil)
			if err != nil || moved.Name != "moved" || moved.Size != 3 {
				t.Errorf("Move = %+v, %v, want Name %q, Size 3 and nil", moved, err, "moved")
			}
			if got := list(t, b, "", nil); !slices.Equal(got, []string{"moved"}) {
				t.Errorf("List = %q, want %q", got, []string{"moved"})
			}
		})
	}
}

func third[T any](_ T, err error) error { return err }

// TestNamesRoundTrip: names that look escaped are unchanged, and keys that are escaped
// are raw keys (N2, L7).
func TestNamesRoundTrip(t *testing.T) {
	inner := mem.New(nil)
	defer inner.Close()
	raw := ToBlob(inner, nil)
	b := New(raw, nil)
	names := []string{
		"__0x0__", "a/__0x2f__b", "a__0x2f__b", "a__0x5f___0x2f__b", "v1../x", "x.attrs",
		strings.Repeat("é", 500),
	}
	for _, n := range names {
		put(t, b, n, n, nil)
		if got := get(t, b, n, nil); got != n {
			t.Errorf("%q has %q, want %q", n, got, n)
		}
	}
	if got := list(t, b, "", nil); !equalSets(got, names) {
		t.Errorf("List = %q, want %q", got, names)
	}
	if err := raw.WriteAll(t.Context(), "a//b", []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
	if got := list(t, b, "a",
		&files.ListOptions{Foreign: true}); !slices.Contains(got, "key a//b") {
		t.Errorf("List = %q", got)
	}
	if got := get(t, b, "", &files.GetOptions{Key: "a//b"}); got != "x" {
		t.Errorf("the raw key has %q, want %q", got, "x")
	}
}

func equalSets(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// TestReadAfterClose: a body can be read after the bucket's Close, and nothing is left
// after the body's (X3).
func TestReadAfterClose(t *testing.T) {
	inner := mem.New(nil)
	defer inner.Close()
	b := New(ToBlob(inner, nil), nil)
	put(t, b, "f", strings.Repeat("x", 1<<20), nil)
	r, err := b.Get(t.Context(), "f", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, r, 10); err != nil {
		t.Fatal(err)
	}
	b.Close()
	if _, err := r.Next(); err != nil {
		t.Errorf("Read after the bucket's Close = %v, want nil", err)
	}
	r.Close()
	if _, err := r.Next(); !errors.Is(err, files.ErrClosed) {
		t.Errorf("Read after the body's Close = %v, want ErrClosed", err)
	}
}
