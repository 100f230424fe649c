package files_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// unsortedList is a bucket without an order that lists the given entries.
type unsortedList struct{ lists }

func (u unsortedList) Features() files.Features {
	f := u.Bucket.Features()
	f.Ordered = false
	return f
}

// TestFSShowsTheFile: of a file and the directory of its name, the view shows the file,
// whichever a bucket without an order lists first.
func TestFSShowsTheFile(t *testing.T) {
	file, dir := files.Entry{Name: "a", Size: 7}, files.Entry{Name: "a/", IsDir: true}
	b, c := files.Entry{Name: "b/", IsDir: true}, files.Entry{Name: "c"}
	for _, all := range [][]files.Entry{{file, dir, b, c}, {c, b, dir, file}, {dir, c, file, b}} {
		view := files.FS(ctx, unsortedList{lists{mem.New(nil), all}},
			&files.FSOptions{IgnoreHidden: true})
		list, err := fs.ReadDir(view, ".")
		if err != nil || len(list) != 3 || list[0].Name() != "a" || list[0].IsDir() ||
			!list[1].IsDir() || list[2].Name() != "c" {
			t.Errorf("%v: ReadDir = %v, %v, want the file a, b and c", all, list, err)
		}
	}
}

// TestFSNamesTenHidden: the error for directories that are left out names ten of them,
// and counts the others.
func TestFSNamesTenHidden(t *testing.T) {
	for n, more := range map[int]string{10: "", 11: " and 1 more", 12: " and 2 more"} {
		b := mem.New(nil)
		for i := range n {
			put(t, b, fmt.Sprintf("f%02d", i), "x")
			put(t, b, fmt.Sprintf("f%02d/x", i), "x")
		}
		_, err := fs.ReadDir(files.FS(ctx, b, nil), ".")
		if err == nil || strings.Count(err.Error(), `/"`) != 10 ||
			!strings.HasSuffix(err.Error(), `"f09/"`+more) {
			t.Errorf("%d directories are left out: %v", n, err)
		}
	}
}

// TestFSGlobOfOneName: Glob of a path without special characters finds it, or nothing.
func TestFSGlobOfOneName(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "d/a", "x")
	view := files.FS(ctx, b, nil)
	for pattern, want := range map[string][]string{
		"d/a": {"d/a"}, "d": {"d"}, "none": nil, "*/a": {"d/a"}, "*": {"d"},
	} {
		if got, err := fs.Glob(view, pattern); err != nil || !slices.Equal(got, want) {
			t.Errorf("Glob(%q) = %q, %v, want %q", pattern, got, err, want)
		}
	}
	if _, err := fs.Glob(view, "["); err == nil {
		t.Error("Glob of a malformed pattern = nil, want an error")
	}
}

// TestFSTexts: a FileInfo prints as one of the standard library does, and the error for
// a path that can't be printed says whether it was a timeout.
func TestFSTexts(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "d/a\u202eb", "x")
	info, err := fs.Stat(files.FS(ctx, b, nil), "d/a\u202eb")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(info); !strings.HasPrefix(got, "-r--r--r-- 1 ") ||
		strings.Contains(got, "\u202e") {
		t.Errorf("the file prints as %q", got)
	}
	ended, cancel := context.WithDeadline(ctx, time.Now().Add(-time.Second))
	defer cancel()
	for _, c := range []struct {
		ctx  context.Context
		name string
		late bool
	}{
		{ended, "a\u202eb", true},
		{ended, "ab", true},
		{ctx, "a\u202eb", false},
	} {
		_, err := files.FS(c.ctx, b, nil).Open(c.name)
		var timeout interface{ Timeout() bool }
		if !errors.As(err, &timeout) || timeout.Timeout() != c.late {
			t.Errorf("%q: %v, want an error that is a timeout: %v", c.name, err, c.late)
		}
		var pe *fs.PathError
		if !errors.As(err, &pe) || pe.Path != c.name {
			t.Errorf("%q: %v, want an *fs.PathError with the path", c.name, err)
		}
	}
}

// TestFSSubRefuses: Sub of what isn't a path is fs.ErrInvalid.
func TestFSSubRefuses(t *testing.T) {
	view := files.FS(ctx, mem.New(nil), nil).(fs.SubFS)
	for _, dir := range []string{"/a", "../a", "a/", ""} {
		if sub, err := view.Sub(dir); sub != nil || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("Sub(%q) = %v, %v, want fs.ErrInvalid", dir, sub, err)
		}
	}
}

// oddFS is a file system whose calls the test replaces by path.
type oddFS struct {
	fstest.MapFS
	open map[string]func() (fs.File, error)
	stat func() (fs.FileInfo, error) // of the root
}

func (o oddFS) Open(name string) (fs.File, error) {
	if open := o.open[name]; open != nil {
		return open()
	}
	return o.MapFS.Open(name)
}

func (o oddFS) Stat(name string) (fs.FileInfo, error) {
	if o.stat != nil {
		return o.stat()
	}
	return o.MapFS.Stat(name)
}

func (o oddFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if o.open[name] != nil {
		_, err := o.open[name]()
		return nil, err
	}
	return o.MapFS.ReadDir(name)
}

// oddFile is a file whose Stat fails from its call number on.
type oddFile struct {
	fs.File
	stats, fails int
}

func (f *oddFile) Stat() (fs.FileInfo, error) {
	if f.stats++; f.stats >= f.fails {
		return nil, errBroken
	}
	return f.File.Stat()
}

// TestPutFSOddFiles: a file system that fails, or whose file isn't what its directory
// says, ends PutFS with an error that names the file, and the file isn't stored.
func TestPutFSOddFiles(t *testing.T) {
	tree := fstest.MapFS{"a": {Data: []byte("a")}, "d/f": {Data: []byte("text")}}
	statFails := func(call int) func() (fs.File, error) {
		return func() (fs.File, error) {
			f, err := tree.Open("d/f")
			return &oddFile{f, 0, call}, err
		}
	}
	fails := func(err error) func() (fs.File, error) {
		return func() (fs.File, error) { return nil, err }
	}
	for what, c := range map[string]struct {
		path string
		open func() (fs.File, error)
		name string
		want error
	}{
		"Open":       {"d/f", fails(errBroken), "to/d/f", errBroken},
		"missing":    {"d/f", fails(fs.ErrNotExist), "to/d/f", fs.ErrNotExist},
		"Stat":       {"d/f", statFails(1), "to/d/f", errBroken},
		"Stat later": {"d/f", statFails(2), "to/d/f", errBroken},
		"directory": {
			"d/f",
			func() (fs.File, error) { return tree.Open("d") },
			"to/d/f",
			files.ErrInvalid,
		},
		"ReadDir": {"d", fails(errBroken), "to/d", errBroken},
		"skipped": {"d/f", fails(fs.SkipDir), "to/d/f", fs.SkipDir},
	} {
		b := mem.New(nil)
		res, err := files.PutFS(ctx, b, "to",
			oddFS{tree, map[string]func() (fs.File, error){c.path: c.open}, nil},
			&files.PutFSOptions{Parallel: 1})
		var e *files.Error
		if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Name != c.name ||
			e.Op != files.OpPut {
			t.Errorf("%s: %v, want %v of %s", what, err, c.want, c.name)
		}
		if res.Files != 1 || res.Bytes != 1 {
			t.Errorf("%s: %+v, want the file before it", what, res)
		}
		has(t, b, "to/a", "a")
		missing(t, b, "to/d/f")
	}
}

// TestPutFSOddRoots: the root may be a file; one that can't be looked at, or a context
// that has ended, is an error.
func TestPutFSOddRoots(t *testing.T) {
	tree := fstest.MapFS{"a": {Data: []byte("text")}}
	info, err := tree.Stat("a")
	if err != nil {
		t.Fatal(err)
	}
	b := mem.New(nil)
	root := oddFS{tree, map[string]func() (fs.File, error){
		".": func() (fs.File, error) { return tree.Open("a") },
	}, func() (fs.FileInfo, error) { return info, nil }}
	if res, err := files.PutFS(ctx, b, "to", root, nil); err != nil || res.Files != 1 {
		t.Errorf("a root that is a file: %+v, %v, want one file", res, err)
	}
	has(t, b, "to", "text")
	root.stat = func() (fs.FileInfo, error) { return nil, errBroken }
	_, err = files.PutFS(ctx, b, "to", root, nil)
	is(t, err, errBroken)
	root.stat = func() (fs.FileInfo, error) { return nil, nil }
	_, err = files.PutFS(ctx, b, "to", root, nil)
	is(t, err, files.ErrInvalid)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = files.PutFS(ended, b, "to", tree, nil)
	is(t, err, context.Canceled)
	ended, cancel = context.WithCancel(ctx)
	res, err := files.PutFS(ended, b, "later", fstest.MapFS{"a": {}, "b": {}},
		&files.PutFSOptions{Filter: func(string, fs.DirEntry) bool {
			cancel()
			return true
		}})
	if is(t, err, context.Canceled); res.Files != 0 {
		t.Errorf("%+v, want nothing after the context has ended", res)
	}
	missing(t, b, "later/b")
}

// TestPutFileThatCantBeOpened: an error of the disk that no sentinel stands for is
// returned, and is none of the bucket's.
func TestPutFileThatCantBeOpened(t *testing.T) {
	b := mem.New(nil)
	_, err := files.PutFile(ctx, b, "a", strings.Repeat("x", 5000), nil)
	if err == nil || files.KindOf(err) != nil {
		t.Errorf("PutFile = %v, want an error without a sentinel", err)
	}
	missing(t, b, "a")
}

// TestTransformOfAnOddKind: what a Transform leaves to Wrap: an Entry of its own, the
// time, a body of no bytes, the attributes that the store can't keep, and the requests.
func TestTransformOfAnOddKind(t *testing.T) {
	parts := 2
	tr := &files.Transform{
		Put: func(_ context.Context, _ *files.Call, plain io.Reader, size int64,
			_ *files.PutOptions) (io.Reader, int64, error) {
			return plain, size, nil
		},
		Open: func(ctx context.Context, _ *files.Call, _ files.Range,
			get func(context.Context, files.Range) (*files.Reader, error)) (files.Info,
			io.Reader, error) {
			var info files.Info
			for range parts {
				r, err := get(ctx, files.Range{})
				if err != nil {
					return files.Info{}, nil, err
				}
				info = r.Info()
				info.ModTime = time.Time{}
			}
			info.Size = 0
			return info, nil, nil
		},
		Info: func(_ *files.Call, i files.Info) (files.Info, error) { return i, nil },
		Entry: func(_ *files.Call, e files.Entry) (files.Entry, error) {
			if e.Name == "bad" {
				return e, driver.Errorf(files.ErrCorrupt, "no size")
			}
			e.Size = 99
			return e, nil
		},
	}
	store := fixed(func(f *files.Features) { f.Attributes = false })
	b := files.Wrap(store, files.Hooks{Transform: tr})
	info, err := files.PutString(ctx, b, "a", "text",
		&files.PutOptions{Attributes: files.Attributes{ContentType: "x/y"}})
	if err != nil || info.ContentType != "x/y" || len(info.Metadata) != 0 {
		t.Errorf("Put = %+v, %v", info, err)
	}
	put(t, store, "bad", "x")
	for _, namesOnly := range []bool{false, true} {
		var sizes []int64
		var last error
		for e, err := range b.List(ctx, "", &files.ListOptions{NamesOnly: namesOnly}) {
			if last = err; err == nil {
				sizes = append(sizes, e.Size)
			}
		}
		if !namesOnly && (!slices.Equal(sizes, []int64{99}) || !errors.Is(last, files.ErrCorrupt)) {
			t.Errorf("List yields sizes %v and %v, want 99 and ErrCorrupt", sizes, last)
		}
		if namesOnly && (len(sizes) != 2 || sizes[1] != 0 || last != nil) {
			t.Errorf("with NamesOnly: sizes %v and %v, want two entries", sizes, last)
		}
	}
	r, err := b.Get(ctx, "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := r.ReadAll(); len(p) != 0 || err != nil {
		t.Errorf("a body of no bytes: %q, %v", p, err)
	}
	if stat, _ := store.Stat(ctx, "a", nil); !r.Info().ModTime.Equal(stat.ModTime) {
		t.Errorf("the time is %v, want that of the stored file", r.Info().ModTime)
	}
	if n := r.Requests(); n != 0 {
		t.Errorf("%d requests of memory, want 0", n)
	}
	r.Close()
	service := files.Wrap(boast(26, 0, 26, false), files.Hooks{Transform: tr})
	if r, err = service.Get(ctx, "a", nil); err != nil {
		t.Fatal(err)
	}
	if n := r.Requests(); n != 2 {
		t.Errorf("%d requests for two parts, want 2", n)
	}
	r.Close()
}

// TestTransformPartsOfTwoStates: if the store has no conditional reads, a part of
// another state than the first is ErrChanged, and a hook that panics leaves no part open.
func TestTransformPartsOfTwoStates(t *testing.T) {
	store := mem.New(nil)
	put(t, store, "a", "text")
	below, open := openBodies(claimsLess(store, func(f *files.Features) {
		f.ReadConditions = false
	}))
	var between func()
	b := files.Wrap(below, files.Hooks{Transform: &files.Transform{
		Info: func(_ *files.Call, i files.Info) (files.Info, error) { return i, nil },
		Open: func(ctx context.Context, _ *files.Call, _ files.Range,
			get func(context.Context, files.Range) (*files.Reader, error)) (files.Info,
			io.Reader, error) {
			_, err := get(noContext, files.Range{})
			if !errors.Is(err, files.ErrInvalid) {
				t.Errorf("a part without a context: %v, want ErrInvalid", err)
			}
			first, err := get(ctx, files.Range{})
			if err != nil {
				return files.Info{}, nil, err
			}
			between()
			second, err := get(ctx, files.Range{})
			return first.Info(), second, err
		},
	}})
	for what, c := range map[string]struct {
		between func()
		want    error
	}{
		"nothing":  {func() {}, nil},
		"replaced": {func() { put(t, store, "a", "next") }, files.ErrChanged},
		"longer":   {func() { put(t, store, "a", "longer") }, files.ErrChanged},
		"deleted":  {func() { store.Delete(ctx, "a", nil) }, files.ErrChanged},
	} {
		put(t, store, "a", "text")
		between = c.between
		r, err := b.Get(ctx, "a", nil)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
		r.Close()
		if n := open.Load(); n != 0 {
			t.Errorf("%s: %d parts stay open", what, n)
		}
	}
	put(t, store, "a", "text")
	between = func() { panic("broken") }
	func() {
		defer func() {
			if v := recover(); v != "broken" {
				t.Errorf(`recovered %v, want "broken"`, v)
			}
		}()
		b.Get(ctx, "a", nil)
	}()
	if n := open.Load(); n != 0 {
		t.Errorf("%d parts stay open after a panic", n)
	}
}

// TestTransformClosesItsContent: stored content with a Close is closed at the end of a
// Put, whether Close has a result or not, and a Put whose context ends reads no further.
func TestTransformClosesItsContent(t *testing.T) {
	for _, withResult := range []bool{false, true} {
		closes := 0
		b := files.Wrap(mem.New(nil), files.Hooks{Transform: &files.Transform{
			Put: func(_ context.Context, _ *files.Call, plain io.Reader, size int64,
				_ *files.PutOptions) (io.Reader, int64, error) {
				c := &closing{plain, func() { closes++ }}
				if withResult {
					return closingErr{c}, size, nil
				}
				return c, size, nil
			},
			Info: func(_ *files.Call, i files.Info) (files.Info, error) { return i, nil },
		}})
		if _, err := files.PutString(ctx, b, "a", "text", nil); err != nil || closes != 1 {
			t.Errorf("Put = %v after %d closes, want no error and one", err, closes)
		}
		ended, cancel := context.WithCancel(ctx)
		reads := 0
		_, err := b.Put(ended, "b", readerFunc(func(p []byte) (int, error) {
			reads++
			cancel()
			return len(p), nil
		}), nil)
		if is(t, err, context.Canceled); reads > 1 || closes != 2 {
			t.Errorf("%d reads and %d closes, want 1 and 2", reads, closes)
		}
	}
}

// closingErr is a closing whose Close has a result.
type closingErr struct{ c *closing }

func (c closingErr) Read(p []byte) (int, error) { return c.c.Read(p) }
func (c closingErr) Close() error               { c.c.Close(); return nil }
