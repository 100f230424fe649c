package files_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func TestPutValues(t *testing.T) {
	b := mem.New(nil)
	o := &files.PutOptions{Attributes: files.Attributes{Metadata: map[string]string{"k": "v"}}}
	if info, err := files.PutString(ctx, b, "a.html", "<p>",
		o); err != nil || info.ContentType != "text/html; charset=utf-8" ||
		info.Metadata["k"] != "v" || info.Size != 3 {
		t.Errorf("PutString = %+v, %v, want 3 bytes of text/html with the metadata", info, err)
	}
	data := []byte{0xff, 0, 1}
	if info, err := files.PutBytes(ctx, b, "dir/data", data,
		nil); err != nil || info.ContentType != "application/octet-stream" {
		t.Errorf(`PutBytes = %v, %v, want no error and ContentType "application/octet-stream"`,
			info, err)
	}
	data[1] = 'x' // the caller's again
	has(t, b, "dir/data", "\xff\x00\x01")
	if o.Size != nil {
		t.Error("the caller's options were changed")
	}
	wrong := int64(5)
	_, err := files.PutString(ctx, b, "a.html", "new", &files.PutOptions{Size: &wrong})
	is(t, err, files.ErrCorrupt)
	has(t, b, "a.html", "<p>")
}

func TestJSON(t *testing.T) {
	type config struct {
		Name string
		N    int
	}
	b := mem.New(nil)
	if info, err := files.PutJSON(ctx, b, "config", config{"x", 1},
		nil); err != nil || info.ContentType != "application/json" {
		t.Errorf(`PutJSON = %v, %v, want no error and ContentType "application/json"`, info, err)
	}
	if info, err := files.PutJSON(ctx, b, "typed", 1,
		&files.PutOptions{
			Attributes: files.Attributes{ContentType: "application/x-n+json"},
		}); err != nil || info.ContentType != "application/x-n+json" {
		t.Errorf(`PutJSON = %v, %v, want no error and ContentType "application/x-n+json"`,
			info, err)
	}
	if c, err := files.ReadJSON[config](ctx, b, "config",
		nil); err != nil || c != (config{"x", 1}) {
		t.Errorf("ReadJSON = %+v, %v, want what was put", c, err)
	}
	_, err := files.PutJSON(ctx, b, "bad", func() {}, nil)
	is(t, err, files.ErrInvalid)
	missing(t, b, "bad")
	put(t, b, "bad", `{"Name":"x","N":"text"}`)
	c, err := files.ReadJSON[config](ctx, b, "bad", nil)
	if e, ok := errors.AsType[*files.Error](err); !ok || e.Name != "bad" || c != (config{}) {
		t.Errorf("ReadJSON of text that doesn't fit = %+v, %v, want an *Error of bad", c, err)
	}
	_, err = files.ReadJSON[config](ctx, b, "missing", nil)
	is(t, err, files.ErrNotExist)
	_, err = files.ReadJSON[config](ctx, b, "config", &files.ReadOptions{MaxBytes: 5})
	is(t, err, files.ErrTooLarge)
}

func TestReadAll(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "0123456789")
	put(t, b, "empty", "")
	for _, c := range []struct {
		name string
		o    files.ReadOptions
		want string
		err  error
	}{
		{"a", files.ReadOptions{}, "0123456789", nil},
		{"a", files.ReadOptions{MaxBytes: 10}, "0123456789", nil},
		{"a", files.ReadOptions{MaxBytes: 9}, "", files.ErrTooLarge},
		{"a", files.ReadOptions{
			MaxBytes:   3,
			GetOptions: files.GetOptions{Range: files.Last(3)},
		}, "789", nil},
		{"a", files.ReadOptions{MaxBytes: -1}, "", files.ErrInvalid},
		{"missing", files.ReadOptions{}, "", files.ErrNotExist},
		{"empty", files.ReadOptions{MaxBytes: 1}, "", nil},
	} {
		got, err := files.ReadString(ctx, b, c.name, &c.o)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%v: ReadString = %q, %v, want %v and %v", c, got, err, c.want, c.err)
		}
	}
	if p, err := files.ReadAll(ctx, b, "empty", nil); p == nil || err != nil {
		t.Error("an empty file is", p, err)
	}
}

func TestExistsAndUsage(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "d/a", "123")
	put(t, b, "d/e/b", "45")
	put(t, b, "dd", "6")
	for dir, want := range map[string][2]int64{
		"":   {3, 6},
		"d":  {2, 5},
		"d/": {2, 5},
		"x":  {0, 0},
		"dd": {0, 0},
	} {
		if n, size, err := files.Usage(ctx, b, dir); err != nil || n != want[0] || size != want[1] {
			t.Errorf("%v: Usage = %v, %v, %v", dir, n, size, err)
		}
	}
	_, _, err := files.Usage(ctx, b, "//")
	is(t, err, files.ErrInvalidName)
	for name, want := range map[string]bool{"d/a": true, "d": false, "nothing": false} {
		if ok, err := files.Exists(ctx, b, name); ok != want || err != nil {
			t.Errorf("%v: Exists = %v, %v, want %v and no error", name, ok, err, want)
		}
	}
	for _, kind := range []error{
		files.ErrNoBucket, files.ErrPermission, files.ErrUnavailable, errBroken,
	} {
		failing := around(b, func(context.Context, *files.Call, func(context.Context) error) error {
			if files.KindOf(kind) == nil {
				return kind
			}
			return driver.WithCause(kind, files.ErrNotExist, "and the file isn't there either")
		})
		ok, err := files.Exists(ctx, failing, "d/a")
		if is(t, err, kind); ok {
			t.Error("exists in spite of", kind)
		}
	}
	_, err = files.Exists(ctx, b, "")
	is(t, err, files.ErrInvalidName)
}

func onDisk(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPutFile(t *testing.T) {
	b := mem.New(nil)
	path := onDisk(t, "on-disk.bin", "a,b\n1,2\n")
	info, err := files.PutFile(ctx, b, "table.csv", path, nil)
	if err != nil || info.ContentType != "text/csv; charset=utf-8" || info.Size != 8 {
		t.Errorf("PutFile = %+v, %v, want 8 bytes of text/csv", info, err)
	}
	has(t, b, "table.csv", "a,b\n1,2\n")
	_, err = files.PutFile(ctx, b, "x", path+"-missing", nil)
	is(t, err, fs.ErrNotExist)
	if e, ok := errors.AsType[*files.Error](err); !ok || e.Name != "x" ||
		e.Detail != "on disk: open: no such file or directory" {
		t.Errorf("PutFile of a missing file: %#v, want an *Error of x", err)
	}
	_, err = files.PutFile(ctx, b, "x", filepath.Dir(path), nil)
	is(t, err, files.ErrInvalid)
	_, err = files.PutFile(ctx, b, "x", os.DevNull, nil)
	is(t, err, files.ErrInvalid)
	_, err = files.PutFile(ctx, b, "/x", path+"-missing", nil)
	is(t, err, files.ErrInvalidName)
	missing(t, b, "x")
}

// TestPutFileChanged changes the file on disk at the moment when the bucket begins to
// read it.
func TestPutFileChanged(t *testing.T) {
	for what, change := range map[string]func(path string) error{
		"longer":  func(p string) error { return os.WriteFile(p, []byte("0123456789+"), 0o666) },
		"shorter": func(p string) error { return os.Truncate(p, 4) },
		"touched": func(p string) error {
			fi, _ := os.Stat(p)
			return os.Chtimes(p, fi.ModTime(), fi.ModTime().Add(-1e9))
		},
	} {
		t.Run(what, func(t *testing.T) {
			path := onDisk(t, "a", "0123456789")
			inner := mem.New(nil)
			put(t, inner, "a.txt", "old")
			b := files.Wrap(inner, files.Hooks{
				Content: func(_ context.Context, _ *files.Call, content io.Reader) io.Reader {
					if _, ok := content.(io.Seeker); !ok {
						t.Error("the content can't seek")
					}
					if err := change(path); err != nil {
						t.Fatal(err)
					}
					return content
				},
			})
			_, err := files.PutFile(ctx, b, "a.txt", path, nil)
			is(t, err, files.ErrChanged)
			has(t, inner, "a.txt", "old")
		})
	}
}

// TestPutFileAgain: a layer that reads the content a second time gets all of it.
func TestPutFileAgain(t *testing.T) {
	path := onDisk(t, "a", "0123456789")
	b := files.Wrap(mem.New(nil), files.Hooks{
		Content: func(_ context.Context, _ *files.Call, content io.Reader) io.Reader {
			if _, err := io.CopyN(io.Discard, content, 7); err != nil {
				t.Error(err)
			}
			if _, err := content.(io.Seeker).Seek(0, io.SeekStart); err != nil {
				t.Error(err)
			}
			return content
		},
	})
	if _, err := files.PutFile(ctx, b, "a", path, nil); err != nil {
		t.Fatal(err)
	}
	has(t, b, "a", "0123456789")
}

func TestPutFS(t *testing.T) {
	b := mem.New(nil)
	tree := fstest.MapFS{
		"a.txt":       {Data: []byte("a")},
		"d/b.html":    {Data: []byte("bb")},
		"d/e/c":       {Data: []byte("ccc")},
		"link":        {Data: []byte("a.txt"), Mode: fs.ModeSymlink},
		"pipe":        {Mode: fs.ModeNamedPipe},
		"skip/me":     {Data: []byte("x")},
		"d/skip-this": {Data: []byte("x")},
	}
	var asked []string
	res, err := files.PutFS(ctx, b, "site/v1", tree, &files.PutFSOptions{
		Attributes: files.Attributes{CacheControl: "no-cache"},
		Filter: func(path string, d fs.DirEntry) bool {
			asked = append(asked, path)
			return path != "skip" && path != "d/skip-this"
		},
	})
	if err != nil || res != (files.PutFSResult{Files: 3, Bytes: 6, Skipped: 2}) {
		t.Fatalf("PutFS = %v, %v", res, err)
	}
	for name, want := range map[string]string{
		"site/v1/a.txt":    "a",
		"site/v1/d/b.html": "bb",
		"site/v1/d/e/c":    "ccc",
	} {
		has(t, b, name, want)
	}
	if n, _, _ := files.Usage(ctx, b, ""); n != 3 {
		t.Error(n, "files")
	}
	if info, _ := b.Stat(ctx, "site/v1/d/b.html",
		nil); info.ContentType != "text/html; charset=utf-8" || info.CacheControl != "no-cache" {
		t.Errorf("Stat of what PutFS stored = %+v, want text/html and no-cache", info)
	}
	for _, p := range asked {
		if p == "skip/me" || p == "." {
			t.Error("the filter was called for", p)
		}
	}
	// Everything, to the top, but not over what is there.
	put(t, b, "d/b.html", "mine")
	res, err = files.PutFS(ctx, b, "", tree, &files.PutFSOptions{
		If:       files.IfAbsent(),
		Parallel: 1,
	})
	is(t, err, files.ErrExist)
	if res.Files != 1 {
		t.Errorf("res = %v, want Files 1", res)
	}
	has(t, b, "d/b.html", "mine")
	has(t, b, "a.txt", "a")
}

func TestPutFSErrors(t *testing.T) {
	b := mem.New(nil)
	good := fstest.MapFS{"a": {Data: []byte("a")}}
	_, err := files.PutFS(ctx, b, "", fstest.MapFS{"a\x01": {}}, nil)
	is(t, err, files.ErrInvalidName)
	_, err = files.PutFS(ctx, b, "a//b", good, nil)
	is(t, err, files.ErrInvalidName)
	_, err = files.PutFS(ctx, b, "", nil, nil)
	is(t, err, files.ErrInvalid)
	_, err = files.PutFS(ctx, b, "d", os.DirFS(filepath.Join(t.TempDir(), "missing")), nil)
	is(t, err, fs.ErrNotExist)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = files.PutFS(ended, b, "", good, nil)
	is(t, err, context.Canceled)
	// A bucket that returns a sentinel of fs.WalkDir doesn't end the walk without an
	// error.
	for _, sentinel := range []error{fs.SkipAll, fs.SkipDir} {
		_, err = files.PutFS(ctx,
			around(b, func(context.Context, *files.Call, func(context.Context) error) error {
				return sentinel
			}), "", good, nil)
		is(t, err, files.ErrInvalid)
	}
	if n, _, _ := files.Usage(ctx, b, ""); n != 0 {
		t.Error(n, "files")
	}
}
