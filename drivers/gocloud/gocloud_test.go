package gocloud

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"cloudfiles.dev/files"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
)

// both runs a test on memblob and fileblob.
func both(t *testing.T, test func(t *testing.T, raw *blob.Bucket, b files.Bucket)) {
	t.Run("memblob", func(t *testing.T) {
		raw := memblob.OpenBucket(nil)
		test(t, raw, New(raw, nil))
	})
	t.Run("fileblob", func(t *testing.T) {
		raw := openFile(t, t.TempDir(), nil)
		test(t, raw, New(raw, nil))
	})
}

func put(t *testing.T, b files.Bucket, name, content string, o *files.PutOptions) files.Info {
	t.Helper()
	info, err := b.Put(t.Context(), name, strings.NewReader(content), o)
	if err != nil {
		t.Fatalf("Put(%q) = %v", name, err)
	}
	return info
}

func get(t *testing.T, b files.Bucket, name string, o *files.GetOptions) string {
	t.Helper()
	r, err := b.Get(t.Context(), name, o)
	if err != nil {
		t.Fatalf("Get(%q) = %v", name, err)
	}
	defer r.Close()
	s, err := r.ReadString()
	if err != nil {
		t.Fatalf("reading %q: %v", name, err)
	}
	return s
}

func list(t *testing.T, b files.Bucket, dir string, o *files.ListOptions) []string {
	t.Helper()
	var names []string
	for e, err := range b.List(t.Context(), dir, o) {
		if err != nil {
			t.Fatalf("List(%q) = %v", dir, err)
		}
		if e.Key != "" {
			names = append(names, "key "+e.Key)
			continue
		}
		names = append(names, e.Name)
	}
	return names
}

// TestFailedPutKeepsTheOld: a failed Put keeps the old file, although Go CDK's Upload
// commits the content before the failure (P2, P10).
func TestFailedPutKeepsTheOld(t *testing.T) {
	broken := errors.New("the disk of the sender broke")
	size := int64(3)
	both(t, func(t *testing.T, raw *blob.Bucket, b files.Bucket) {
		for _, c := range []struct {
			name    string
			content io.Reader
			opts    *files.PutOptions
			want    error
		}{
			{"reader fails at once", iotest.ErrReader(broken), nil, broken},
			{"reader fails half-way", io.MultiReader(strings.NewReader(strings.Repeat("x", 3<<20)),
				iotest.ErrReader(broken)), nil, broken},
			{
				"too long", strings.NewReader("four"), &files.PutOptions{Size: &size},
				files.ErrCorrupt,
			},
			{"too short", io.LimitReader(strings.NewReader("x"),
				9), &files.PutOptions{Size: &size}, files.ErrCorrupt},
			{
				"wrong digest", strings.NewReader("four"),
				&files.PutOptions{Digest: files.Digest{CRC32C: "00000000"}}, files.ErrCorrupt,
			},
			{
				"capital beyond ASCII", strings.NewReader("four"),
				&files.PutOptions{
					Attributes: files.Attributes{Metadata: map[string]string{"Ä": "x"}},
				},
				files.ErrUnsupported,
			},
			{
				"bad type", strings.NewReader("four"),
				&files.PutOptions{Attributes: files.Attributes{ContentType: "a/b/c"}},
				files.ErrUnsupported,
			},
		} {
			for _, name := range []string{"old", "none"} {
				put(t, b, "old", "as it was", nil)
				_, err := b.Put(t.Context(), name, c.content, c.opts)
				if !errors.Is(err, c.want) && name == "old" {
					t.Errorf("%s: %v, want %v", c.name, err, c.want)
				}
				if err == nil {
					t.Errorf("%s: Put(%q) = nil", c.name, name)
				}
				if s, ok := c.content.(io.Seeker); ok {
					s.Seek(0, io.SeekStart)
				}
			}
			if got := get(t, b, "old", nil); got != "as it was" {
				t.Errorf("%s: the old file has %q, want %q", c.name, got, "as it was")
			}
			if names := list(t, b, "", nil); !slices.Equal(names, []string{"old"}) {
				t.Errorf("%s: List = %q, want %q", c.name, names, []string{"old"})
			}
		}
	})
}

func TestCancelledPutKeepsTheOld(t *testing.T) {
	both(t, func(t *testing.T, raw *blob.Bucket, b files.Bucket) {
		put(t, b, "f", "old", nil)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := b.Put(ctx, "f",
			io.MultiReader(strings.NewReader(strings.Repeat("n", 600)),
				readFunc(func(p []byte) (int, error) {
					cancel()
					return 0, io.EOF
				})), nil)
		if !errors.Is(err, context.Canceled) || errors.Is(err, files.ErrUncertain) {
			t.Errorf("Put = %v, want context.Canceled, not ErrUncertain", err)
		}
		if got := get(t, b, "f", nil); got != "old" {
			t.Errorf("the file has %q, want %q", got, "old")
		}
	})
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestPutGetStat(t *testing.T) {
	both(t, func(t *testing.T, raw *blob.Bucket, b files.Bucket) {
		attrs := files.Attributes{
			ContentType:        "text/csv; charset=utf-8",
			CacheControl:       "no-cache",
			ContentDisposition: "inline",
			ContentEncoding:    "gzip",
			ContentLanguage:    "de",
			Metadata:           map[string]string{"Owner": "Zoë", "empty": ""},
		}
		info := put(t, b, "d/f.csv", "a,b\n", &files.PutOptions{Attributes: attrs})
		if info.Name != "d/f.csv" || info.Size != 4 || info.ContentType != attrs.ContentType ||
			!info.ModTime.IsZero() || info.Version != "" {
			t.Errorf("Put = %+v, want Name %q, Size 4, ContentType %q, ModTime zero and Version %q",
				info, "d/f.csv", attrs.ContentType, "")
		}
		put(t, b, "empty", "", nil)
		st, err := b.Stat(t.Context(), "d/f.csv", nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.Get(t.Context(), "d/f.csv", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if st.Metadata["owner"] != "Zoë" || len(st.Metadata) != 2 ||
			st.CacheControl != "no-cache" || st.ContentLanguage != "de" || st.Digest.MD5 == "" {
			t.Errorf("Stat = %+v, want %q, Metadata a length of 2, CacheControl %q, "+
				"ContentLanguage %q and Digest.MD5 anything but %q", st, "Zoë", "no-cache", "de",
				"")
		}
		if g := r.Info(); g.Metadata["owner"] != "Zoë" || g.Size != 4 ||
			!g.ModTime.Equal(st.ModTime) || g.Digest != st.Digest {
			t.Errorf("Get = %+v, Stat = %+v, want %q, Size 4, ModTime %v and Digest %+v", g, st,
				"Zoë", st.ModTime, st.Digest)
		}
		for e, err := range b.List(t.Context(), "d", nil) {
			if err != nil || e.Size != 4 || !e.ModTime.Equal(st.ModTime) ||
				e.Version != st.Version {
				t.Errorf("List = %+v, %v, want Size 4, ModTime %v, Version %q and nil", e, err,
					st.ModTime, st.Version)
			}
		}
		put(t, b, "d/f.csv", "x", nil)
		if st, _ = b.Stat(t.Context(), "d/f.csv",
			nil); len(st.Metadata) != 0 || st.CacheControl != "" ||
			st.ContentType != "text/csv; charset=utf-8" {
			t.Errorf("Stat after a Put without attributes = %+v", st)
		}
	})
}

func TestRanges(t *testing.T) {
	both(t, func(t *testing.T, raw *blob.Bucket, b files.Bucket) {
		put(t, b, "f", "0123456789", nil)
		put(t, b, "empty", "", nil)
		for _, c := range []struct {
			r    files.Range
			want string
			off  int64
		}{
			{files.Range{}, "0123456789", 0},
			{files.Bytes(2, 3), "234", 2},
			{files.Bytes(0, 0), "", 0},
			{files.Bytes(5, 0), "", 5},
			{files.Bytes(8, 9), "89", 8},
			{files.Bytes(10, 1), "", 10},
			{files.Bytes(99, 1), "", 10},
			{files.From(7), "789", 7},
			{files.From(10), "", 10},
			{files.From(11), "", 10},
			{files.Last(3), "789", 7},
			{files.Last(0), "", 10},
			{files.Last(99), "0123456789", 0},
		} {
			r, err := b.Get(t.Context(), "f", &files.GetOptions{Range: c.r})
			if err != nil {
				t.Errorf("%v: %v, want nil", c.r, err)
				continue
			}
			got, err := r.ReadString()
			if got != c.want || err != nil || r.Offset() != c.off ||
				r.Len() != int64(len(c.want)) || r.Info().Size != 10 {
				t.Errorf("%v: %q, %v, offset %d, size %d", c.r, got, err, r.Offset(), r.Info().Size)
			}
			r.Close()
			if got := get(t, b, "empty", &files.GetOptions{Range: c.r}); got != "" {
				t.Errorf("%v of an empty file: %q, want %q", c.r, got, "")
			}
		}
	})
}

func TestDeleteOfMissingFiles(t *testing.T) {
	both(t, func(t *testing.T, raw *blob.Bucket, b files.Bucket) {
		put(t, b, "d/f", "x", nil)
		for _, name := range []string{"none", "d", "d/f/below", "d/none"} {
			if err := b.Delete(t.Context(), name, nil); err != nil {
				t.Errorf("Delete of the missing %q = %v", name, err)
			}
			if _, err := b.Stat(t.Context(), name, nil); !errors.Is(err, files.ErrNotExist) {
				t.Errorf("Stat of the missing %q = %v, want ErrNotExist", name, err)
			}
		}
		if got := get(t, b, "d/f", nil); got != "x" {
			t.Errorf("d/f has %q, want %q", got, "x")
		}
		for range 2 {
			if err := b.Delete(t.Context(), "d/f", nil); err != nil {
				t.Errorf("Delete(d/f) = %v, want nil", err)
			}
		}
		if names := list(t, b, "", &files.ListOptions{Shallow: true}); len(names) != 0 {
			t.Errorf("List = %q, want none", names)
		}
	})
}

func TestConditionsThatAreRefused(t *testing.T) {
	both(t, func(t *testing.T, raw *blob.Bucket, b files.Bucket) {
		put(t, b, "f", "old", nil)
		want := files.ErrUnsupported // fileblob stats, and then renames
		if b.Features().IfAbsent {
			want = files.ErrExist
			put(t, b, "g", "new", &files.PutOptions{If: files.IfAbsent()})
		}
		if _, err := b.Put(t.Context(), "f", strings.NewReader("new"),
			&files.PutOptions{If: files.IfAbsent()}); !errors.Is(err, want) {
			t.Errorf("Put if absent = %v, want %v", err, want)
		}
		if _, err := b.Put(t.Context(), "f", strings.NewReader("new"),
			&files.PutOptions{If: files.IfVersion("1")}); !errors.Is(err, files.ErrUnsupported) {
			t.Errorf("Put if version = %v, want ErrUnsupported", err)
		}
		if err := b.Delete(t.Context(), "f",
			&files.DeleteOptions{IfVersion: "1"}); !errors.Is(err, files.ErrUnsupported) {
			t.Errorf("Delete if version = %v, want ErrUnsupported", err)
		}
		if got := get(t, b, "f", nil); got != "old" {
			t.Errorf("the file has %q, want %q", got, "old")
		}
	})
}

func TestCopyKeepsAttributes(t *testing.T) {
	both(t, func(t *testing.T, raw *blob.Bucket, b files.Bucket) {
		put(t, b, "src", "x",
			&files.PutOptions{Attributes: files.Attributes{Metadata: map[string]string{"k": "v"}}})
		info, err := files.Copy(t.Context(), b, "dst", b, "src", nil)
		if err != nil || info.Size != 1 || info.Metadata["k"] != "v" {
			t.Errorf("Copy = %+v, %v, want Size 1, %q and nil", info, err, "v")
		}
		if got := get(t, b, "dst", nil); got != "x" {
			t.Errorf("dst has %q, want %q", got, "x")
		}
		if _, err := files.Copy(t.Context(), b, "dst", b, "none",
			nil); !errors.Is(err, files.ErrNotExist) {
			t.Errorf("Copy of a missing file = %v", err)
		}
		if _, err := files.Copy(t.Context(), b, "dst", b, "dst", nil); err != nil {
			t.Errorf("Copy onto itself = %v, want nil", err)
		}
		if got := get(t, b, "dst", nil); got != "x" {
			t.Errorf("after the failed copy dst has %q, want %q", got, "x")
		}
	})
}
