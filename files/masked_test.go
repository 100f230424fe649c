package files_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// claimsLess is a wrapper whose Features are changed.
func claimsLess(b files.Bucket, change func(f *files.Features)) files.Bucket {
	return files.Wrap(b, files.Hooks{Features: func(f files.Features) files.Features {
		change(&f)
		return f
	}})
}

// TestMaskedResults: what a wrapper doesn't claim is in none of its results, and all else
// is.
func TestMaskedResults(t *testing.T) {
	store := mem.New(&mem.Options{VersionPerPut: true})
	opts := &files.PutOptions{}
	opts.CacheControl = "no-store"
	for what, c := range map[string]struct {
		change func(f *files.Features)
		lacks  func(i files.Info, put bool) bool
	}{
		"nothing": {func(*files.Features) {}, func(i files.Info, _ bool) bool {
			return i.Version != "" && i.CacheControl != "" && i.Digest.CRC32C != ""
		}},
		"versions": {func(f *files.Features) { f.Versions = false },
			func(i files.Info, _ bool) bool { return i.Version == "" && i.CacheControl != "" }},
		"version of Put": {func(f *files.Features) { f.PutReturnsVersion = false },
			func(i files.Info, put bool) bool { return (i.Version == "") == put }},
		"digests": {func(f *files.Features) { f.Digests = false },
			func(i files.Info, _ bool) bool { return i.Digest.IsZero() && i.Version != "" }},
		"times": {func(f *files.Features) { f.TimeResolution = time.Hour },
			func(i files.Info, _ bool) bool {
				return i.ModTime.Equal(i.ModTime.Truncate(time.Hour)) && i.Version != ""
			}},
	} {
		b := claimsLess(store, c.change)
		put, err := b.Put(ctx, "a", strings.NewReader("text"), opts)
		if err != nil || !c.lacks(put, true) {
			t.Errorf("%s: Put returned %+v, %v", what, put, err)
		}
		stat, err := b.Stat(ctx, "a", nil)
		if err != nil || !c.lacks(stat, false) {
			t.Errorf("%s: Stat returned %+v, %v", what, stat, err)
		}
		r, err := b.Get(ctx, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		if !c.lacks(r.Info(), false) {
			t.Errorf("%s: Get returned %+v", what, r.Info())
		}
		if got, err := r.ReadString(); got != "text" || err != nil {
			t.Errorf(`%s: the body is %q, %v, want "text"`, what, got, err)
		}
		r.Close()
		for e, err := range b.List(ctx, "", nil) {
			if err != nil || e.Version != stat.Version || !e.ModTime.Equal(stat.ModTime) {
				t.Errorf("%s: listed %+v, %v, want as Stat: %+v", what, e, err, stat)
			}
		}
	}
}

// TestMaskedAttributes: a wrapper that claims no attributes returns none but the type,
// and refuses to store any.
func TestMaskedAttributes(t *testing.T) {
	store := mem.New(nil)
	b := claimsLess(store, func(f *files.Features) { f.Attributes = false })
	for _, a := range []files.Attributes{
		{CacheControl: "x"},
		{ContentDisposition: "x"},
		{ContentEncoding: "x"},
		{ContentLanguage: "x"},
		{Metadata: map[string]string{"k": "x"}},
	} {
		opts := &files.PutOptions{Attributes: a}
		_, err := b.Put(ctx, "a", strings.NewReader("text"), opts)
		is(t, err, files.ErrUnsupported)
		missing(t, store, "a")
		if _, err := store.Put(ctx, "a", strings.NewReader("text"), opts); err != nil {
			t.Fatal(err)
		}
		info, err := b.Stat(ctx, "a", nil)
		if err != nil || info.ContentType == "" || info.CacheControl+info.ContentDisposition+
			info.ContentEncoding+info.ContentLanguage != "" || len(info.Metadata) > 0 {
			t.Errorf("Stat returned %+v, %v", info, err)
		}
		store.Delete(ctx, "a", nil)
	}
	typed := &files.PutOptions{Attributes: files.Attributes{ContentType: "a/b"}}
	if _, err := b.Put(ctx, "a", strings.NewReader("text"), typed); err != nil {
		t.Error(err)
	}
	absent := claimsLess(store, func(f *files.Features) { f.IfAbsent = false })
	_, err := absent.Put(ctx, "new", strings.NewReader("x"),
		&files.PutOptions{If: files.IfAbsent()})
	is(t, err, files.ErrUnsupported)
	missing(t, store, "new")
}

// TestMaskedNoBucket: a wrapper that doesn't claim to distinguish them reports a missing
// bucket as a missing file, from Stat alone (E3).
func TestMaskedNoBucket(t *testing.T) {
	gone := around(mem.New(nil), func(context.Context, *files.Call,
		func(context.Context) error) error {
		return files.ErrNoBucket
	})
	b := claimsLess(gone, func(f *files.Features) { f.StatNoBucket = false })
	_, err := b.Stat(ctx, "a", nil)
	is(t, err, files.ErrNotExist)
	_, err = b.Get(ctx, "a", nil)
	is(t, err, files.ErrNoBucket)
	_, err = claimsLess(gone, func(f *files.Features) { f.IfVersion = false }).Stat(ctx, "a", nil)
	is(t, err, files.ErrNoBucket)
}

// TestMaskedSize: a wrapper with a smaller MaxSize stores what has that size, also after
// the bucket below has begun again, and nothing larger.
func TestMaskedSize(t *testing.T) {
	store := mem.New(nil)
	b := claimsLess(begins{store}, func(f *files.Features) { f.MaxSize = 4 })
	for text, want := range map[string]error{"four": nil, "five!": files.ErrTooLarge} {
		for _, skipped := range []string{"", "skipped"} {
			content := strings.NewReader(skipped + text)
			content.Seek(int64(len(skipped)), io.SeekStart)
			_, err := b.Put(ctx, "a", content, nil)
			if want == nil && err != nil || !errors.Is(err, want) {
				t.Errorf("%q behind %q: %v, want %v", text, skipped, err, want)
			}
		}
	}
	has(t, store, "a", "four")
}

// begins is a bucket that reads a part of each content first, and then all of it.
type begins struct{ files.Bucket }

func (b begins) Put(ctx context.Context, name string, content io.Reader,
	opts *files.PutOptions) (files.Info, error) {
	if s, ok := content.(io.Seeker); ok {
		at, err := s.Seek(0, io.SeekCurrent)
		if err != nil {
			return files.Info{}, err
		}
		io.CopyN(io.Discard, content, 3)
		if _, err := s.Seek(at, io.SeekStart); err != nil {
			return files.Info{}, err
		}
	}
	return b.Bucket.Put(ctx, name, content, opts)
}

// TestNilFile: reading a nil File is ErrInvalid, it is empty, and closing it is not an
// error (E2).
func TestNilFile(t *testing.T) {
	var f *files.File
	p := make([]byte, 1)
	_, read := f.Read(p)
	n, readAt := f.ReadAt(p, 0)
	_, seek := f.Seek(0, io.SeekStart)
	_, writeTo := f.WriteTo(io.Discard)
	for what, err := range map[string]error{
		"Read":    read,
		"ReadAt":  readAt,
		"Seek":    seek,
		"WriteTo": writeTo,
	} {
		if !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", what, err)
		}
	}
	if n != 0 {
		t.Errorf("ReadAt returned %d bytes, want 0", n)
	}
	requests, bytes := f.Counts()
	if f.Size() != 0 || f.Info().Name != "" || requests != 0 || bytes != 0 {
		t.Errorf("it has %d bytes, %+v, and made %d requests", f.Size(), f.Info(), requests)
	}
	if err := f.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	b := mem.New(nil)
	put(t, b, "a", "text")
	_, err := files.OpenAt(ctx, b, "a", &files.OpenAtOptions{Memory: -1})
	is(t, err, files.ErrInvalid)
}

// TestListOptionsCheck: negative numbers are ErrInvalid.
func TestListOptionsCheck(t *testing.T) {
	for _, o := range []files.ListOptions{{Limit: -1}, {PageSize: -1}, {Parallel: -1}} {
		if err := o.Check(); !errors.Is(err, files.ErrInvalid) {
			t.Errorf("%+v: %v, want ErrInvalid", o, err)
		}
	}
	ones := files.ListOptions{Limit: 1, PageSize: 1, Parallel: 1}
	if err := ones.Check(); err != nil {
		t.Error(err)
	}
}
