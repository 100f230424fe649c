package local

import (
	"errors"
	"io"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// readFile returns what a test wants of each read and Stat.
type readFile struct {
	fsys.File
	n       int
	readErr error
	st      fsys.Stat
	statErr error
}

func (f *readFile) ReadAt(p []byte, _ int64) (int, error) { return min(f.n, len(p)), f.readErr }
func (f *readFile) Stat() (fsys.Stat, error)              { return f.st, f.statErr }

// A read by Read and by ReadAt returns all that it asked for, of a file that hasn't
// changed. Fewer bytes mean that the file was cut, even if it has its size again when it
// is checked, and an error of the disk is returned as such (E2).
func TestReadOfChangedFile(t *testing.T) {
	same := fsys.Stat{Size: 4, ModTime: 7}
	const disk = syscall.EIO
	for _, c := range []struct {
		what  string
		f     readFile
		grows bool
		want  error // nil: 4 bytes
	}{
		{"all", readFile{n: 4, st: same}, false, nil},
		{"all, and the end", readFile{n: 4, readErr: io.EOF, st: same}, false, nil},
		{"less, and the end", readFile{n: 2, readErr: io.EOF, st: same}, false, files.ErrChanged},
		{"less", readFile{n: 2, st: same}, false, files.ErrChanged},
		{"the end", readFile{readErr: io.EOF, st: same}, false, files.ErrChanged},
		{"the end of a file that grows", readFile{readErr: io.EOF, st: same}, true,
			files.ErrChanged},
		{"nothing", readFile{readErr: disk, st: same}, false, disk},
		{"less, and an error", readFile{n: 2, readErr: disk, st: same}, false, disk},
		{"a longer file", readFile{n: 4, st: fsys.Stat{Size: 5, ModTime: 7}}, false,
			files.ErrChanged},
		{"a later file", readFile{n: 4, st: fsys.Stat{Size: 4, ModTime: 8}}, false,
			files.ErrChanged},
		{"a longer file that grows", readFile{n: 4, st: fsys.Stat{Size: 5, ModTime: 8}}, true, nil},
		{"a later file that grows", readFile{n: 4, st: fsys.Stat{Size: 4, ModTime: 8}}, true,
			files.ErrChanged},
		{"a failing Stat", readFile{n: 4, st: same, statErr: disk}, false, disk},
	} {
		for _, size := range []int{4, 9} { // of the caller's memory
			for name, read := range map[string]func(*body, []byte) (int, error){
				"Read":   func(r *body, p []byte) (int, error) { return r.Read(p) },
				"ReadAt": func(r *body, p []byte) (int, error) { return r.ReadAt(p, 0) },
			} {
				r := &body{f: &c.f, size: same.Size, mtime: same.ModTime, left: same.Size,
					grows: c.grows}
				n, err := read(r, make([]byte, size))
				switch {
				case c.want == nil && (n != 4 || err != nil):
					t.Errorf("%s: %s into %d bytes = %d, %v, want 4 and nil", c.what, name, size,
						n, err)
				case c.want != nil && (n != 0 || !errors.Is(err, c.want)):
					t.Errorf("%s: %s into %d bytes = %d, %v, want 0 and %v", c.what, name, size,
						n, err, c.want)
				case c.want == disk && files.KindOf(err) != files.ErrUnavailable:
					t.Errorf("%s: %s = %v of the kind %v, want ErrUnavailable", c.what, name, err,
						files.KindOf(err))
				}
			}
		}
	}
}
