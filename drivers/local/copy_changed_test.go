package local

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"cloudfiles.dev/conformance/memdir"
	"cloudfiles.dev/files"
)

// A copy fails if another program changes the size or the time of the source while it is
// copied, and doesn't if it changes neither.
func TestSourceChangesWhileCopied(t *testing.T) {
	for what, c := range map[string]struct {
		change func(path string, was os.FileInfo) error
		want   error
	}{
		"nothing": {func(string, os.FileInfo) error { return nil }, nil},
		"the mode": {
			func(path string, _ os.FileInfo) error { return os.Chmod(path, 0o640) },
			nil,
		},
		"the time": {
			func(path string, was os.FileInfo) error {
				return os.Chtimes(path, time.Time{}, was.ModTime().Add(time.Second))
			},
			files.ErrChanged,
		},
		"the size": {
			func(path string, was os.FileInfo) error {
				return errors.Join(os.Truncate(path, was.Size()+1),
					os.Chtimes(path, time.Time{}, was.ModTime()))
			},
			files.ErrChanged,
		},
		"both": {
			func(path string, was os.FileInfo) error {
				return errors.Join(os.Truncate(path, was.Size()+1),
					os.Chtimes(path, time.Time{}, was.ModTime().Add(time.Second)))
			},
			files.ErrChanged,
		},
	} {
		t.Run(what, func(t *testing.T) {
			dir := memdir.New(t)
			hooks := &hookFS{}
			b := openHooked(t, dir, &Options{NoSync: true}, hooks)
			write(t, dir, "a", "content")
			path := filepath.Join(dir, "a")
			was, err := os.Stat(path)
			ok(t, err)
			copied := 0
			hooks.before = func(op, _ string) error {
				if op != "clone" {
					return nil
				}
				copied++
				return c.change(path, was)
			}
			_, err = files.Copy(t.Context(), b, "b", b, "a", nil)
			if !errors.Is(err, c.want) || c.want == nil && err != nil || copied != 1 {
				t.Errorf("Copy = %v after %d copies, want %v after 1", err, copied, c.want)
			}
			_, err = b.Stat(t.Context(), "b", nil)
			if exists := err == nil; exists != (c.want == nil) {
				t.Errorf("then Stat = %v", err)
			}
		})
	}
}

// The end of the context ends a copy between two parts of the source, with the error of
// the context.
func TestContextEndsCopy(t *testing.T) {
	dir := memdir.New(t)
	hooks := &hookFS{}
	b := openHooked(t, dir, &Options{NoSync: true}, hooks)
	f, err := os.Create(filepath.Join(dir, "a"))
	ok(t, err)
	for part := range int64(4) { // with holes between them
		_, err := f.WriteAt(bytes.Repeat([]byte("data"), 1024), part<<21)
		ok(t, err)
	}
	ok(t, f.Close())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	parts := 0
	hooks.before = func(op, _ string) error {
		switch op {
		case "clone":
			return syscall.EOPNOTSUPP
		case "copyrange":
			parts++
			cancel()
		}
		return nil
	}
	_, err = files.Copy(ctx, b, "b", b, "a", nil)
	if parts > 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("Copy = %v after %d parts, want Canceled after the first", err, parts)
	}
	if _, err := b.Stat(t.Context(), "b", nil); !errors.Is(err, files.ErrNotExist) {
		t.Errorf("then Stat = %v, want ErrNotExist", err)
	}
}
