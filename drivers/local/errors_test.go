package local

import (
	"errors"
	"io"
	"io/fs"
	"syscall"
	"testing"

	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// What the file system layer reports itself has a sentinel and keeps its cause (E2). It
// is never the sentinel of the caller's file, which may exist. The driver's own errors
// stay as they are.
func TestErrorsOfTheLayer(t *testing.T) {
	for err, kind := range map[error]error{
		fsys.ErrNotFile:     files.ErrUnavailable,
		fsys.ErrNotDir:      files.ErrUnavailable,
		fsys.ErrLocked:      files.ErrUnavailable,
		io.ErrShortWrite:    files.ErrUnavailable,
		io.ErrUnexpectedEOF: files.ErrUnavailable,
		syscall.ENOENT:      files.ErrUnavailable,
		syscall.EEXIST:      files.ErrUnavailable,
		syscall.EACCES:      files.ErrPermission,
	} {
		got := mapError(err)
		if files.KindOf(got) != kind || !errors.Is(got, err) {
			t.Errorf("mapError(%v) = %v of the kind %v, want %v and the cause", err, got,
				files.KindOf(got), kind)
		}
	}
	for _, err := range []error{nil, errChanged, errUnprepared, files.ErrNotExist, fs.ErrClosed} {
		if got := mapError(err); got != err {
			t.Errorf("mapError(%v) = %v, want it unchanged", err, got)
		}
	}
}
