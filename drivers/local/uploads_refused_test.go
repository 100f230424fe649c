package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"cloudfiles.dev/files"
)

// TestPartIsRefused: a part whose sender gives up, or whose file can't be written, isn't
// there afterwards, and the upload continues.
func TestPartIsRefused(t *testing.T) {
	h := &hookFS{}
	b, _, dir := uploadsIn(t, h)
	u := uploading(t, b, "f", "abcd")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.PutPart(ended, u, newPart(2, "ef")); !errors.Is(err, context.Canceled) {
		t.Errorf("PutPart with a context that has ended: %v, want Canceled", err)
	}
	for _, op := range []string{"write", "rename"} {
		h.before = func(now, _ string) error {
			if now == op {
				return syscall.EIO
			}
			return nil
		}
		if _, err := b.PutPart(t.Context(), u, newPart(2, "ef")); !errors.Is(err, syscall.EIO) {
			t.Errorf("PutPart with a fault of %s: %v, want EIO", op, err)
		}
		h.before = nil
	}
	names, err := filepath.Glob(filepath.Join(uploadDir(dir, u), "*"))
	if err != nil || len(names) != 4 {
		t.Errorf("the upload's folder has %q, %v, want its name, content and locks, and a mark",
			names, err)
	}
	sendPart(t, b, u, 2, "ef")
	if list := sentParts(t, b, u); len(list) != 2 {
		t.Errorf("the parts are %+v, want two", list)
	}
}

// TestCompletionIsRefused: an upload stays if its condition is refused or its file can't
// be written.
func TestCompletionIsRefused(t *testing.T) {
	h := &hookFS{}
	b, bucket, _ := uploadsIn(t, h)
	u := uploading(t, b, "f", "abcd")
	list := sentParts(t, b, u)
	u.If = files.IfVersion("1-1")
	if _, err := b.CompleteUpload(t.Context(), u, list); !errors.Is(err, files.ErrPrecondition) {
		t.Errorf("CompleteUpload = %v, want ErrPrecondition", err)
	}
	u.If = files.Condition{}
	h.before = func(op, name string) error {
		if name == "f" {
			return syscall.EACCES
		}
		return nil
	}
	if _, err := b.CompleteUpload(t.Context(), u, list); !errors.Is(err, files.ErrPermission) {
		t.Errorf("CompleteUpload = %v, want ErrPermission", err)
	}
	h.before = nil
	if now := sentParts(t, b, u); !slices.Equal(now, list) {
		t.Errorf("the parts are %+v, want %+v", now, list)
	}
	if _, err := b.CompleteUpload(t.Context(), u, list); err != nil {
		t.Errorf("CompleteUpload = %v, want nil", err)
	}
	if s, _ := fetch(t, bucket, "f"); s != "abcd" {
		t.Errorf("the file is %q, want the part", s)
	}
}

// TestAbortIsRefused: an upload that can't be removed is an error, and stays.
func TestAbortIsRefused(t *testing.T) {
	h := &hookFS{}
	b, _, dir := uploadsIn(t, h)
	u := uploading(t, b, "f", "abcd")
	h.before = func(op, name string) error {
		if op == "unlink" && name == uploadName {
			return syscall.EACCES
		}
		return nil
	}
	if err := b.AbortUpload(t.Context(), "f", u.ID); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("AbortUpload = %v, want ErrUnavailable", err)
	}
	h.before = func(op, name string) error {
		if op == "rmdir" {
			return syscall.EBUSY
		}
		return nil
	}
	ok(t, b.AbortUpload(t.Context(), "f", u.ID)) // nobody can continue it
	wantGone(t, b, u, "aborted")
	h.before = nil
	v := uploading(t, b, "f", "abcd", "ef")
	ok(t, b.AbortUpload(t.Context(), "f", v.ID))
	if _, err := os.Lstat(uploadDir(dir, v)); !os.IsNotExist(err) {
		t.Errorf("the upload's folder: %v, want that it is removed", err)
	}
}
