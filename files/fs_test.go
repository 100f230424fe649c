package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"text/template"

	"cloudfiles.dev/drivers/local"
	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
)

// fsBucket returns a bucket in memory with the files, each holding "content of " and
// its name, and the number of its requests.
func fsBucket(t testing.TB, names ...string) (files.Bucket, *[]string) {
	t.Helper()
	b := mem.New(nil)
	for _, n := range names {
		if _, err := b.Put(t.Context(), n, strings.NewReader("content of "+n), nil); err != nil {
			t.Fatal(err)
		}
	}
	calls := new([]string)
	return files.Wrap(b, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			*calls = append(*calls, string(c.Op)+" "+c.Name)
			return next(ctx)
		},
	}), calls
}

// TestFSPassesFSTest: the view passes fstest.TestFS on memory, on a local disk, and
// below a directory.
func TestFSPassesFSTest(t *testing.T) {
	names := []string{
		"top.txt", "empty", "notes/day14.txt", "notes/day15.txt", "notes/deep/er/x", "a-b", "a/b",
		"sp ace/é/日本", "zz. ",
	}
	disk, err := local.Open(t.TempDir(), &local.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	for kind, b := range map[string]files.Bucket{"mem": mem.New(nil), "local": disk} {
		for _, n := range names {
			content := "content of " + n
			if n == "empty" {
				content = ""
			}
			if _, err := b.Put(t.Context(), n, strings.NewReader(content), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := fstest.TestFS(files.FS(t.Context(), b, nil), names...); err != nil {
			t.Errorf("%s: TestFS = %v, want no error", kind, err)
		}
		sub, err := files.Sub(b, "notes")
		if err != nil {
			t.Fatal(err)
		}
		view := files.FS(t.Context(), sub, nil)
		if err := fstest.TestFS(view, "day14.txt", "deep/er/x"); err != nil {
			t.Errorf("%s: of a sub-bucket: %v, want no error", kind, err)
		}
	}
}

// TestFSOddNames: a backslash is a character like others, as in os.DirFS on Unix.
// (TestFS can't test such names.)
func TestFSOddNames(t *testing.T) {
	names := []string{" ", "*", "...", "CON", `back\slash`, "q?#[a]%41", "x.attrs"}
	b, _ := fsBucket(t, names...)
	view := files.FS(t.Context(), b, nil)
	list, err := fs.ReadDir(view, ".")
	if err != nil || len(list) != len(names) {
		t.Fatalf("ReadDir = %v, %v, want no error and len(list) %d", list, err, len(names))
	}
	for i, e := range list {
		if e.Name() != names[i] {
			t.Errorf("listed %q, want %q", e.Name(), names[i])
		}
		if p, err := fs.ReadFile(view,
			e.Name()); string(p) != "content of "+names[i] || err != nil {
			t.Errorf("ReadFile(%q) = %q, %v", e.Name(), p, err)
		}
	}
}

// TestFSFileBesideDirectory: with a file beside a directory of its name, the view is
// still a legal one, and shows the file.
func TestFSFileBesideDirectory(t *testing.T) {
	b, _ := fsBucket(t, "a", "a!", "a-", "a-/x", "a.txt", "a/b", "a/c/d", "a0", "d/a", "d/a/b")
	view := files.FS(t.Context(), b, &files.FSOptions{IgnoreHidden: true})
	if err := fstest.TestFS(view, "a", "a!", "a-", "a.txt", "a0", "d/a"); err != nil {
		t.Error(err)
	}
	var walked []string
	err := fs.WalkDir(view, ".", func(p string, e fs.DirEntry, err error) error {
		walked = append(walked, p)
		return err
	})
	want := []string{".", "a", "a!", "a-", "a.txt", "a0", "d", "d/a"}
	if err != nil || !slices.Equal(walked, want) {
		t.Errorf("WalkDir = %q, %v, want %q", walked, err, want)
	}
	for _, name := range []string{"a", "a/b", "a/c/d", "a-/x", "d/a/b"} {
		if p, err := fs.ReadFile(view, name); string(p) != "content of "+name || err != nil {
			t.Errorf("ReadFile(%q) = %q, %v", name, p, err)
		}
	}
	if fi, err := fs.Stat(view, "a"); err != nil || fi.IsDir() {
		t.Errorf("Stat(a) = %v, %v, want the file", fi, err)
	}
	if list, err := fs.ReadDir(view,
		"a"); err != nil || len(list) != 2 || list[0].Name() != "b" || list[1].Name() != "c" ||
		!list[1].IsDir() {
		t.Errorf("ReadDir(a) = %v, %v, want what lies below", list, err)
	}
	sub, err := fs.Sub(view, "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(sub, "b", "c/d"); err != nil {
		t.Error(err)
	}
	// Page by page it is the same, whatever the page.
	for n := 1; n < 9; n++ {
		d, err := view.Open(".")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for err == nil {
			var page []fs.DirEntry
			page, err = d.(fs.ReadDirFile).ReadDir(n)
			if len(page) > n || err == nil && len(page) == 0 {
				t.Fatalf("ReadDir(%d) = %d entries, %v", n, len(page), err)
			}
			for _, e := range page {
				got = append(got, e.Name())
			}
		}
		slices.Sort(got)
		if err != io.EOF || !slices.Equal(got, []string{"a", "a!", "a-", "a.txt", "a0", "d"}) {
			t.Errorf("pages of %d: %q, %v", n, got, err)
		}
		d.Close()
	}
}

func TestFSRequests(t *testing.T) {
	b, calls := fsBucket(t, "notes/a", "notes/b", "zz")
	view := files.FS(t.Context(), b, nil)
	open := func(name string) fs.File {
		f, err := view.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, tt := range []struct {
		what string
		do   func()
		want string
	}{
		{"Open, Stat and read a file", func() {
			f := open("notes/a")
			f.Stat()
			io.ReadAll(f)
			f.Close()
		}, "get notes/a"},
		{"Seek that goes nowhere", func() {
			f := open("notes/a").(io.ReadSeekCloser)
			f.Seek(0, io.SeekEnd)
			f.Seek(0, io.SeekStart)
			io.ReadAll(f)
			f.Close()
		}, "get notes/a"},
		{"read behind a Seek", func() {
			f := open("notes/a").(io.ReadSeekCloser)
			f.Seek(3, io.SeekStart)
			io.ReadAll(f)
			f.Close()
		}, "get notes/a"},
		{"ReadFile", func() { fs.ReadFile(view, "zz") }, "get zz"},
		{"Stat a file", func() { fs.Stat(view, "zz") }, "stat zz"},
		{"Stat a directory", func() { fs.Stat(view, "notes") }, "stat notes, list notes"},
		{"the root", func() { fs.Stat(view, "."); open(".").Close() }, ""},
		{"open a directory", func() { open("notes").Close() }, "get notes, list notes"},
		{"ReadDir", func() { fs.ReadDir(view, "notes") }, "list notes"},
		{"ReadDir page by page", func() {
			d := open(".").(fs.ReadDirFile)
			for _, err := d.ReadDir(1); err == nil; _, err = d.ReadDir(1) {
			}
			d.Close()
		}, "list "},
		{"Info of what was listed", func() {
			list, _ := fs.ReadDir(view, "notes")
			list[0].Info()
		}, "list notes"},
	} {
		*calls = nil
		tt.do()
		if got := strings.Join(*calls, ", "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.what, got, tt.want)
		}
	}
}

func TestFSErrors(t *testing.T) {
	b, _ := fsBucket(t, "file", "dir/file")
	view := files.FS(t.Context(), b, nil)
	ops := map[string]func(string) error{
		"Open":     func(n string) error { _, err := view.Open(n); return err },
		"Stat":     func(n string) error { _, err := fs.Stat(view, n); return err },
		"ReadFile": func(n string) error { _, err := fs.ReadFile(view, n); return err },
		"ReadDir":  func(n string) error { _, err := fs.ReadDir(view, n); return err },
	}
	_, err := fs.ReadDir(view, "file")
	if pe, ok := errors.AsType[*fs.PathError](err); !ok || pe.Op != "readdir" || pe.Path != "file" {
		t.Errorf("ReadDir of a file = %v, want a PathError of readdir and the file", err)
	}
	for _, tt := range []struct {
		name string
		want error
	}{
		{"none", fs.ErrNotExist},
		{"none", files.ErrNotExist},
		{"dir/none", fs.ErrNotExist},
		{"file/below", fs.ErrNotExist},
		{"", fs.ErrInvalid},
		{"/file", fs.ErrInvalid},
		{"dir/", fs.ErrInvalid},
		{"../file", fs.ErrInvalid},
		{"dir/./file", files.ErrInvalidName},
		{"control\n", files.ErrInvalidName},
		{"\xff", fs.ErrInvalid},
		{strings.Repeat("x", 1025), fs.ErrInvalid},
	} {
		for op, do := range ops {
			err := do(tt.name)
			pe, ok := errors.AsType[*fs.PathError](err)
			if !errors.Is(err, tt.want) || !ok || pe.Path != tt.name {
				t.Errorf("%s(%q) = %v, want a PathError that is %v", op, tt.name, err, tt.want)
			}
			if own, ok := errors.AsType[*files.Error](err); !ok || own.Name != tt.name {
				t.Errorf("%s(%q) = %v wraps no *files.Error of the name", op, tt.name, err)
			}
		}
		if _, err := fs.Sub(view,
			tt.name); errors.Is(tt.want, fs.ErrInvalid) && !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("Sub(%q) = %v", tt.name, err)
		}
	}
	for what, err := range map[string]error{
		"ReadFile(dir)": ops["ReadFile"]("dir"),
		"ReadFile(.)":   ops["ReadFile"]("."),
		"ReadDir(file)": ops["ReadDir"]("file"),
	} {
		if _, ok := errors.AsType[*fs.PathError](err); !ok || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s = %v, want ErrInvalid", what, err)
		}
	}
	// A file that may not be read is not taken for the directory of its name.
	denied := files.FS(t.Context(), files.Wrap(b, files.Hooks{
		Around: func(ctx context.Context, c *files.Call, next func(context.Context) error) error {
			if c.Op != files.OpList {
				return files.ErrPermission
			}
			return next(ctx)
		},
	}), nil)
	for what, do := range map[string]func() error{
		"Open":     func() error { _, err := denied.Open("dir"); return err },
		"Stat":     func() error { _, err := fs.Stat(denied, "dir"); return err },
		"ReadFile": func() error { _, err := fs.ReadFile(denied, "dir"); return err },
	} {
		if err := do(); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s without permission = %v, want fs.ErrPermission", what, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	view = files.FS(ctx, b, nil)
	f, err := view.Open("file")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := f.Read(make([]byte, 3)); !errors.Is(err, context.Canceled) {
		t.Errorf("Read after the context's end = %v, want context.Canceled", err)
	}
	for op, do := range ops {
		if err := do("dir"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s after the context's end = %v, want context.Canceled", op, err)
		}
	}
	b.Close()
	for op, do := range map[string]func(string) error{
		"Open": func(n string) error {
			_, err := files.FS(t.Context(), b, nil).Open(n)
			return err
		},
		"ReadDir": func(n string) error {
			_, err := fs.ReadDir(files.FS(t.Context(), b, nil), n)
			return err
		},
	} {
		if err := do("dir"); !errors.Is(err, files.ErrClosed) || !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s of a closed bucket = %v, want ErrClosed and fs.ErrClosed", op, err)
		}
	}
}

// TestFSSub: closing files of fs.Sub of the view closes nothing of the bucket, and
// errors have the names below the directory.
func TestFSSub(t *testing.T) {
	b, _ := fsBucket(t, "d/e/x", "top")
	view := files.FS(t.Context(), b, nil)
	d, err := fs.Sub(view, "d")
	if err != nil {
		t.Fatal(err)
	}
	e, err := fs.Sub(d, "e")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := fs.ReadFile(e, "x"); string(p) != "content of d/e/x" || err != nil {
		t.Errorf("ReadFile = %q, %v", p, err)
	}
	_, err = e.Open("none")
	if err == nil || err.Error() != "open none: files: get none: file does not exist" {
		t.Errorf("error of Sub = %v", err)
	}
	if _, ok := e.(io.Closer); ok {
		t.Error("the view has a Close")
	}
	if same, err := view.(fs.SubFS).Sub("."); same != view || err != nil {
		t.Errorf(`Sub(".") = %v, %v, want %v and no error`, same, err, view)
	}
	if _, err := b.Stat(t.Context(), "top", nil); err != nil {
		t.Error("the bucket is no longer open:", err)
	}
}

func TestFSInfo(t *testing.T) {
	b, _ := fsBucket(t, "d/x")
	put, err := b.Put(t.Context(), "d/x", strings.NewReader("<html>"),
		&files.PutOptions{Attributes: files.Attributes{Metadata: map[string]string{"k": "v"}}})
	if err != nil {
		t.Fatal(err)
	}
	if put, err = b.Stat(t.Context(), "d/x", nil); err != nil { // which has the time
		t.Fatal(err)
	}
	view := files.FS(t.Context(), b, nil)
	f, err := view.Open("d/x")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	opened, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	stat, err := fs.Stat(view, "d/x")
	if err != nil {
		t.Fatal(err)
	}
	for what, fi := range map[string]fs.FileInfo{"Open": opened, "Stat": stat} {
		info, ok := fi.Sys().(files.Info)
		if !ok || info.Version != put.Version || info.ContentType != put.ContentType ||
			info.Metadata["k"] != "v" {
			t.Errorf("Sys of %s = %#v", what, fi.Sys())
		}
		if fi.Name() != "x" || fi.Size() != 6 || fi.Mode() != 0o444 ||
			!fi.ModTime().Equal(put.ModTime) || fi.IsDir() {
			t.Errorf("the FileInfo of %s is %v, want x of 6 bytes, read-only", what, fi)
		}
	}
	list, err := fs.ReadDir(view, "d")
	if err != nil || len(list) != 1 {
		t.Fatalf("ReadDir = %v, %v, want no error and len(list) 1", list, err)
	}
	fi, err := list[0].Info()
	if e, ok := fi.Sys().(files.Entry); err != nil || !ok || e.Version != put.Version ||
		e.Name != "d/x" {
		t.Errorf("Sys of a listing = %#v, %v", fi.Sys(), err)
	}
	if dir, err := fs.Stat(view,
		"d"); err != nil || dir.Sys() != nil || !dir.IsDir() || dir.Mode() != fs.ModeDir|0o555 ||
		dir.Name() != "d" {
		t.Errorf("Stat of a directory = %v, %v", dir, err)
	}
}

func TestFSTemplates(t *testing.T) {
	b := mem.New(nil)
	for name, text := range map[string]string{
		"tmpl/a.tmpl": `{{template "b.tmpl" .}}!`,
		"tmpl/b.tmpl": "hello {{.}}",
	} {
		if _, err := b.Put(t.Context(), name, strings.NewReader(text), nil); err != nil {
			t.Fatal(err)
		}
	}
	tmpl, err := template.ParseFS(files.FS(t.Context(), b, nil), "tmpl/*.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := tmpl.ExecuteTemplate(&out, "a.tmpl",
		"you"); err != nil || out.String() != "hello you!" {
		t.Errorf(`template = %q, %v, want no error and "hello you!"`, out.String(), err)
	}
}
