//go:build unix

package local

import (
	"bytes"
	"context"
	"errors"
	"io"
	"syscall"
	"testing"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/drivers/local/internal/fsys"
	"cloudfiles.dev/files"
)

// A cutSource is a file that is read up to an offset, and then fails.
type cutSource struct {
	fsys.File
	at   int64
	fail error
}

func (f *cutSource) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.at {
		return 0, f.fail
	}
	return f.File.ReadAt(p[:min(int64(len(p)), f.at-off)], off)
}

// A copy through memory has all bytes, also zeros at its end and pieces that were read in
// part. It ends with the error of its context or source, and a source that is too short
// was changed.
func TestCopyThroughMemory(t *testing.T) {
	const size = 2 * pieceSize
	for _, zeros := range []int{0, 1, pieceSize, pieceSize + 1, size} {
		for _, c := range []struct {
			at    int64
			fail  error
			ended bool
			want  error
		}{
			{size, nil, false, nil},
			{size, nil, true, context.Canceled},
			{0, io.EOF, false, files.ErrChanged},
			{pieceSize, io.EOF, false, files.ErrChanged},
			{pieceSize + 1, nil, false, files.ErrChanged},
			{0, syscall.EIO, false, syscall.EIO},
			{size - 1, syscall.EIO, false, syscall.EIO},
		} {
			if c.want != nil && zeros != 1 {
				continue
			}
			d, err := fsys.OS().OpenRoot(memdir.New(t))
			ok(t, err)
			content := append(bytes.Clone(pattern[:size-zeros]), make([]byte, zeros)...)
			src, err := d.Create("source")
			ok(t, err)
			_, err = src.Write(content)
			ok(t, err)
			dst, err := d.Create("copy")
			ok(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			if c.ended {
				cancel()
			}
			err = copyAll(ctx, dst, &cutSource{src, c.at, c.fail}, size)
			cancel()
			got := make([]byte, size+1)
			n, _ := dst.ReadAt(got, 0)
			switch {
			case c.want == nil && (err != nil || !bytes.Equal(got[:n], content)):
				t.Errorf("%d zeros: the copy has the same bytes: %v, with %v, want all and nil",
					zeros, bytes.Equal(got[:n], content), err)
			case c.want != nil && !errors.Is(err, c.want):
				t.Errorf("%d zeros: the copy of a file that ends at %d with %v = %v, want %v",
					zeros, c.at, c.fail, err, c.want)
			}
			ok(t, src.Close(), dst.Close(), d.Close())
		}
	}
}

// The error of a copy of a staged file says whether another program changed that file,
// which can be staged again, or what else went wrong.
func TestErrorOfStagedCopy(t *testing.T) {
	if err := mapStagedError(errChanged); !errors.Is(err, errTouched) {
		t.Errorf("mapStagedError(errChanged) = %v, want errTouched", err)
	}
	if err := mapStagedError(nil); err != nil {
		t.Errorf("mapStagedError(nil) = %v, want nil", err)
	}
	err := mapStagedError(syscall.ENOSPC)
	if !errors.Is(err, syscall.ENOSPC) || files.KindOf(err) != files.ErrTooLarge {
		t.Errorf("mapStagedError(ENOSPC) = %v, want ErrTooLarge", err)
	}
}
