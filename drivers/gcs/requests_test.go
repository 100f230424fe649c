package gcs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"cloudfiles.dev/conformance/longtest"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// TestRequestsOfEachOperation counts the requests of each operation.
func TestRequestsOfEachOperation(t *testing.T) {
	b, _, p := proxied(t, signParams(t))
	ctx := t.Context()
	put := func(name, content string, o *files.PutOptions) files.Info {
		t.Helper()
		info, err := b.Put(ctx, name, strings.NewReader(content), o)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	get := func(name string, o *files.GetOptions) func() error {
		return func() error {
			r, err := b.Get(ctx, name, o)
			if err != nil {
				return err
			}
			defer r.Close()
			// this is one request more
			if info, err := b.Stat(ctx, name,
				nil); err != nil || fmt.Sprint(info) != fmt.Sprint(r.Info()) {
				t.Errorf("Get = %+v, and Stat = %+v, %v", r.Info(), info, err)
			}
			_, err = io.Copy(io.Discard, r)
			return err
		}
	}
	odd := files.Attributes{
		ContentDisposition: `inline; filename*=UTF-8''%C3%BC`,
		ContentLanguage:    "de",
		CacheControl:       "no-cache",
		Metadata:           map[string]string{"schlüssel:\n": "wert\r\n", "k": "v"},
	}
	info := put("file", "0123456789", &files.PutOptions{Attributes: odd})
	put("empty", "", nil)
	for i := range 25 {
		put(fmt.Sprintf("list/%02d", i), "x", nil)
	}
	for what, c := range map[string]struct {
		do   func() error
		want map[string]int
	}{
		"put": {
			func() error { put("a", "content", nil); return nil },
			map[string]int{"InsertObject": 1},
		},
		"put with all options": {func() error {
			put("b", "content", &files.PutOptions{Attributes: odd, If: files.IfAbsent()})
			return nil
		}, map[string]int{"InsertObject": 1}},
		"get":                  {get("file", nil), map[string]int{"XMLGet": 1, "GetObject": 1}},
		"get of an empty file": {get("empty", nil), map[string]int{"XMLGet": 1, "GetObject": 1}},
		"get of a range": {get("file", &files.GetOptions{Range: files.Bytes(2, 3)}), map[string]int{
			"XMLGet":    1,
			"GetObject": 1,
		}},
		"get of the end": {get("file", &files.GetOptions{Range: files.Last(3)}), map[string]int{
			"XMLGet":    1,
			"GetObject": 1,
		}},
		"get from the middle": {get("file", &files.GetOptions{
			Range:     files.From(3),
			IfVersion: info.Version,
		}), map[string]int{"XMLGet": 1, "GetObject": 1}},
		"get of nothing": {
			get("file", &files.GetOptions{Range: files.Bytes(2, 0)}),
			map[string]int{"GetObject": 2},
		},
		"get past the end": {get("file", &files.GetOptions{Range: files.From(100)}), map[string]int{
			"XMLGet":    1,
			"GetObject": 2,
		}},
		"get of what is not new": {func() error {
			if _, err := b.Get(ctx, "file",
				&files.GetOptions{
					IfNotVersion: info.Version,
				}); files.KindOf(err) != files.ErrNotModified {
				return err
			}
			return nil
		}, map[string]int{"XMLGet": 1}},
		"exists": {
			func() error { _, err := files.Exists(ctx, b, "nowhere"); return err },
			map[string]int{"GetObject": 1},
		},
		"delete": {
			func() error { return b.Delete(ctx, "a", nil) },
			map[string]int{"DeleteObject": 1},
		},
		"delete of nothing": {
			func() error { return b.Delete(ctx, "nowhere", nil) },
			map[string]int{"DeleteObject": 1},
		},
		"update": {func() error {
			v := put("u", "1", nil).Version
			v = put("u", "2", &files.PutOptions{If: files.IfVersion(v)}).Version
			return b.Delete(ctx, "u", &files.DeleteOptions{IfVersion: v})
		}, map[string]int{"InsertObject": 2, "DeleteObject": 1}},
		"copy": {func() error {
			_, err := files.Copy(ctx, b, "copy", b, "file", &files.CopyOptions{
				If:       files.IfAbsent(),
				IfSource: info.Version,
			})
			return err
		}, map[string]int{"RewriteObject": 1}},
		"copy with attributes": {func() error {
			_, err := files.Copy(ctx, b, "copy.txt", b, "file",
				&files.CopyOptions{Attributes: &files.Attributes{ContentLanguage: "de"}})
			return err
		}, map[string]int{"RewriteObject": 1}},
		"copy with a storage class": {func() error {
			_, err := files.Copy(ctx, b, "copy2", b, "file",
				&files.CopyOptions{
					Native: []files.NativeOption{PutOptions{StorageClass: "NEARLINE"}},
				})
			return err
		}, map[string]int{"GetObject": 1, "RewriteObject": 1}},
		"check": {func() error { return files.Check(ctx, b) }, map[string]int{"ListObjects": 1}},
		"sign": {
			func() error { _, err := files.SignURL(ctx, b, "file", nil); return err },
			map[string]int{},
		},
		"list": {func() error {
			for _, err := range b.List(ctx, "list", &files.ListOptions{PageSize: 5}) {
				if err != nil {
					return err
				}
			}
			return nil
		}, map[string]int{"ListObjects": 5}},
		"shallow list": {func() error {
			for _, err := range b.List(ctx, "", &files.ListOptions{Shallow: true}) {
				if err != nil {
					return err
				}
			}
			return nil
		}, map[string]int{"ListObjects": 1}},
		"list of one after another": {func() error {
			for e, err := range b.List(ctx, "list", &files.ListOptions{
				StartAfter: "list/07",
				Limit:      1,
			}) {
				if err != nil || e.Name != "list/08" {
					t.Errorf("%v, %v, want Name %q and nil", e, err, "list/08")
				}
			}
			return nil
		}, map[string]int{"ListObjects": 1}},
	} {
		t.Run(what, func(t *testing.T) {
			p.Reset()
			if err := c.do(); err != nil {
				t.Errorf("do = %v, want nil", err)
			}
			p.Want(t, c.want)
		})
	}
}

// TestManyRequests: 1,000 deletions are 1,000 requests, and 1,001 names are two pages.
func TestManyRequests(t *testing.T) {
	t.Parallel()
	b, _, p := proxied(t, "")
	names := make([]string, 1001)
	for i := range names {
		names[i] = fmt.Sprintf("f%04d", i)
	}
	for _, err := range driver.EachName(t.Context(), names,
		func(ctx context.Context, name string) error {
			_, err := files.PutString(ctx, b, name, name, nil)
			return err
		}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	p.Reset()
	n := 0
	for _, err := range b.List(t.Context(), "", nil) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != len(names) {
		t.Errorf("%d names, want %d", n, len(names))
	}
	p.Want(t, map[string]int{"ListObjects": 2})
	p.Reset()
	res, err := files.DeleteMany(t.Context(), b, func(yield func(string) bool) {
		for _, name := range names[:1000] {
			if !yield(name) {
				return
			}
		}
	})
	if err != nil || res.Deleted != 1000 {
		t.Errorf("deleted %d, %v, want 1000 and nil", res.Deleted, err)
	}
	p.Want(t, map[string]int{"DeleteObject": 1000})
}

// TestPartRequests: 64 MiB in parts of 8 MiB are 10 requests, or 9 part by part,
// whether the size is known or not; content up to a part is one request. The server
// doesn't return the generation at the end of an upload, so one more request reads it.
func TestPartRequests(t *testing.T) {
	t.Parallel()
	parts := longtest.N(t, 3, 8)
	content := bytes.Repeat([]byte("0123456789abcdef"), parts<<19)
	several := func(n int) map[string]int {
		return map[string]int{"XMLPost": 2, "XMLPut": n, "GetObject": 1}
	}
	oneByOne := func(n int) map[string]int {
		return map[string]int{"StartUpload": 1, "UploadChunk": n}
	}
	for params, want := range map[string]func(n int) map[string]int{
		"":              several,
		"concurrency=1": oneByOne,
	} {
		t.Run("params="+params, func(t *testing.T) {
			b, _, p := proxied(t, params)
			for _, c := range []struct {
				size int
				want map[string]int
			}{
				{8 << 20, map[string]int{"InsertObject": 1}},
				{8<<20 + 1, want(2)},
				{parts * 8 << 20, want(parts)},
			} {
				for _, r := range []io.Reader{
					bytes.NewReader(content[:c.size]),
					io.MultiReader(bytes.NewReader(content[:c.size])),
				} {
					p.Reset()
					info, err := b.Put(t.Context(), "large", r, nil)
					if err != nil || info.Size != int64(c.size) || info.Digest.CRC32C == "" {
						t.Fatalf("Put of %d bytes = %+v, %v, want the size and a CRC-32C",
							c.size, info, err)
					}
					p.Want(t, c.want)
				}
			}
		})
	}
}
