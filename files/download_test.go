package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudfiles.dev/drivers/mem"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

func TestDownload(t *testing.T) {
	b := mem.New(nil)
	want := put(t, b, "a.txt", "0123456789")
	var buf bytes.Buffer
	if info, err := files.Download(ctx, b, "a.txt", &buf,
		nil); err != nil || info.Version != want.Version || buf.String() != "0123456789" {
		t.Errorf("Download = %+v, %v, and wrote %q", info, err, buf.String())
	}
	buf.Reset()
	if info, err := files.Download(ctx, b, "a.txt", &buf,
		&files.GetOptions{Range: files.From(8)}); err != nil || info.Size != 10 ||
		buf.String() != "89" {
		t.Errorf(`Download of a range = %+v, %v, and wrote %q, want "89"`, info, err, buf.String())
	}
	_, err := files.Download(ctx, b, "missing", &buf, nil)
	is(t, err, files.ErrNotExist)
	for _, werr := range []error{errBroken, fs.ErrNotExist, os.ErrDeadlineExceeded} {
		_, err = files.Download(ctx, b, "a.txt", writerFunc(func(p []byte) (int, error) {
			return 0, werr
		}), nil)
		if e, ok := errors.AsType[*files.Error](err); !ok || e.Op != files.OpGet ||
			e.Name != "a.txt" {
			t.Errorf("Download to a failing writer: %#v, want an *Error of get with the name", err)
		}
		// The target's missing file must not look like the bucket's.
		if errors.Is(err, werr) == (werr == fs.ErrNotExist) {
			t.Errorf("%v for %v", err, werr)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// damaged returns the bucket with bodies that have a wrong byte at the end of each
// Read.
func damaged(b files.Bucket) files.Bucket {
	return files.Wrap(b, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			return readerFunc(func(p []byte) (int, error) {
				n, err := body.Read(p)
				if n > 0 {
					p[n-1] ^= 1
				}
				return n, err
			})
		},
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		names = append(names, e.Name())
	}
	return names
}

func TestDownloadFile(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a.txt", "new")
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	other := filepath.Join(dir, "other")
	for _, prepare := range []func() error{
		func() error { return nil },
		func() error { return os.WriteFile(path, []byte("old and longer"), 0o600) },
		func() error {
			os.Remove(path)
			os.WriteFile(other, []byte("other"), 0o666)
			return os.Symlink(other, path)
		},
	} {
		if err := prepare(); err != nil {
			t.Fatal(err)
		}
		if info, err := files.DownloadFile(ctx, b, "a.txt", path,
			nil); err != nil || info.Size != 3 {
			t.Fatalf("DownloadFile = %v, %v, want no error and Size 3", info, err)
		}
		if got, err := os.ReadFile(path); string(got) != "new" || err != nil {
			t.Errorf(`ReadFile = %q, %v, want string(got) "new" and no error`, got, err)
		}
		if fi, err := os.Lstat(path); err != nil || !fi.Mode().IsRegular() {
			t.Errorf("Lstat = %v, %v", fi, err)
		}
	}
	if got, _ := os.ReadFile(other); string(got) != "other" {
		t.Errorf("the link was followed: %q", got)
	}
	// The permission is what os.Create gives.
	f, err := os.Create(filepath.Join(dir, "plain"))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := f.Stat()
	f.Close()
	if got, _ := os.Stat(path); got.Mode() != want.Mode() {
		t.Errorf("mode is %v, want %v", got.Mode(), want.Mode())
	}
}

func TestDownloadFileFails(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "content")
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	folder := filepath.Join(dir, "folder")
	if os.WriteFile(path, []byte("old"),
		0o666) != nil || os.Mkdir(folder,
		0o777) != nil || os.WriteFile(filepath.Join(folder, "x"), nil, 0o666) != nil {
		t.Fatal("can't prepare")
	}
	ended, cancel := context.WithCancel(ctx)
	cutting := files.Wrap(b, files.Hooks{
		Body: func(context.Context, *files.Call, io.Reader) io.Reader {
			return &broken{"con", errBroken}
		},
	})
	ending := files.Wrap(b, files.Hooks{
		Body: func(_ context.Context, _ *files.Call, body io.Reader) io.Reader {
			cancel()
			return body
		},
	})
	for _, c := range []struct {
		what string
		b    files.Bucket
		name string
		path string
		want error
	}{
		{"missing", b, "missing", path, files.ErrNotExist},
		{"name", b, "a//", path, files.ErrInvalidName},
		{"body", cutting, "a", path, errBroken},
		{"damage", damaged(b), "a", path, files.ErrCorrupt},
		{"no folder", b, "a", filepath.Join(dir, "no", "out"), files.ErrInvalid},
		{"a folder there", b, "a", folder, nil},
		{"context", ending, "a", path, context.Canceled},
	} {
		ctx := ctx
		if c.b == ending {
			ctx = ended
		}
		_, err := files.DownloadFile(ctx, c.b, c.name, c.path, nil)
		e, ok := errors.AsType[*files.Error](err)
		if !ok || c.want != nil && !errors.Is(err,
			c.want) || c.name == "a" && errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the error is %v, want %v", c.what, err, c.want)
		}
		if ok && (bytes.Contains([]byte(e.Error()), []byte(dir)) || e.Name != c.name) {
			t.Errorf("%s: the path shows: %v", c.what, err)
		}
		if got, _ := os.ReadFile(path); string(got) != "old" {
			t.Errorf("%s: the old file now is %q", c.what, got)
		}
		if names := list(t, dir); len(names) != 2 {
			t.Errorf("%s: left behind: %q", c.what, names)
		}
	}
}

// TestDownloadToAFolder: a path that is a folder is refused before the content is read.
func TestDownloadToAFolder(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	read := int64(0)
	b = files.Wrap(b, files.Hooks{Passed: func(_ context.Context, _ *files.Call, n int64) {
		read += n
	}})
	dir := t.TempDir()
	_, err := files.DownloadFile(ctx, b, "a", dir, nil)
	want := "files: get a: invalid argument: the target: it is a folder"
	if err == nil || err.Error() != want || read != 0 {
		t.Errorf("%v after %d bytes, want %s after none", err, read, want)
	}
	if names := list(t, dir); len(names) != 0 {
		t.Errorf("left behind: %q", names)
	}
}

// TestDownloadTargetError: the error of the target matches no sentinel of the bucket's
// file, and errors.As finds its cause.
func TestDownloadTargetError(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	path := filepath.Join(t.TempDir(), "missing", "out")
	_, err := files.DownloadFile(ctx, b, "a", path, nil)
	pe, ok := errors.AsType[*fs.PathError](err)
	if !ok || filepath.Dir(pe.Path) != filepath.Dir(path) || errors.Is(err,
		files.ErrNotExist) || files.KindOf(err) != files.ErrInvalid {
		t.Errorf("DownloadFile to a missing folder: %#v, want ErrInvalid and an *fs.PathError", err)
	}
	want := "files: get a: invalid argument: the target: open: no such file or directory"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestDownloadSaysWhoFailed: an error of reading is the bucket's own, and one of the
// writer says that it is the target's.
func TestDownloadSaysWhoFailed(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	bad := damaged(b)
	for what, download := range map[string]func(b files.Bucket, fails bool) error{
		"Download": func(b files.Bucket, fails bool) error {
			w := io.Discard
			if fails {
				w = writerFunc(func([]byte) (int, error) { return 0, errBroken })
			}
			_, err := files.Download(ctx, b, "a", w, nil)
			return err
		},
		"DownloadAt": func(b files.Bucket, fails bool) error {
			s := &sink{}
			if fails {
				_, err := files.DownloadAt(ctx, b, "a", brokenAt{}, nil)
				return err
			}
			_, err := files.DownloadAt(ctx, b, "a", s, nil)
			return err
		},
	} {
		err := download(bad, false)
		if is(t, err, files.ErrCorrupt); strings.Contains(err.Error(), "target") {
			t.Errorf("%s of a damaged file: %v, want no word of the target", what, err)
		}
		err = download(b, true)
		if is(t, err, errBroken); !strings.Contains(err.Error(), "the target: it broke") {
			t.Errorf("%s to a writer that fails: %v, want one that says so", what, err)
		}
		err = download(around(b, func(context.Context, *files.Call,
			func(context.Context) error) error {
			return &files.Error{Op: files.OpGet, Name: "other", Kind: files.ErrPermission}
		}), false)
		if is(t, err, files.ErrPermission); strings.Contains(err.Error(), "target") {
			t.Errorf("%s of a refused file: %v, want no word of the target", what, err)
		}
	}
	// A writer's *Error is that of another file, or of another operation.
	for _, other := range []error{
		driver.NewError(files.OpGet, "b", files.ErrPermission),
		driver.NewError(files.OpPut, "a", files.ErrPermission),
	} {
		_, err := files.Download(ctx, b, "a", writerFunc(func([]byte) (int, error) {
			return 0, other
		}), nil)
		var e *files.Error
		if !errors.As(err, &e) || e.Op != files.OpGet || e.Name != "a" ||
			!strings.Contains(e.Detail, "the target") {
			t.Errorf("a writer that returns %v: %v, want one of a's target", other, err)
		}
	}
}

// brokenAt is an io.WriterAt that fails.
type brokenAt struct{}

func (brokenAt) WriteAt([]byte, int64) (int, error) { return 0, errBroken }

// TestDownloadToAnImpossiblePath: a path that no file can have is an error, and nothing
// is left in the folder.
func TestDownloadToAnImpossiblePath(t *testing.T) {
	b := mem.New(nil)
	put(t, b, "a", "text")
	dir := t.TempDir()
	_, err := files.DownloadFile(ctx, b, "a", filepath.Join(dir, "a\x00b"), nil)
	if err == nil {
		t.Error("DownloadFile to a path with a zero byte = nil, want an error")
	}
	if list, err := os.ReadDir(dir); len(list) != 0 || err != nil {
		t.Errorf("the folder has %v, %v, want nothing", list, err)
	}
}
