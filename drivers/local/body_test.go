package local

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/crashfs"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
	"cloudfiles.dev/files/driver"
)

// openBody opens a range of a file at the backend.
func openBody(t *testing.T, b *backend, name string, off, n int64) *body {
	t.Helper()
	o, err := b.Open(t.Context(), driver.OpenRequest{
		Key:   driver.Key{Name: name},
		Range: files.Bytes(off, n),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Body.Close() })
	return o.Body.(*body)
}

// TestBody: a body reads its range alone, by Read, ReadAt and CopyTo, and nothing once it
// is closed.
func TestBody(t *testing.T) {
	bucket, dir := newBucket(t, nil)
	b := driver.Unwrap(bucket).(*backend)
	putIn(t, bucket, "f", "0123456789", nil)
	copied := func(r *body, n int64) (string, error) {
		t.Helper()
		f, err := os.Create(filepath.Join(t.TempDir(), "copy"))
		ok(t, err)
		defer f.Close()
		m, cerr := r.CopyTo(f, n)
		text, err := os.ReadFile(f.Name())
		ok(t, err)
		if int64(len(text)) != m {
			t.Errorf("CopyTo(%d) = %d, and %q is copied", n, m, text)
		}
		return string(text), cerr
	}
	for _, first := range []int64{0, 1, 3} { // bytes by CopyTo, before the others
		r := openBody(t, b, "f", 2, 5)
		if first > 0 {
			if text, err := copied(r, first); err != nil || text != "23456"[:first] {
				t.Errorf("CopyTo(%d) = %q, %v, want %q and nil", first, text, err, "23456"[:first])
			}
		}
		p := make([]byte, 3)
		if n, err := r.ReadAt(p, 7); n != 3 || err != nil || string(p) != "789" {
			t.Errorf("ReadAt(7) = %q, %v, want 789", p[:n], err)
		}
		if n, err := r.ReadAt(p, 8); n != 2 || err != nil || string(p[:n]) != "89" {
			t.Errorf("ReadAt(8) = %q, %v, want 89", p[:n], err)
		}
		if n, err := r.ReadAt(p, 11); n != 0 || err != nil {
			t.Errorf("ReadAt(11) = %d, %v, want 0", n, err)
		}
		if rest, err := io.ReadAll(r); err != nil || string(rest) != "23456"[first:] {
			t.Errorf("after %d bytes Read = %q, %v, want %q and nil", first, rest, err,
				"23456"[first:])
		}
		if text, err := copied(r, 1); err != nil || text != "" {
			t.Errorf("CopyTo at the end = %q, %v, want nothing", text, err)
		}
		ok(t, r.Close(), r.Close())
		n, err := r.Read(p)
		n2, err2 := r.ReadAt(p, 0)
		text, err3 := copied(r, 1)
		if n != 0 || n2 != 0 || text != "" {
			t.Errorf("after Close: %d, %d and %q are read, want nothing", n, n2, text)
		}
		for _, err := range []error{err, err2, err3} {
			if !errors.Is(err, files.ErrClosed) {
				t.Errorf("after Close: %v, want ErrClosed", err)
			}
		}
	}
	r := openBody(t, b, "f", 2, 5)
	if text, err := copied(r, 100); err != nil || text != "23456" {
		t.Errorf("CopyTo(100) = %q, %v, want the range", text, err)
	}
	for _, opened := range []bool{false, true} { // by CopyTo
		for _, cut := range []int64{6, 0} {
			putIn(t, bucket, "f", "0123456789", nil)
			r, other := openBody(t, b, "f", 2, 5), openBody(t, b, "f", 2, 5)
			if opened {
				if text, err := copied(r, 1); err != nil || text != "2" {
					t.Errorf("CopyTo(1) = %q, %v, want %q and nil", text, err, "2")
				}
			}
			ok(t, os.Truncate(filepath.Join(dir, "f"), cut))
			for _, off := range []int64{0, 7} {
				n, err := r.ReadAt(make([]byte, 3), off)
				if n != 0 || !errors.Is(err, files.ErrChanged) {
					t.Errorf("ReadAt(%d) of a file cut to %d = %d, %v, want 0 and ErrChanged", off,
						cut, n, err)
				}
			}
			if text, err := copied(r, 5); !errors.Is(err, files.ErrChanged) {
				t.Errorf("CopyTo of a file that was cut to %d = %q, %v, want ErrChanged", cut, text,
					err)
			}
			for _, r := range []*body{r, other} {
				n, err := r.Read(make([]byte, 5))
				if n != 0 || !errors.Is(err, files.ErrChanged) {
					t.Errorf("Read of a file that was cut to %d = %d, %v, want 0 and ErrChanged",
						cut, n, err)
				}
			}
		}
	}
}

// TestBodyReadFails: if a file can't be read, or can't be looked up after its last byte, a
// body returns the cause and no bytes. ReadAt works again once the file can be read; Read
// returns the same error again.
func TestBodyReadFails(t *testing.T) {
	var faulter crashfs.Faulter
	bucket := openOdd(t, crashfs.Wrap(fsys.OS(), faulter.Hook), memdir.New(t))
	b := driver.Unwrap(bucket).(*backend)
	putIn(t, bucket, "f", "0123456789", nil)
	for _, failing := range []crashfs.Kind{crashfs.ReadAt, crashfs.StatFile} {
		r, p := openBody(t, b, "f", 2, 5), make([]byte, 5)
		faulter.Fail(syscall.EIO, failing)
		if n, err := r.ReadAt(p, 2); n != 0 || !errors.Is(err, syscall.EIO) {
			t.Errorf("ReadAt without %v = %d, %v, want 0 and EIO", failing, n, err)
		}
		faulter.Set(nil)
		if n, err := r.ReadAt(p, 2); n != 5 || err != nil || string(p) != "23456" {
			t.Errorf("ReadAt after that = %q, %v, want %q and nil", p[:n], err, "23456")
		}
		faulter.Fail(syscall.EIO, failing)
		for range 2 {
			if n, err := r.Read(p); n != 0 || !errors.Is(err, syscall.EIO) {
				t.Errorf("Read without %v = %d, %v, want 0 and EIO", failing, n, err)
			}
			faulter.Set(nil)
		}
	}
}

// TestFolderInfo: As returns what is known of the folder, unless it is gone.
func TestFolderInfo(t *testing.T) {
	b, dir := newBucket(t, nil)
	want, err := os.Stat(dir)
	ok(t, err)
	if got, is := files.As[fs.FileInfo](b); !is || !os.SameFile(got, want) {
		t.Errorf("As = %v, %v, want the folder", got, is)
	}
	if got, is := files.As[*strings.Reader](b); is {
		t.Errorf("As of another type = %v", got)
	}
	ok(t, os.RemoveAll(dir))
	if got, is := files.As[fs.FileInfo](b); is {
		t.Errorf("As without the folder = %v", got)
	}
}

// TestStateDir: programs note how far they are with uploads in a folder that nobody else
// can read, and that is no part of the bucket.
func TestStateDir(t *testing.T) {
	bucket, dir := newBucket(t, nil)
	b := driver.Unwrap(bucket).(*backend)
	for range 2 {
		at, err := b.StateDir()
		if err != nil || at != filepath.Join(dir, controlDir, "states.attrs") {
			t.Fatalf("StateDir = %q, %v", at, err)
		}
		if fi, err := os.Stat(at); err != nil || !fi.IsDir() || fi.Mode().Perm()&0o077 != 0 {
			t.Errorf("the folder is %v, %v, want a private one", fi, err)
		}
	}
	for e := range bucket.List(t.Context(), "", &files.ListOptions{Foreign: true}) {
		t.Errorf("%+v is listed", e)
	}
	ok(t, os.RemoveAll(filepath.Join(dir, controlDir)),
		os.WriteFile(filepath.Join(dir, controlDir), nil, 0o666))
	if at, err := b.StateDir(); !errors.Is(err, files.ErrInvalid) {
		t.Errorf("StateDir = %q, %v, want ErrInvalid", at, err)
	}
	ok(t, os.RemoveAll(dir))
	if at, err := b.StateDir(); !errors.Is(err, files.ErrNoBucket) {
		t.Errorf("StateDir without the folder = %q, %v, want ErrNoBucket", at, err)
	}
}

// TestCopyToFails: CopyTo returns the error of the file that it copies to, after what was
// copied, and the body goes on behind that.
func TestCopyToFails(t *testing.T) {
	bucket, dir := newBucket(t, nil)
	b := driver.Unwrap(bucket).(*backend)
	putIn(t, bucket, "f", "0123456789", nil)
	dst, err := os.Open(filepath.Join(dir, "f")) // not for writing
	ok(t, err)
	defer dst.Close()
	r := openBody(t, b, "f", 2, 5)
	if n, err := r.CopyTo(dst, 3); n != 0 || err == nil {
		t.Errorf("CopyTo to a file that can't be written = %d, %v, want 0 and an error", n, err)
	}
	if rest, err := io.ReadAll(r); err != nil || string(rest) != "23456" {
		t.Errorf("Read after it = %q, %v, want %q and nil", rest, err, "23456")
	}
}
