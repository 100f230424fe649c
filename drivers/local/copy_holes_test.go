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

// holeySource is a file whose data is in two parts, wherever its file system has holes.
type holeySource struct {
	fsys.File
	parts [][2]int64
}

func (f *holeySource) Data(off, size int64) (from, to int64) {
	for _, p := range f.parts {
		if off < p[1] {
			return max(off, p[0]), p[1]
		}
	}
	return size, size
}

// A copyTarget is a file whose writing a test disturbs.
type copyTarget struct {
	fsys.File
	inside bool                  // the system can copy
	before func(op string) error // each change
	after  func() error          // each write
}

func (f *copyTarget) MoveTo(off int64) error {
	if err := f.before("MoveTo"); err != nil {
		return err
	}
	return f.File.MoveTo(off)
}

func (f *copyTarget) SetSize(size int64) error {
	if err := f.before("SetSize"); err != nil {
		return err
	}
	return f.File.SetSize(size)
}

func (f *copyTarget) Write(p []byte) (int, error) {
	if err := f.before("Write"); err != nil {
		return 0, err
	}
	n, err := f.File.Write(p)
	return n, errors.Join(err, f.after())
}

func (f *copyTarget) Stat() (fsys.Stat, error) {
	if err := f.before("Stat"); err != nil {
		return fsys.Stat{}, err
	}
	return f.File.Stat()
}

func (f *copyTarget) CopyRange(src fsys.File, n int64) (int64, error) {
	if !f.inside {
		return 0, errors.ErrUnsupported
	}
	p := make([]byte, n)
	got, err := src.Read(p)
	if got == 0 {
		if err == io.EOF {
			err = nil
		}
		return 0, err
	}
	m, err := f.Write(p[:got])
	return int64(m), err
}

// If another program truncates or extends the file of a copy that has holes, before a
// hole is made, the copy fails: the next write would make a gap with zeros, or leave what
// the other program wrote (P1). Otherwise the copy has all data at its place.
func TestCopyWithHolesIsMeddledWith(t *testing.T) {
	const hole, size = 3 * pieceSize, 5*pieceSize + 1
	for _, inside := range []bool{true, false} {
		for _, c := range []struct {
			left int // how many writes come before the change
			to   int64
			fine bool
		}{
			{0, 0, true},
			{1, 0, false},
			{1, pieceSize - 1, false},
			{1, pieceSize + 1, false},
			{1, pieceSize, true},
			{2, 0, false},
			{2, hole + pieceSize - 1, false},
			{2, hole + pieceSize + 1, false},
			{2, hole + pieceSize, true},
		} {
			u, left := &copyTarget{inside: inside}, c.left
			u.before = func(string) error { return nil }
			u.after = func() error {
				if left--; left == 0 {
					return u.File.SetSize(c.to)
				}
				return nil
			}
			parts := [][2]int64{{0, pieceSize}, {hole, hole + pieceSize}}
			same, err := copied(t, t.Context(), u, parts, size, size)
			if c.fine != (same && err == nil) || !c.fine && !errors.Is(err, files.ErrUnavailable) {
				t.Errorf("inside %v: the copy that has the size %d after write %d has the same "+
					"bytes: %v, with %v, want success: %v", inside, c.to, c.left, same, err, c.fine)
			}
		}
	}
}

// Every call that writes a copy may fail: then the copy fails with that error. Without
// one, the copy has the same bytes, wherever the holes are.
func TestCopyWithHolesFails(t *testing.T) {
	const size = 5*pieceSize + 1
	full := syscall.ENOSPC
	for _, inside := range []bool{true, false} {
		for _, parts := range [][][2]int64{
			{{0, size}},
			{{0, pieceSize}, {3 * pieceSize, 4 * pieceSize}},
			{{pieceSize, 2 * pieceSize}, {4 * pieceSize, size}},
			{},
		} {
			for at, hit := 0, true; hit; at++ {
				var op string
				u, n := &copyTarget{inside: inside, after: func() error { return nil }}, 0
				hit = false
				u.before = func(called string) error {
					if n++; n == at {
						op, hit = called, true
						return full
					}
					return nil
				}
				same, err := copied(t, t.Context(), u, parts, size, size)
				if at == 0 {
					hit = true // nothing fails in the first run
				}
				failed := errors.Is(err, full) && files.KindOf(mapError(err)) == files.ErrTooLarge
				if op == "" && (!same || err != nil) || op != "" && !failed {
					t.Errorf("inside %v, parts %v, %q fails as call %d: the copy has the same "+
						"bytes: %v, with %v", inside, parts, op, at, same, err)
				}
			}
		}
	}
}

// A copy ends when its context does, and fails if its source is shorter than it was.
func TestCopyContentEnds(t *testing.T) {
	const size = 2*pieceSize + 1
	for _, inside := range []bool{true, false} {
		for _, have := range []int64{0, 1, pieceSize, size - 1, size} {
			for _, ended := range []bool{false, true} {
				nothing := func() error { return nil }
				u := &copyTarget{inside: inside, after: nothing}
				u.before = func(string) error { return nil }
				ctx, cancel := context.WithCancel(t.Context())
				if ended {
					cancel()
				}
				same, err := copied(t, ctx, u, [][2]int64{{0, size}}, have, size)
				cancel()
				switch {
				case ended && !errors.Is(err, context.Canceled):
					t.Errorf("inside %v: the copy ends with %v, want Canceled", inside, err)
				case !ended && have < size && !errors.Is(err, files.ErrChanged):
					t.Errorf("inside %v: the copy of %d bytes that were %d ends with %v, want "+
						"ErrChanged", inside, have, size, err)
				case !ended && have == size && (!same || err != nil):
					t.Errorf("inside %v: the copy has the same bytes: %v, with %v, want all and "+
						"nil", inside, same, err)
				}
			}
		}
	}
}

// pattern is different in every piece.
var pattern = func() []byte {
	p := make([]byte, 251)
	for i := range p {
		p[i] = byte(i + 1)
	}
	return bytes.Repeat(p, 8*pieceSize/len(p))
}()

// copied copies size bytes of a source that has data in some parts, and has only the
// first bytes. It reports whether the upload has the same bytes then.
func copied(t *testing.T, ctx context.Context, u *copyTarget, parts [][2]int64, have,
	size int64) (same bool, err error) {
	t.Helper()
	d, err := fsys.OS().OpenRoot(memdir.New(t))
	ok(t, err)
	defer d.Close()
	content := make([]byte, size)
	for _, p := range parts {
		copy(content[p[0]:p[1]], pattern[p[0]%251:])
	}
	src, err := d.Create("source")
	ok(t, err)
	defer src.Close()
	u.File, err = d.Create("copy")
	ok(t, err)
	defer u.File.Close()
	_, err = src.Write(content[:have])
	ok(t, err, src.MoveTo(0))
	err = copyContent(ctx, u, &holeySource{src, parts}, size)
	got := make([]byte, size+1)
	n, _ := u.File.ReadAt(got, 0)
	return bytes.Equal(got[:n], content), err
}
