package local

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/files"
)

// After CopyTo, a body reads through a file of package os. Read, ReadAt and CopyTo then
// notice a change of the file as before, whether it was cut or extended or has another
// time, return all of it if it is unchanged, and return the error of a file that can't be
// read (E2).
func TestReadAfterCopyTo(t *testing.T) {
	const text = "0123456789"
	at := time.Unix(1_700_000_000, 0)
	for _, c := range []struct {
		what   string
		size   int64
		at     time.Time
		grows  bool
		closed bool
		want   error // nil: all of it
	}{
		{"unchanged", 10, at, false, false, nil},
		{"unchanged, and may grow", 10, at, true, false, nil},
		{"cut", 9, at, false, false, files.ErrChanged},
		{"cut, and may grow", 9, at, true, false, files.ErrChanged},
		{"empty", 0, at, false, false, files.ErrChanged},
		{"longer", 11, at, false, false, files.ErrChanged},
		{"longer, and may grow", 11, at.Add(time.Second), true, false, nil},
		{"later", 10, at.Add(time.Second), false, false, files.ErrChanged},
		{"earlier", 10, at.Add(-time.Second), false, false, files.ErrChanged},
		{"later, and may grow", 10, at.Add(time.Second), true, false, files.ErrChanged},
		{"can't be read", 10, at, false, true, os.ErrClosed},
	} {
		dir := memdir.New(t)
		write(t, dir, "f", text)
		path := filepath.Join(dir, "f")
		ok(t, os.Truncate(path, c.size), os.Chtimes(path, c.at, c.at))
		for name, read := range map[string]func(r *body, dst *os.File, p []byte) (int, error){
			"Read": func(r *body, _ *os.File, p []byte) (int, error) { return r.Read(p) },
			"ReadAt": func(r *body, _ *os.File, p []byte) (int, error) {
				return r.ReadAt(p, 0)
			},
			"CopyTo": func(r *body, dst *os.File, p []byte) (int, error) {
				_, err := r.CopyTo(dst, 20)
				n, _ := dst.ReadAt(p, 0)
				if err != nil {
					n = 0
				}
				return n, err
			},
		} {
			f, err := os.Open(path)
			ok(t, err)
			dst, err := os.Create(filepath.Join(memdir.New(t), "copy"))
			ok(t, err)
			r := &body{
				os:    f,
				size:  int64(len(text)),
				mtime: at.UnixNano(),
				left:  int64(len(text)),
				grows: c.grows,
			}
			if c.closed {
				ok(t, f.Close())
			}
			p := make([]byte, len(text)+1)
			n, err := read(r, dst, p)
			switch {
			case c.want == nil && (string(p[:n]) != text || err != nil):
				t.Errorf("%s: %s = %q, %v, want %q and nil", c.what, name, p[:n], err, text)
			case c.want != nil && (n != 0 || !errors.Is(err, c.want)):
				t.Errorf("%s: %s = %q, %v, want nothing and %v", c.what, name, p[:n], err, c.want)
			case c.want == nil && name != "ReadAt":
				if n, err := r.Read(p); n != 0 || err != io.EOF {
					t.Errorf("%s: Read after all = %d, %v, want 0 and EOF", c.what, n, err)
				}
			case c.want == files.ErrChanged && name != "ReadAt":
				if n, err := r.Read(p); n != 0 || !errors.Is(err, c.want) {
					t.Errorf("%s: Read after %s = %d, %v, want 0 and the same error again", c.what,
						name, n, err)
				}
			}
			err = r.Close()
			if c.closed != errors.Is(err, os.ErrClosed) || !c.closed && err != nil {
				t.Errorf("%s: Close = %v", c.what, err)
			}
			if err := f.Close(); !errors.Is(err, os.ErrClosed) {
				t.Errorf("%s: the file is open after Close", c.what)
			}
			ok(t, r.Close(), dst.Close())
		}
	}
}
