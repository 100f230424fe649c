package files_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// TestFSPathErrors: however a method of the view or of one of its files fails, the error
// is an *fs.PathError with the method's own Op and the path, and it wraps an *Error with
// the bucket's operation, the name and the sentinel.
func TestFSPathErrors(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "d/f", "text")
	put(t, b, "both", "text")
	put(t, b, "both/x", "text")
	view := files.FS(ctx, b, nil).(fullFS)
	failing := func(op files.Op) fullFS {
		return files.FS(ctx, around(b, func(ctx context.Context, c *files.Call,
			next func(context.Context) error) error {
			if c.Op == op {
				return files.ErrPermission
			}
			return next(ctx)
		}), nil).(fullFS)
	}
	corrupt := files.FS(ctx, damaged(b), nil).(fullFS)
	elsewhere := files.FS(ctx, lists{b, []files.Entry{{Name: "../up"}}}, nil).(fullFS)
	above := files.FS(ctx, lists{b, []files.Entry{{Name: "up"}}}, nil).(fullFS)
	open := func(v fs.FS, name string) fs.File {
		f, err := v.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	closed := func(name string) fs.File {
		f := open(view, name)
		f.Close()
		return f
	}
	readDir := func(f fs.File, n int) error { _, err := f.(fs.ReadDirFile).ReadDir(n); return err }
	read := func(f fs.File) error { _, err := f.Read(make([]byte, 9)); return err }
	for _, c := range []struct {
		what, op, path string
		own            files.Op
		kind           error
		do             func() error
	}{
		{"Open of nothing", "open", "none", files.OpGet, files.ErrNotExist,
			func() error { _, err := view.Open("none"); return err }},
		{"Open of no path", "open", "/x", files.OpGet, files.ErrInvalidName,
			func() error { _, err := view.Open("/x"); return err }},
		{"Open that is refused", "open", "d/f", files.OpGet, files.ErrPermission,
			func() error { _, err := failing(files.OpGet).Open("d/f"); return err }},
		{"Open of what may be a directory", "open", "d", files.OpList, files.ErrPermission,
			func() error { _, err := failing(files.OpList).Open("d"); return err }},
		{"Stat of nothing", "stat", "none", files.OpStat, files.ErrNotExist,
			func() error { _, err := view.Stat("none"); return err }},
		{"Stat of no path", "stat", "/x", files.OpStat, files.ErrInvalidName,
			func() error { _, err := view.Stat("/x"); return err }},
		{"Stat that is refused", "stat", "d/f", files.OpStat, files.ErrPermission,
			func() error { _, err := failing(files.OpStat).Stat("d/f"); return err }},
		{"Stat of what may be a directory", "stat", "d", files.OpList, files.ErrPermission,
			func() error { _, err := failing(files.OpList).Stat("d"); return err }},
		{"ReadFile of nothing", "open", "none", files.OpGet, files.ErrNotExist,
			func() error { _, err := view.ReadFile("none"); return err }},
		{"ReadFile of no path", "open", "/x", files.OpGet, files.ErrInvalidName,
			func() error { _, err := view.ReadFile("/x"); return err }},
		{"ReadFile that is refused", "open", "d/f", files.OpGet, files.ErrPermission,
			func() error { _, err := failing(files.OpGet).ReadFile("d/f"); return err }},
		{"ReadFile of what may be a directory", "open", "d", files.OpList, files.ErrPermission,
			func() error { _, err := failing(files.OpList).ReadFile("d"); return err }},
		{"ReadFile of the root", "read", ".", files.OpGet, files.ErrInvalid,
			func() error { _, err := view.ReadFile("."); return err }},
		{"ReadFile of a directory", "read", "d", files.OpGet, files.ErrInvalid,
			func() error { _, err := view.ReadFile("d"); return err }},
		{"ReadFile that breaks", "read", "d/f", files.OpGet, files.ErrCorrupt,
			func() error { _, err := corrupt.ReadFile("d/f"); return err }},
		{"ReadDir of nothing", "open", "none", files.OpStat, files.ErrNotExist,
			func() error { _, err := view.ReadDir("none"); return err }},
		{"ReadDir of no path", "open", "/x", files.OpList, files.ErrInvalidName,
			func() error { _, err := view.ReadDir("/x"); return err }},
		{"ReadDir of a file", "readdir", "d/f", files.OpList, files.ErrInvalid,
			func() error { _, err := view.ReadDir("d/f"); return err }},
		{"ReadDir that is refused", "readdir", "d", files.OpList, files.ErrPermission,
			func() error { _, err := failing(files.OpList).ReadDir("d"); return err }},
		{"ReadDir of what can't be shown", "readdir", ".", files.OpList, files.ErrUnsupported,
			func() error { _, err := view.ReadDir("."); return err }},
		{"ReadDir with an entry of elsewhere", "readdir", "d", files.OpList,
			files.ErrInvalidName, func() error { _, err := elsewhere.ReadDir("d"); return err }},
		{"ReadDir with an entry of the root", "readdir", "d", files.OpList,
			files.ErrInvalidName, func() error { _, err := above.ReadDir("d"); return err }},
		{"Glob of what can't be shown", "readdir", ".", files.OpList, files.ErrUnsupported,
			func() error { _, err := view.Glob("*"); return err }},
		{"Sub of no path", "sub", "/x", files.OpOpen, files.ErrInvalidName,
			func() error { _, err := view.Sub("/x"); return err }},

		{"Read of a directory", "read", "d", files.OpGet, files.ErrInvalid,
			func() error { return read(open(view, "d")) }},
		{"ReadDir of an open directory that is refused", "readdir", ".", files.OpList,
			files.ErrPermission,
			func() error { return readDir(open(failing(files.OpList), "."), 1) }},
		{"a page with an entry of elsewhere", "readdir", "d", files.OpList,
			files.ErrInvalidName, func() error { return readDir(open(elsewhere, "d"), 1) }},
		{"the last page of what can't be shown", "readdir", ".", files.OpList,
			files.ErrUnsupported, func() error { return readDir(open(view, "."), 100) }},
		{"ReadDir of a closed directory", "readdir", "d", files.OpList, files.ErrClosed,
			func() error { return readDir(closed("d"), 1) }},
		{"Stat of a closed directory", "stat", "d", files.OpStat, files.ErrClosed,
			func() error { _, err := closed("d").Stat(); return err }},

		{"Read that breaks", "read", "d/f", files.OpGet, files.ErrCorrupt,
			func() error { return read(open(corrupt, "d/f")) }},
		{"WriteTo that breaks", "read", "d/f", files.OpGet, files.ErrCorrupt, func() error {
			_, err := open(corrupt, "d/f").(fsReader).WriteTo(io.Discard)
			return err
		}},
		{"WriteTo to nothing", "read", "d/f", files.OpGet, files.ErrInvalid, func() error {
			_, err := open(view, "d/f").(fsReader).WriteTo(nil)
			return err
		}},
		{"ReadAt before the beginning", "read", "d/f", files.OpGet, files.ErrInvalid,
			func() error {
				_, err := open(view, "d/f").(fsReader).ReadAt(make([]byte, 1), -1)
				return err
			}},
		{"Seek before the beginning", "seek", "d/f", files.OpGet, files.ErrInvalid,
			func() error { _, err := open(view, "d/f").(fsReader).Seek(-1, 0); return err }},
		{"Read of a closed file", "read", "d/f", files.OpGet, files.ErrClosed,
			func() error { return read(closed("d/f")) }},
		{"WriteTo of a closed file", "read", "d/f", files.OpGet, files.ErrClosed, func() error {
			_, err := closed("d/f").(fsReader).WriteTo(io.Discard)
			return err
		}},
		{"ReadAt of a closed file", "read", "d/f", files.OpGet, files.ErrClosed, func() error {
			_, err := closed("d/f").(fsReader).ReadAt(make([]byte, 1), 0)
			return err
		}},
		{"Seek of a closed file", "seek", "d/f", files.OpGet, files.ErrClosed,
			func() error { _, err := closed("d/f").(fsReader).Seek(1, 0); return err }},
		{"Stat of a closed file", "stat", "d/f", files.OpStat, files.ErrClosed,
			func() error { _, err := closed("d/f").Stat(); return err }},
	} {
		err := c.do()
		pe, ok := err.(*fs.PathError)
		if !ok || pe.Op != c.op || pe.Path != c.path {
			t.Errorf("%s: %v, want an *fs.PathError of %s and %s", c.what, err, c.op, c.path)
			continue
		}
		name := c.path
		if name == "." && c.kind == files.ErrPermission {
			name = "" // the bucket's own error
		}
		e, ok := errors.AsType[*files.Error](pe.Err)
		if !ok || e.Op != c.own || e.Name != name || e.Kind != c.kind {
			t.Errorf("%s: %#v, want an *Error of %s, %q and %v", c.what, pe.Err, c.own, name,
				c.kind)
		}
	}
}

// fullFS is everything that the view can do.
type fullFS interface {
	fs.ReadDirFS
	fs.ReadFileFS
	fs.StatFS
	fs.SubFS
	fs.GlobFS
}
